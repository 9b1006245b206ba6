//! Reads KACO and KSTAR solar inverters; the program `kaco_ardexa` is a thin layer of commands over this library.
//!
//! The way of one reading: a [`link`] gives bytes, [`kaco::wire`] makes a checked frame, [`kaco::interpret`] walks the
//! frame's table once and makes a [`reading::Reading`], each [`output`] walks the same table once. For KSTAR inverters it
//! is [`kstar::client`], [`kstar::wire`] and [`kstar::interpret`]. From top to bottom; imports point down only:
//!
//! | module | does |
//! |---|---|
//! | [`cli`], [`logging`] | what can be typed; what is said on standard error |
//! | [`command`] | one file a command: asks a source for readings, hands them to outputs |
//! | [`watch`] | what is kept in mind of a plant that is watched, and the live page |
//! | [`picture`] | series as SVG, as characters of a terminal, as a page |
//! | [`history`] | what the logs say: rows to series |
//! | [`link`] | DEVICE to a byte stream |
//! | [`sim`] | simulated inverters |
//! | [`output`] | CSV files, JSON, tables, lines for InfluxDB, metrics for Prometheus, messages for MQTT |
//! | [`kaco`] | KACO inverters: bytes to checked frames, tables, the polling of a bus |
//! | [`kstar`] | KSTAR hybrid inverters: searching, asking, datagrams to checked frames, the table |
//! | [`outcome`] | how it ended to ask: read, garbled, silent |
//! | [`reading`] | fields, layouts, values, readings: what every protocol makes |
//! | [`plausible`] | numbers in a reading that can't be |
//! | [`recording`] | exchanges on a bus as JSON lines |
//! | [`address`], [`duration`], [`escape`] | `2,4-7`; `1.5s`; bytes from outside made safe to show |

pub mod address;
pub mod cli;
pub mod command;
pub mod duration;
pub mod escape;
pub mod history;
pub mod kaco;
pub mod kstar;
pub mod link;
pub mod logging;
pub mod outcome;
pub mod output;
pub mod picture;
pub mod plausible;
pub mod reading;
pub mod recording;
pub mod sim;
pub mod watch;
