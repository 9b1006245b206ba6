//! The table of KSTAR readings, one row a column: what it is called, what it holds, where it comes from.
//!
//! Everything else is made from it: the layout for outputs at compile time, the cells of a reading in [`super::interpret`].
//! Source of all rows: the protocol note, compared with two captures.
//!
//! Offsets count from the first byte of the payload, numbers are big-endian. Bytes 12, 13, 27 and 28 belong to further
//! batteries that no known inverter has.
//!
//! `within` is wide on purpose: it is for numbers that can't be, not for those that are rare.

use super::column::{Column, Sign, Words};
use super::column::{bits, code, measured, mode, power, signed, status, sum, total};
use super::column::{i16, u8, u16, u32};
use crate::reading::Unit::{Ampere, Celsius, Hertz, Hour, KilowattHour, Percent, Volt, Watt};
use crate::reading::{Field, Kind, Layout, Role, Unit};

const PV_MODES: Words = &[(0, "not connected"), (1, "connected"), (2, "producing")];

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

/// Positive while importing. A direction that is not known gives no power: a guess would be taken for a fact.
const GRID_SIGN: Sign = Sign {
    by: "Grid Direction",
    factors: &[("importing", 1), ("exporting", -1), ("idle", 0)],
    otherwise: None,
};

/// All columns, in the order in which they are written.
pub static COLUMNS: [Column; 45] = [
    measured("PV1 Voltage", Volt, u16(0, 1)).within(0, 1000),
    measured("PV1 Current", Ampere, u16(2, 1)),
    power("PV1 Power", "PV1 Voltage", "PV1 Current"),
    mode("PV1 Mode", u8(4), PV_MODES),
    measured("PV2 Voltage", Volt, u16(5, 1)).within(0, 1000),
    measured("PV2 Current", Ampere, u16(7, 1)),
    power("PV2 Power", "PV2 Voltage", "PV2 Current"),
    mode("PV2 Mode", u8(9), PV_MODES),
    sum("PV Power", "PV1 Power", "PV2 Power").role(Role::Power),
    measured("Battery Voltage", Volt, u16(10, 1)).within(0, 1000),
    code("Battery Status", u16(14, 0)),
    measured("Battery Temperature", Celsius, i16(16, 1)).within(-40, 120),
    signed("Battery Current", Ampere, u16(18, 1), BATTERY_SIGN),
    power("Battery Power", "Battery Voltage", "Battery Current"),
    measured("Battery Charge Limit", Ampere, u16(20, 0)),
    measured("Battery Discharge Limit", Ampere, u16(22, 0)),
    code("Battery Error", u16(24, 0)),
    measured("Battery State of Charge", Percent, u8(26))
        .role(Role::Charge)
        .within(0, 100),
    measured("Battery State of Health", Percent, u8(29)).within(0, 100),
    mode("Battery Mode", u8(30), BATTERY_MODES),
    code("Battery Warning", u16(31, 0)),
    code("Meter Status", u8(33)),
    measured("Grid Voltage", Volt, u16(34, 1)).within(0, 500),
    measured("Grid Current", Ampere, u16(36, 1)),
    signed("Grid Power", Watt, i16(38, 0), GRID_SIGN),
    measured("Grid Frequency", Hertz, u16(40, 2)).within(0, 70),
    status("Work Mode", u8(42), WORK_MODES),
    measured("Load Voltage", Volt, u16(43, 1)).within(0, 500),
    measured("Load Current", Ampere, u16(45, 1)),
    measured("Load Power", Watt, u16(47, 0)),
    measured("Load Frequency", Hertz, u16(49, 2)).within(0, 70),
    mode("Load Mode", u8(51), LOAD_MODES),
    mode("Energy Mode", u8(52), ENERGY_MODES),
    measured("Inverter Temperature", Celsius, i16(53, 1))
        .role(Role::Temperature)
        .within(-40, 120),
    bits("Error Codes", u32(55, 0)),
    total("Total Energy", KilowattHour, u32(59, 1)),
    total("Total Hours", Hour, u32(63, 0)),
    total("Today Energy", KilowattHour, u16(67, 1)).role(Role::DailyYield),
    total("Today Load", KilowattHour, u16(69, 1)),
    total("Total Load", KilowattHour, u32(71, 1)),
    measured("Total Power", Watt, i16(75, 0)),
    code("Effective Work Mode", u8(77)),
    code("Effective Relay Control", u16(78, 0)),
    mode("Grid Direction", u8(80), GRID_DIRECTIONS),
    measured("Backup Power", Watt, u16(81, 0)),
];

