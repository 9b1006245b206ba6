//! The rows that several tables share.

use crate::reading::Plausible::{self, Product};
use crate::reading::Role::{
    AcCurrent, AcVoltage, DailyYield, DcCurrent, DcPower, DcVoltage, LifetimeYield, Power,
    PowerFactor, PowerFactorKind, Temperature, TotalDcPower,
};
use crate::reading::Unit::{Ampere, Celsius, KilowattHour, None as NoUnit, Volt, Watt, WattHour};
use crate::reading::{Field, Kind, Role, measured, total, type_code};

// What is plausible. Wide on purpose, as a false alarm each few minutes would be worse than none:
// no type goes beyond, in any data sheet or capture, but a digit that was damaged mostly does.

/// V; systems of photovoltaics end at 1500.
const MOST_DC: i32 = 1500;
/// V between a phase and neutral; 277 in America, and a tenth more.
pub(super) const MOST_PHASE: i32 = 320;
/// V between two phases, as XP and the big types may report it; 690 and a tenth more.
pub(super) const MOST_LINE: i32 = 760;
/// °C
const COLDEST: i32 = -40;
/// °C; they switch off long before.
const HOTTEST: i32 = 120;
/// Hz. Without a grid the frequency is 0.
pub(super) const MOST_HERTZ: i32 = 70;
/// In thousandths. Three phases whose voltage is measured between two of them; on captures of XP
/// types it fits within 1 %.
pub(super) const SQUARE_ROOT_OF_3: u32 = 1732;

/// DC voltage of tracker `n`.
pub(super) const fn dc_voltage(label: &'static str, n: u8) -> Field {
    measured(label, Volt).role(DcVoltage(n)).within(0, MOST_DC)
}

/// DC current of tracker `n`.
pub(super) const fn dc_current(label: &'static str, n: u8) -> Field {
    measured(label, Ampere).role(DcCurrent(n))
}

/// A DC input of these labels, tracker `n`: its power is about voltage times current.
pub(super) const fn dc_input(
    n: u8,
    voltage: &'static str,
    current: &'static str,
    power: &'static str,
) -> [Field; 3] {
    [
        dc_voltage(voltage, n),
        dc_current(current, n),
        measured(power, Watt)
            .role(DcPower(n))
            .plausible(Product(voltage, current)),
    ]
}

/// Tracker `n` of several.
pub(super) const fn dc(n: u8) -> [Field; 3] {
    match n {
        1 => dc_input(n, "DC Voltage MPPT1", "DC Current MPPT1", "DC Power MPPT1"),
        2 => dc_input(n, "DC Voltage MPPT2", "DC Current MPPT2", "DC Power MPPT2"),
        _ => dc_input(n, "DC Voltage MPPT3", "DC Current MPPT3", "DC Power MPPT3"),
    }
}

pub(super) const fn ac(
    [voltage, current]: [&'static str; 2],
    roles: [Role; 2],
    most_voltage: i32,
) -> [Field; 2] {
    let [voltage_role, current_role] = roles;
    [
        measured(voltage, Volt)
            .role(voltage_role)
            .within(0, most_voltage),
        measured(current, Ampere).role(current_role),
    ]
}

pub(super) const PHASES: [[&str; 2]; 3] = [
    ["AC Voltage phase 1", "AC Current phase 1"],
    ["AC Voltage phase 2", "AC Current phase 2"],
    ["AC Voltage phase 3", "AC Current phase 3"],
];

/// The three phases.
pub(super) const fn phases(most_voltage: i32) -> [Field; 6] {
    let [one, two, three] = PHASES;
    let [a, b] = ac(one, [AcVoltage(1), AcCurrent(1)], most_voltage);
    let [c, d] = ac(two, [AcVoltage(2), AcCurrent(2)], most_voltage);
    let [e, f] = ac(three, [AcVoltage(3), AcCurrent(3)], most_voltage);
    [a, b, c, d, e, f]
}

pub(super) const fn ac_power(label: &'static str, most: Plausible) -> Field {
    measured(label, Watt).role(Power).plausible(most)
}

pub(super) const fn dc_power_total(about: Plausible) -> Field {
    measured("DC Power total", Watt)
        .role(TotalDcPower)
        .plausible(about)
}

pub(super) const fn temperature(label: &'static str) -> Field {
    measured(label, Celsius)
        .role(Temperature)
        .within(COLDEST, HOTTEST)
}

pub(super) const fn daily_yield(label: &'static str) -> Field {
    total(label, WattHour).role(DailyYield)
}

pub(super) const fn total_yield() -> Field {
    total("Total yield", KilowattHour).role(LifetimeYield)
}

pub(super) const fn cos_phi() -> Field {
    Field::new("cos phi", NoUnit, Kind::PowerFactor).role(PowerFactor)
}

/// How all generic replies end: from the temperature on. The type comes first on the wire, the kind
/// with cos phi.
pub(super) const fn generic_ending() -> [Field; 4] {
    [
        temperature("Circuit board temperature"),
        daily_yield("Daily yield"),
        Field::new("cos phi kind", NoUnit, Kind::PowerFactorKind).role(PowerFactorKind),
        type_code(),
    ]
}
