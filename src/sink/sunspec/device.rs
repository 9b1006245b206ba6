//! An inverter as a SunSpec device: what is served of it, from poll to poll.

use super::identity::{DeviceIdentity, unsigned};
use super::map::{Registers, meter_registers, registers};
use super::presence::{LastPoll, Presence, Standing};
use super::state;
use super::values::Values;
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::plant_total::{Contribution, PartState};
use crate::reading::{Decimal, Reading, Role};
use std::time::Duration;
use tokio::time::Instant;

/// Readings after which an inverter is served without a type or serial number, if it reports none.
const PATIENCE: u32 = 3;

/// An inverter and what is served of it.
#[derive(Debug)]
pub(super) struct ServedDevice {
    inverter: InverterId,
    pub(super) unit: u8,
    pub(super) meter: Option<u8>,
    presence: Presence,
    readings: u32,
    /// Whether the identity is that of an earlier run.
    is_remembered: bool,
    pub(super) identity: Option<DeviceIdentity>,
    version: String,
    /// Its highest lifetime yield.
    watt_hours: Option<Decimal>,
    /// Its highest power, W.
    peak: Decimal,
    values: Values,
    live: Option<Registers>,
    asleep: Option<Registers>,
    grid: Option<Registers>,
}

impl ServedDevice {
    pub(super) fn new(
        inverter: &InverterId,
        (unit, meter): (u8, Option<u8>),
        every: Duration,
    ) -> Self {
        Self {
            inverter: inverter.clone(),
            unit,
            meter,
            presence: Presence::new(every),
            readings: 0,
            is_remembered: false,
            identity: None,
            version: String::new(),
            watt_hours: None,
            peak: Decimal::ZERO,
            values: Values::default(),
            live: None,
            asleep: None,
            grid: None,
        }
    }

    /// Whether an observation is about this inverter.
    pub(super) fn is(&self, inverter: &InverterId) -> bool {
        self.inverter.place() == inverter.place()
    }

    /// Whether the other one is the same inverter, with the same name and the same units.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let shown = |one: &Self| (one.inverter.name().map(str::to_owned), one.unit, one.meter);
        self.is(&other.inverter) && shown(self) == shown(other)
    }

    /// The same device, whose next reading decides whether its identity still holds.
    pub(super) fn remembered(self) -> Self {
        Self {
            is_remembered: true,
            ..self
        }
    }

    pub(super) const fn inverter(&self) -> &InverterId {
        &self.inverter
    }

    /// Takes the newest row of an earlier run; `is_recent`: it is younger than a quarter of an
    /// hour.
    pub(super) fn remember(&mut self, reading: &Reading, is_recent: bool) {
        self.take(reading);
        self.is_remembered = true;
        let feeds = self.feeds(reading);
        self.presence.remember(feeds && is_recent);
    }

    /// Takes the outcome of a poll.
    pub(super) fn observe(&mut self, observation: &Observation, now: Instant) {
        let poll = match &observation.outcome {
            Outcome::Read { answer, .. } => {
                self.take(answer);
                LastPoll::Read {
                    feeds: self.feeds(answer),
                }
            }
            Outcome::Silent => LastPoll::Silent,
            Outcome::Garbled(_) | Outcome::Unreachable(_) | Outcome::NotPolled => LastPoll::Trouble,
        };
        self.presence.note(poll, now);
    }

    /// Sets the identity, once: a remembered inverter can have been exchanged since.
    fn identify(&mut self, reading: &Reading) {
        self.readings = self.readings.saturating_add(1);
        if self.identity.is_some() && !self.is_remembered && !self.is_another(reading) {
            return;
        }
        let is_patient = self.is_remembered || self.readings < PATIENCE;
        let found = DeviceIdentity::of(&self.inverter, reading, is_patient);
        // The inverter was exchanged: yield and peak power of the old one do not count.
        if found.is_some() && found != self.identity {
            self.identity = found;
            self.watt_hours = None;
            self.peak = Decimal::ZERO;
        }
        self.is_remembered = false;
    }

    /// Whether the reading is of another inverter, which got the address of this one. What was
    /// served without a serial number stays so: clients know it by that.
    fn is_another(&self, reading: &Reading) -> bool {
        let known = self.identity.as_ref().map(|one| one.serial.as_str());
        reading.inverter.serial().is_some_and(|serial| {
            known.is_some_and(|known| known != serial && known != unsigned(&self.inverter))
        })
    }

    fn take(&mut self, reading: &Reading) {
        self.identify(reading);
        if let Some(firmware) = &reading.facts.firmware {
            self.version.clone_from(firmware);
        }
        let Some(identity) = &self.identity else {
            return;
        };
        let mut values = Values::of(reading);
        // To clients a yield that falls is a counter that began anew.
        self.watt_hours = self.watt_hours.max(values.watt_hours);
        values.watt_hours = self.watt_hours;
        self.peak = self.peak.max(values.watts.unwrap_or_default());
        values.maker = self.inverter.family().maker;
        values.version.clone_from(&self.version);
        values.unit = self.unit;
        identity.sign(&mut values);
        let registers = |values: &Values| registers(identity.shape, values);
        self.live = Some(registers(&values));
        self.asleep = Some(registers(&values.asleep()));
        let grid = |meter: u8| meter_registers(identity.shape, &values, meter);
        self.grid = self.meter.map(grid);
        self.values = values;
    }

    /// Whether it feeds at least a twentieth of its rated power, or of its highest where the rating
    /// is unknown, and did not report that it goes to sleep.
    fn feeds(&self, reading: &Reading) -> bool {
        let rated = self.identity.as_ref().and_then(|one| one.rated_watts);
        let most = rated.map_or(self.peak, Decimal::from);
        // Those units of a 000xi that were read feed in, if one of them is missing.
        let watts = self.values.watts.or_else(|| reading.number(Role::Power));
        let watts = watts.unwrap_or_default();
        let is_faint = watts <= Decimal::ZERO || watts * Decimal::from(20) < most;
        !is_faint && !state::is_night(reading)
    }

    /// What is served at a time; nothing before the identity is known.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        match &self.identity {
            Some(_) => self.presence.standing(now),
            None => Standing::Absent,
        }
    }

    pub(super) fn registers(&self, now: Instant) -> Option<Registers> {
        match self.standing(now) {
            Standing::Live => self.live.clone(),
            Standing::Asleep => self.asleep.clone(),
            Standing::Absent => None,
        }
    }

    /// The registers of its meter.
    pub(super) fn meter_registers(&self, now: Instant) -> Option<Registers> {
        // While the inverter sleeps, what flows at the grid is unknown, not zero.
        let is_live = self.standing(now) == Standing::Live;
        self.grid.clone().filter(|_| is_live)
    }

    /// Its values, as a part of the plant.
    pub(super) fn part(&self, now: Instant) -> Values {
        match self.standing(now) {
            Standing::Live => self.values.clone(),
            // There is no sum while an inverter is missed, so one that is absent here feeds
            // nothing.
            Standing::Asleep | Standing::Absent => self.values.asleep(),
        }
    }

    /// Its state, as the totals of the plant need it.
    pub(super) fn state(&self, now: Instant) -> PartState {
        if self.standing(now) == Standing::Live {
            PartState::Read(Contribution {
                power: self.values.watts,
                ..Contribution::default()
            })
        } else if self.presence.is_silent(now) && !self.presence.is_missed(now) {
            PartState::Silent(None)
        } else {
            PartState::Missing
        }
    }
}
