//! `kstar log`: every inverter once, a row each, by the same code as `log`.

use super::super::round::Round;
use super::super::rows::Rows;
use super::super::{Exit, Failure, metrics};
use super::poll;
use crate::cli::KstarLog;
use crate::sink::csv_log::folders;
use crate::sink::csv_log::files::LogDirectory;
use crate::format::table::Overview;
use crate::reading::{Reading, Sender};
use std::net::{IpAddr, Ipv4Addr};

/// Polls the inverters and appends their rows.
///
/// # Errors
/// [`Failure`] if the directory can't be had or no inverter could be read.
pub(super) async fn run(arguments: KstarLog) -> Result<Exit, Failure> {
    let mut rows = Rows::new(LogDirectory::open(&arguments.directory)?);
    let mut round = poll::round(&arguments.network).await;
    if let Ok(round) = &mut round {
        append(&mut rows, round);
    }
    let exposed = arguments.textfile.map_or(Exit::Done, |file| {
        let asked: Vec<Sender> = arguments.network.ip.iter().map(sender).collect();
        metrics::publish(&file, &asked, &round)
    });
    rows.finish(round?, &arguments.publishing, arguments.strict, exposed)
        .await
}

/// Appends the rows of a round, each to the folder of its inverter.
fn append(rows: &mut Rows, round: &mut Round) {
    let readings = round.overview.iter().filter_map(Overview::reading);
    let readings: Vec<&Reading> = readings.collect();
    let folders = folders::choose(rows.folder(), &readings);
    for (reading, folder) in readings.into_iter().zip(&folders) {
        if rows.append(&format!("inverter {folder}"), folder, reading) {
            folders::remember(rows.folder(), folder, reading);
        }
    }
    let readings = round.overview.iter_mut().filter_map(Overview::reading_mut);
    readings.zip(&folders).for_each(recall);
}

/// The inverter at an address, of which nothing else is known.
const fn sender(ip: &Ipv4Addr) -> Sender {
    Sender::Kstar {
        serial: None,
        ip: Some(IpAddr::V4(*ip)),
    }
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
