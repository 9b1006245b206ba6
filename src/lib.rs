//! Reads KACO and KSTAR solar inverters; the program `kaco_ardexa` is a thin layer of commands over this library.
//!
//! The way of one reading, top to bottom; imports point down only:
//!
//! | module | does |
//! |---|---|
//! | [`kaco`] | KACO inverters on an RS485 bus: bytes to checked frames, tables, the polling of a bus |
//! | [`reading`] | fields, layouts, values, readings: what every protocol makes |
//! | [`address`], [`escape`] | `2,4-7`; bytes from outside made safe to show |

pub mod address;
pub mod escape;
pub mod kaco;
pub mod reading;
