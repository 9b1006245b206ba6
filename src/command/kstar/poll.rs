//! What `kstar log` and `kstar read` share: one round over the inverters, all at the same time.

use super::super::Failure;
use super::super::progress::searching;
use super::super::round::{Round, now, overview_of};
use super::nobody::{nobody_answered, nobody_read};
use super::targets::Targets;
use crate::cli::Network;
use crate::kstar::client::NetworkError;
use crate::kstar::poll::poll;
use crate::kstar::search::search;
use crate::kstar::timing::Timing;
use crate::observation::Polled;
use crate::format::table::Overview;
use crate::reading::Sender;
use std::net::{IpAddr, Ipv4Addr};
use tokio::task::JoinHandle;

/// What became of asking one inverter.
type Outcome = Result<Polled, NetworkError>;

/// Polls every inverter once: those that were named in their order, then those that were found by address. Each is read as
/// soon as it is found, so that the whole takes no longer than the slowest of them.
///
/// # Errors
/// [`Failure`] if there is not a single reading. Other failures are part of the [`Round`].
pub(super) async fn round(network: &Network) -> Result<Round, Failure> {
    let targets = Targets::new(network);
    let progress = searching();
    let (tasks, mut failure) = start(&targets).await;
    let mut overview = Vec::new();
    let mut heard = Vec::new();
    for (ip, task) in tasks {
        // Tasks neither panic nor are they cancelled.
        let outcome = task.await.unwrap_or(Ok(Polled::Silent));
        if !targets.known.contains(&ip) || matches!(outcome, Ok(Polled::Garbled(_))) {
            heard.push(ip);
        }
        let line = progress.suspend(|| line(ip, outcome, &mut failure));
        overview.push(line);
    }
    progress.finish_and_clear();
    let is_read = |overview: &Overview| matches!(overview, Overview::Read(..));
    let failure = failure.map(Failure::from);
    if overview.iter().any(is_read) {
        return Ok(Round { overview, failure });
    }
    Err(failure.unwrap_or_else(|| match heard.as_slice() {
        [] => nobody_answered(&targets),
        heard => nobody_read(heard),
    }))
}

/// Starts to read the inverters that are known, and each that a search finds; with what went wrong with the search.
async fn start(targets: &Targets) -> (Vec<(Ipv4Addr, JoinHandle<Outcome>)>, Option<NetworkError>) {
    let timing = Timing::default();
    let read = |ip, awake| (ip, tokio::spawn(poll(ip, awake, timing, now)));
    let mut tasks: Vec<_> = targets.known.iter().map(|&ip| read(ip, false)).collect();
    if targets.searched.is_empty() {
        return (tasks, None);
    }
    let mut found = Vec::new();
    let searched = search(&targets.searched, &timing, |ip, _| {
        if !targets.known.contains(&ip) {
            found.push(read(ip, true));
        }
    });
    let failure = searched.await.err();
    found.sort_by_key(|(ip, _)| *ip);
    tasks.extend(found);
    (tasks, failure)
}

/// An inverter's line of the overview; `failure` gets what is wrong with the network.
fn line(ip: Ipv4Addr, outcome: Outcome, failure: &mut Option<NetworkError>) -> Overview {
    let sender = Sender::Kstar {
        serial: None,
        ip: Some(IpAddr::V4(ip)),
    };
    match outcome {
        Ok(polled) => overview_of("inverter", sender, polled),
        Err(error) => {
            *failure = Some(error);
            Overview::Unread(sender, "not reachable")
        }
    }
}
