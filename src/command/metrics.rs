//! What `read --format prometheus` and `log --textfile` share: all inverters asked, as metrics.

use super::round::Round;
use super::{Exit, Failure, poll};
use crate::address::Addresses;
use crate::output::prometheus::{self, Asked};
use crate::output::table::Overview;
use crate::output::textfile;
use std::path::Path;
use tracing::error;

/// The metrics of a round.
pub(super) fn exposition(overview: &[Overview]) -> String {
    let asked = overview.iter().map(|line| match line {
        Overview::Read(reading, _) => Asked::Read(reading),
        Overview::Unread(inverter, _) => Asked::Unread(inverter),
    });
    prometheus::exposition(&asked.collect::<Vec<_>>())
}

/// Writes the metrics of a round to a file; what comes of that. Where the bus could not be opened no inverter is up. Where
/// another run has it, that run writes the file.
pub(super) fn publish(file: &Path, asked: &Addresses, round: &Result<Round, Failure>) -> Exit {
    let text = match round {
        Ok(round) => exposition(&round.overview),
        Err(failure) if failure.exit == Exit::Busy => return Exit::Done,
        Err(_) => exposition(&poll::in_order(asked.as_slice(), Vec::new())),
    };
    match textfile::replace(file, &text).map_err(Failure::from) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            error!("the metrics could not be written: {failure}");
            failure.exit
        }
    }
}
