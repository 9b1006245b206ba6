//! The state behind the pages: the last observation of every inverter, today's power, request
//! counts per bus.

use crate::clock::Clock;
use crate::format::json;
use crate::inverter::InverterId;
use crate::observation::{Attempts, Observation, Outcome};
use crate::plant_total::{Memory, PlantTotal};
use crate::reading::{Reading, Role};
use chrono::{DateTime, FixedOffset, NaiveDate, Timelike};
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Minutes that a point of a curve stands for.
pub(super) const STEP: u32 = 3;
/// Inverters that are silent are polled this seldom; a round may take as long again.
const LONGEST_ROUND: Duration = Duration::from_secs(60);

/// An inverter on the pages.
pub(super) struct ServedInverter {
    pub(super) observation: Observation,
    /// Its last good reading.
    pub(super) reading: Option<Reading>,
    /// Power of today in W, by step of the day.
    pub(super) curve: BTreeMap<u32, f64>,
}

impl ServedInverter {
    /// Adds the power of a reading to the curve.
    fn draw(&mut self, reading: &Reading, time: DateTime<FixedOffset>) {
        if let Some((power, _)) = reading.figure(Role::Power) {
            let step = (time.hour() * 60 + time.minute()) / STEP;
            self.curve.insert(step, power.to_f64().unwrap_or(0.0));
        }
    }
}

/// Everything that is served.
pub(in crate::sink) struct State {
    pub(super) clock: Clock,
    pub(super) every: Duration,
    pub(super) title: Option<String>,
    pub(super) entries: Vec<ServedInverter>,
    /// What totals need of earlier rounds.
    pub(super) memory: Memory,
    /// Requests on each bus and their outcomes, by its labels.
    pub(super) counts: BTreeMap<String, Attempts>,
    day: NaiveDate,
    round: Instant,
    /// Sources whose link is lost, with the reason.
    pub(super) lost: BTreeMap<usize, String>,
}

impl State {
    pub(super) fn new(clock: Clock, every: Duration) -> Self {
        let now = clock();
        Self {
            clock,
            every,
            title: None,
            entries: Vec::new(),
            memory: Memory::default(),
            counts: BTreeMap::new(),
            day: now.date_naive(),
            round: Instant::now(),
            lost: BTreeMap::new(),
        }
    }

    /// Adds an inverter that has not been polled.
    pub(super) fn add(&mut self, inverter: &InverterId) {
        // Starts at zero, so that Prometheus sees the first increase.
        self.counts.entry(bus(inverter)).or_default();
        self.entries.push(ServedInverter {
            observation: Observation::new(inverter.clone(), Outcome::NotPolled),
            reading: None,
            curve: BTreeMap::new(),
        });
    }

    /// Keeps what is known of these inverters, and forgets others.
    pub(super) fn exchange(&mut self, latest: &[Observation]) {
        let mut before = std::mem::take(&mut self.entries);
        for observation in latest {
            let place = observation.inverter.place();
            let is_it = |entry: &ServedInverter| entry.observation.inverter.place() == place;
            match before.iter().position(is_it) {
                Some(known) => {
                    let entry = before.swap_remove(known);
                    self.entries.push(ServedInverter {
                        observation: observation.clone(),
                        ..entry
                    });
                }
                None => self.add(&observation.inverter),
            }
        }
    }

    pub(super) fn observe(&mut self, observation: &Observation) {
        let now = (self.clock)();
        // A reading after midnight belongs to the new curves.
        self.turn(now);
        let counts = self.counts.entry(bus(&observation.inverter)).or_default();
        *counts = counts.and(observation.attempts);
        self.memory.note(observation);
        let Some(entry) = self.entry(&observation.inverter) else {
            return;
        };
        entry.observation = observation.clone();
        if let Some(reading) = observation.reading() {
            entry.reading = Some(reading.clone());
            entry.draw(reading, now);
        }
    }

