//! `kstar discover`: find the inverters on the network.

use super::now;
use super::plan::{DiscoverPlan, ListFormat};
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

/// Searches, queries each inverter that is found for its identity, and prints them by address.
pub(super) async fn run(plan: DiscoverPlan, messages: &Messages) -> Result<Exit, Failure> {
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

/// The inverters that replied, each with what it reports about itself.
async fn found(targets: &[Ipv4Addr]) -> Result<Vec<Reading>, NetworkError> {
    let timing = KstarTiming::default();
    let mut replies = Vec::new();
    let searched = search(targets, &timing, |ip, reply| {
        // Queried at once: the search goes on meanwhile, and has just woken the module.
        let identity = async move { Client::new(ip, timing, true).identity().await };
        replies.push((ip, now(), reply, tokio::spawn(identity)));
    });
    searched.await?;
    sort_by_number(&mut replies, |(ip, ..)| u32::from(*ip).into());
    let mut inverters = Vec::new();
    for (ip, time, reply, identity) in replies {
        // The address that the reply came from: the one in its text can't be polled.
        let reply = Discovered {
            ip: ip.to_string(),
            ..reply
        };
        // Tasks neither panic nor are they cancelled.
        let identity = identity.await.ok().flatten().unwrap_or_default();
        let mut reading = identity.sign(reply.reading(), Some(IpAddr::V4(ip)));
        reading.time = Some(time);
        inverters.push(reading);
    }
    Ok(inverters)
}
