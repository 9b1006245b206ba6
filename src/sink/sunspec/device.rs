//! An inverter as a SunSpec device: its identity, which never changes, and its registers.

use super::model::encode_model;
use super::presence::{LastPoll, Presence, Standing};
use super::state;
use super::tables::{COMMON, INVERTER, METER, NAMEPLATE, STORAGE, TRACKER, TRACKERS};
use super::values::{Tracker, Values, phases};
use crate::inverter::{InverterId, fingerprint};
use crate::kaco::types::{self, InverterType};
use crate::observation::{Observation, Outcome};
use crate::plant_total::{Contribution, PartState};
use crate::reading::{Decimal, Phases, Reading, Role};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The registers of a unit, all from one reading.
pub(super) type Registers = Arc<[u16]>;

/// An inverter without a known type or serial number is served without it after this many readings.
const UNTOLD_READINGS: u32 = 3;

/// What never changes while a device exists, so that what clients learnt at their start stays
/// right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceIdentity {
    pub(super) serial: String,
    pub(super) model: String,
    pub(super) power_scale: i8,
    /// The rated power, or else that in the model's name: it scales powers, and is not served.
    pub(super) likely_watts: Option<u32>,
    pub(super) rated_watts: Option<u32>,
    pub(super) shape: ModelSet,
}

