//! The tests through the real program: a paced bus on a pseudo-terminal, files on a real disk,
//! every capture.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod checks;
mod support;

#[path = "../faults/mod.rs"]
mod faults;

mod alarms;
mod browser;
mod captures;
mod checksums;
mod clock;
mod docs;
mod documents;
mod environment;
mod explain;
mod files;
mod fleets;
mod formats;
mod gateways;
mod history;
mod http;
mod imports;
mod influx;
mod kstar;
mod language;
mod long_lines;
mod mqtt;
mod packaging;
mod ping;
mod plants;
mod polling;
mod properties;
mod read_only;
mod recordings;
mod rights;
mod scan;
mod simulate;
mod sunspec;
mod tables;
mod untyped;
mod usage;
mod watch;
