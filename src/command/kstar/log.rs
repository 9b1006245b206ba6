//! `kstar log`: every inverter once, a row each, by the same code as `log`.

use super::super::publish::publish;
use super::super::rows::{Rows, show};
use super::super::{Exit, Failure};
use super::poll;
use crate::cli::KstarLog;
use crate::output::folders;
use crate::output::log_files::LogDirectory;
use crate::output::table::Overview;
use crate::reading::{Reading, Sender};

/// Polls the inverters and appends their rows.
///
/// # Errors
/// [`Failure`] if the directory can't be had or no inverter could be read.
pub(super) async fn run(arguments: KstarLog) -> Result<Exit, Failure> {
    let mut rows = Rows::new(LogDirectory::open(&arguments.directory)?);
    let mut round = poll::round(&arguments.network).await?;
    let readings: Vec<&Reading> = round
        .overview
        .iter()
        .filter_map(Overview::reading)
        .collect();
    let folders = folders::choose(rows.folder(), &readings);
    for (reading, folder) in readings.into_iter().zip(&folders) {
        if rows.append(&format!("inverter {folder}"), folder, reading) {
            folders::remember(rows.folder(), folder, reading);
        }
    }
    let readings = round.overview.iter_mut().filter_map(Overview::reading_mut);
    readings.zip(&folders).for_each(recall);
    let published = publish(&arguments.publishing, &round.overview).await;
    show(&round.overview)?;
    let exit = rows.exit().max(published).max(round.exit(arguments.strict));
    round.failure.map_or(Ok(exit), Err)
}

/// An inverter that did not tell its serial number this time is the one whose folder it has. Under its address it would be
/// another one to Home Assistant, for good.
fn recall((reading, folder): (&mut Reading, &String)) {
    if let Sender::Kstar {
        serial: serial @ None,
        ip: Some(ip),
    } = &mut reading.sender
    {
        let ip = ip.to_string();
        let known = folder.strip_suffix(&ip).unwrap_or(folder);
        let known = known.trim_end_matches('_');
        *serial = Some(known.to_owned()).filter(|known| !known.is_empty());
    }
}
