//! The KSTAR inverters of the network: searches for them, polls all of them at the same time.
//!
//! Each inverter is polled by a task of its own. In a source that keeps polling, inverters that
//! were silent before are not waited for: what comes of them is reported with a later round.

use super::{Lifetime, SourceError};
use crate::clock::Clock;
use crate::inverter::InverterId;
use crate::kstar::client::{Client, NetworkError};
use crate::kstar::identity::Identity;
use crate::kstar::interfaces::broadcast_addresses;
use crate::kstar::search::search;
use crate::kstar::timing::KstarTiming;
use crate::observation::{Observation, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tracing::{info, warn};

/// How often the network is searched again for inverters that were not found yet.
const SEARCH_EVERY: Duration = Duration::from_secs(60);

/// How often an inverter is asked again for its serial number: a router can give its address away.
const IDENTITY_EVERY: Duration = Duration::from_secs(3600);

/// Inverters that a source keeps: each costs sockets and memory, and one sender can answer each
/// search with other addresses.
const MOST: usize = 512;

/// Which inverters, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkPlan {
    /// Inverters whose address was given, each once.
    pub(crate) known: Vec<Ipv4Addr>,
    /// Where others are searched; `None` if they are not.
    pub(crate) search: Option<Search>,
    /// Names that are shown, of inverters whose address was given.
    pub(crate) names: BTreeMap<Ipv4Addr, String>,
}

/// Where inverters are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    /// 255.255.255.255 and the broadcast address of each network interface.
    AllInterfaces,
    /// These addresses.
    At(Vec<Ipv4Addr>),
}

impl Search {
    /// The addresses that a search packet goes to now: interfaces come and go.
    pub(crate) fn addresses(&self) -> Vec<Ipv4Addr> {
        match self {
            Self::AllInterfaces => broadcast_addresses(),
            Self::At(addresses) => addresses.clone(),
        }
    }
}

/// Polls the inverters of a network.
pub struct KstarSource {
    plan: NetworkPlan,
    lifetime: Lifetime,
    clock: Clock,
    /// Those that are not being polled, by address.
    inverters: Vec<KnownInverter>,
    /// Identities of all inverters, in order: those named, then those found.
    order: Vec<(Ipv4Addr, InverterId)>,
    polling: JoinSet<(KnownInverter, Result<Outcome, NetworkError>)>,
    search: Option<RunningSearch>,
    searched: Option<Instant>,
    /// Whether the last round reached nothing.
    is_down: bool,
}

struct RunningSearch {
    found: UnboundedReceiver<Ipv4Addr>,
    task: JoinHandle<Result<(), NetworkError>>,
}

/// One inverter, and what was learnt about it.
struct KnownInverter {
    ip: Ipv4Addr,
    client: Client,
    /// The identity that it reported, and when.
    identity: Option<(Identity, Instant)>,
    /// The serial number that was reported last at this address.
    last_serial: Option<String>,
    /// Whether it did not answer when it was polled last.
    was_silent: bool,
}

/// What came of one round.
#[derive(Default)]
struct Round {
    observations: Vec<Observation>,
    failure: Option<NetworkError>,
    reached: bool,
}

impl KstarSource {
    pub(super) fn new(plan: NetworkPlan, lifetime: Lifetime, clock: Clock) -> Self {
        let mut source = Self {
            inverters: Vec::new(),
            order: Vec::new(),
            lifetime,
            clock,
            polling: JoinSet::new(),
            search: None,
            searched: None,
            is_down: false,
            plan,
        };
        for ip in source.plan.known.clone() {
            source.add(ip, false);
        }
        source
    }

    pub(super) fn inverters(&self) -> Vec<InverterId> {
        self.order.iter().map(|(_, id)| id.clone()).collect()
    }

    pub(super) const fn is_searching(&self) -> bool {
        self.plan.search.is_some()
    }

    fn id(&self, ip: Ipv4Addr, serial: Option<String>) -> InverterId {
        self.plan.inverter(ip, serial)
    }

