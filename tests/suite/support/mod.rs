//! What the tests need: a paced bus on a pseudo-terminal, the program itself, captures.

pub mod bus;
pub mod captures;
pub mod program;
