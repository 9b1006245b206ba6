//! Inverters as SunSpec devices, over Modbus TCP.
//!
//! | module | does |
//! |---|---|
//! | [`codec`] | requests out of bytes, bytes of replies |
//! | `server` | clients, and the limits that they are held to |
//! | [`fleet`] | all devices, and the plant that they are together |
//! | `device`, `identity` | an inverter: what is served of it, and what never changes |
//! | `units` | which unit serves what |
//! | `presence` | read, asleep or missing |
//! | `values`, `state` | what is served of a reading |
//! | `map` | the registers of a unit |
//! | `model`, `tables` | points and how they are encoded; the models |
//! | `remembered` | the newest row of a log |
//!
//! Nothing can be written: a request that does not read registers is refused before anything of it
//! but its function is looked at, and what is served has no setter.

pub mod codec;
mod device;
pub mod fleet;
mod identity;
mod map;
mod model;
mod presence;
mod remembered;
mod server;
mod state;
mod tables;
mod units;
mod values;

#[cfg(test)]
mod document;

use crate::clock;
use crate::exit::Failure;
use crate::inverter::{BusName, InverterId};
use crate::observation::{Observation, Outcome};
use crate::sink::lock::lock;
use chrono::TimeDelta;
use fleet::Fleet;
use server::{SharedFleet, serve};
use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::warn;
use units::Units;

pub(crate) use units::{LAST, PLANT, pairs};

/// How inverters are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SunspecPlan {
    /// The address and the port to listen at.
    pub bind: SocketAddr,
    /// How often inverters are polled.
    pub every: Duration,
    /// What is added to the addresses of a bus to make its units.
    pub offsets: HashMap<Option<BusName>, u16>,
}

/// Where an inverter is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) inverter: u8,
    /// Its meter, if it can have one.
    pub(crate) meter: Option<u8>,
}

/// The units of these inverters, in their order.
pub(crate) fn units(
    options: &SunspecPlan,
    inverters: &[InverterId],
) -> Result<Vec<Served>, Failure> {
    let mut units = Units::default();
    let unit = |inverter| {
        let (inverter, meter) = units.assign(inverter, options)?;
        Ok(Served { inverter, meter })
    };
    inverters.iter().map(unit).collect()
}

/// Rows older than this are not from just before the start.
const RECENT: TimeDelta = TimeDelta::minutes(15);

/// Serves inverters to SunSpec clients.
pub(super) struct Sunspec {
    options: SunspecPlan,
    log: Option<PathBuf>,
    /// Until it is served.
    listener: Option<TcpListener>,
    bound: SocketAddr,
    served: Option<(SharedFleet, JoinHandle<()>)>,
}

impl Sunspec {
    /// Binds to the address; clients are served from [`Self::start`] on.
    pub(super) fn open(options: SunspecPlan, log: Option<PathBuf>) -> Result<Self, Failure> {
        let refused = |error: io::Error| refused(options.bind, &error);
        let listener = TcpListener::bind(options.bind).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let bound = listener.local_addr().map_err(refused)?;
        Ok(Self {
            options,
            log,
            listener: Some(listener),
            bound,
            served: None,
        })
    }

    /// Serves these inverters, and those that are found later.
    pub(super) fn start(&mut self, inverters: &[InverterId]) -> Result<(), Failure> {
        let mut fleet = Fleet::new(self.options.clone(), inverters)?;
        if let Some(log) = &self.log {
            remember(&mut fleet, log, inverters);
        }
        let Some(listener) = self.listener.take() else {
            return Ok(());
        };
        let listener = tokio::net::TcpListener::from_std(listener)
            .map_err(|error| refused(self.bound, &error))?;
        let shared = Arc::new(Mutex::new(fleet));
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        self.served = Some((shared, task));
        Ok(())
    }

    /// Serves these inverters from now on, and no others.
    pub(super) fn exchange(&mut self, options: Option<SunspecPlan>, latest: &[Observation]) {
        let Some((shared, _)) = &self.served else {
            return;
        };
        if let Some(options) = options {
            // Address and time between rounds are those of the start until a restart.
            self.options.offsets = options.offsets;
        }
        let inverters: Vec<InverterId> = latest.iter().map(|one| one.inverter.clone()).collect();
        let mut fleet = match Fleet::new(self.options.clone(), &inverters) {
            Ok(fleet) => fleet,
            // The earlier units stay in service.
            Err(failure) => return warn!("{failure}"),
        };
        if let Some(log) = &self.log {
            remember(&mut fleet, log, &inverters);
        }
        // What this run observed is newer than the log.
        let was_polled = |one: &&Observation| !matches!(one.outcome, Outcome::NotPolled);
        for observation in latest.iter().filter(was_polled) {
            // Each of them has its unit.
            let _ = fleet.observe(observation, Instant::now());
        }
        let mut served = lock(shared);
        let before = std::mem::replace(&mut *served, fleet);
        served.keep(before);
    }

    /// Where which units are served, for people.
    pub(super) fn announcement(&self) -> Option<String> {
        let (shared, _) = self.served.as_ref()?;
        let units = lock(shared).listed();
        Some(format!("SunSpec at {}: unit {units}", self.bound))
    }

    pub(super) fn observe(&mut self, observation: &Observation) {
        let Some((shared, _)) = &self.served else {
            return;
        };
        let taken = lock(shared).observe(observation, Instant::now());
        if let Err(failure) = taken {
            warn!("{failure}");
        }
    }
}

impl Drop for Sunspec {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.served {
            task.abort();
        }
    }
}

fn remember(fleet: &mut Fleet, log: &Path, inverters: &[InverterId]) {
    for inverter in inverters {
        if let Some(reading) = remembered::newest(log, inverter) {
            let age = reading
                .time
                .map(|time| clock::now().to_utc().signed_duration_since(time));
            // The row may lie in the future: the clock can have been set back.
            fleet.remember(&reading, age.is_some_and(|age| age.abs() < RECENT));
        }
    }
}

fn refused(bind: SocketAddr, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => Some(
            "ports below 1024 need the capability CAP_NET_BIND_SERVICE: \
            `AmbientCapabilities=CAP_NET_BIND_SERVICE` in a service; or choose a port such as 1502",
        ),
        io::ErrorKind::AddrInUse => Some("another program listens there; choose another port"),
        io::ErrorKind::AddrNotAvailable => {
            Some("this machine has no such address; 0.0.0.0 stands for all that it has")
        }
        _ => None,
    };
    Failure::new(format!("SunSpec can't be served at {bind}: {error}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of a new bus would be served for as long as a round takes that nothing polls in.
    #[tokio::test]
    async fn a_reload_leaves_the_time_between_rounds() -> Result<(), Failure> {
        let mut plan = SunspecPlan {
            bind: ([127, 0, 0, 1], 0).into(),
            every: Duration::from_secs(10),
            offsets: HashMap::new(),
        };
        let mut served = Sunspec::open(plan.clone(), None)?;
        served.start(&[])?;
        plan.every = Duration::from_secs(600);
        plan.offsets.insert(None, 100);
        served.exchange(Some(plan.clone()), &[]);
        plan.every = Duration::from_secs(10);
        assert_eq!(served.options, plan);
        Ok(())
    }
}
