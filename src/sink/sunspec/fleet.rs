//! All devices, and the plant that they form. Pure; the time is passed in.

use super::SunspecPlan;
use super::codec::{Exception, Range};
use super::device::ServedDevice;
use super::identity::{DeviceIdentity, ModelSet, fitted, power_scale};
use super::map::{Registers, registers};
use super::presence::Standing;
use super::units::{PLANT, Units, meant};
use super::values::Values;
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::plant_total::{Part, is_whole};
use crate::reading::{Decimal, Phases, Reading};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// Where the map begins.
const BASE: u16 = 40000; // the address that clients try first

/// The registers of the plant change with time alone: a sum is not used for longer than this.
const PLANT_FRESH: Duration = Duration::from_secs(1);

/// All devices.
pub struct Fleet {
    options: SunspecPlan,
    units: Units,
    devices: Vec<ServedDevice>,
    /// Places of inverters for which no unit was left.
    unserved: BTreeSet<String>,
    plant: PlantUnit,
}

/// The only inverter, or the sum of all.
#[derive(Default)]
struct PlantUnit {
    identity: Option<DeviceIdentity>,
    watt_hours: Option<Decimal>,
    registers: Option<Registers>,
    made: Option<Instant>,
}

impl Fleet {
    /// The devices of these inverters. An error if there are more than units.
    pub fn new(options: SunspecPlan, inverters: &[InverterId]) -> Result<Self, Failure> {
        let mut fleet = Self {
            options,
            units: Units::default(),
            devices: Vec::new(),
            unserved: BTreeSet::new(),
            plant: PlantUnit::default(),
        };
        for inverter in inverters {
            fleet.add(inverter)?;
        }
        Ok(fleet)
    }

    fn add(&mut self, inverter: &InverterId) -> Result<(), Failure> {
        let units = self.units.assign(inverter, &self.options)?;
        let device = ServedDevice::new(inverter, units, self.options.every);
        self.devices.push(device);
        Ok(())
    }

    /// Keeps the devices of an earlier plan whose name and units are the same: at night nothing
    /// else knows their inverters. If these are all, keeps the plant too: its scale may not change.
    pub(super) fn keep(&mut self, before: Self) {
        let mut is_same = self.devices.len() == before.devices.len();
        for kept in before.devices {
            let mut devices = self.devices.iter_mut();
            match devices.find(|device| device.is_as(&kept)) {
                Some(device) => *device = kept.remembered(),
                None => is_same = false,
            }
        }
        if is_same {
            self.plant = PlantUnit {
                made: None,
                ..before.plant
            };
        }
    }

    /// `126 plant, 2 address 02`: each unit and what it serves.
    pub(super) fn listed(&self) -> String {
        self.units.list().collect::<Vec<_>>().join(", ")
    }

    /// Takes the newest row of an earlier run; `is_recent`: it is younger than a quarter of an
    /// hour.
    pub(super) fn remember(&mut self, reading: &Reading, is_recent: bool) {
        if let Some(device) = self.device(&reading.inverter) {
            device.remember(reading, is_recent);
        }
    }

    /// Takes an observation; an inverter that was just found gets a unit. An error if no unit is
    /// left, once per inverter.
    pub fn observe(&mut self, observation: &Observation, now: Instant) -> Result<(), Failure> {
        let inverter = &observation.inverter;
        let place = inverter.place();
        if self.device(inverter).is_none()
            && !self.unserved.contains(&place)
            && let Err(failure) = self.add(inverter)
        {
            self.unserved.insert(place);
            return Err(failure);
        }
        if let Some(device) = self.device(inverter) {
            device.observe(observation, now);
        }
        self.plant.made = None;
        Ok(())
    }

    fn device(&mut self, inverter: &InverterId) -> Option<&mut ServedDevice> {
        self.devices.iter_mut().find(|device| device.is(inverter))
    }

    /// All registers of a unit, from one reading. [`Exception::Unavailable`] for units that are not
    /// served, and while the values are not known.
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