    /// Adds an inverter unless it is known; `is_awake` if its module has just answered a search.
    fn add(&mut self, ip: Ipv4Addr, is_awake: bool) -> bool {
        // Inverters that were named always have room.
        let has_room = self.order.len() < MOST.max(self.plan.known.len());
        let is_new = has_room && self.order.iter().all(|(known, _)| *known != ip);
        if is_new {
            self.order.push((ip, self.id(ip, None)));
            self.inverters.push(KnownInverter {
                ip,
                client: Client::new(ip, KstarTiming::default(), is_awake),
                identity: None,
                last_serial: None,
                was_silent: false,
            });
        }
        is_new
    }

    pub(super) async fn poll(
        &mut self,
        due: &[InverterId],
        report: &mut impl FnMut(Observation),
    ) -> Result<(), SourceError> {
        let due: BTreeSet<IpAddr> = due.iter().filter_map(InverterId::ip).collect();
        let mut awaited = self.start(|inverter| due.contains(&IpAddr::V4(inverter.ip)));
        self.start_search();
        let is_once = self.lifetime == Lifetime::Once;
        let mut round = Round::default();
        while !awaited.is_empty() || (self.waits_for_all() && self.search.is_some()) {
            tokio::select! {
                Some(done) = self.polling.join_next() => {
                    // Tasks neither panic nor are they cancelled.
                    let Ok((inverter, outcome)) = done else { continue };
                    awaited.remove(&inverter.ip);
                    let observation = self.observe(inverter, outcome, &mut round);
                    // A run that polls once reports in a fixed order, at its end.
                    if is_once {
                        round.observations.push(observation);
                    } else {
                        report(observation);
                    }
                }
                found = next_found(&mut self.search) => match found {
                    Ok(ip) => {
                        if self.add(ip, true) {
                            awaited.append(&mut self.start(|inverter| inverter.ip == ip));
                        }
                    }
                    // A search that ended well does not hide that an inverter was unreachable.
                    Err(ended) => round.failure = ended.or(round.failure.take()),
                },
            }
        }
        self.harvest(&mut round, report).await;
        match self.lifetime {
            Lifetime::Once => self.judge_once(round, report),
            // One that can't be reached is silent; if none can, the network is down.
            Lifetime::Watch => {
                let failure = round.failure.filter(|_| !round.reached);
                self.is_down = failure.is_some();
                failure.map_or(Ok(()), |failure| Err(failure.into()))
            }
        }
    }

    /// Whether nothing is left to a later round. While the network is down, a round that waited for
    /// nothing would look as if it was back.
    fn waits_for_all(&self) -> bool {
        self.lifetime == Lifetime::Once || self.is_down
    }

    /// Reports inverters that were not waited for and are decided by now; a search that has ended
    /// is forgotten.
    async fn harvest(&mut self, round: &mut Round, report: &mut impl FnMut(Observation)) {
        // Lets tasks whose replies are there finish.
        tokio::task::yield_now().await;
        while let Some(done) = self.polling.try_join_next() {
            if let Ok((inverter, outcome)) = done {
                let observation = self.observe(inverter, outcome, round);
                report(observation);
            }
        }
        let mut found = Vec::new();
        if let Some(search) = &mut self.search {
            while let Ok(ip) = search.found.try_recv() {
                found.push(ip);
            }
        }
        let is_over = |search: &mut RunningSearch| search.task.is_finished();
        if let Some(search) = self.search.take_if(is_over)
            && let Ok(Err(failure)) = search.task.await
            && self.order.is_empty()
        {
            // Inverters that are known show better than the search whether the network is there.
            round.failure = Some(failure);
        }
        for ip in found {
            self.add(ip, true);
        }
    }

    /// Starts to poll those that are `wanted`; gives those that are waited for.
    fn start(&mut self, wanted: impl Fn(&KnownInverter) -> bool) -> BTreeSet<Ipv4Addr> {
        let mut awaited = BTreeSet::new();
        // Inverters whose last poll is not over are not in the list: none is polled twice at once.
        let (wanted, idle) = self
            .inverters
            .drain(..)
            .partition(|inverter| wanted(inverter));
        self.inverters = idle;
        let clock = self.clock;
        let wanted: Vec<KnownInverter> = wanted;
        for mut inverter in wanted {
            if self.waits_for_all() || !inverter.was_silent {
                awaited.insert(inverter.ip);
            }
            // The inverter goes into its task and comes back with the outcome: nothing is shared.
            self.polling.spawn(async move {
                let outcome = inverter.poll(clock).await;
                (inverter, outcome)
            });
        }
        awaited
    }

