//! Where the power goes: from the sun to house, battery and mains, at one moment and since midnight.
//!
//! Everything in W, kWh, hours; shares between 0 and 1. Power that flows into the battery or out of the mains is positive.

use crate::sim::day::Moment;
use std::f64::consts::PI;

/// Both strings together at full sun, W, and what the first one has of it.
const PEAK: f64 = 4000.0;
const FIRST_STRING: f64 = 0.45;

/// What is left of a power after it went through the inverter.
pub(super) const EFFICIENCY: f64 = 0.96;

/// kWh, and how far down the inverter uses them.
const CAPACITY: f64 = 7.2;
const LEAST_CHARGE: f64 = 0.15;

/// A, as the inverter tells them too.
pub(super) const CHARGE_LIMIT: f64 = 30.0;
pub(super) const DISCHARGE_LIMIT: f64 = 50.0;

/// Hours between two looks at the battery.
const STEP: f64 = 1.0 / 60.0;

/// One moment of the plant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flows {
    pub(super) moment: Moment,
    /// What the strings give, W.
    pub(super) strings: [f64; 2],
    /// What the house takes, W.
    pub(super) load: f64,
    /// What flows into the battery, W.
    pub(super) battery: f64,
    /// How full the battery is.
    pub(super) charge: f64,
    /// Since midnight, and in a whole day.
    pub(super) today: Energy,
    pub(super) whole_day: Energy,
}

/// kWh.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Energy {
    pub(super) pv: f64,
    pub(super) load: f64,
}

impl Flows {
    /// V; rises with the charge.
    pub(super) fn battery_voltage(&self) -> f64 {
        battery_voltage(self.charge)
    }
}

/// The plant at a moment. The battery begins the day as it ended the one before, on which the weather was the same.
pub(super) fn at(moment: Moment) -> Flows {
    let (charge, _) = since_midnight(24.0, 0.5);
    let (charge, whole_day) = since_midnight(24.0, charge);
    let (charge, today) = since_midnight(moment.hours(), charge);
    let (pv, load) = (sun(moment), load(moment.hours()));
    Flows {
        moment,
        strings: [pv * FIRST_STRING, pv * (1.0 - FIRST_STRING)],
        load,
        battery: into_battery(pv, load, charge),
        charge,
        today,
        whole_day,
    }
}

/// Charge and energies at an hour, for a charge at midnight.
fn since_midnight(hours: f64, charge: f64) -> (f64, Energy) {
    let steps = (hours / STEP).floor();
    let mut state = (charge, Energy::default());
    let mut now = 0.0;
    while now < steps {
        state = after(state, now * STEP, STEP);
        now += 1.0;
    }
    after(state, steps * STEP, hours - steps * STEP)
}

/// Charge and energies some time after an hour.
fn after((charge, energy): (f64, Energy), hours: f64, time: f64) -> (f64, Energy) {
    let (pv, load) = (sun(Moment::at_hours(hours)), load(hours));
    let charged = into_battery(pv, load, charge) * time / 1000.0;
    let energy = Energy {
        pv: energy.pv + pv * time / 1000.0,
        load: energy.load + load * time / 1000.0,
    };
    ((charge + charged / CAPACITY).clamp(0.0, 1.0), energy)
}

/// W; the inverter gives up at dusk.
fn sun(moment: Moment) -> f64 {
    if moment.is_dusk() {
        0.0
    } else {
        PEAK * moment.light()
    }
}

/// A house: something is always on, a fridge comes and goes, people cook at noon and in the evening. It never stands still,
/// so that whoever asks twice sees values move.
fn load(hours: f64) -> f64 {
    let meal = |at: f64, width: f64| (-((hours - at) / width).powi(2)).exp();
    let fridge = (hours * 2.0 * PI * 2.0).sin().max(0.0);
    let flicker = |times_an_hour: f64| (hours * 2.0 * PI * times_an_hour).sin();
    260.0
        + 90.0 * fridge
        + 12.0 * flicker(120.0)
        + 8.0 * flicker(370.0)
        + 500.0 * meal(7.5, 0.8)
        + 900.0 * meal(12.5, 0.6)
        + 1900.0 * meal(19.0, 1.3)
}

/// What the battery takes of the sun that is left over, or gives for the load that the sun leaves.
fn into_battery(pv: f64, load: f64, charge: f64) -> f64 {
    let left = pv - load / EFFICIENCY;
    let voltage = battery_voltage(charge);
    if left > 0.0 && charge < 1.0 {
        left.min(CHARGE_LIMIT * voltage)
    } else if left < 0.0 && charge > LEAST_CHARGE {
        left.max(-DISCHARGE_LIMIT * voltage)
    } else {
        0.0
    }
}

fn battery_voltage(charge: f64) -> f64 {
    47.5 + 5.5 * charge
}

/// What comes out of the mains, W: what is missing, or negative what is left over.
pub(super) fn from_mains(pv: f64, battery: f64, load: f64) -> f64 {
    load - (pv - battery) * EFFICIENCY
}