/// Which models a device has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ModelSet {
    pub(super) phases: Phases,
    pub(super) trackers: usize,
    pub(super) has_battery: bool,
}

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

    /// Whether the other one is about this inverter too, and is called and served alike.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let shown = |one: &Self| (one.inverter.name().map(str::to_owned), one.unit, one.meter);
        self.is(&other.inverter) && shown(self) == shown(other)
    }

    /// The same device, which looks at its next reading whether it still is.
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

    /// Takes what came of polling the inverter.
    pub(super) fn observe(&mut self, observation: &Observation, now: Instant) {
        let heard = match &observation.outcome {
            Outcome::Read { answer, .. } => {
                self.take(answer);
                LastPoll::Read {
                    feeds: self.feeds(answer),
                }
            }
            Outcome::Silent => LastPoll::Silent,
            Outcome::Garbled(_) | Outcome::Unreachable(_) | Outcome::NotPolled => LastPoll::Trouble,
        };
        self.presence.hear(heard, now);
    }

    /// Learns what the device is, once: a remembered one can have been exchanged since.
    fn identify(&mut self, reading: &Reading) {
        self.readings = self.readings.saturating_add(1);
        if self.identity.is_some() && !self.is_remembered && !self.is_another(reading) {
            return;
        }
        let is_patient = self.is_remembered || self.readings < UNTOLD_READINGS;
        let told = DeviceIdentity::of(&self.inverter, reading, is_patient);
        // The inverter was exchanged: yield and peak power of the old one do not count.
        if told.is_some() && told != self.identity {
            self.identity = told;
            self.watt_hours = None;
            self.peak = Decimal::ZERO;
        }
        self.is_remembered = false;
    }

    /// Whether the reading is of another inverter, which got the address of this one. What was
    /// served without a serial number stays so: clients know it by that.
    fn is_another(&self, reading: &Reading) -> bool {
        let known = self.identity.as_ref().map(|one| one.serial.as_str());
        reading.inverter.serial().is_some_and(|told| {
            known.is_some_and(|known| known != told && known != unsigned(&self.inverter))
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

    /// How it is, as the totals of the plant see it.
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

impl DeviceIdentity {
    /// The identity of an inverter; `None` if it is not complete yet.
    fn of(inverter: &InverterId, reading: &Reading, is_patient: bool) -> Option<Self> {
        let known = reading.type_code.as_deref().and_then(types::find);
        let rated_watts = known.and_then(|known| known.maximum_power);
        let likely_watts = known.and_then(InverterType::likely_power);
        let phases = phases(reading);
        let layout = reading.cells.layout;
        Some(Self {
            serial: serial(inverter, reading, is_patient)?,
            model: model(inverter, reading),
            power_scale: power_scale(likely_watts, phases),
            likely_watts,
            rated_watts,
            shape: ModelSet {
                phases,
                trackers: layout.trackers(),
                has_battery: layout.has(Role::Charge),
            },
        })
    }

    /// Writes the identity into values, and makes them fit its shape.
    pub(super) fn sign(&self, values: &mut Values) {
        values.serial.clone_from(&self.serial);
        values.model.clone_from(&self.model);
        values.power_scale = self.power_scale;
        values.rated_watts = self.rated_watts.map(Decimal::from);
        values.has_battery = self.shape.has_battery;
        values
            .trackers
            .resize_with(self.shape.trackers, Tracker::default);
    }
}

/// `TYPE-02`, `TYPE-roof-02`, or the serial number of an inverter that is known by it. Serial
/// numbers of KACO inverters are not used: they come after the first reading, not at every start
/// and not from the logs, and clients take a changed one for another device.
fn serial(inverter: &InverterId, reading: &Reading, is_patient: bool) -> Option<String> {
    if !inverter.has_address() {
        let serial = reading.inverter.serial().map(str::to_owned);
        return serial.or_else(|| (!is_patient).then(|| unsigned(inverter)));
    }
    let type_code = reading.type_code.as_deref();
    let type_code = type_code.or_else(|| (!is_patient).then_some(inverter.family().title))?;
    Some(fitted(type_code, &inverter.label().replace('/', "-")))
}

/// `KSTAR-192.168.1.50`, of an inverter that does not report its serial number.
fn unsigned(inverter: &InverterId) -> String {
    format!("{}-{}", inverter.family().title, inverter.place())
}

/// At most 32 characters. A place that is too long becomes its number: never cut, it would be that
/// of another inverter.
pub(super) fn fitted(head: &str, place: &str) -> String {
    let whole = format!("{head}-{place}");
    if whole.len() <= 32 {
        return whole;
    }
    // 15 characters, the dash and 16 digits make 32.
    let hash = fingerprint(place);
    let head: String = head.chars().take(15).collect();
    format!("{head}-{hash:016X}")
}

fn model(inverter: &InverterId, reading: &Reading) -> String {
    let named = inverter.name().map(str::to_owned);
    let model = || reading.model.as_deref().map(str::to_owned);
    let type_code = || reading.type_code.clone();
    let family = || inverter.family().title.to_owned();
    named
        .or_else(model)
        .or_else(type_code)
        .unwrap_or_else(family)
}

/// 0 up to 32 kW, 1 up to 320 kW, 2 above. Where the power is unknown, three phases may feed more.
pub(super) const fn power_scale(likely_watts: Option<u32>, phases: Phases) -> i8 {
    // A power is an int16, which ends at 32,767 steps.
    match (likely_watts, phases) {
        (Some(..=32_000), _) | (None, Phases::One) => 0,
        (Some(..=320_000), _) | (None, Phases::Three) => 1,
        _ => 2,
    }
}

/// The whole map of an inverter or a plant.
pub(super) fn registers(shape: ModelSet, values: &Values) -> Registers {
    let mut registers = beginning(values);
    let inverter = match shape.phases {
        Phases::One => 101,
        Phases::Three => 103,
    };
    encode_model(inverter, INVERTER, None, values, &mut registers);
    // Neither 123 nor 704: with them a Victron GX would offer to limit the power.
    encode_model(120, NAMEPLATE, None, values, &mut registers);
    if shape.trackers > 0 {
        let trackers = Some((TRACKER, values.trackers.as_slice()));
        encode_model(160, TRACKERS, trackers, values, &mut registers);
    }
    if shape.has_battery {
        encode_model(124, STORAGE, None, values, &mut registers);
    }
    ended(registers)
}

/// The map of a meter.
fn meter_registers(shape: ModelSet, values: &Values, unit: u8) -> Registers {
    let values = Values {
        unit,
        serial: format!("{}-METER", values.serial),
        ..values.clone()
    };
    let mut registers = beginning(&values);
    let meter = match shape.phases {
        Phases::One => 201,
        Phases::Three => 203,
    };
    encode_model(meter, METER, None, &values, &mut registers);
    ended(registers)
}

fn beginning(values: &Values) -> Vec<u16> {
    let mut registers = vec![u16::from_be_bytes(*b"Su"), u16::from_be_bytes(*b"nS")];
    encode_model(1, COMMON, None, values, &mut registers);
    registers
}

fn ended(mut registers: Vec<u16>) -> Registers {
    registers.extend([0xFFFF, 0]);
    registers.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_fit_and_stay_apart() {
        assert_eq!(fitted("5000xi", "02"), "5000xi-02");
        let long = |end: &str| fitted("Powador", &format!("{}-{end}", "x".repeat(32)));
        assert!(long("02").len() <= 32 && long("03").len() <= 32);
        assert_ne!(long("02"), long("03"));
    }

    #[test]
    fn powers_scale_by_rating() {
        for (rated, due) in [
            (Some(32_000), 0),
            (Some(32_001), 1),
            (Some(320_000), 1),
            (Some(320_001), 2),
        ] {
            assert_eq!(power_scale(rated, Phases::Three), due);
        }
        assert_eq!(power_scale(None, Phases::One), 0);
        assert_eq!(power_scale(None, Phases::Three), 1);
    }
}