    fn start_search(&mut self) {
        let Some(search_at) = &self.plan.search else {
            return;
        };
        let is_due = self.is_down || self.searched.is_none_or(|at| at.elapsed() >= SEARCH_EVERY);
        if self.search.is_some() || !is_due {
            return;
        }
        self.searched = Some(Instant::now());
        let targets = search_at.addresses();
        let (sender, found) = unbounded_channel();
        let task = tokio::spawn(async move {
            search(&targets, &KstarTiming::default(), |ip, _| {
                let _ = sender.send(ip);
            })
            .await
        });
        self.search = Some(RunningSearch { found, task });
    }

    /// The observation of one poll; the inverter is idle again.
    fn observe(
        &mut self,
        mut inverter: KnownInverter,
        outcome: Result<Outcome, NetworkError>,
        round: &mut Round,
    ) -> Observation {
        let ip = inverter.ip;
        let outcome = match outcome {
            Ok(outcome) => {
                round.reached = true;
                outcome
            }
            Err(error) => {
                info!("{error}");
                let reason = error.to_string();
                round.failure = Some(error);
                Outcome::Unreachable(reason)
            }
        };
        inverter.was_silent = matches!(outcome, Outcome::Silent | Outcome::Unreachable(_));
        if inverter.was_silent {
            // Its address may be another inverter's when it answers again.
            inverter.identity = None;
        }
        let serial = match &outcome {
            Outcome::Read { answer, .. } => inverter.tell(answer.inverter.serial()),
            // It is silent as the inverter that it was.
            _ => inverter.last_serial.clone(),
        };
        let id = self.id(ip, serial);
        if let Some((_, known)) = self.order.iter_mut().find(|(known, _)| *known == ip) {
            *known = id.clone();
        }
        self.inverters.push(inverter);
        Observation::new(id, outcome).at(Some((self.clock)()))
    }

    /// Reports everything in order; an error if nothing was read, or if something was unreachable.
    fn judge_once(
        &mut self,
        mut round: Round,
        report: &mut impl FnMut(Observation),
    ) -> Result<(), SourceError> {
        let known = self.plan.known.len();
        if let Some(found) = self.order.get_mut(known..) {
            // The order in which they answer differs from run to run.
            found.sort_by_key(|(ip, _)| *ip);
        }
        let place = |observation: &Observation| {
            let is_it = |(_, id): &(Ipv4Addr, InverterId)| *id == observation.inverter;
            self.order.iter().position(is_it)
        };
        round.observations.sort_by_key(place);
        let is_read = round.observations.iter().any(|one| one.reading().is_some());
        let heard: Vec<String> = round
            .observations
            .iter()
            .filter(|one| self.has_answered(one))
            .map(|one| one.inverter.label())
            .collect();
        round.observations.into_iter().for_each(report);
        match round.failure {
            Some(failure) => Err(failure.into()),
            None if is_read => Ok(()),
            None => Err(self.plan.no_answer(&heard)),
        }
    }

    /// Whether something came from there, readings or not: an answer to the search counts.
    fn has_answered(&self, observation: &Observation) -> bool {
        let is_known = |ip: &Ipv4Addr| observation.inverter.ip() == Some(IpAddr::V4(*ip));
        matches!(observation.outcome, Outcome::Garbled(_)) || !self.plan.known.iter().any(is_known)
    }
}

