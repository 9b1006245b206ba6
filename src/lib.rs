//! Reads KACO and KSTAR solar inverters; the program `kaco_ardexa` is a thin layer over this
//! library.
//!
//! The way of one reading: a [`link`] gives bytes, [`kaco::wire`] makes a checked frame,
//! [`kaco::interpret`] walks the frame's table once and makes a [`reading::Reading`]. A [`source`]
//! polls inverters and gives observations, the runners in [`command`] hand them to the [`sink`]s,
//! which write what a [`mod@format`] makes of them. For KSTAR inverters it is [`kstar::client`],
//! [`kstar::wire`] and [`kstar::interpret`]. From top to bottom; imports point down only, and a
//! test reads this list:
//!
//! | module | does |
//! |---|---|
//! | [`cli`] | what can be typed, as a checked plan |
//! | [`command`] | one file per command: plan, sources and sinks, a runner |
//! | [`plant_file`] | several buses in one file |
//! | [`watch`] | the live page and what it remembers |
//! | [`source`] | what gives observations: the inverters of a bus, of a network |
//! | [`sink`] | what takes observations: CSV files, standard output, metrics, MQTT |
//! | [`picture`] | series as SVG, as characters of a terminal, as a page |
//! | [`history`] | the rows of the logs as series |
//! | [`mod@format`] | readings as text |
//! | [`link`] | DEVICE to a byte stream |
//! | [`sim`] | simulated inverters |
//! | [`fault`] | faults that inverters report, with what they mean |
//! | [`kaco`] | KACO inverters: bytes to checked frames, tables, the polling of a bus |
//! | [`kstar`] | KSTAR hybrid inverters: search, datagrams to checked frames, the table |
//! | [`recording`] | exchanges on a bus as JSON lines |
//! | [`plausible`] | implausible values in a reading |
//! | [`plant_total`] | what all inverters of a plant give together |
//! | [`observation`] | an inverter and the outcome of polling it |
//! | [`reading`] | fields, layouts, values, readings |
//! | [`inverter`] | the identity of an inverter |
//! | [`exit`] | exit codes and failures |
//! | [`logging`] | messages on standard error |
//! | [`address`], [`clock`], [`duration`], [`escape`], [`lines`] | small parsers; text made safe |
//! | [`day_file`] | the names of the files of a log |
//! | [`order`] | the order of lists |

// The list is the order of imports, so it names the private modules too.
#![allow(rustdoc::private_intra_doc_links)]

pub mod address;
pub mod cli;
mod clock;
pub mod command;
mod day_file;
pub mod duration;
pub mod escape;
pub mod exit;
mod fault;
pub mod format;
pub mod history;
pub mod inverter;
pub mod kaco;
pub mod kstar;
mod lines;
pub mod link;
pub mod logging;
pub mod observation;
mod order;
mod picture;
pub mod plant_file;
pub mod plant_total;
pub mod plausible;
pub mod reading;
pub mod recording;
pub mod sim;
pub mod sink;
pub mod source;
pub mod watch;
