//! The KSTAR inverters of the network: searches for them, polls all of them at the same time.
//!
//! Each inverter is polled by a task of its own. In a source that keeps polling, inverters that
//! were silent before are not waited for: their outcomes are reported with a later round.

mod inverter;
mod network;
mod search;

pub(crate) use network::{NetworkPlan, Search};

use super::{Lifetime, SourceError};
use crate::clock::Clock;
use crate::inverter::InverterId;
use crate::kstar::client::NetworkError;
use crate::observation::{Observation, Outcome};
use crate::order::sort_by_number;
use inverter::KnownInverter;
use search::{RunningSearch, next_found};
use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::info;

/// How often the network is searched again for inverters that were not found yet.
const SEARCH_EVERY: Duration = Duration::from_secs(60);

/// Inverters that a source keeps: each costs sockets and memory, and one sender can answer each
/// search with other addresses.
const MOST: usize = 512;

/// An inverter, and the outcome of polling it.
type Decided = (KnownInverter, Result<Outcome, NetworkError>);

/// Polls the inverters of a network.
pub struct KstarSource {
    plan: NetworkPlan,
    lifetime: Lifetime,
    clock: Clock,
    /// Those that are not being polled, by address.
    inverters: Vec<KnownInverter>,
    /// Identities of all inverters, in order: those named, then those found.
    order: Vec<(Ipv4Addr, InverterId)>,
    polling: JoinSet<Decided>,
    /// Inverters that were not waited for, whose polls are over and not reported yet.
    decided: Vec<Decided>,
    /// Inverters to which nothing could be sent when they were polled last.
    unreachable: BTreeSet<Ipv4Addr>,
    search: Option<RunningSearch>,
    searched: Option<Instant>,
    /// Whether no inverter could be reached when it was polled last.
    is_down: bool,
}

/// The outcomes of one round.
#[derive(Default)]
struct Round {
    observations: Vec<Observation>,
    failure: Option<NetworkError>,
}

impl KstarSource {
    pub(super) fn new(plan: NetworkPlan, lifetime: Lifetime, clock: Clock) -> Self {
        let mut source = Self {
            inverters: Vec::new(),
            order: Vec::new(),
            lifetime,
            clock,
            polling: JoinSet::new(),
            decided: Vec::new(),
            unreachable: BTreeSet::new(),
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
            self.inverters.push(KnownInverter::new(ip, is_awake));
        }
        is_new
    }

    pub(super) async fn poll(
        &mut self,
        due: &[InverterId],
        report: &mut impl FnMut(Observation),
    ) -> Result<(), SourceError> {
        let due: HashSet<IpAddr> = due.iter().filter_map(InverterId::ip).collect();
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
                // A round may have been of one inverter only, so earlier ones count too.
                let is_lost = self.unreachable.len() == self.order.len();
                let failure = round.failure.filter(|_| is_lost);
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

    /// Waits until an inverter is decided that no poll waited for; never ends without one.
    pub(super) async fn decided(&mut self) {
        match self.polling.join_next().await {
            Some(done) => self.decided.extend(done),
            None => std::future::pending().await,
        }
    }

    /// Reports inverters that were not waited for and are decided by now; a search that has ended
    /// is forgotten.
    async fn harvest(&mut self, round: &mut Round, report: &mut impl FnMut(Observation)) {
        // Lets tasks whose replies are there finish.
        tokio::task::yield_now().await;
        while let Some(done) = self.polling.try_join_next() {
            self.decided.extend(done);
        }
        for (inverter, outcome) in std::mem::take(&mut self.decided) {
            let observation = self.observe(inverter, outcome, round);
            report(observation);
        }
        let found = self.search.as_mut().map(RunningSearch::found_until_now);
        if let Some(search) = self.search.take_if(|search| search.is_over())
            && let Some(failure) = search.failure().await
            && self.order.is_empty()
        {
            // Inverters that are known show better than the search whether the network is there.
            round.failure = Some(failure);
        }
        for ip in found.into_iter().flatten() {
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
        self.search = Some(RunningSearch::start(search_at.addresses()));
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
                self.unreachable.remove(&ip);
                outcome
            }
            Err(error) => {
                self.unreachable.insert(ip);
                info!("{error}");
                let reason = error.to_string();
                round.failure = Some(error);
                Outcome::Unreachable(reason)
            }
        };
        let serial = inverter.note(&outcome);
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
        let known = self.plan.known.len().min(self.order.len());
        // The order in which they answer differs from run to run.
        let mut found = self.order.split_off(known);
        sort_by_number(&mut found, |(ip, _)| u32::from(*ip).into());
        self.order.append(&mut found);
        let place = |observation: &Observation| {
            let is_it = |(_, id): &(Ipv4Addr, InverterId)| *id == observation.inverter;
            self.order
                .iter()
                .position(is_it)
                .map_or(-1, |place| place as i64)
        };
        sort_by_number(&mut round.observations, place);
        let is_read = round.observations.iter().any(|one| one.reading().is_some());
        let answered: Vec<String> = round
            .observations
            .iter()
            .filter(|one| self.has_answered(one))
            .map(|one| one.inverter.label())
            .collect();
        round.observations.into_iter().for_each(report);
        match round.failure {
            Some(failure) => Err(failure.into()),
            None if is_read => Ok(()),
            None => Err(self.plan.no_answer(&answered)),
        }
    }

    /// Whether something came from there, readings or not: an answer to the search counts.
    fn has_answered(&self, observation: &Observation) -> bool {
        let is_known = |ip: &Ipv4Addr| observation.inverter.ip() == Some(IpAddr::V4(*ip));
        matches!(observation.outcome, Outcome::Garbled(_)) || !self.plan.known.iter().any(is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn inverters_that_answer_searches_are_bounded() {
        let plan = NetworkPlan {
            known: vec![Ipv4Addr::new(192, 168, 1, 50)],
            search: Some(Search::AllInterfaces),
            names: HashMap::new(),
        };
        let clock = || chrono::DateTime::UNIX_EPOCH.fixed_offset();
        let mut source = KstarSource::new(plan, Lifetime::Watch, clock);
        for number in 0..2000_u32 {
            source.add(Ipv4Addr::from(0x0a00_0000 + number), true);
        }
        assert_eq!(source.inverters().len(), MOST);
    }
}
