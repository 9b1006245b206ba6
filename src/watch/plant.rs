//! The inverters of a plant while they are watched: the state of each, what changed, which links
//! are lost.

use super::change::ConditionChange;
use super::curve::Window;
use super::inverter::{Condition, WatchedInverter};
use super::source::WatchedSource;
use crate::clock::Now;
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::order::sort_by_number;
use crate::plant_total::{Part, PartState, PlantTotal, total_of};
use crate::reading::{Reading, Role};
use crate::sink::health::SinkHealth;
use rust_decimal::prelude::ToPrimitive;
use std::collections::HashMap;
use std::time::Duration;

/// How many inverters are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StateCounts {
    /// Inverters that are known.
    pub(crate) all: usize,
    /// Inverters with current values and without a fault.
    pub(crate) online: usize,
    /// Inverters with current values and a fault.
    pub(crate) faults: usize,
}

/// The inverters that are watched.
#[derive(Debug)]
pub(crate) struct Plant {
    /// Its name, if it has one.
    pub(crate) title: Option<String>,
    inverters: Vec<WatchedInverter>,
    /// Index of an inverter, by source and place.
    places: HashMap<(usize, String), usize>,
    sources: Vec<WatchedSource>,
    every: Duration,
}

impl Plant {
    /// A plant without inverters; `titles` are those of its sources, `every` is the time from one
    /// round to the next.
    pub(crate) fn new(titles: Vec<String>, every: Duration, now: Now) -> Self {
        let mut plant = Self {
            title: None,
            inverters: Vec::new(),
            places: HashMap::new(),
            sources: Vec::new(),
            every,
        };
        for (source, title) in titles.into_iter().enumerate() {
            plant.add_source(source, title, now);
        }
        plant
    }

    /// Adds a source with this number and title.
    pub(crate) fn add_source(&mut self, source: usize, title: String, now: Now) {
        self.sources.push(WatchedSource::new(source, title, now));
    }

    /// Removes a source with its inverters.
    pub(crate) fn remove(&mut self, source: usize) {
        self.sources.retain(|one| one.number != source);
        self.inverters.retain(|inverter| inverter.source != source);
        self.place();
    }

    /// Removes an inverter that is polled at another address from now on.
    pub(crate) fn forget(&mut self, source: usize, id: &InverterId) {
        self.inverters
            .retain(|one| one.source != source || one.id.place() != id.place());
        self.place();
    }

    /// Sorts the sources, with their inverters, into this order.
    pub(crate) fn arrange(&mut self, sources: &[usize]) {
        let rank = |source| {
            let mut sources = sources.iter();
            sources
                .position(|one| *one == source)
                .map_or(-1, |at| at as i64)
        };
        sort_by_number(&mut self.sources, |source| rank(source.number));
        sort_by_number(&mut self.inverters, |inverter| rank(inverter.source));
        self.place();
    }

    /// Notes where each inverter is in the list.
    fn place(&mut self) {
        let places = self
            .inverters
            .iter()
            .map(|one| (one.source, one.id.place()));
        self.places = places.zip(0..).collect();
    }

    /// All inverters, in the order in which they were named or found.
    pub(crate) fn inverters(&self) -> &[WatchedInverter] {
        &self.inverters
    }

    /// Their sources, in their order.
    pub(crate) fn sources(&self) -> &[WatchedSource] {
        &self.sources
    }

    /// The source with this number.
    pub(crate) fn source(&self, number: usize) -> Option<&WatchedSource> {
        self.sources.iter().find(|one| one.number == number)
    }

    fn source_mut(&mut self, number: usize) -> Option<&mut WatchedSource> {
        self.sources.iter_mut().find(|one| one.number == number)
    }

    /// The place of a source among all.
    pub(crate) fn rank(&self, source: usize) -> Option<usize> {
        self.sources.iter().position(|one| one.number == source)
    }

    /// Adds an inverter of a source unless it is there; returns it.
    pub(crate) fn add(&mut self, source: usize, id: &InverterId) -> &mut WatchedInverter {
        // By place, which stays the same when a serial number becomes known.
        let key = (source, id.place());
        let index = *self.places.entry(key).or_insert_with(|| {
            self.inverters
                .push(WatchedInverter::new(id.clone(), source));
            self.inverters.len() - 1
        });
        #[allow(clippy::indexing_slicing)] // places hold what is there
        &mut self.inverters[index]
    }

    /// Notes an observation; returns what it changed.
    pub(crate) fn take(
        &mut self,
        source: usize,
        observation: &Observation,
        now: Now,
    ) -> Option<ConditionChange> {
        let inverter = self.add(source, &observation.inverter);
        // Its serial number may have become known.
        inverter.id = observation.inverter.clone();
        let (from, faults) = (inverter.condition, inverter.faults.clone());
        let detail = inverter.take(observation, now);
        let is_news = inverter.condition != from || inverter.faults != faults;
        is_news.then(|| ConditionChange {
            name: inverter.id.shown(),
            from,
            to: inverter.condition,
            detail,
        })
    }

    /// Notes a reading of a former run.
    pub(crate) fn remember(&mut self, source: usize, id: &InverterId, reading: &Reading, now: Now) {
        self.add(source, id).remember(reading, now);
    }

