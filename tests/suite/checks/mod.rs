//! What must hold of every parser of bytes from outside, whatever comes in: a function each, which
//! fails if it does not.
//!
//! The fuzz targets ask them with what libFuzzer makes up, the tests of the program with what
//! proptest makes up, and with the captures.

pub mod checksum;
pub mod files;
pub mod kaco;
pub mod kstar;
pub mod modbus;
pub mod output;
pub mod sim;
pub mod text;
pub mod typed;
