//! The tests through the real program: a paced bus on a pseudo-terminal, files on a real disk, every capture.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod support;

mod captures;
mod clock;
mod docs;
mod documents;
mod files;
mod formats;
mod frames;
mod gateways;
mod kill;
mod kstar;
mod mqtt;
mod polling;
mod recordings;
mod rights;
mod scan;
mod simulate;
mod steps;
mod usage;
mod watch;
