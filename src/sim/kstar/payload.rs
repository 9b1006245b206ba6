//! How the simulated inverter writes what it measures: rounded to what the wire can carry, the balance kept.

use super::flows::{CHARGE_LIMIT, DISCHARGE_LIMIT, EFFICIENCY, Flows, from_mains};
use crate::kstar::layout::COLUMNS;
use crate::kstar::wire::READINGS_LENGTH;

/// A row: label of a column, and the number that stands for it on the wire.
type Row = (&'static str, i64);

/// Less than this from or to the mains is called idle, W.
const IDLE: f64 = 10.0;

/// What the counters had when the simulation began, kWh and h.
const ENERGY_BEFORE: f64 = 1350.0;
const LOAD_BEFORE: f64 = 1666.0;
const HOURS_BEFORE: f64 = 3912.0;

/// The payload of a reply with readings.
pub(super) fn readings(flows: &Flows) -> Vec<u8> {
    let mut payload = vec![0; READINGS_LENGTH];
    for (label, number) in rows(flows) {
        put(&mut payload, label, number);
    }
    payload
}

/// Writes a number where the table says.
fn put(payload: &mut [u8], label: &str, number: i64) {
    let column = COLUMNS.iter().find(|column| column.field.label == label);
    let Some(slot) = column.and_then(|column| column.source.slot()) else {
        return;
    };
    let bytes = number.to_be_bytes();
    let size = slot.form.size();
    let last = bytes.iter().skip(bytes.len() - size);
    for (place, byte) in payload.iter_mut().skip(slot.offset).zip(last) {
        *place = *byte;
    }
}

fn rows(flows: &Flows) -> Vec<Row> {
    let [one, two] = flows.strings;
    let is_dark = one + two == 0.0;
    let one = Pair::new(if is_dark { 38.0 } else { 312.0 }, one);
    let two = Pair::new(if is_dark { 42.0 } else { 347.0 }, two);
    let battery = Pair::new(flows.battery_voltage(), flows.battery.abs());
    let (battery_mode, into_battery) = match (battery.current, flows.battery > 0.0) {
        (0, _) => (1, 0.0),
        (_, true) => (3, battery.power()),
        (_, false) => (2, -battery.power()),
    };
    // After rounding: what the rows say adds up.
    let pv = one.power() + two.power();
    let mains = from_mains(pv, into_battery, flows.load);
    let direction = match mains {
        idle if idle.abs() < IDLE => 0,
        out if out < 0.0 => 1,
        _ => 2,
    };
    let voltage = 231.0 + 2.0 * (flows.moment.grid_frequency() - 50.0) * 50.0;
    let mains = Pair::new(voltage, mains.abs());
    let load = Pair::new(voltage, flows.load);
    let days = f64::from(flows.moment.days());
    let all = |before: f64, day: f64, today: f64| tenths(before + days * day + today);
    vec![
        ("PV1 Voltage", one.voltage),
        ("PV1 Current", one.current),
        ("PV1 Mode", pv_mode(is_dark)),
        ("PV2 Voltage", two.voltage),
        ("PV2 Current", two.current),
        ("PV2 Mode", pv_mode(is_dark)),
        ("Battery Voltage", battery.voltage),
        ("Battery Status", 0),
        ("Battery Temperature", tenths(22.0 + 4.0 * flows.charge)),
        ("Battery Current", battery.current),
        ("Battery Charge Limit", CHARGE_LIMIT as i64),
        ("Battery Discharge Limit", DISCHARGE_LIMIT as i64),
        ("Battery Error", 0),
        (
            "Battery State of Charge",
            (flows.charge * 100.0).round() as i64,
        ),
        ("Battery State of Health", 98),
        ("Battery Mode", battery_mode),
        ("Battery Warning", 0),
        ("Meter Status", 0),
        ("Grid Voltage", mains.voltage),
        ("Grid Current", mains.current),
        ("Grid Power", mains.watts),
        (
            "Grid Frequency",
            (flows.moment.grid_frequency() * 100.0).round() as i64,
        ),
        ("Work Mode", 1),
        ("Load Voltage", load.voltage),
        ("Load Current", load.current),
        ("Load Power", load.watts),
        (
            "Load Frequency",
            (flows.moment.grid_frequency() * 100.0).round() as i64,
        ),
        ("Load Mode", 1),
        ("Energy Mode", 2),
        (
            "Inverter Temperature",
            tenths(24.0 + 18.0 * flows.moment.light()),
        ),
        ("Error Codes", 0),
        (
            "Total Energy",
            all(ENERGY_BEFORE, flows.whole_day.pv, flows.today.pv),
        ),
        (
            "Total Hours",
            (HOURS_BEFORE + 24.0 * days + flows.moment.hours()) as i64,
        ),
        ("Today Energy", tenths(flows.today.pv)),
        ("Today Load", tenths(flows.today.load)),
        (
            "Total Load",
            all(LOAD_BEFORE, flows.whole_day.load, flows.today.load),
        ),
        (
            "Total Power",
            ((pv - into_battery) * EFFICIENCY).round() as i64,
        ),
        ("Effective Work Mode", 1),
        ("Effective Relay Control", 48),
        ("Grid Direction", direction),
        ("Backup Power", 0),
    ]
}

/// A power as the wire carries it: voltage and current in tenths.
struct Pair {
    voltage: i64,
    current: i64,
    /// W, for columns that have the power too.
    watts: i64,
}

impl Pair {
    fn new(voltage: f64, power: f64) -> Self {
        Self {
            voltage: tenths(voltage),
            current: tenths(power / voltage),
            watts: power.round() as i64,
        }
    }

    /// W, of what is left after rounding.
    fn power(&self) -> f64 {
        (self.voltage * self.current) as f64 / 100.0
    }
}

/// Connected without power, or producing.
const fn pv_mode(is_dark: bool) -> i64 {
    if is_dark { 1 } else { 2 }
}

fn tenths(number: f64) -> i64 {
    (number * 10.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::super::flows::at;
    use super::*;
    use crate::kstar::interpret::reading;
    use crate::reading::{Kind, Reading};
    use crate::sim::day::Moment;
    use std::collections::{BTreeSet, HashSet};

    fn day() -> impl Iterator<Item = Reading> {
        (0..24 * 4).map(|step| reading(&readings(&at(Moment::at_hours(f64::from(step) / 4.0)))))
    }

    fn text(reading: &Reading, label: &str) -> String {
        let cell = reading.columns().find(|(field, _)| field.label == label);
        cell.and_then(|(_, value)| Some(value?.to_string()))
            .unwrap_or_default()
    }

    fn number(reading: &Reading, label: &str) -> f64 {
        text(reading, label).parse().unwrap_or(f64::NAN)
    }

    #[test]
    fn every_column_on_the_wire_is_written_once() {
        let written: Vec<_> = rows(&at(Moment::at_hours(12.0)))
            .into_iter()
            .map(|row| row.0)
            .collect();
        let due: Vec<_> = COLUMNS
            .iter()
            .filter(|column| column.source.slot().is_some())
            .map(|column| column.field.label)
            .collect();
        assert_eq!(written, due);
    }

    #[test]
    fn all_day_what_comes_in_goes_out() {
        for reading in day() {
            let of = |label| number(&reading, label);
            let converted = (of("PV Power") - of("Battery Power")) * EFFICIENCY;
            let gap = converted + of("Grid Power") - of("Load Power");
            assert!(gap.abs() <= IDLE + 1.0, "{gap}: {reading:?}");
            assert!((0.0..=100.0).contains(&of("Battery State of Charge")));
            assert!(
                of("Battery Current") <= CHARGE_LIMIT && of("Battery Current") >= -DISCHARGE_LIMIT
            );
        }
    }

    #[test]
    fn a_day_has_sun_and_night_charging_and_discharging_import_and_export() {
        let words = |label: &str| -> BTreeSet<String> {
            day().map(|reading| text(&reading, label)).collect()
        };
        let set = |words: &[&str]| words.iter().map(|word| String::from(*word)).collect();
        assert_eq!(words("PV1 Mode"), set(&["connected", "producing"]));
        assert_eq!(
            words("Battery Mode"),
            set(&["charging", "discharging", "standby"])
        );
        assert_eq!(
            words("Grid Direction"),
            set(&["exporting", "idle", "importing"])
        );
    }

    #[test]
    fn totals_never_fall_and_days_join() {
        let readings: Vec<_> = day().collect();
        for field in COLUMNS
            .iter()
            .map(|column| column.field)
            .filter(|field| field.kind == Kind::Total)
        {
            let numbers: Vec<f64> = readings
                .iter()
                .map(|reading| number(reading, field.label))
                .collect();
            assert!(numbers.is_sorted(), "{}", field.label);
        }
        let first = at(Moment::at_hours(0.0));
        let last = at(Moment::at_hours(24.0));
        assert!(
            (first.charge - last.charge).abs() < 0.01,
            "{first:?} {last:?}"
        );
        assert!((last.today.pv - last.whole_day.pv).abs() < 0.01);
    }

    #[test]
    fn values_move_from_second_to_second() {
        for hours in [3.0, 12.0, 19.0] {
            let different: HashSet<Vec<u8>> = (0..60)
                .map(|second| readings(&at(Moment::at_hours(hours + f64::from(second) / 3600.0))))
                .collect();
            assert!(different.len() > 10, "{hours}: {}", different.len());
        }
    }
}
