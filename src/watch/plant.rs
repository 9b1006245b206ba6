//! What is known of the inverters of a plant while they are watched: who is due, in which state each is, what changed.

use super::curve::{Curve, MINUTES};
use crate::observation::Polled;
use crate::format::table;
use crate::reading::{Reading, Role, Unit};
use rust_decimal::prelude::ToPrimitive;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// Silent inverters are asked this seldom until they wake: at night all are silent.
const SILENT_EVERY: Duration = Duration::from_secs(60);

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
    /// Address or serial number, as in folders.
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
    due: Instant,
}

impl Inverter {
    fn new(name: String, now: Instant) -> Self {
        Self {
            name,
            health: Health::Unknown,
            reading: None,
            first_byte: None,
            asked: 0,
            garbled: 0,
            curve: Curve::new(now),
            due: now,
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
#[derive(Debug)]
pub struct Plant {
    every: Duration,
    inverters: Vec<Inverter>,
}

impl Plant {
    /// No inverters yet; those that answer are due again after `every`.
    pub const fn new(every: Duration) -> Self {
        Self {
            every,
            inverters: Vec::new(),
        }
    }

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

    /// Adds an inverter, due at once, unless it is there.
    pub fn add(&mut self, name: &str, now: Instant) {
        if self.inverters.iter().all(|inverter| inverter.name != name) {
            self.inverters.push(Inverter::new(name.to_owned(), now));
        }
    }

    /// Who is to be asked now.
    pub fn due(&self, now: Instant) -> impl Iterator<Item = &Inverter> {
        self.inverters
            .iter()
            .filter(move |inverter| inverter.due <= now)
    }

    /// When the next one is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.inverters.iter().map(|inverter| inverter.due).min()
    }

    /// Moves all curves on to the minute of `now`.
    pub fn advance(&mut self, now: Instant) {
        for inverter in &mut self.inverters {
            inverter.curve.advance(now);
        }
    }

    /// Makes everybody due, after a pause or when a lost link is back.
    pub fn all_due(&mut self, now: Instant) {
        for inverter in &mut self.inverters {
            inverter.due = now;
        }
    }

    /// Notes what came of asking the inverter of that name at `now`, and when it was asked; what changed by it.
    pub fn take(
        &mut self,
        name: &str,
        polled: Polled,
        began: Instant,
        now: Instant,
    ) -> Option<Change> {
        let every = self.every;
        let inverter = self
            .inverters
            .iter_mut()
            .find(|inverter| inverter.name == name)?;
        let from = inverter.health;
        inverter.asked += 1;
        inverter.curve.advance(now);
        let detail = match polled {
            Polled::Read {
                reading,
                first_byte,
            } => {
                inverter.health = if reading.is_fault {
                    Health::Fault
                } else {
                    Health::Online
                };
                inverter.first_byte = Some(first_byte);
                if let Some(power) = reading
                    .figure(Role::Power)
                    .and_then(|(power, _)| power.to_f64())
                {
                    inverter.curve.note(power, now);
                }
                let detail = table::summary(&reading);
                inverter.reading = Some(*reading);
                detail
            }
            Polled::Garbled(reason) => {
                inverter.garbled += 1;
                inverter.health = Health::Garbled;
                reason
            }
            Polled::Silent => {
                inverter.health = Health::Silent;
                String::new()
            }
        };
        let pause = if inverter.health == Health::Silent {
            every.max(SILENT_EVERY)
        } else {
            every
        };
        inverter.due = began + pause;
        (inverter.health != from).then(|| Change {
            name: name.to_owned(),
            from,
            to: inverter.health,
            detail,
        })
    }
}

/// The daily yield of a reading, kWh.
pub fn daily_yield(reading: &Reading) -> Option<f64> {
    match reading.figure(Role::DailyYield)? {
        (energy, Unit::WattHour) => Some(energy.to_f64()? / 1000.0),
        (energy, _) => energy.to_f64(),
    }
}
