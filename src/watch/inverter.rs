//! One inverter that is watched: its state, its last reading, its curves.

use super::curve::Curve;
use crate::clock::Now;
use crate::fault;
use crate::format::{hybrid, table};
use crate::inverter::InverterId;
use crate::observation::{Attempts, Observation, Outcome};
use crate::plant_total::Contribution;
use crate::reading::{Decimal, Kind, Reading, Role};
use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;
use std::time::Duration;

/// The state of an inverter when it was polled last.
// In the order in which a list that is sorted by status has them: what needs a look comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    /// It replies and reports a fault.
    Fault,
    /// It replies, but every reply is garbled.
    Garbled,
    /// It does not reply.
    Silent,
    /// It replies and reports no fault.
    Online,
    /// Not polled yet.
    Unknown,
}

/// One inverter.
#[derive(Debug)]
pub(crate) struct WatchedInverter {
    pub(crate) id: InverterId,
    /// Number of its source.
    pub(crate) source: usize,
    pub(crate) condition: Condition,
    /// Its last good reading.
    pub(crate) reading: Option<Reading>,
    /// When that was read.
    pub(crate) read: Option<Now>,
    /// Time to the first byte of that.
    pub(crate) first_byte: Option<Duration>,
    /// The requests of all polls to which it replied: how good its link is.
    pub(crate) attempts: Attempts,
    /// Why the last reply was garbled, or why nothing could be sent.
    pub(crate) reason: String,
    /// Whether no reply came when it was polled last.
    pub(super) is_silent: bool,
    /// The figures of its last reading, of a former run too.
    pub(super) last: Option<Contribution>,
    /// The faults that it reported last.
    pub(super) faults: Vec<String>,
    curves: Vec<(Role, Curve)>,
}

/// What an inverter has curves of.
const CURVES: [Role; 1] = [Role::Power];

/// What a hybrid inverter has curves of.
const HYBRID_CURVES: [Role; 4] = [Role::Power, Role::LoadPower, Role::Charge, Role::GridPower];

impl WatchedInverter {
    pub(super) fn new(id: InverterId, source: usize) -> Self {
        Self {
            id,
            source,
            condition: Condition::Unknown,
            reading: None,
            read: None,
            first_byte: None,
            attempts: Attempts::default(),
            reason: String::new(),
            is_silent: false,
            last: None,
            faults: Vec::new(),
            curves: Vec::new(),
        }
    }

    /// Its name where it has one, else its address or serial number.
    pub(crate) fn name(&self) -> String {
        self.id
            .name()
            .map_or_else(|| self.id.label(), str::to_owned)
    }

    /// Share of garbled replies, percent.
    pub(crate) fn error_rate(&self) -> f64 {
        let Attempts { sent, garbled, .. } = self.attempts;
        f64::from(garbled) / f64::from(sent.max(1)) * 100.0
    }

    /// Its yield of this day, kWh; `None` if it gave no reading on that day.
    pub(crate) fn daily_yield(&self, day: NaiveDate) -> Option<f64> {
        self.energy(day)?.to_f64()
    }

    fn energy(&self, day: NaiveDate) -> Option<Decimal> {
        let last = self.last?;
        let is_of_day = last.time?.date_naive() == day;
        last.daily_yield.filter(|_| is_of_day)
    }

    /// Power as last read, W.
    pub(crate) fn power(&self) -> Option<f64> {
        self.reading.as_ref()?.figure(Role::Power)?.0.to_f64()
    }

    /// What it has curves of.
    pub(super) fn curves(&self) -> &[(Role, Curve)] {
        &self.curves
    }

    /// The curve of its power.
    pub(super) fn power_curve(&self) -> Option<&Curve> {
        let is_power = |(role, _): &&(Role, Curve)| *role == Role::Power;
        self.curves.iter().find(is_power).map(|(_, curve)| curve)
    }

    /// Notes an observation. Returns what the inverter reports, or why it was not read.
    pub(super) fn take(&mut self, observation: &Observation, now: Now) -> String {
        let outcome = &observation.outcome;
        // Silence is mostly the night, not the link.
        if matches!(outcome, Outcome::Read { .. } | Outcome::Garbled(_)) {
            self.attempts = self.attempts.and(observation.attempts);
        }
        // Apart from the condition, which is the same where the link is lost.
        self.is_silent = matches!(outcome, Outcome::Silent);
        match outcome {
            Outcome::NotPolled => String::new(),
            Outcome::Read { answer, first_byte } => {
                self.note_faults(answer);
                self.first_byte = Some(*first_byte);
                self.read = Some(now);
                self.remember(answer, now);
                self.reading = Some((**answer).clone());
                let mut faults = fault::of_reading(answer);
                // The summary begins with the status.
                faults.retain(|fault| *fault != table::status(answer));
                match faults.is_empty() {
                    true => table::summary(answer),
                    false => format!("{}: {}", faults.join(", "), table::summary(answer)),
                }
            }
            Outcome::Garbled(reason) => {
                self.condition = Condition::Garbled;
                self.reason.clone_from(reason);
                reason.clone()
            }
            Outcome::Silent => {
                self.condition = Condition::Silent;
                String::new()
            }
            Outcome::Unreachable(reason) => {
                self.condition = Condition::Silent;
                self.reason.clone_from(reason);
                reason.clone()
            }
        }
    }

    /// Notes the faults of a reading. A state that could not be read is taken to be as it was.
    fn note_faults(&mut self, reading: &Reading) {
        let mut states = reading
            .columns()
            .filter(|(field, _)| field.kind == Kind::Status);
        let is_whole = states.all(|(_, value)| value.is_some());
        if is_whole || self.condition != Condition::Fault {
            self.faults.clear();
        }
        for fault in fault::of_reading(reading) {
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
        self.condition = match reading.is_fault || !self.faults.is_empty() {
            true => Condition::Fault,
            false => Condition::Online,
        };
    }

    /// Notes the curves and the yield of a reading, of a former run too.
    pub(super) fn remember(&mut self, reading: &Reading, now: Now) {
        let time = reading.time.unwrap_or(now.local);
        let roles = match hybrid::is_hybrid(reading) {
            true => HYBRID_CURVES.as_slice(),
            false => CURVES.as_slice(),
        };
        for role in roles {
            let figure = reading.figure(*role).and_then(|(value, _)| value.to_f32());
            let Some(value) = figure else {
                continue;
            };
            match self.curves.iter_mut().find(|(known, _)| known == role) {
                Some((_, curve)) => curve.note(value, time),
                None => {
                    let mut curve = Curve::default();
                    curve.note(value, time);
                    self.curves.push((*role, curve));
                }
            }
        }
        let figures = Contribution {
            time: Some(time),
            ..Contribution::of(reading)
        };
        // An unreadable cell does not take back what was read earlier on that day.
        self.last = Some(figures.after(self.last));
    }
}