    /// Notes that the link of a source is lost.
    pub(crate) fn link_lost(&mut self, source: usize, reason: String, now: Now) {
        if let Some(source) = self.source_mut(source) {
            source.lost = Some((now.local, reason));
        }
    }

    /// Notes that it is back.
    pub(crate) fn link_back(&mut self, source: usize, now: Now) {
        if let Some(source) = self.source_mut(source) {
            source.link_back(now);
        }
    }

    /// Notes that polling goes on after a pause, which is not a part of a round.
    pub(crate) fn resume(&mut self, now: Now) {
        for source in &mut self.sources {
            source.resume(now);
        }
    }

    /// Notes the end of a round. A short one, of a few inverters, does not make the others old.
    pub(crate) fn round_done(&mut self, source: usize, now: Now) {
        let every = self.every;
        if let Some(source) = self.source_mut(source) {
            source.round_done(every, now);
        }
    }

    /// True while the values of an inverter are current: read at most two rounds ago, over a link
    /// that is not lost, and the inverter did not fall silent since.
    pub(crate) fn is_live(&self, inverter: &WatchedInverter, now: Now) -> bool {
        let Some(source) = self.source(inverter.source) else {
            return false;
        };
        let is_awake = !matches!(inverter.condition, Condition::Silent | Condition::Unknown);
        let is_young = |read| {
            source
                .period()
                .is_none_or(|period| now.since(read) <= period * 2)
        };
        source.lost.is_none() && is_awake && inverter.read.is_some_and(is_young)
    }

    fn live(&self, now: Now) -> impl Iterator<Item = &WatchedInverter> {
        let is_live = move |inverter: &&WatchedInverter| self.is_live(inverter, now);
        self.inverters.iter().filter(is_live)
    }

    /// The sum of a quantity over all inverters with current values; `None` if none has it.
    pub(crate) fn sum(&self, role: Role, now: Now) -> Option<f64> {
        let figure =
            |inverter: &WatchedInverter| inverter.reading.as_ref()?.figure(role)?.0.to_f64();
        let figures = self.live(now).filter_map(figure);
        figures.reduce(|one, other| one + other)
    }

    /// The total of all inverters.
    pub(crate) fn total(&self, now: Now) -> PlantTotal {
        let state = |one: &WatchedInverter| match (one.condition, one.last) {
            (Condition::Online | Condition::Fault, Some(last)) if self.is_live(one, now) => {
                PartState::Read(last)
            }
            // Only over a link that works is silence that of the night.
            _ if one.is_silent && !self.is_lost(one) => PartState::Silent(one.last),
            _ => PartState::Missing,
        };
        let parts = self.inverters.iter().map(|one| Part {
            inverter: &one.id,
            state: state(one),
        });
        total_of(&parts.collect::<Vec<_>>(), Some(now.local))
    }

    /// True while the link to an inverter is lost.
    pub(super) fn is_lost(&self, inverter: &WatchedInverter) -> bool {
        let source = self.source(inverter.source);
        source.is_none_or(|source| source.lost.is_some())
    }

    /// The inverters of a source whose link is lost.
    pub(crate) fn lost(&self, source: usize) -> impl Iterator<Item = &InverterId> {
        let inverters = self.inverters.iter();
        let of_source = inverters.filter(move |one| one.source == source && self.is_lost(one));
        of_source.map(|one| &one.id)
    }

    /// How many inverters are in which state.
    pub(crate) fn counts(&self, now: Now) -> StateCounts {
        let with = |condition| {
            self.live(now)
                .filter(|one| one.condition == condition)
                .count()
        };
        StateCounts {
            all: self.inverters.len(),
            online: with(Condition::Online),
            faults: with(Condition::Fault),
        }
    }

    /// Whether the link of each source works.
    pub(crate) fn health(&self) -> impl Iterator<Item = SinkHealth> {
        self.sources.iter().map(|source| SinkHealth {
            name: source.title.clone(),
            trouble: source.lost.clone(),
        })
    }

    /// Seconds for which a value of this inverter holds in curves.
    pub(super) fn hold(&self, inverter: &WatchedInverter) -> i64 {
        let source = self.source(inverter.source);
        let period = source.and_then(WatchedSource::period).unwrap_or(self.every);
        // Two rounds, as in [`Self::is_live`]: a curve goes on for as long as a value counts as
        // current.
        i64::try_from(period.as_secs())
            .unwrap_or(i64::MAX)
            .saturating_mul(2)
    }

    /// The power of all inverters together, a value per step of the window.
    pub(super) fn curve(&self, window: Window) -> Vec<Option<f32>> {
        let mut sum: Vec<Option<f32>> = vec![None; window.len()];
        for inverter in &self.inverters {
            let hold = self.hold(inverter);
            let values = inverter
                .power_curve()
                .map(|curve| curve.values(window, hold));
            for (sum, value) in sum.iter_mut().zip(values.into_iter().flatten()) {
                if let Some(value) = value {
                    *sum = Some(sum.unwrap_or(0.0) + value);
                }
            }
        }
        sum
    }
}
