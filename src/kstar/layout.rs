//! The table of KSTAR readings, one row a column: what it is called, what it holds, where it comes
//! from.
//!
//! Everything else is made from it: the layout for outputs at compile time, the cells of a reading
//! in [`super::interpret`]. Source of all rows: the protocol note, compared with two captures.
//!
//! `within` is wide on purpose: it is for implausible numbers, not for rare ones.

use super::column::{Column, Sign, Words, i16, u8, u16, u32};
use super::faults::ERROR_BITS;
use crate::reading::Role::{
    BatteryCurrent, BatteryPower, BatteryVoltage, Charge, DailyYield, DcCurrent, DcPower,
    DcVoltage, GridCurrent, GridFrequency, GridPower, GridVoltage, LifetimeYield, LoadPower,
    Temperature, TotalDcPower,
};
use crate::reading::Unit::{Ampere, Celsius, Hertz, Hour, KilowattHour, Percent, Volt, Watt};
use crate::reading::{Conversion, Field, Layout, Topic, code, measured, mode, rows, status, total};

const PV_MODES: Words = &[
    (0, "not connected"),
    (1, "connected without power"),
    (2, "producing"),
];

const BATTERY_MODES: Words = &[
    (0, "none"),
    (1, "standby"),
    (2, "discharging"),
    (3, "charging"),
    (4, "to be charged"),
    (5, "to be discharged"),
];

const WORK_MODES: Words = &[
    (0, "standby"),
    (1, "on"),
    (2, "abnormal"),
    (3, "severe fault"),
];

const LOAD_MODES: Words = &[(0, "disconnected"), (1, "connected")];

const ENERGY_MODES: Words = &[
    (0, "check"),
    (1, "wait"),
    (2, "on-grid"),
    (4, "off-grid"),
    (8, "flash"),
    (16, "fault"),
    (32, "battery standby"),
    (64, "battery charging"),
    (128, "battery discharging"),
];

const GRID_DIRECTIONS: Words = &[(0, "idle"), (1, "exporting"), (2, "importing")];

/// Positive while charging, negative otherwise.
const BATTERY_SIGN: Sign = Sign {
    by: "Battery Mode",
    factors: &[("charging", 1)],
    otherwise: Some(-1),
};

/// Positive while importing. A direction that is not known gives no power: a guess would be taken
/// for a fact.
const GRID_SIGN: Sign = Sign {
    by: "Grid Direction",
    factors: &[("importing", 1), ("exporting", -1), ("idle", 0)],
    otherwise: None,
};

/// A plain topic of the C# console `kstar.sharp`, for the home automations that listen to it.
const fn topic(name: &'static str) -> Topic {
    Topic::new(name, Conversion::Same)
}

// The labels of a string, which its power refers to.
const PV1: [&str; 4] = ["PV1 Voltage", "PV1 Current", "PV1 Power", "PV1 Mode"];
const PV2: [&str; 4] = ["PV2 Voltage", "PV2 Current", "PV2 Power", "PV2 Mode"];

