//! What `read --format prometheus` and `--textfile` share: all inverters asked, as metrics.

use super::round::Round;
use super::{Exit, Failure};
use crate::format::prometheus::{self, Asked};
use crate::format::table::Overview;
use crate::sink::textfile;
use crate::reading::Sender;
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

/// Writes the metrics of a round to a file; what comes of that. Where nobody could be asked none of `asked` is up. Where
/// another run has the bus, that run writes the file.
pub(super) fn publish(file: &Path, asked: &[Sender], round: &Result<Round, Failure>) -> Exit {
    let text = match round {
        Ok(round) => exposition(&round.overview),
        Err(failure) if failure.exit == Exit::Busy => return Exit::Done,
        Err(_) => {
            let down: Vec<Asked> = asked.iter().map(Asked::Unread).collect();
            prometheus::exposition(&down)
        }
    };
    match textfile::replace(file, &text).map_err(Failure::from) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            error!("the metrics could not be written: {failure}");
            failure.exit
        }
    }
}