/// The next inverter that a running search finds, or how the search ended; never without a search.
async fn next_found(search: &mut Option<RunningSearch>) -> Result<Ipv4Addr, Option<NetworkError>> {
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

impl KnownInverter {
    /// Takes the serial number of a reading; another one than before is reported.
    fn tell(&mut self, serial: Option<&str>) -> Option<String> {
        let new = serial?.to_owned();
        if let Some(old) = self.last_serial.replace(new.clone())
            && old != new
        {
            let ip = self.ip;
            warn!("another inverter answers at {ip}: {new} instead of {old}");
        }
        Some(new)
    }

    async fn poll(&mut self, clock: Clock) -> Result<Outcome, NetworkError> {
        let (mut answer, first_byte) = match self.client.readings().await? {
            Outcome::Read { answer, first_byte } => (answer, first_byte),
            other => return Ok(other.map(Box::new)),
        };
        answer.time = Some(clock());
        // After the readings, which count whatever becomes of it.
        let identity = self.identity().await;
        let answer = Box::new(identity.sign(answer, Some(IpAddr::V4(self.ip))));
        Ok(Outcome::Read { answer, first_byte })
    }

    /// Its identity; asked until it answers, and again once an hour. The identity is optional:
    /// whatever goes wrong, the readings count.
    async fn identity(&mut self) -> Identity {
        if let Some((identity, asked)) = &self.identity
            && asked.elapsed() < IDENTITY_EVERY
        {
            return identity.clone();
        }
        let told = self.client.identity().await;
        match (told, &self.identity) {
            (Some(identity), _) => {
                self.identity = Some((identity.clone(), Instant::now()));
                identity
            }
            (None, Some((identity, _))) => identity.clone(),
            (None, None) => Identity::default(),
        }
    }
}

impl NetworkPlan {
    /// The inverters whose address was given, in their order.
    pub(crate) fn inverters(&self) -> Vec<InverterId> {
        self.known
            .iter()
            .map(|ip| self.inverter(*ip, None))
            .collect()
    }

    fn inverter(&self, ip: Ipv4Addr, serial: Option<String>) -> InverterId {
        InverterId::kstar(serial, Some(IpAddr::V4(ip))).named(self.names.get(&ip).cloned())
    }

    /// All addresses that a search packet goes to.
    pub(crate) fn targets(&self) -> Vec<Ipv4Addr> {
        let searched = self.search.iter().flat_map(Search::addresses);
        self.known.iter().copied().chain(searched).collect()
    }

    /// The error when no inverter gave a reading; `heard` are those that answered something.
    pub(crate) fn no_answer(&self, heard: &[String]) -> SourceError {
        if heard.is_empty() {
            return SourceError::NoAnswer {
                message: format!("no KSTAR inverter answered; {}", self.polled()),
                hint: self.checklist(),
            };
        }
        SourceError::NoAnswer {
            message: format!(
                "{} did not send readings that can be understood",
                heard.join(", ")
            ),
            hint: "is it a KSTAR inverter, and its WiFi dongle an old one? Newer dongles speak \
                Solarman V5 or Modbus; `-vv` shows what came"
                .to_owned(),
        }
    }

    fn polled(&self) -> String {
        let mut polled = Vec::new();
        if !self.known.is_empty() {
            polled.push(format!("asked {}", listed(&self.known)));
        }
        if let Some(search) = &self.search {
            polled.push(format!("searched {}", listed(&search.addresses())));
        }
        polled.join(", ")
    }

    /// What is usually wrong, the likeliest first.
    fn checklist(&self) -> String {
        let mut lines = vec!["check:".to_owned()];
        if let Some(ip) = self.known.first() {
            lines.push(format!(
                "- is the inverter's WiFi dongle on, and in reach of this machine? `ping {ip}`"
            ));
            lines.push(
                "- is that still its address? The router shows it, and can make it a fixed one"
                    .to_owned(),
            );
        }
        if self.search.is_some() {
            lines.push(
                "- is the inverter's WiFi dongle on, and in the same network as this machine?"
                    .to_owned(),
            );
            lines.push(
                "- does broadcast get there? Not from a container, a VPN or another subnet: give \
                 the address by --ip, or another broadcast address by --broadcast"
                    .to_owned(),
            );
        }
        lines.push("- does a firewall drop UDP from port 8899 or 48899?".to_owned());
        lines.push(
            "- does the dongle speak this protocol? Newer ones speak Solarman V5 or Modbus and \
             stay silent here"
                .to_owned(),
        );
        lines.join("\n  ")
    }
}

fn listed(addresses: &[Ipv4Addr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverters_that_answer_searches_are_bounded() {
        let plan = NetworkPlan {
            known: vec![Ipv4Addr::new(192, 168, 1, 50)],
            search: Some(Search::AllInterfaces),
            names: BTreeMap::new(),
        };
        let clock = || chrono::DateTime::UNIX_EPOCH.fixed_offset();
        let mut source = KstarSource::new(plan, Lifetime::Watch, clock);
        for number in 0..2000_u32 {
            source.add(Ipv4Addr::from(0x0a00_0000 + number), true);
        }
        assert_eq!(source.inverters().len(), MOST);
    }
}
