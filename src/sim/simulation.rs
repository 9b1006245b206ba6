//! The inverters behind `sim:` and `simulate kaco`: a bus and what answers on it, in one task.

use super::bus::SimulatedBus;
use super::kaco::{Inverters, Mood};
use crate::address::Address;
use crate::clock;
use crate::escape::printable;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::debug;

/// Idle time of the bus: its client ends its requests, so there is nothing to hand on.
const IDLE: Duration = Duration::from_secs(1);

/// Simulated KACO inverters on a bus; they stop when this is dropped.
pub(crate) struct Simulation {
    path: PathBuf,
    task: JoinHandle<io::Result<()>>,
}

impl Simulation {
    /// Starts them on a new pseudo-terminal; `addresses` are those that answer, `None` for all.
    pub(crate) fn start(mood: Mood, addresses: Option<Vec<Address>>) -> io::Result<Self> {
        let bus = SimulatedBus::open(IDLE)?;
        let path = bus.path().to_owned();
        let mut inverters = Inverters::new(mood, addresses);
        let task = tokio::spawn(bus.run(move |request| {
            if !request.is_empty() {
                debug!("simulated inverters hear {}", printable(request));
            }
            inverters.answer(request, clock::now().naive_local())
        }));
        Ok(Self { path, task })
    }

    /// The device that clients open.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until the terminal fails.
    pub(crate) async fn run(&mut self) -> io::Result<()> {
        match (&mut self.task).await {
            Ok(outcome) => outcome,
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.task.abort();
    }
}
