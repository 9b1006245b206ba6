//! A search that runs beside the polling.

use crate::kstar::client::NetworkError;
use crate::kstar::search::search;
use crate::kstar::timing::KstarTiming;
use std::net::Ipv4Addr;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// A search, as a task of its own.
pub(super) struct RunningSearch {
    found: UnboundedReceiver<Ipv4Addr>,
    task: JoinHandle<Result<(), NetworkError>>,
}

impl RunningSearch {
    /// Searches at these addresses.
    pub(super) fn start(targets: Vec<Ipv4Addr>) -> Self {
        let (sender, found) = unbounded_channel();
        let task = tokio::spawn(async move {
            search(&targets, &KstarTiming::default(), |ip, _| {
                let _ = sender.send(ip);
            })
            .await
        });
        Self { found, task }
    }

    /// The inverters that it has found and that were not given yet.
    pub(super) fn found_until_now(&mut self) -> Vec<Ipv4Addr> {
        std::iter::from_fn(|| self.found.try_recv().ok()).collect()
    }

    pub(super) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits for its end; why it failed, if it did.
    pub(super) async fn failure(self) -> Option<NetworkError> {
        self.task.await.ok()?.err()
    }
}

/// The next inverter that a running search finds, or how the search ended; never without a search.
pub(super) async fn next_found(
    search: &mut Option<RunningSearch>,
) -> Result<Ipv4Addr, Option<NetworkError>> {
    let Some(running) = search else {
        return std::future::pending().await;
    };
    if let Some(ip) = running.found.recv().await {
        return Ok(ip);
    }
    let ended = (&mut running.task).await;
    *search = None;
    Err(ended.ok().and_then(Result::err))
}
