//! The KACO inverters of one bus: opens the bus, opens it again after it was lost, polls in line.

use super::recorder::Recorder;
use super::{Lifetime, SourceError};
use crate::address::{Address, Addresses};
use crate::clock::Clock;
use crate::exit::Failure;
use crate::inverter::{BusName, InverterId};
use crate::kaco::bus::Bus;
use crate::kaco::connect::LinkError;
use crate::kaco::overheard::Strays;
use crate::kaco::ping::PingOutcome;
use crate::kaco::poll::Poller;
use crate::kaco::scan::ScanOutcome;
use crate::kaco::timing::Timing;
use crate::link::{Device, Link};
use crate::observation::{Attempts, Observation, Outcome};
use crate::reading::Facts;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// A bus and its inverters, as they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusPlan {
    /// Where the bus is.
    pub device: Device,
    /// The inverters on it.
    pub addresses: Addresses,
    /// Pace, waits and attempts.
    pub timing: Timing,
    /// Whether the counters are polled too.
    pub counters: bool,
    /// How long counters are used before they are polled again.
    pub counters_last: Duration,
    /// A file that gets every exchange.
    pub record: Option<PathBuf>,
    /// The name of the bus, where buses are named.
    pub bus: Option<BusName>,
    /// Names of its inverters that are shown.
    pub names: BTreeMap<Address, String>,
}

/// Polls the inverters of a bus.
pub struct KacoSource {
    plan: BusPlan,
    lifetime: Lifetime,
    clock: Clock,
    recorder: Option<Recorder>,
    inverters: Vec<InverterId>,
    /// `None` before the link was open for the first time.
    poller: Option<Poller<Link>>,
    /// Inverters that were silent when they were polled last: at night they get no second chance.
    silent: BTreeSet<Address>,
    /// The identities that inverters reported at their first reading.
    facts: BTreeMap<Address, Facts>,
}

impl KacoSource {
    /// A source that opens its bus with the first poll.
    pub(crate) fn new(
        plan: BusPlan,
        lifetime: Lifetime,
        clock: Clock,
    ) -> Result<Self, SourceError> {
        let recorder = plan.recorder()?;
        Ok(Self {
            inverters: plan.inverters(),
            plan,
            lifetime,
            clock,
            recorder,
            poller: None,
            silent: BTreeSet::new(),
            facts: BTreeMap::new(),
        })
    }

    pub(super) fn title(&self) -> String {
        self.plan.title()
    }

    pub(super) fn inverters(&self) -> &[InverterId] {
        &self.inverters
    }

    pub(super) fn recording_failure(&mut self) -> Option<SourceError> {
        self.recorder.as_ref().and_then(Recorder::failure)
    }

    pub(super) async fn poll(
        &mut self,
        due: &[InverterId],
        report: &mut impl FnMut(Observation),
    ) -> Result<(), SourceError> {
        let outcome = self.poll_addresses(due, report).await;
        // What is known of the inverters stays: only the link is gone.
        if outcome.is_err()
            && let Some(poller) = &mut self.poller
        {
            poller.hang_up(Link::new(self.plan.device.clone()));
        }
        Ok(outcome?)
    }

    async fn poll_addresses(
        &mut self,
        due: &[InverterId],
        report: &mut impl FnMut(Observation),
    ) -> Result<(), LinkError> {
        let due = due.iter().filter_map(InverterId::address);
        // Those that were silent come last: each costs a timeout that the others need not wait for.
        let (asleep, awake): (Vec<_>, Vec<_>) =
            due.partition(|address| self.silent.contains(address));
        let poller = match &mut self.poller {
            Some(poller) => {
                poller.connect().await?;
                poller
            }
            none => none.insert(open(&self.plan, self.recorder.as_ref(), self.clock).await?),
        };
        // A run that polls once would have to request them every time.
        let asks_facts = self.lifetime == Lifetime::Watch;
        let mut new = Vec::new();
        let (plan, clock) = (&self.plan, self.clock);
        let (silent, facts) = (&mut self.silent, &self.facts);
        let mut report = |address: Address, outcome: Outcome, attempts: Attempts| {
            note_silence(silent, address, &outcome);
            let observed = Observation::new(plan.inverter(address), outcome);
            let mut observation = observed.after(attempts).at(Some(clock()));
            if let Outcome::Read { answer, .. } = &mut observation.outcome {
                match facts.get(&address) {
                    Some(facts) => answer.facts = facts.clone(),
                    None => new.push(address),
                }
            }
            report(observation);
        };
        poller.round(&awake, &mut report).await?;
        poller.once(&asleep, &mut report).await?;
        // After the readings, which would wait for up to two more requests of each inverter.
        if asks_facts {
            for address in new {
                self.facts.insert(address, poller.facts(address).await?);
            }
        }
        Ok(())
    }
}