    /// The registers of the plant; `None` while one of its inverters is missing, or none can be
    /// served.
    fn sum(&mut self, now: Instant) -> Option<Registers> {
        let parts = self.devices.iter().map(|device| Part {
            inverter: device.inverter(),
            state: device.state(now),
        });
        let is_whole = is_whole(&parts.collect::<Vec<_>>(), None);
        let is_served = |device: &ServedDevice| device.standing(now) != Standing::Absent;
        if !is_whole || !self.devices.iter().any(is_served) {
            return None;
        }
        let known: Vec<&ServedDevice> = self
            .devices
            .iter()
            .filter(|one| one.identity.is_some())
            .collect();
        let parts: Vec<Values> = known.iter().map(|device| device.part(now)).collect();
        let mut values = match (parts.as_slice(), self.devices.len()) {
            // A plant of one is that inverter, with its phases and its trackers.
            ([only], 1) => only.clone(),
            (parts, _) => Values::sum(&parts.iter().collect::<Vec<_>>()),
        };
        // Kept from its first use on: scale factors may not change.
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
fn drop_phases(known: &[&ServedDevice], values: &mut Values) {
    let is_one = |device: &&&ServedDevice| {
        let shape = device.identity.as_ref().map(|identity| identity.shape);
        shape.is_some_and(|shape| shape.phases == Phases::One)
    };
    if known.iter().any(|device| is_one(&device)) {
        values.phase_amperes = [None; 3];
    }
}

/// The identity of the plant, from its first sum on. An inverter that is not known yet counts as
/// the largest.
fn identity(devices: &[ServedDevice]) -> Option<DeviceIdentity> {
    let first = devices.first()?;
    let place = first.inverter().place().replace('/', "-");
    let serial = fitted("PLANT", &place);
    let known: Vec<&DeviceIdentity> = devices
        .iter()
        .filter_map(|one| one.identity.as_ref())
        .collect();
    if let ([only], 1) = (known.as_slice(), devices.len()) {
        return Some(DeviceIdentity {
            serial,
            ..(*only).clone()
        });
    }
    let is_three = known.iter().any(|one| one.shape.phases == Phases::Three);
    let rated: Option<u32> = if known.len() == devices.len() {
        known.iter().map(|one| one.rated_watts).sum()
    } else {
        None
    };
    let power = |one: &&DeviceIdentity| {
        one.likely_watts
            .unwrap_or_else(|| largest(one.shape.phases))
    };
    let powers: Vec<u32> = known.iter().map(power).collect();
    let unknown = u32::try_from(devices.len() - known.len()).unwrap_or_default();
    let most = powers.iter().max().copied().unwrap_or_default();
    let likely = powers.iter().sum::<u32>();
    let likely = likely.saturating_add(most.saturating_mul(unknown));
    let phases = if is_three { Phases::Three } else { Phases::One };
    Some(DeviceIdentity {
        serial,
        model: format!("plant of {} inverters", devices.len()),
        power_scale: power_scale(Some(likely).filter(|likely| *likely > 0), phases),
        likely_watts: Some(likely),
        rated_watts: rated,
        shape: ModelSet {
            phases,
            trackers: 0,
            has_battery: false,
        },
    })
}

/// The most that an inverter of an unknown type feeds, W: that of the largest of most series.
const fn largest(phases: Phases) -> u32 {
    match phases {
        Phases::One => 8_000,
        Phases::Three => 60_000,
    }
}

/// The requested part of a unit's registers. [`Exception::Address`] if one of them is outside the
/// map.
pub fn slice(registers: &[u16], range: Range) -> Result<&[u16], Exception> {
    let first = range.first.checked_sub(BASE).ok_or(Exception::Address)?;
    let first = usize::from(first);
    let end = first + usize::from(range.count);
    registers.get(first..end).ok_or(Exception::Address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaco::layouts::{CENTRAL, COUNTERS, STANDARD, THREE_UNITS};
    use crate::kstar::layout::KSTAR;
    use crate::observation::Outcome;
    use crate::reading::{Cells, Kind, Layout, Role, StatusCode, Value};
    use std::collections::HashMap;

    /// A reading of this layout and type that feeds so much; with this lifetime yield in kWh.
    fn reading(layout: &'static Layout, code: &'static str, watts: i64, yielded: i64) -> Reading {
        let value = |role: Option<Role>, kind: Kind| match (role, kind) {
            (Some(Role::Power), _) => Some(Value::Number(watts.into())),
            (Some(Role::LifetimeYield), _) => Some(Value::Number(yielded.into())),
            (_, Kind::TypeCode) => Some(Value::Text(code.into())),
            _ => None,
        };
        let cells = |layout: &'static Layout| Cells {
            layout,
            values: layout
                .fields
                .iter()
                .map(|field| value(field.role, field.kind))
                .collect(),
        };
        Reading {
            further: Some(cells(&COUNTERS)),
            type_code: Some(code.to_owned()),
            status_code: StatusCode::One(4),
            ..Reading::of(InverterId::kaco(Some(2)), cells(layout))
        }
    }

    fn read(address: u8, reading: Reading) -> Observation {
        let outcome = Outcome::Read {
            answer: Box::new(reading),
            first_byte: Duration::ZERO,
        };
        Observation::new(InverterId::kaco(Some(address)), outcome)
    }

    fn silent(address: u8) -> Observation {
        Observation::new(InverterId::kaco(Some(address)), Outcome::Silent)
    }

    fn fleet(addresses: &[u8]) -> Result<Fleet, Failure> {
        let options = SunspecPlan {
            bind: ([127, 0, 0, 1], 0).into(),
            every: Duration::from_secs(10),
            offsets: HashMap::new(),
        };
        let inverter = |address: &u8| InverterId::kaco(Some(*address));
        let inverters: Vec<InverterId> = addresses.iter().map(inverter).collect();
        Fleet::new(options, &inverters)
    }

    /// Model, power, its scale, lifetime yield and state; the exception where there is one.
    fn served(fleet: &mut Fleet, unit: u8, now: Instant) -> Result<[i64; 5], Exception> {
        let registers = fleet.registers(unit, now)?;
        let at = |at: usize| registers.get(at).copied().unwrap_or_default();
        let signed = |word: u16| i64::from(i16::from_be_bytes(word.to_be_bytes()));
        let yielded = i64::from(at(94)) << 16 | i64::from(at(95));
        Ok([
            at(70).into(),
            signed(at(84)),
            signed(at(85)),
            yielded,
            at(108).into(),
        ])
    }

    const GONE: Result<[i64; 5], Exception> = Err(Exception::Unavailable);

    #[test]
    fn inverter_without_a_unit_is_an_error_once() -> Result<(), Failure> {
        let (mut fleet, now) = (fleet(&[])?, Instant::now());
        let found = |last: u8| {
            let inverter = InverterId::kstar(None, Some([10, 0, 0, last].into()));
            Observation::new(inverter, Outcome::Silent)
        };
        // Two units each, from 201 to 246.
        for last in 1..=23 {
            fleet.observe(&found(last), now)?;
        }
        assert!(fleet.observe(&found(24), now).is_err());
        fleet.observe(&found(24), now)
    }

    #[test]
    fn yield_never_falls_and_scales_never_change() -> Result<(), Failure> {
        let (mut fleet, now) = (fleet(&[2])?, Instant::now());
        for (layout, code, watts, yielded, due) in [
            (&STANDARD, "5000xi", 4000, 100, [101, 4000, 0, 100_000, 4]),
            (&STANDARD, "5000xi", 4000, 0, [101, 4000, 0, 100_000, 4]),
            (
                &CENTRAL,
                "100kTR",
                90_000,
                101,
                [101, -0x8000, 0, 101_000, 4],
            ),
        ] {
            fleet.observe(&read(2, reading(layout, code, watts, yielded)), now)?;
            assert_eq!(served(&mut fleet, 2, now), Ok(due));
        }
        Ok(())
    }

    #[test]
    fn the_power_of_a_plant_fits_also_where_no_type_has_a_rating() -> Result<(), Failure> {
        for (layout, code, watts, due) in [
            (&STANDARD, "30L12", 3000, [101, 3600, 1, 0, 4]),
            (&CENTRAL, "3X24", 2000, [103, 2400, 1, 0, 4]),
            (&CENTRAL, "50kH3P", 50_000, [103, 6000, 2, 0, 4]),
            (&STANDARD, "unheard", 3000, [101, 3600, 1, 0, 4]),
            (&CENTRAL, "unheard", 50_000, [103, 6000, 2, 0, 4]),
        ] {
            let addresses: Vec<u8> = (1..=12).collect();
            let (mut fleet, now) = (fleet(&addresses)?, Instant::now());
            for address in addresses {
                fleet.observe(&read(address, reading(layout, code, watts, 0)), now)?;
            }
            assert_eq!(served(&mut fleet, 126, now), Ok(due), "{code}");
        }
        Ok(())
    }

    /// What was not known yet at the first sum counts for less by then.
    #[test]
    fn a_reload_that_changes_nothing_leaves_the_plant_its_scale() -> Result<(), Failure> {
        let (addresses, now) = ([2, 3], Instant::now());
        let large = read(2, reading(&STANDARD, "3x8k", 40, 100));
        let small = read(3, reading(&STANDARD, "1501xi", 4, 100));
        let mut before = fleet(&addresses)?;
        before.observe(&large, now)?;
        before.observe(&silent(3), now)?;
        assert_eq!(served(&mut before, 126, now), Ok([101, 4, 1, 100_000, 4]));
        before.observe(&small, now)?;
        let scale = |fleet: &mut Fleet| served(fleet, 126, now).map(|[_, _, scale, ..]| scale);
        assert_eq!(scale(&mut before), Ok(1));
        let mut after = fleet(&addresses)?;
        for observation in [large, small] {
            after.observe(&observation, now)?;
        }
        after.keep(before);
        assert_eq!(scale(&mut after), Ok(1));
        Ok(())
    }

    #[test]
    fn powers_scale_by_the_name_of_a_type_without_a_rating() -> Result<(), Failure> {
        for (code, watts, due) in [
            ("3X24", 413, [103, 413, 0, 0, 4]),
            ("50kH3P", 40_106, [103, 4011, 1, 0, 4]),
            ("1000kTL", 800_000, [103, 8000, 2, 0, 4]),
        ] {
            let (mut fleet, now) = (fleet(&[2])?, Instant::now());
            fleet.observe(&read(2, reading(&CENTRAL, code, watts, 0)), now)?;
            assert_eq!(served(&mut fleet, 2, now), Ok(due), "{code}");
        }
        Ok(())
    }

    #[test]
    fn another_inverter_at_an_address_has_its_own_yield() -> Result<(), Failure> {
        let kstar = |serial: Option<&str>| {
            InverterId::kstar(serial.map(str::to_owned), Some([127, 0, 0, 1].into()))
        };
        let (mut fleet, now) = (fleet(&[])?, Instant::now());
        for (serial, yielded, due) in [
            (Some("FIRST"), 1000, 1_000_000),
            (None, 900, 1_000_000),
            (Some("OTHER"), 10, 10_000),
        ] {
            let inverter = kstar(serial);
            let reading = Reading {
                inverter: inverter.clone(),
                ..reading(&KSTAR, "KSE4000", 0, yielded)
            };
            let observation = Observation::new(inverter, read(2, reading).outcome);
            fleet.observe(&observation, now)?;
            let yielded = served(&mut fleet, 201, now).map(|[_, _, _, yielded, _]| yielded);
            assert_eq!(yielded, Ok(due), "{serial:?}");
        }
        Ok(())
    }

    #[test]
    fn a_unit_that_is_missing_first_makes_no_night_of_noon() -> Result<(), Failure> {
        let (mut fleet, now) = (fleet(&[2])?, Instant::now());
        let whole = reading(&THREE_UNITS, "3x10k", 3000, 0);
        let mut part = whole.clone();
        let units = THREE_UNITS.fields.iter().zip(&mut part.cells.values);
        for (_, value) in units.filter(|(field, _)| field.label == "AC Power unit 2") {
            *value = None;
        }
        for (reading, watts) in [(whole, 900), (part, -0x8000)] {
            fleet.observe(&read(2, reading), now)?;
            let power = served(&mut fleet, 2, now).map(|[_, watts, ..]| watts);
            assert_eq!(power, Ok(watts));
        }
        fleet.observe(&silent(2), now)?;
        assert_eq!(served(&mut fleet, 2, now), GONE);
        Ok(())
    }

    #[test]
    fn dusk_keeps_the_yield_and_noon_invents_no_zero() -> Result<(), Failure> {
        let (mut fleet, start) = (fleet(&[2])?, Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(served(&mut fleet, 2, start), GONE);
        let noon = read(2, reading(&STANDARD, "5000xi", 4000, 100));
        let dusk = read(2, reading(&STANDARD, "5000xi", 299, 101));
        for (seconds, observation, due) in [
            (0, &noon, Ok([101, 4000, 0, 100_000, 4])),
            (10, &silent(2), GONE),
            (900, &silent(2), GONE),
            (910, &silent(2), Ok([101, 0, 0, 100_000, 2])),
            (920, &noon, Ok([101, 4000, 0, 100_000, 4])),
            (930, &dusk, Ok([101, 299, 0, 101_000, 4])),
            (940, &silent(2), Ok([101, 0, 0, 101_000, 2])),
        ] {
            fleet.observe(observation, after(seconds))?;
            for unit in [2, 126] {
                let found = served(&mut fleet, unit, after(seconds));
                assert_eq!(found, due, "unit {unit} after {seconds} s");
            }
        }
        assert_eq!(served(&mut fleet, 2, after(940 + 181)), GONE);
        Ok(())
    }

    #[test]
    fn plant_is_the_sum_while_no_inverter_is_missing() -> Result<(), Failure> {
        let (mut fleet, start) = (fleet(&[2, 3])?, Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let feeding = |address| read(address, reading(&STANDARD, "5000xi", 4000, 100));
        fleet.observe(&feeding(2), start)?;
        assert_eq!(served(&mut fleet, 126, start), GONE);
        fleet.observe(&feeding(3), after(2))?;
        let both = Ok([101, 8000, 0, 200_000, 4]);
        assert_eq!(served(&mut fleet, 126, after(2)), both);
        fleet.observe(&silent(3), after(12))?;
        assert_eq!(served(&mut fleet, 126, after(12)), GONE);
        // By day the sum does not go on without it.
        fleet.observe(&feeding(2), after(910))?;
        fleet.observe(&silent(3), after(912))?;
        assert_eq!(
            served(&mut fleet, 3, after(912)),
            Ok([101, 0, 0, 100_000, 2])
        );
        assert_eq!(served(&mut fleet, 126, after(912)), GONE);
        let dusk = read(2, reading(&STANDARD, "5000xi", 49, 101));
        fleet.observe(&dusk, after(920))?;
        let both = Ok([101, 49, 0, 201_000, 4]);
        assert_eq!(served(&mut fleet, 126, after(920)), both);
        Ok(())
    }

    #[test]
    fn exchanged_inverter_is_not_the_remembered_one() -> Result<(), Failure> {
        let (mut fleet, now) = (fleet(&[2])?, Instant::now());
        fleet.remember(&reading(&STANDARD, "5000xi", 0, 500), false);
        assert_eq!(served(&mut fleet, 2, now), GONE);
        fleet.observe(&silent(2), now)?;
        assert_eq!(served(&mut fleet, 2, now), Ok([101, 0, 0, 500_000, 2]));
        fleet.observe(&read(2, reading(&CENTRAL, "100kTR", 9000, 3)), now)?;
        assert_eq!(served(&mut fleet, 2, now), Ok([103, 900, 1, 3000, 4]));
        Ok(())
    }

    #[test]
    fn status_of_night_is_sleep_whatever_it_feeds() -> Result<(), Failure> {
        let (mut fleet, now) = (fleet(&[2])?, Instant::now());
        let night = Reading {
            status_code: StatusCode::One(15),
            ..reading(&STANDARD, "5000xi", 4000, 1)
        };
        fleet.observe(&read(2, night), now)?;
        assert_eq!(served(&mut fleet, 2, now), Ok([101, 4000, 0, 1000, 2]));
        fleet.observe(&silent(2), now)?;
        assert_eq!(served(&mut fleet, 2, now), Ok([101, 0, 0, 1000, 2]));
        Ok(())
    }

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