/// A string, tracker `n`, whose five bytes begin at an offset.
const fn pv(n: u8, [voltage, current, power, state]: [&'static str; 4], at: usize) -> [Column; 4] {
    [
        measured(voltage, Volt)
            .role(DcVoltage(n))
            .within(0, 1000)
            .at(u16(at, 1)),
        measured(current, Ampere)
            .role(DcCurrent(n))
            .at(u16(at + 2, 1)),
        measured(power, Watt)
            .role(DcPower(n))
            .product(voltage, current),
        mode(state).words(u8(at + 4), PV_MODES),
    ]
}

// The payload by byte, big-endian; `-` are bytes of further batteries, which no known inverter has.
//
// 0     2     4    5     7     9    10        12 14     16 18 20       22        24    26
// PV1 V PV1 A mode PV2 V PV2 A mode battery V -  status °C A  max in A max out A error charge %
//
// 27 29       30   31      33    34     36 38 40 42        43     45 47 49 51   52
// -  health % mode warning meter grid V A  W  Hz work mode load V A  W  Hz mode energy mode
//
// 53 55     59        63    67        69       71       75      77   78    80        81     83
// °C errors total kWh hours today kWh load kWh load kWh total W mode relay direction backup end

/// All columns, in the order in which they are written.
#[rustfmt::skip]
pub(crate) static COLUMNS: [Column; 45] = rows![
    Column,
    pv(1, PV1, 0),
    pv(2, PV2, 5),
    [
        measured("PV Power", Watt)
            .role(TotalDcPower)
            .topics(&[topic("pvpower")])
            .sum("PV1 Power", "PV2 Power"),
        measured("Battery Voltage", Volt).role(BatteryVoltage).within(0, 1000).at(u16(10, 1)),
        code("Battery Status").at(u16(14, 0)),
        measured("Battery Temperature", Celsius).within(-40, 120).at(i16(16, 1)),
        measured("Battery Current", Ampere).role(BatteryCurrent).signed(u16(18, 1), BATTERY_SIGN),
        measured("Battery Power", Watt)
            .role(BatteryPower)
            .product("Battery Voltage", "Battery Current"),
        measured("Battery Charge Limit", Ampere).at(u16(20, 0)),
        measured("Battery Discharge Limit", Ampere).at(u16(22, 0)),
        code("Battery Error").at(u16(24, 0)),
        measured("Battery State of Charge", Percent).role(Charge).within(0, 100).at(u8(26)),
        measured("Battery State of Health", Percent).within(0, 100).at(u8(29)),
        mode("Battery Mode").words(u8(30), BATTERY_MODES),
        code("Battery Warning").at(u16(31, 0)),
        code("Meter Status").at(u8(33)),
        measured("Grid Voltage", Volt).role(GridVoltage).within(0, 500).at(u16(34, 1)),
        measured("Grid Current", Ampere).role(GridCurrent).at(u16(36, 1)),
        measured("Grid Power", Watt)
            .role(GridPower)
            .topics(&[
                topic("grid"),
                Topic::new("grid/import", Conversion::Above),
                Topic::new("grid/export", Conversion::Below),
            ])
            .signed(i16(38, 0), GRID_SIGN),
        measured("Grid Frequency", Hertz).role(GridFrequency).within(0, 70).at(u16(40, 2)),
        status("Work Mode").words(u8(42), WORK_MODES),
        measured("Load Voltage", Volt).within(0, 500).at(u16(43, 1)),
        measured("Load Current", Ampere).at(u16(45, 1)),
        measured("Load Power", Watt).role(LoadPower).topics(&[topic("load")]).at(u16(47, 0)),
        measured("Load Frequency", Hertz).within(0, 70).at(u16(49, 2)),
        mode("Load Mode").words(u8(51), LOAD_MODES),
        mode("Energy Mode").words(u8(52), ENERGY_MODES),
        measured("Inverter Temperature", Celsius)
            .role(Temperature)
            .within(-40, 120)
            .topics(&[Topic::new("temp", Conversion::Whole)])
            .at(i16(53, 1)),
        code("Error Codes").errors_named(&ERROR_BITS).at(u32(55, 0)),
        total("Total Energy", KilowattHour).role(LifetimeYield).at(u32(59, 1)),
        total("Total Hours", Hour).at(u32(63, 0)),
        total("Today Energy", KilowattHour)
            .role(DailyYield)
            .topics(&[topic("etoday")])
            .at(u16(67, 1)),
        total("Today Load", KilowattHour).at(u16(69, 1)),
        total("Total Load", KilowattHour).at(u32(71, 1)),
        measured("Total Power", Watt).at(i16(75, 0)),
        code("Effective Work Mode").at(u8(77)),
        code("Effective Relay Control").at(u16(78, 0)),
        mode("Grid Direction").words(u8(80), GRID_DIRECTIONS),
        measured("Backup Power", Watt).at(u16(81, 0)),
    ],
];

/// The same for outputs.
pub static KSTAR: Layout = Layout {
    name: "kstar",
    about: "KSTAR KSE hybrid inverters",
    fields: &FIELDS,
};

/// The fields of the columns, at compile time.
// Iterators do not run at compile time, so the slices are walked by hand.
static FIELDS: [Field; COLUMNS.len()] = {
    let [first, ..] = &COLUMNS;
    let mut fields = [first.field; COLUMNS.len()];
    let mut empty: &mut [Field] = &mut fields;
    let mut columns: &[Column] = &COLUMNS;
    while let ([field, free @ ..], [column, rest @ ..]) = (empty, columns) {
        *field = column.field;
        empty = free;
        columns = rest;
    }
    fields
};

#[cfg(test)]
mod tests {
    use super::super::column::Origin;
    use super::super::wire::READINGS_LENGTH;
    use super::*;
    use crate::reading::{Kind, Unit};
    use std::collections::HashSet;

    fn find(label: &str) -> Option<&'static Column> {
        COLUMNS.iter().find(|column| column.field.label == label)
    }

    fn unit(label: &str) -> Option<Unit> {
        find(label).map(|column| column.field.unit)
    }

    /// How many columns stand between a column and bytes; `None` if one does not exist or comes
    /// from itself.
    fn depth(label: &str, above: usize) -> Option<usize> {
        if above >= COLUMNS.len() {
            return None;
        }
        match find(label)?.origin {
            Origin::Raw(_) | Origin::Words(..) => Some(above),
            Origin::Signed(_, sign) => depth(sign.by, above + 1),
            Origin::Product(left, right) | Origin::Sum(left, right) => {
                Some(depth(left, above + 1)?.max(depth(right, above + 1)?))
            }
        }
    }

    #[test]
    fn the_layout_is_the_table() {
        let fields: Vec<_> = COLUMNS.iter().map(|column| column.field).collect();
        assert_eq!(KSTAR.fields, fields);
    }

    #[test]
    fn slots_are_disjoint_and_fill_the_payload() {
        let mut owners = [None; READINGS_LENGTH];
        for column in &COLUMNS {
            let (label, slot) = (column.field.label, column.origin.slot());
            let size = slot.map_or(0, |slot| slot.form.size());
            let offset = slot.map_or(0, |slot| slot.offset);
            let bytes = owners.get_mut(offset..offset + size).unwrap_or_default();
            assert_eq!(bytes.len(), size, "{label} ends behind the payload");
            for byte in bytes {
                assert_eq!(byte.replace(label), None, "{label} overlaps");
            }
        }
        let free = owners
            .iter()
            .enumerate()
            .filter(|(_, owner)| owner.is_none());
        let free: Vec<_> = free.map(|(offset, _)| offset).collect();
        assert_eq!(free, [12, 13, 27, 28]);
    }

    #[test]
    fn derived_columns_come_from_others() {
        for column in &COLUMNS {
            let label = column.field.label;
            assert!(depth(label, 0).is_some(), "{label}");
            match column.origin {
                Origin::Product(left, right) => {
                    let units = [unit(left), unit(right), unit(label)];
                    assert_eq!(units, [Some(Volt), Some(Ampere), Some(Watt)], "{label}");
                }
                Origin::Sum(left, right) => {
                    assert_eq!([unit(left), unit(right)], [unit(label); 2], "{label}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn signs_are_those_of_words_that_exist() {
        for column in &COLUMNS {
            let Origin::Signed(_, sign) = column.origin else {
                continue;
            };
            let words = match find(sign.by).map(|column| column.origin) {
                Some(Origin::Words(_, words)) => words,
                _ => &[],
            };
            for (word, factor) in sign.factors {
                let label = column.field.label;
                assert!(words.iter().any(|row| row.1 == *word), "{label}: {word}");
                assert!((-1..=1).contains(factor), "{label}: {factor}");
            }
        }
    }

    #[test]
    fn words_are_unique_and_their_columns_without_unit() {
        for column in &COLUMNS {
            let label = column.field.label;
            let is_mode = matches!(column.field.kind, Kind::Mode | Kind::Status);
            assert_eq!(
                is_mode,
                matches!(column.origin, Origin::Words(..)),
                "{label}"
            );
            let Origin::Words(slot, words) = column.origin else {
                continue;
            };
            assert_eq!(column.field.unit, Unit::None, "{label}");
            assert_eq!(slot.decimals, 0, "{label}");
            let codes: HashSet<_> = words.iter().map(|row| row.0).collect();
            let texts: HashSet<_> = words.iter().map(|row| row.1).collect();
            assert_eq!([codes.len(), texts.len()], [words.len(); 2], "{label}");
        }
    }

    #[test]
    fn plain_topics_are_those_of_the_console() {
        let topics: Vec<_> = COLUMNS
            .iter()
            .flat_map(|column| {
                column
                    .field
                    .topics
                    .iter()
                    .map(|topic| (topic.name, column.field))
            })
            .map(|(name, field)| (name, field.label, field.kind.is_numeric()))
            .collect();
        let due = [
            ("pvpower", "PV Power", true),
            ("grid", "Grid Power", true),
            ("grid/import", "Grid Power", true),
            ("grid/export", "Grid Power", true),
            ("load", "Load Power", true),
            ("temp", "Inverter Temperature", true),
            ("etoday", "Today Energy", true),
        ];
        assert_eq!(topics, due);
    }
}
