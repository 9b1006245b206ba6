//! What the tests need: a paced bus on a pseudo-terminal, an inverter on UDP, the program itself,
//! captures, days, disks.

#[cfg(feature = "tls")]
pub mod authority;
pub mod broker;
pub mod bus;
pub mod captures;
pub mod chromium;
pub mod crash;
pub mod database;
pub mod day;
pub mod dice;
pub mod disk;
pub mod inverter;
pub mod logs;
pub mod names;
pub mod plant;
pub mod plant_file;
pub mod program;
pub mod served;
pub mod shim;
pub mod sources;
pub mod stumble;
