//! What a device serves, as numbers: of a reading, of a plant, of an inverter that sleeps.

use super::state::{self, SLEEPING};
use crate::reading::{Decimal, Phases, Reading, Role, StatusCode, Unit};

/// A DC input: an MPP tracker, or a unit of a 000xi.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tracker {
    /// From 1.
    pub(super) number: i64,
    /// What clients show.
    pub(super) name: String,
    /// A
    pub(super) amperes: Option<Decimal>,
    /// V
    pub(super) volts: Option<Decimal>,
    /// W
    pub(super) watts: Option<Decimal>,
}

/// All values of a device that a table can refer to; `None` is "not implemented".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values {
    /// The manufacturer.
    pub(super) maker: &'static str,
    /// The name of the type, or the name that the user gave it.
    pub(super) model: String,
    /// The firmware.
    pub(super) version: String,
    /// By which clients distinguish devices.
    pub(super) serial: String,
    /// The unit of the device.
    pub(super) unit: u8,
    /// The power of ten of all powers.
    pub(super) power_scale: i8,
    /// AC current of all phases together, A.
    pub(super) amperes: Option<Decimal>,
    /// AC current of each phase, A.
    pub(super) phase_amperes: [Option<Decimal>; 3],
    /// AC voltage of each phase, V.
    pub(super) phase_volts: [Option<Decimal>; 3],
    /// AC voltage between two phases, V.
    pub(super) line_volts: Option<Decimal>,
    /// AC power, W.
    pub(super) watts: Option<Decimal>,
    /// Hz
    pub(super) hertz: Option<Decimal>,
    /// cos phi in percent, negative if inductive.
    pub(super) power_factor: Option<Decimal>,
    /// Lifetime yield, Wh.
    pub(super) watt_hours: Option<Decimal>,
    /// DC current of the only tracker, A.
    pub(super) dc_amperes: Option<Decimal>,
    /// DC voltage of the only tracker, V.
    pub(super) dc_volts: Option<Decimal>,
    /// DC power of all trackers, W.
    pub(super) dc_watts: Option<Decimal>,
    /// °C
    pub(super) celsius: Option<Decimal>,
    /// Operating state.
    pub(super) state: Option<i64>,
    /// The inverter's own status code.
    pub(super) vendor_state: Option<i64>,
    /// Events, as bits.
    pub(super) events: i64,
    /// Rated AC power, W.
    pub(super) rated_watts: Option<Decimal>,
    /// DC inputs.
    pub(super) trackers: Vec<Tracker>,
    /// Whether the device has a battery.
    pub(super) has_battery: bool,
    /// State of charge, %.
    pub(super) charge: Option<Decimal>,
    /// Power into the battery, W.
    pub(super) battery_watts: Option<Decimal>,
    /// V
    pub(super) battery_volts: Option<Decimal>,
    /// Power from the grid, W: negative while exporting.
    pub(super) grid_watts: Option<Decimal>,
    /// Current at the connection to the grid, A.
    pub(super) grid_amperes: Option<Decimal>,
    /// Voltage at the connection to the grid, V.
    pub(super) grid_volts: Option<Decimal>,
}

impl Values {
    /// The values of a reading; those that name the device are left to it.
    pub(super) fn of(reading: &Reading) -> Self {
        let number = |role| reading.number(role);
        let phases = |role: fn(u8) -> Role| [1, 2, 3].map(|phase| number(role(phase)));
        let layout = reading.cells.layout;
        let phase_amperes = phases(Role::AcCurrent);
        let line = number(Role::LineCurrent);
        let [first_volts, second_volts, third_volts] = phases(Role::AcVoltage);
        let only = (layout.trackers() == 1).then_some(1);
        let watts = power(reading);
        Self {
            // An XP reports the current of one phase for all three.
            amperes: line.map(|each| each * Decimal::from(3)).or_else(|| {
                let phases = layout
                    .roles()
                    .filter(|role| matches!(role, Role::AcCurrent(_)));
                sum_of(phases.map(number))
            }),
            phase_amperes,
            phase_volts: [
                first_volts.or_else(|| number(Role::GridVoltage)),
                second_volts,
                third_volts,
            ],
            line_volts: number(Role::LineVoltage),
            watts,
            hertz: number(Role::AcFrequency).or_else(|| number(Role::GridFrequency)),
            power_factor: power_factor(reading),
            watt_hours: lifetime_yield(reading),
            dc_amperes: only.and_then(|only| number(Role::DcCurrent(only))),
            dc_volts: only.and_then(|only| number(Role::DcVoltage(only))),
            dc_watts: dc_power(reading),
            celsius: number(Role::Temperature),
            state: state::operating(reading, watts),
            vendor_state: vendor_state(reading),
            events: state::events(reading),
            trackers: trackers(reading),
            has_battery: layout.has(Role::Charge),
            charge: number(Role::Charge),
            battery_watts: number(Role::BatteryPower),
            battery_volts: number(Role::BatteryVoltage),
            grid_watts: number(Role::GridPower),
            grid_amperes: number(Role::GridCurrent),
            grid_volts: number(Role::GridVoltage),
            ..Self::default()
        }
    }