/// The same for outputs.
pub static KSTAR: Layout = Layout {
    name: "kstar",
    about: "KSTAR KSE hybrid inverters",
    fields: &FIELDS,
};

static FIELDS: [Field; COLUMNS.len()] = fields(&COLUMNS);

/// The fields of the columns, at compile time.
const fn fields<const N: usize>(columns: &[Column; N]) -> [Field; N] {
    let mut fields = [Field::new("", Unit::None, Kind::Code); N];
    let mut empty: &mut [Field] = &mut fields;
    let mut rest: &[Column] = columns;
    while let ([field, later_fields @ ..], [column, later_columns @ ..]) = (empty, rest) {
        *field = column.field;
        empty = later_fields;
        rest = later_columns;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::column::Source;
    use super::super::wire::READINGS_LENGTH;
    use super::*;
    use std::collections::HashSet;

    fn find(label: &str) -> Option<&'static Column> {
        COLUMNS.iter().find(|column| column.field.label == label)
    }

    fn unit(label: &str) -> Option<Unit> {
        find(label).map(|column| column.field.unit)
    }

    /// How many columns stand between a column and bytes; `None` if one does not exist or comes from itself.
    fn depth(label: &str, above: usize) -> Option<usize> {
        if above >= COLUMNS.len() {
            return None;
        }
        match find(label)?.source {
            Source::Raw(_) | Source::Bits(_) | Source::Words(..) => Some(above),
            Source::Signed(_, sign) => depth(sign.by, above + 1),
            Source::Product(left, right) | Source::Sum(left, right) => {
                Some(depth(left, above + 1)?.max(depth(right, above + 1)?))
            }
        }
    }

    #[test]
    fn the_layout_is_the_table() {
        let fields: Vec<_> = COLUMNS.iter().map(|column| column.field).collect();
        assert_eq!(KSTAR.fields, fields);
        let keys: HashSet<_> = KSTAR.fields.iter().map(Field::key).collect();
        assert_eq!(keys.len(), COLUMNS.len(), "keys are unique");
        assert!(keys.iter().all(|key| !key.is_empty()));
    }

    #[test]
    fn slots_are_disjoint_and_fill_the_payload() {
        let mut owners = [None; READINGS_LENGTH];
        for column in &COLUMNS {
            let (label, slot) = (column.field.label, column.source.slot());
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
            match column.source {
                Source::Product(left, right) => {
                    let units = [unit(left), unit(right), unit(label)];
                    assert_eq!(units, [Some(Volt), Some(Ampere), Some(Watt)], "{label}");
                }
                Source::Sum(left, right) => {
                    assert_eq!([unit(left), unit(right)], [unit(label); 2], "{label}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn signs_are_those_of_words_that_exist() {
        for column in &COLUMNS {
            let Source::Signed(_, sign) = column.source else {
                continue;
            };
            let words = match find(sign.by).map(|column| column.source) {
                Some(Source::Words(_, words)) => words,
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
                matches!(column.source, Source::Words(..)),
                "{label}"
            );
            let Source::Words(slot, words) = column.source else {
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
    fn the_columns_with_a_role() {
        let roles: Vec<_> = KSTAR
            .fields
            .iter()
            .filter_map(|field| Some((field.label, field.role?)))
            .collect();
        let due = [
            ("PV Power", Role::Power),
            ("Battery State of Charge", Role::Charge),
            ("Inverter Temperature", Role::Temperature),
            ("Today Energy", Role::DailyYield),
        ];
        assert_eq!(roles, due);
    }
}
