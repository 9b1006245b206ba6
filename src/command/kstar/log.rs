//! `kstar log`: every inverter once, a row each, by the same code as `log`.

use super::super::publish::publish;
use super::super::rows::{Rows, show};
use super::super::{Exit, Failure};
use super::poll;
use crate::cli::KstarLog;
use crate::output::folders;
use crate::output::log_files::LogDirectory;
use crate::output::table::Overview;
use crate::reading::Reading;

/// Polls the inverters and appends their rows.
///
/// # Errors
/// [`Failure`] if the directory can't be had or no inverter could be read.
pub(super) async fn run(arguments: KstarLog) -> Result<Exit, Failure> {
    let directory = LogDirectory::open(&arguments.directory)?;
    let mut rows = Rows::new(directory);
    let round = poll::round(&arguments.network).await?;
    let readings: Vec<&Reading> = round.overview.iter().filter_map(read).collect();
    let folders = folders::choose(&arguments.directory, &readings);
    for (reading, folder) in readings.into_iter().zip(&folders) {
        if rows.append(&format!("inverter {folder}"), folder, reading) {
            folders::remember(&arguments.directory, folder, reading);
        }
    }
    let published = publish(&arguments.publishing, &round.overview).await;
    show(&round.overview)?;
    let exit = rows.exit().max(published).max(round.exit(arguments.strict));
    round.failure.map_or(Ok(exit), Err)
}

fn read(overview: &Overview) -> Option<&Reading> {
    match overview {
        Overview::Read(reading, _) => Some(reading),
        Overview::Unread(..) => None,
    }
}