    /// What the same device serves while it sleeps: it feeds nothing, and its yield is kept.
    pub(super) fn asleep(&self) -> Self {
        let zero = |is_known: bool| is_known.then_some(Decimal::ZERO);
        Self {
            maker: self.maker,
            model: self.model.clone(),
            version: self.version.clone(),
            serial: self.serial.clone(),
            unit: self.unit,
            power_scale: self.power_scale,
            amperes: Some(Decimal::ZERO),
            phase_amperes: self.phase_amperes.map(|amperes| zero(amperes.is_some())),
            watts: Some(Decimal::ZERO),
            watt_hours: self.watt_hours,
            dc_watts: Some(Decimal::ZERO),
            state: Some(SLEEPING),
            rated_watts: self.rated_watts,
            trackers: self.trackers.iter().map(Tracker::asleep).collect(),
            has_battery: self.has_battery,
            // Voltages, frequency and temperature are not zero, but unknown.
            ..Self::default()
        }
    }

    /// The sum over inverters that feed one grid. What does not add up is left out, apart from the
    /// state, the highest temperature and the frequency that one of them measures.
    pub(super) fn sum(parts: &[&Self]) -> Self {
        let of = |get: fn(&Self) -> Option<Decimal>| parts.iter().map(move |part| get(part));
        let phase = |get: fn(&Self) -> Option<Decimal>| sum_of(of(get));
        Self {
            amperes: sum_of(of(|part| part.amperes)),
            phase_amperes: [
                phase(|part| part.phase_amperes[0]),
                phase(|part| part.phase_amperes[1]),
                phase(|part| part.phase_amperes[2]),
            ],
            watts: sum_of(of(|part| part.watts)),
            hertz: of(|part| part.hertz).flatten().next(),
            watt_hours: of(|part| part.watt_hours).flatten().reduce(add),
            dc_watts: sum_of(of(|part| part.dc_watts)),
            celsius: of(|part| part.celsius).flatten().max(),
            state: state::of_several(parts.iter().filter_map(|part| part.state)),
            events: parts.iter().fold(0, |events, part| events | part.events),
            ..Self::default()
        }
    }
}

impl Tracker {
    fn asleep(&self) -> Self {
        Self {
            number: self.number,
            name: self.name.clone(),
            amperes: Some(Decimal::ZERO),
            volts: None,
            watts: Some(Decimal::ZERO),
        }
    }
}

fn add(one: Decimal, other: Decimal) -> Decimal {
    one.saturating_add(other)
}

/// The sum, if every part has a value.
pub(super) fn sum_of(parts: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    let parts: Vec<Decimal> = parts.collect::<Option<_>>()?;
    parts.into_iter().reduce(add)
}

/// The AC power of the inverter. A hybrid inverter does not report it: what the house draws comes
/// from the inverter, apart from what comes from the grid.
fn power(reading: &Reading) -> Option<Decimal> {
    if reading.cells.layout.has(Role::Power) {
        // A missing unit of a 000xi makes no half power.
        let power = reading.number(Role::Power);
        return power.filter(|_| reading.has_all(Role::Power));
    }
    let house = reading.number(Role::LoadPower)?;
    let grid = reading.number(Role::GridPower)?;
    house.checked_sub(grid)
}

/// The DC power of all trackers: unknown if that of one is.
fn dc_power(reading: &Reading) -> Option<Decimal> {
    let layout = reading.cells.layout;
    if layout.has(Role::TotalDcPower) {
        return reading.number(Role::TotalDcPower);
    }
    let is_part = |role: &Role| matches!(role, Role::DcPower(_));
    sum_of(
        layout
            .roles()
            .filter(is_part)
            .map(|role| reading.number(role)),
    )
}

/// In Wh.
fn lifetime_yield(reading: &Reading) -> Option<Decimal> {
    let mut columns = reading.columns();
    columns.find_map(|(field, value)| {
        let is_it = field.role == Some(Role::LifetimeYield);
        let number = value.filter(|_| is_it)?.number()?;
        match field.unit {
            Unit::KilowattHour => number.checked_mul(Decimal::from(1000)),
            _ => Some(number),
        }
    })
}

/// In percent, negative if inductive. Without its letter the sign of one below 1 is unknown.
fn power_factor(reading: &Reading) -> Option<Decimal> {
    let percent = reading
        .number(Role::PowerFactor)?
        .checked_mul(Decimal::from(100))?;
    let kind = reading
        .value(Role::PowerFactorKind)
        .map(ToString::to_string);
    match kind.as_deref() {
        _ if percent == Decimal::from(100) => Some(percent),
        Some("c") => Some(percent),
        Some("i") => Some(-percent),
        _ => None,
    }
}

fn vendor_state(reading: &Reading) -> Option<i64> {
    match &reading.status_code {
        StatusCode::Unknown => None,
        StatusCode::One(code) => Some(i64::from(*code)),
        StatusCode::Each(codes) => state::leading(reading, codes).map(i64::from),
    }
}

fn trackers(reading: &Reading) -> Vec<Tracker> {
    let layout = reading.cells.layout;
    let count = layout.trackers();
    let units = layout.roles().filter(|role| *role == Role::Power).count();
    let noun = if units > 1 { "unit" } else { "MPPT" };
    let tracker = |number: u8| Tracker {
        number: i64::from(number),
        name: format!("{noun} {number}"),
        amperes: reading.number(Role::DcCurrent(number)),
        volts: reading.number(Role::DcVoltage(number)),
        watts: reading.number(Role::DcPower(number)).or_else(|| {
            // Some layouts of one tracker have the total alone.
            let total = (count == 1).then(|| reading.number(Role::TotalDcPower));
            total.flatten()
        }),
    };
    (1..=u8::try_from(count).unwrap_or(u8::MAX))
        .map(tracker)
        .collect()
}

/// The phases that an inverter feeds, by its model; three if that is unknown.
pub(super) fn phases(reading: &Reading) -> Phases {
    reading.cells.layout.phases().unwrap_or(Phases::Three)
}
