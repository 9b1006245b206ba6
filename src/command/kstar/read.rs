//! `kstar read`: as `kstar log`, printed.

use super::super::print::Printer;
use super::super::publish::publish;
use super::super::{Exit, Failure};
use super::poll;
use crate::cli::KstarRead;
use crate::format::table::Overview;

/// Polls the inverters and prints their readings.
///
/// # Errors
/// [`Failure`] if none could be read or the output can't be written.
pub(super) async fn run(arguments: KstarRead) -> Result<Exit, Failure> {
    let round = poll::round(&arguments.network).await?;
    let mut printer = Printer::new(arguments.format, round.overview.len() > 1);
    for line in &round.overview {
        if let Overview::Read(reading, _) = line {
            printer.line(reading)?;
        }
    }
    let published = publish(&arguments.publishing, &round.overview).await;
    let exit = round.exit(arguments.strict).max(published);
    printer.tables(round.overview)?;
    round.failure.map_or(Ok(exit), Err)
}
