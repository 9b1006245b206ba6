//! `log`: every inverter once, a row each.

use super::rows::Rows;
use super::{Exit, Failure, metrics, poll};
use crate::cli::Log;
use crate::sink::csv_log::files::LogDirectory;
use crate::reading::Sender;

/// Polls the inverters and appends their rows.
///
/// # Errors
/// [`Failure`] if directory or bus can't be had.
pub(super) async fn run(arguments: Log) -> Result<Exit, Failure> {
    let mut rows = Rows::new(LogDirectory::open(&arguments.directory)?);
    rows.repair(arguments.bus.addresses.as_slice());
    let round = poll::round(&arguments.bus, &arguments.polling, |address, reading| {
        rows.append(&format!("address {address}"), &address.to_string(), reading);
    });
    let round = round.await;
    let exposed = arguments.textfile.map_or(Exit::Done, |file| {
        let asked = arguments.bus.addresses.as_slice().iter();
        let asked: Vec<Sender> = asked.copied().map(poll::sender).collect();
        metrics::publish(&file, &asked, &round)
    });
    rows.finish(
        round?,
        &arguments.publishing,
        arguments.polling.strict,
        exposed,
    )
    .await
}
