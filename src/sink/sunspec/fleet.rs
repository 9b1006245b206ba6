//! All devices, and the plant that they are together. Pure; the time is passed in.

use super::Options;
use super::codec::{Exception, Range};
use super::device::{Device, Identity, Registers, Shape, fitted, power_scale, registers};
use super::presence::Standing;
use super::units::{PLANT, Units, meant};
use super::values::Values;
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::reading::{Decimal, Phases, Reading};
use std::time::Duration;
use tokio::time::Instant;

/// Where the map begins.
const BASE: u16 = 40000;

/// The registers of the plant change with time alone: a sum is not used for longer than this.
const PLANT_FRESH: Duration = Duration::from_secs(1);

/// All devices.
pub struct Fleet {
    options: Options,
    units: Units,
    devices: Vec<Device>,
    plant: Plant,
}

/// The only inverter, or the sum of all.
#[derive(Default)]
struct Plant {
    /// Whether every inverter was polled once: before that the sum would lack some.
    is_complete: bool,
    identity: Option<Identity>,
    watt_hours: Option<Decimal>,
    registers: Option<Registers>,
    made: Option<Instant>,
}

impl Fleet {
    /// The devices of these inverters.
    ///
    /// # Errors
    /// [`Failure`] if two would have the same unit, or one none.
    pub fn new(options: Options, inverters: &[InverterId]) -> Result<Self, Failure> {
        let mut fleet = Self {
            options,
            units: Units::default(),
            devices: Vec::new(),
            plant: Plant::default(),
        };
        for inverter in inverters {
            fleet.add(inverter)?;
        }
        Ok(fleet)
    }

    fn add(&mut self, inverter: &InverterId) -> Result<(), Failure> {
        let units = self.units.assign(inverter, &self.options)?;
        let device = Device::new(inverter, units, self.options.every);
        self.devices.push(device);
        Ok(())
    }

    /// `126 plant, 2 address 02`: each unit and what it serves.
    pub fn listed(&self) -> String {
        self.units.list().collect::<Vec<_>>().join(", ")
    }

    /// Takes the newest row of an earlier run; `is_recent`: it is younger than a quarter of an hour.
    pub fn remember(&mut self, reading: &Reading, is_recent: bool) {
        if let Some(device) = self.device(&reading.inverter) {
            device.remember(reading, is_recent);
        }
    }

    /// Takes what came of polling an inverter; one that was just found gets a unit.
    ///
    /// # Errors
    /// [`Failure`] if there is none left.
    pub fn observe(&mut self, observation: &Observation, now: Instant) -> Result<(), Failure> {
        let inverter = &observation.inverter;
        if self.device(inverter).is_none() {
            self.add(inverter)?;
        }
        if let Some(device) = self.device(inverter) {
            device.observe(observation, now);
        }
        self.plant.made = None;
        Ok(())
    }

    /// Ends a round: the plant is served from the first on.
    pub fn round_done(&mut self) {
        self.plant.is_complete = true;
    }

    fn device(&mut self, inverter: &InverterId) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.is(inverter))
    }

    /// All registers of a unit, from one reading.
    ///
    /// # Errors
    /// [`Exception::Unavailable`] if there is no such unit or if its values are not known.
    pub fn registers(&mut self, unit: u8, now: Instant) -> Result<Registers, Exception> {
        let unit = meant(unit);
        let registers = if unit == PLANT {
            self.plant(now)
        } else {
            self.devices.iter().find_map(|device| {
                if device.unit == unit {
                    device.registers(now)
                } else if device.meter == Some(unit) {
                    device.meter_registers(now)
                } else {
                    None
                }
            })
        };
        registers.ok_or(Exception::Unavailable)
    }

    fn plant(&mut self, now: Instant) -> Option<Registers> {
        let is_fresh = |made: Instant| now.saturating_duration_since(made) < PLANT_FRESH;
        if !self.plant.made.is_some_and(is_fresh) {
            self.plant.registers = self.sum(now);
            self.plant.made = Some(now);
        }
        self.plant.registers.clone()
    }

    /// The registers of the plant; `None` while none of its inverters can be served, or while one is
    /// missing that fed: the sum would fall as if a cloud had come.
    fn sum(&mut self, now: Instant) -> Option<Registers> {
        let known: Vec<&Device> = self
            .devices
            .iter()
            .filter(|one| one.identity.is_some())
            .collect();
        let is_served = |device: &&Device| device.standing(now) != Standing::Absent;
        let is_ready = self.plant.is_complete && known.iter().any(is_served);
        if !is_ready || known.iter().any(|device| device.is_missed(now)) {
            return None;
        }
        let parts: Vec<Values> = known.iter().map(|device| device.part(now)).collect();
        let mut values = match (parts.as_slice(), self.devices.len()) {
            ([only], 1) => only.clone(),
            (parts, _) => Values::sum(&parts.iter().collect::<Vec<_>>()),
        };
        let identity = match &self.plant.identity {
            Some(identity) => identity.clone(),
            None => self.plant.identity.insert(identity(&self.devices)?).clone(),
        };
        if identity.shape.phases == Phases::Three && self.devices.len() > 1 {
            drop_phases(&known, &mut values);
        }
        self.plant.watt_hours = self.plant.watt_hours.max(values.watt_hours);
        values.watt_hours = self.plant.watt_hours;
        values.unit = PLANT;
        values.maker = self.devices.first()?.inverter().family().maker;
        identity.sign(&mut values);
        Some(registers(identity.shape, &values))
    }
}