    /// The link to an inverter is lost: earlier observations of it are outdated.
    pub(in crate::sink) fn lose(&mut self, inverter: &InverterId) {
        self.memory.lose(inverter);
        if let Some(entry) = self.entry(inverter) {
            entry.observation = Observation::new(inverter.clone(), Outcome::NotPolled);
        }
    }

    /// Takes a row that was logged today before this run.
    pub(in crate::sink) fn remember(&mut self, reading: &Reading) {
        let today = self.day;
        let time = reading.time.filter(|time| time.date_naive() == today);
        if let (Some(time), Some(entry)) = (time, self.entry(&reading.inverter)) {
            entry.draw(reading, time);
            entry.reading = Some(reading.clone());
            self.memory.remember(reading);
        }
    }

    /// The entry of an inverter, a new one if there is none.
    fn entry(&mut self, inverter: &InverterId) -> Option<&mut ServedInverter> {
        let place = inverter.place();
        let is_it = |entry: &ServedInverter| entry.observation.inverter.place() == place;
        if !self.entries.iter().any(is_it) {
            self.add(inverter);
        }
        self.entries.iter_mut().find(|entry| is_it(entry))
    }

    /// Begins a new day: the curves are of today.
    fn turn(&mut self, now: DateTime<FixedOffset>) {
        if now.date_naive() != self.day {
            self.day = now.date_naive();
            for entry in &mut self.entries {
                entry.curve.clear();
            }
        }
    }

    pub(in crate::sink) fn round_done(&mut self) {
        self.turn((self.clock)());
        self.round = Instant::now();
    }

    /// The link of a source is lost for a reason, or back.
    pub(in crate::sink) fn link(&mut self, source: usize, lost: Option<&str>) {
        match lost {
            Some(reason) => self.lost.insert(source, reason.to_owned()),
            None => self.lost.remove(&source),
        };
    }

    /// The reason why `/health` reports trouble.
    pub(super) fn trouble(&self) -> Option<String> {
        if let Some(reason) = self.lost.values().next() {
            // Advice follows, in lines of its own: it is for the terminal.
            return reason.lines().next().map(str::to_owned);
        }
        let longest = self.every.max(LONGEST_ROUND) * 3 + LONGEST_ROUND;
        let since = self.round.elapsed();
        (since > longest).then(|| format!("no round ended for {} s", since.as_secs()))
    }

    /// Seconds since an inverter was observed.
    pub(super) fn age(&self, time: Option<DateTime<FixedOffset>>) -> Option<i64> {
        // After a clock was set back, an age is not negative.
        time.map(|time| ((self.clock)() - time).num_seconds().max(0))
    }

    pub(super) fn total(&self) -> PlantTotal {
        let latest = self.entries.iter().map(|entry| &entry.observation);
        self.memory.total(latest)
    }

    /// The object of an observation, with its age.
    pub(super) fn object(&self, observation: &Observation) -> Value {
        self.aged(json::object(observation), observation.time)
    }

    fn aged(&self, mut object: Value, time: Option<DateTime<FixedOffset>>) -> Value {
        if let Value::Object(map) = &mut object {
            map.insert("age_seconds".into(), self.age(time).into());
        }
        object
    }

    /// `{"plant":{…},"inverters":[…]}`
    pub(super) fn readings(&self) -> Value {
        let inverters = self
            .entries
            .iter()
            .map(|entry| self.object(&entry.observation));
        let total = self.total();
        json!({
            "plant": self.aged(json::plant(&total), total.time),
            "inverters": inverters.collect::<Vec<_>>(),
        })
    }

    /// The object of the inverter of this label.
    pub(super) fn reading(&self, label: &str) -> Option<Value> {
        let is_it = |entry: &&ServedInverter| entry.observation.inverter.label() == label;
        let entry = self.entries.iter().find(is_it)?;
        Some(self.object(&entry.observation))
    }
}

/// The labels of the bus of an inverter: none where buses have no name.
fn bus(inverter: &InverterId) -> String {
    inverter
        .bus()
        .map_or_else(String::new, |bus| format!("{{bus=\"{bus}\"}}"))
}
