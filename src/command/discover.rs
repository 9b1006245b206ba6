//! `kstar discover`: find the inverters on the network.

use super::now;
use super::plan::{Discover, ListFormat};
use super::print::print;
use super::progress::Progress;
use crate::exit::{Exit, Failure};
use crate::format::{json, table};
use crate::kstar::client::{Client, NetworkError};
use crate::kstar::discovery::Discovered;
use crate::kstar::search::search;
use crate::kstar::timing::KstarTiming;
use crate::logging::Messages;
use crate::order::sort_by_number;
use crate::reading::Reading;
use std::net::{IpAddr, Ipv4Addr};

/// Searches, asks each inverter that is found what it is, and prints them by address.
pub(super) async fn run(plan: Discover, messages: &Messages) -> Result<Exit, Failure> {
    let progress = Progress::of_search(messages);
    let found = found(&plan.network.targets()).await;
    drop(progress);
    let inverters = found?;
    if inverters.is_empty() {
        return Err(plan.network.no_answer(&[]).into());
    }
    let text: String = match plan.format {
        ListFormat::Table => table::list(&inverters, plan.medium),
        ListFormat::Json => inverters
            .iter()
            .map(|inverter| format!("{}\n", json::reading(inverter)))
            .collect(),
    };
    print(&text)?;
    Ok(Exit::Done)
}

/// The answers of the modules, and the inverters behind them.
async fn found(targets: &[Ipv4Addr]) -> Result<Vec<Reading>, NetworkError> {
    let timing = KstarTiming::default();
    let mut answers = Vec::new();
    let searched = search(targets, &timing, |ip, answer| {
        // Asked at once: the search goes on meanwhile, and has just woken the module.
        let identity = async move { Client::new(ip, timing, true).identity().await };
        answers.push((ip, now(), answer, tokio::spawn(identity)));
    });
    searched.await?;
    sort_by_number(&mut answers, |(ip, ..)| u32::from(*ip).into());
    let mut inverters = Vec::new();
    for (ip, time, answer, identity) in answers {
        // The address that the answer came from: the one in its text can't be polled.
        let answer = Discovered {
            ip: ip.to_string(),
            ..answer
        };
        // Tasks neither panic nor are they cancelled.
        let identity = identity.await.ok().flatten().unwrap_or_default();
        let mut reading = identity.sign(answer.reading(), Some(IpAddr::V4(ip)));
        reading.time = Some(time);
        inverters.push(reading);
    }
    Ok(inverters)
}
