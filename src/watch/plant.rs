//! What is known of the inverters of a plant while they are watched: in which state each is, what
//! changed.

use super::curve::{Curve, MINUTES};
use crate::fault;
use crate::format::table;
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::reading::{Reading, Role, Unit};
use rust_decimal::prelude::ToPrimitive;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// How an inverter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Not asked yet.
    Unknown,
    /// It answers and reports no fault.
    Online,
    /// It answers and reports a fault.
    Fault,
    /// It answers, but never well.
    Garbled,
    /// It does not answer.
    Silent,
}

/// One inverter.
#[derive(Debug)]
pub struct Inverter {
    /// Which inverter.
    pub id: InverterId,
    /// What it is called: its address, or where it answers.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// Its last good reading.
    pub reading: Option<Reading>,
    /// Time to the first byte of that.
    pub first_byte: Option<Duration>,
    /// How often it was asked, and how often the replies were garbled.
    pub asked: u64,
    /// See `asked`.
    pub garbled: u64,
    /// Its power of the last hour.
    pub curve: Curve,
}

impl Inverter {
    fn new(id: InverterId, now: Instant) -> Self {
        Self {
            name: id.place(),
            id,
            health: Health::Unknown,
            reading: None,
            first_byte: None,
            asked: 0,
            garbled: 0,
            curve: Curve::new(now),
        }
    }

    /// Whether it answered when it was asked last.
    pub fn is_read(&self) -> bool {
        matches!(self.health, Health::Online | Health::Fault)
    }

    /// Share of garbled replies, percent.
    pub fn error_rate(&self) -> f64 {
        let share =
            |part: u64, whole: u64| part.to_f64().unwrap_or(0.0) / whole.to_f64().unwrap_or(1.0);
        share(self.garbled, self.asked.max(1)) * 100.0
    }
}

/// An inverter whose health is another one now: worth a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Which inverter.
    pub name: String,
    /// Before.
    pub from: Health,
    /// Now.
    pub to: Health,
    /// What it reports, or why it is not read.
    pub detail: String,
}

/// `02: online: mpp-track, 585 W, …`
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match (self.from, self.to) {
            (Health::Fault, Health::Online) => "recovered",
            (_, Health::Online) => "online",
            (_, Health::Fault) => "fault",
            (_, Health::Garbled) => "garbled",
            (_, Health::Silent) => "silent",
            (_, Health::Unknown) => "unknown",
        };
        write!(formatter, "{}: {word}", self.name)?;
        match self.detail.as_str() {
            "" => Ok(()),
            detail => write!(formatter, ": {detail}"),
        }
    }
}

/// The inverters that are watched.
#[derive(Debug, Default)]
pub struct Plant {
    inverters: Vec<Inverter>,
}

impl Plant {
    /// All inverters, in the order in which they were named.
    pub fn inverters(&self) -> &[Inverter] {
        &self.inverters
    }

    /// The power of all that answer, W.
    pub fn power(&self) -> f64 {
        self.readings()
            .filter_map(|reading| reading.figure(Role::Power)?.0.to_f64())
            .sum()
    }

    /// The daily yield of all, as last read, kWh.
    pub fn daily_yield(&self) -> f64 {
        self.inverters
            .iter()
            .filter_map(|inverter| daily_yield(inverter.reading.as_ref()?))
            .sum()
    }

    /// The power of the last hour, all inverters together.
    pub fn curve(&self) -> Vec<Option<f64>> {
        let mut sum = vec![None; MINUTES];
        for inverter in &self.inverters {
            for (sum, value) in sum.iter_mut().zip(inverter.curve.values()) {
                if let Some(value) = value {
                    *sum = Some(sum.unwrap_or(0.0) + value);
                }
            }
        }
        sum
    }

    /// The readings of those that answer now.
    fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.inverters
            .iter()
            .filter(|inverter| inverter.is_read())
            .filter_map(|inverter| inverter.reading.as_ref())
    }

    /// Adds an inverter unless it is there.
    pub fn add(&mut self, id: &InverterId, now: Instant) {
        self.inverter(id, now);
    }

    /// The inverter at this place; it is added if it is new.
    fn inverter(&mut self, id: &InverterId, now: Instant) -> &mut Inverter {
        let place = id.place();
        let known = self.inverters.iter().position(|known| known.name == place);
        let index = known.unwrap_or_else(|| {
            self.inverters.push(Inverter::new(id.clone(), now));
            self.inverters.len() - 1
        });
        #[allow(clippy::indexing_slicing)] // found or pushed just now
        &mut self.inverters[index]
    }

    /// Moves all curves on to the minute of `now`.
    pub fn advance(&mut self, now: Instant) {
        for inverter in &mut self.inverters {
            inverter.curve.advance(now);
        }
    }

    /// Notes an observation; what changed by it.
    pub fn take(&mut self, observation: &Observation, now: Instant) -> Option<Change> {
        let inverter = self.inverter(&observation.inverter, now);
        inverter.id = observation.inverter.clone();
        let from = inverter.health;
        let detail = inverter.take(&observation.outcome, now);
        (inverter.health != from).then(|| Change {
            name: inverter.name.clone(),
            from,
            to: inverter.health,
            detail,
        })
    }
}

impl Inverter {
    /// Notes an outcome; what it reports, or why it was not read.
    fn take(&mut self, outcome: &Outcome, now: Instant) -> String {
        if matches!(outcome, Outcome::NotPolled) {
            return String::new();
        }
        self.asked += 1;
        self.curve.advance(now);
        match outcome {
            Outcome::Read { answer, first_byte } => {
                self.health = if answer.is_fault {
                    Health::Fault
                } else {
                    Health::Online
                };
                self.first_byte = Some(*first_byte);
                let power = answer.figure(Role::Power);
                if let Some(power) = power.and_then(|(power, _)| power.to_f64()) {
                    self.curve.note(power, now);
                }
                self.reading = Some((**answer).clone());
                let faults = fault::of_reading(answer).join(", ");
                match faults.is_empty() {
                    true => table::summary(answer),
                    false => format!("{faults}: {}", table::summary(answer)),
                }
            }
            Outcome::Garbled(reason) => {
                self.garbled += 1;
                self.health = Health::Garbled;
                reason.clone()
            }
            Outcome::Silent | Outcome::Unreachable(_) | Outcome::NotPolled => {
                self.health = Health::Silent;
                String::new()
            }
        }
    }
}

/// The daily yield of a reading, kWh.
pub fn daily_yield(reading: &Reading) -> Option<f64> {
    match reading.figure(Role::DailyYield)? {
        (energy, Unit::WattHour) => Some(energy.to_f64()? / 1000.0),
        (energy, _) => energy.to_f64(),
    }
}
