//! Simulated inverters: for trying out the program, and everything around it, without hardware.

pub mod bus;
mod day;
pub mod kaco;
pub mod kstar;
pub mod udp;
