//! `read`: as `log`, printed.

use super::print::Printer;
use super::publish::publish;
use super::{Exit, Failure, poll};
use crate::cli::Read;

/// Polls the inverters and prints their readings: lines at once, tables at the end.
///
/// # Errors
/// [`Failure`] if the bus can't be had or the output can't be written.
pub(super) async fn run(arguments: Read) -> Result<Exit, Failure> {
    let several = arguments.bus.addresses.as_slice().len() > 1;
    let mut printer = Printer::new(arguments.format, several);
    let mut written = Ok(());
    let round = poll::round(&arguments.bus, &arguments.polling, |_, reading| {
        if written.is_ok() {
            written = printer.line(reading);
        }
    });
    let round = round.await?;
    let published = publish(&arguments.publishing, &round.overview).await;
    written?;
    let exit = round.exit(arguments.polling.strict).max(published);
    printer.tables(round.overview)?;
    round.failure.map_or(Ok(exit), Err)
}
