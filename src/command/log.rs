//! `log`: every inverter once, a row each.

use super::{Exit, Failure, poll};
use crate::cli::Log;
use crate::output::{log_files::LogDirectory, table};
use chrono::Local;
use std::io::{IsTerminal, Write, stdout};
use tracing::error;

/// Polls the inverters and appends their rows.
///
/// # Errors
/// [`Failure`] if directory or bus can't be had.
pub(super) async fn run(arguments: Log) -> Result<Exit, Failure> {
    let directory = LogDirectory::open(&arguments.directory)?;
    let today = Local::now().date_naive();
    for address in arguments.bus.addresses.as_slice() {
        directory.repair(&address.to_string(), today)?;
    }
    let mut exit = Exit::Done;
    let mut last_error = String::new();
    let round = poll::round(&arguments.bus, &arguments.polling, |address, reading| {
        if let Err(failure) = directory
            .append(&address.to_string(), reading)
            .map_err(Failure::from)
        {
            exit = exit.max(failure.exit);
            // A full disk says the same for every inverter; that is worth one message.
            if last_error != failure.to_string() {
                last_error = failure.to_string();
                error!("address {address}: the row could not be written: {failure}");
            }
        }
    });
    let round = round.await?;
    if stdout().is_terminal() {
        write!(stdout(), "{}", table::overview(&round.overview))?;
    }
    let exit = exit.max(round.exit(arguments.polling.strict));
    round.failure.map_or(Ok(exit), Err)
}