impl BusPlan {
    /// What the bus is called in messages: its name, or else its device.
    pub(super) fn title(&self) -> String {
        match &self.bus {
            Some(bus) => bus.to_string(),
            None => self.device.to_string(),
        }
    }

    /// The inverters on it, in their order.
    pub(crate) fn inverters(&self) -> Vec<InverterId> {
        let inverter = |address: &Address| self.inverter(*address);
        self.addresses.as_slice().iter().map(inverter).collect()
    }

    /// The recording of the run, if it has one.
    fn recorder(&self) -> Result<Option<Recorder>, SourceError> {
        let open = |path: &PathBuf| Recorder::open(path, self.device.to_string());
        self.record.as_ref().map(open).transpose()
    }

    /// The inverter at an address of this bus.
    fn inverter(&self, address: Address) -> InverterId {
        InverterId::kaco(Some(address.number()))
            .on(self.bus.clone())
            .simulated(matches!(self.device, Device::Simulated(_)))
            .named(self.names.get(&address).cloned())
    }
}

fn note_silence(silent: &mut BTreeSet<Address>, address: Address, outcome: &Outcome) {
    if matches!(outcome, Outcome::Silent) {
        silent.insert(address);
    } else {
        silent.remove(&address);
    }
}

/// Opens the bus; every exchange on it is recorded.
async fn open(
    plan: &BusPlan,
    recorder: Option<&Recorder>,
    clock: Clock,
) -> Result<Poller<Link>, LinkError> {
    let bus = open_bus(plan, recorder).await?;
    Ok(Poller::new(bus, plan.counters, clock).counters_last(plan.counters_last))
}

async fn open_bus(plan: &BusPlan, recorder: Option<&Recorder>) -> Result<Bus<Link>, LinkError> {
    let mut bus = Bus::open(Link::new(plan.device.clone()), plan.timing).await?;
    bus.title = plan.bus.iter().map(|bus| format!("{bus}: ")).collect();
    if let Some(recorder) = recorder {
        bus.observe(recorder.observer());
    }
    Ok(bus)
}

/// What the recording of a run that is over failed with, if it did.
fn recorded(recorder: Option<&Recorder>) -> Result<(), Failure> {
    match recorder.and_then(Recorder::failure) {
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

/// Searches a bus for inverters.
pub(crate) struct Scanner<'a> {
    plan: &'a BusPlan,
    recorder: Option<Recorder>,
    poller: Poller<Link>,
}

impl<'a> Scanner<'a> {
    /// Opens the bus.
    pub(crate) async fn open(plan: &'a BusPlan, clock: Clock) -> Result<Self, Failure> {
        let recorder = plan.recorder()?;
        let poller = open(plan, recorder.as_ref(), clock).await?;
        Ok(Self {
            plan,
            recorder,
            poller,
        })
    }

    /// Searches. `report` is called with each address as soon as it is decided; with silent ones
    /// once in each pass, and again if a late reply comes.
    pub(crate) async fn run(
        &mut self,
        mut report: impl FnMut(Address, ScanOutcome),
    ) -> Result<(), Failure> {
        let plan = self.plan;
        let report = |address, mut outcome| {
            if let ScanOutcome::Found(found) = &mut outcome {
                found.reading.inverter = plan.inverter(address);
            }
            report(address, outcome);
        };
        let addresses = plan.addresses.as_slice();
        self.poller.scan(addresses, report).await?;
        recorded(self.recorder.as_ref())
    }

    /// What passed on the bus that no request explains.
    pub(crate) fn strays(&mut self) -> Strays {
        self.poller.strays()
    }
}

/// Requests the readings of each inverter of a bus `count` times, in turn. `report` is called with
/// each outcome.
pub(crate) async fn ping(
    plan: &BusPlan,
    count: u32,
    mut report: impl FnMut(Address, PingOutcome),
) -> Result<(), Failure> {
    let recorder = plan.recorder()?;
    let mut bus = open_bus(plan, recorder.as_ref()).await?;
    for _ in 0..count {
        for &address in plan.addresses.as_slice() {
            report(address, bus.ping(address).await?);
        }
    }
    recorded(recorder.as_ref())
}
