//! KACO inverters on an RS485 bus.

pub mod status;
pub mod types;
