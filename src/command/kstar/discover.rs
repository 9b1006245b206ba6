//! `kstar discover`: who is on the network.

use super::super::progress::searching;
use super::super::round::now;
use super::super::{Exit, Failure};
use super::nobody::nobody_answered;
use super::targets::Targets;
use crate::cli::{KstarDiscover, ListFormat};
use crate::kstar::client::NetworkError;
use crate::kstar::discovery::Discovered;
use crate::kstar::poll::identify;
use crate::kstar::search::search;
use crate::kstar::timing::Timing;
use crate::output::{json, table};
use crate::reading::Reading;
use std::io::{self, Write, stdout};
use std::net::{IpAddr, Ipv4Addr};

/// Searches, asks each inverter that is found who it is, and prints them by address.
///
/// # Errors
/// [`Failure`] if nobody answered, nothing could be sent, or the output can't be written.
pub(super) async fn run(arguments: KstarDiscover) -> Result<Exit, Failure> {
    let targets = Targets::new(&arguments.network);
    let progress = searching();
    let found = found(&targets.all()).await;
    progress.finish_and_clear();
    match found? {
        inverters if inverters.is_empty() => Err(nobody_answered(&targets)),
        inverters => {
            print(arguments.format, &inverters)?;
            Ok(Exit::Done)
        }
    }
}

/// What the modules said that answered, and the inverters behind them.
async fn found(targets: &[Ipv4Addr]) -> Result<Vec<Reading>, NetworkError> {
    let timing = Timing::default();
    let mut answers = Vec::new();
    let searched = search(targets, &timing, |ip, answer| {
        let identity = tokio::spawn(identify(ip, timing));
        answers.push((ip, now(), answer, identity));
    });
    searched.await?;
    answers.sort_by_key(|(ip, ..)| *ip);
    let mut inverters = Vec::new();
    for (ip, time, answer, identity) in answers {
        // The address that the answer came from: with the one in its text nobody can be asked.
        let answer = Discovered {
            ip: ip.to_string(),
            ..answer
        };
        // Tasks neither panic nor are they cancelled.
        let identity = identity.await.unwrap_or_default();
        let mut reading = identity.sign(answer.reading(), Some(IpAddr::V4(ip)));
        reading.time = Some(time);
        inverters.push(reading);
    }
    Ok(inverters)
}

fn print(format: ListFormat, inverters: &[Reading]) -> io::Result<()> {
    let mut out = stdout().lock();
    match format {
        ListFormat::Table => write!(out, "{}", table::list(inverters)),
        ListFormat::Json => inverters
            .iter()
            .try_for_each(|inverter| writeln!(out, "{}", json::object(inverter))),
    }
}
