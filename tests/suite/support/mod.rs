//! What the tests need: a paced bus on a pseudo-terminal, an inverter on UDP, the program itself, captures.

pub mod bus;
pub mod captures;
pub mod inverter;
pub mod program;