/// Which phase a one-phase inverter feeds is unknown, so phases beside it can't be added up.
fn drop_phases(known: &[&Device], values: &mut Values) {
    let is_one = |device: &&&Device| {
        let shape = device.identity.as_ref().map(|identity| identity.shape);
        shape.is_some_and(|shape| shape.phases == Phases::One)
    };
    if known.iter().any(|device| is_one(&device)) {
        values.phase_amperes = [None; 3];
    }
}

/// What the plant is, from its first sum on. An inverter that is not known yet counts as the largest.
fn identity(devices: &[Device]) -> Option<Identity> {
    let first = devices.first()?;
    let place = first.inverter().place().replace('/', "-");
    let serial = fitted("PLANT", &place);
    let known: Vec<&Identity> = devices
        .iter()
        .filter_map(|one| one.identity.as_ref())
        .collect();
    if let ([only], 1) = (known.as_slice(), devices.len()) {
        return Some(Identity {
            serial,
            ..(*only).clone()
        });
    }
    let is_three = known.iter().any(|one| one.shape.phases == Phases::Three);
    let ratings: Vec<Option<u32>> = known.iter().map(|one| one.rated_watts).collect();
    let largest = ratings.iter().flatten().max().copied().unwrap_or_default();
    let rated: Option<u32> = if known.len() == devices.len() {
        ratings.iter().copied().sum()
    } else {
        None
    };
    let likely = ratings
        .iter()
        .map(|rated| rated.unwrap_or(largest))
        .sum::<u32>();
    let unknown = u32::try_from(devices.len() - known.len()).unwrap_or_default();
    let likely = likely.saturating_add(largest.saturating_mul(unknown));
    let phases = if is_three { Phases::Three } else { Phases::One };
    Some(Identity {
        serial,
        model: format!("plant of {} inverters", devices.len()),
        power_scale: power_scale(Some(likely).filter(|likely| *likely > 0), phases),
        rated_watts: rated,
        shape: Shape {
            phases,
            trackers: 0,
            has_battery: false,
        },
    })
}

/// The part of a unit's registers that was asked for.
///
/// # Errors
/// [`Exception::Address`] if one of them is outside the map.
pub fn slice(registers: &[u16], range: Range) -> Result<&[u16], Exception> {
    let first = range.first.checked_sub(BASE).ok_or(Exception::Address)?;
    let first = usize::from(first);
    let end = first + usize::from(range.count);
    registers.get(first..end).ok_or(Exception::Address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_outside_the_map_are_refused() {
        let registers = [1, 2, 3];
        let slice = |first, count| slice(&registers, Range { first, count });
        assert_eq!(slice(40000, 3), Ok(&[1, 2, 3][..]));
        assert_eq!(slice(40002, 1), Ok(&[3][..]));
        for (first, count) in [(40000, 4), (40003, 1), (39999, 1), (0, 1), (65535, 125)] {
            assert_eq!(slice(first, count), Err(Exception::Address), "{first}");
        }
    }
}
