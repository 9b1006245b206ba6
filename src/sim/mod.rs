//! Simulated inverters: for trying out the program, and everything around it, without hardware.
//!
//! [`bus`] and [`udp`] play replies on a pseudo-terminal and on UDP ports; [`kaco`] and [`kstar`]
//! make the replies, from the tables that the decoder uses. These know no clock and nothing random:
//! the same request at the same time gets the same reply. `simulation` is a bus with its inverters.

pub mod bus;
pub mod kaco;
pub mod kstar;
pub(crate) mod simulation;
mod sun;
pub mod udp;
