//! Where the power goes: from the sun to house, battery and mains. Everything in W, kWh and hours.

use crate::sim::sun::Moment;
use libm::{exp, sin};
use std::f64::consts::TAU;

/// Both strings together at full sun, W.
const PEAK: f64 = 4000.0;

/// Brightness under which the strings give nothing: unlike the plant behind `sim:`, a house with a
/// battery has nights.
const HORIZON: f64 = 0.3;

/// What is left of a power after it went through the inverter.
const EFFICIENCY: f64 = 0.96;

/// kWh, and how far down the inverter uses them.
const CAPACITY: f64 = 7.2;
const LEAST_CHARGE: f64 = 0.15;

/// A
const CHARGE_LIMIT: f64 = 30.0;
const DISCHARGE_LIMIT: f64 = 50.0;

/// Less than this from or to the mains is called idle, W.
const IDLE: f64 = 10.0;

/// The numbers of a moment, by the labels of their columns; the others are zero.
pub(super) fn rows(moment: Moment) -> Vec<(&'static str, f64)> {
    // All days are alike.
    let [charge, pv_of_a_day, load_of_a_day] = after(24 * 60, 0.5);
    let [charge, pv_today, load_today] = after((moment.hours * 60.0) as u32, charge);
    let (sun, load) = (sun(moment), load(moment.hours));
    let battery = into_battery(sun, load, charge);
    // From here on with what the wire can carry, so that the balance is kept: V and A in tenths.
    let tenths = |number: f64| (number * 10.0).round() / 10.0;
    let (pv_mode, [one_voltage, two_voltage]) = match sun {
        0.0 => (1.0, [38.0, 42.0]),
        _ => (2.0, [312.0, 347.0]),
    };
    let [one, two] = [
        tenths(sun * 0.45 / one_voltage),
        tenths(sun * 0.55 / two_voltage),
    ];
    let battery_voltage = tenths(voltage(charge));
    let battery_current = tenths(battery / battery_voltage);
    let battery_mode = match battery_current {
        0.0 => 1.0,
        current if current > 0.0 => 3.0,
        _ => 2.0,
    };
    let output =
        (one * one_voltage + two * two_voltage - battery_current * battery_voltage) * EFFICIENCY;
    let mains = load - output;
    let direction = match mains {
        idle if idle.abs() < IDLE => 0.0,
        out if out < 0.0 => 1.0,
        _ => 2.0,
    };
    let frequency = moment.grid_frequency();
    let mains_voltage = 231.0 + (frequency - 50.0) * 100.0;
    #[rustfmt::skip]
    let rows = vec![
        ("PV1 Voltage", one_voltage), ("PV1 Current", one), ("PV1 Mode", pv_mode),
        ("PV2 Voltage", two_voltage), ("PV2 Current", two), ("PV2 Mode", pv_mode),
        ("Battery Voltage", battery_voltage), ("Battery Temperature", 22.0 + 4.0 * charge),
        ("Battery Current", battery_current.abs()), ("Battery Charge Limit", CHARGE_LIMIT),
        ("Battery Discharge Limit", DISCHARGE_LIMIT), ("Battery State of Charge", charge * 100.0),
        ("Battery State of Health", 98.0), ("Battery Mode", battery_mode),
        ("Grid Voltage", mains_voltage), ("Grid Current", mains.abs() / mains_voltage),
        ("Grid Power", mains.abs()), ("Grid Frequency", frequency), ("Work Mode", 1.0),
        ("Load Voltage", mains_voltage), ("Load Current", load / mains_voltage),
        ("Load Power", load), ("Load Frequency", frequency), ("Load Mode", 1.0),
        ("Energy Mode", 2.0), ("Inverter Temperature", 24.0 + 18.0 * sun / PEAK),
        ("Total Energy", 1350.0 + moment.days * pv_of_a_day + pv_today),
        ("Total Hours", (24.0 * moment.days + moment.hours).floor()), ("Today Energy", pv_today),
        ("Total Load", 1666.0 + moment.days * load_of_a_day + load_today),
        ("Today Load", load_today), ("Total Power", output), ("Effective Work Mode", 1.0),
        ("Effective Relay Control", 48.0), ("Grid Direction", direction),
    ];
    rows
}

/// The charge of the battery some minutes after midnight, for one at midnight; the energy from the
/// sun and that for the house since, kWh.
fn after(minutes: u32, charge: f64) -> [f64; 3] {
    let [mut charge, mut pv_energy, mut load_energy] = [charge, 0.0, 0.0];
    for minute in 0..minutes {
        let hours = f64::from(minute) / 60.0;
        let (pv, load) = (sun(Moment { days: 0.0, hours }), load(hours));
        let kwh = |power: f64| power / 60.0 / 1000.0;
        charge = (charge + kwh(into_battery(pv, load, charge)) / CAPACITY).clamp(0.0, 1.0);
        pv_energy += kwh(pv);
        load_energy += kwh(load);
    }
    [charge, pv_energy, load_energy]
}

/// W
fn sun(moment: Moment) -> f64 {
    PEAK * ((moment.sun().light - HORIZON) / (0.7 - HORIZON)).max(0.0)
}

/// W of a house: something is always on, a fridge comes and goes, meals are cooked. It never stands
/// still.
fn load(hours: f64) -> f64 {
    let meal = |at: f64, width: f64| exp(-((hours - at) / width).powi(2));
    let wave = |times_an_hour: f64| sin(hours * TAU * times_an_hour);
    260.0
        + 90.0 * wave(2.0).max(0.0)
        + 12.0 * wave(120.0)
        + 8.0 * wave(370.0)
        + 500.0 * meal(7.5, 0.8)
        + 900.0 * meal(12.5, 0.6)
        + 1900.0 * meal(19.0, 1.3)
}

/// What the battery takes of the sun that is left over, or gives for the load that the sun leaves,
/// W.
fn into_battery(pv: f64, load: f64, charge: f64) -> f64 {
    let left = pv - load / EFFICIENCY;
    if left > 0.0 && charge < 1.0 {
        left.min(CHARGE_LIMIT * voltage(charge))
    } else if left < 0.0 && charge > LEAST_CHARGE {
        left.max(-DISCHARGE_LIMIT * voltage(charge))
    } else {
        0.0
    }
}

/// V of the battery; rises with the charge.
fn voltage(charge: f64) -> f64 {
    47.5 + 5.5 * charge
}
