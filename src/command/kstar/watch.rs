//! `kstar watch`: keep polling, by the same code as `watch`.

use super::super::progress::searching;
use super::super::round::now;
use super::super::stop::Stop;
use super::super::{Exit, Failure, watch};
use super::nobody::nobody_answered;
use super::targets::Targets;
use crate::cli::KstarWatch;
use crate::kstar::search::search;
use crate::kstar::timing::Timing;
use crate::watch::network::NetworkSource;
use std::net::Ipv4Addr;

/// Watches the inverters until the user or the system ends it.
///
/// # Errors
/// [`Failure`] if the directory can't be had, or a search finds nobody.
pub(super) async fn run(arguments: KstarWatch, mut stop: Stop) -> Result<Exit, Failure> {
    let rows = watch::rows(&arguments.watching)?;
    let targets = Targets::new(&arguments.network);
    let ips = tokio::select! {
        found = inverters(&targets) => found?,
        _ = stop.heard() => return Ok(Exit::Done),
    };
    if ips.is_empty() {
        return Err(nobody_answered(&targets));
    }
    watch::watch(
        NetworkSource::new(&ips, now),
        "KSTAR",
        arguments.watching,
        rows,
        stop,
    )
    .await
}

/// Those that were named, then those that a search finds, by address.
async fn inverters(targets: &Targets) -> Result<Vec<Ipv4Addr>, Failure> {
    let mut found = Vec::new();
    if !targets.searched.is_empty() {
        let progress = searching();
        let timing = Timing::default();
        let searched = search(&targets.searched, &timing, |ip, _| {
            if !targets.known.contains(&ip) {
                found.push(ip);
            }
        });
        let searched = searched.await;
        progress.finish_and_clear();
        searched?;
        found.sort_unstable();
    }
    Ok(targets.known.iter().copied().chain(found).collect())
}
