//! The meaning of a checked payload: bytes and the table become a [`Reading`]; no column is named
//! here.
//!
//! Nothing is rounded: a number keeps the decimals of its slot, a product those of both factors.

use super::cells::plain;
use super::column::{Column, Form, Origin, Sign, Slot, Words};
use super::identity::identity;
use super::layout::{COLUMNS, KSTAR};
use super::wire::KstarFrame;
use crate::reading::{Cells, Decimal, Kind, Reading, StatusCode, Unreadable, Value};
use std::borrow::Cow;

/// The reading of a frame, without time and address.
pub fn frame(frame: KstarFrame<'_>) -> Reading {
    match frame {
        KstarFrame::Readings(payload) => reading(payload),
        KstarFrame::Identity(payload) => identity(payload).reading(),
    }
}

/// A payload of [`KstarFrame::Readings`] as a reading; its time and sender are known to the caller.
///
/// Bytes behind those that the table knows are left alone; a column behind the end of the payload
/// has no value. The status code is the number behind the column of kind [`Kind::Status`], the work
/// mode.
pub fn reading(payload: &[u8]) -> Reading {
    let values = COLUMNS.iter().map(|column| value(column, payload));
    let unreadable = COLUMNS
        .iter()
        .filter_map(|column| without_sign(column, payload));
    let mut reading = Reading {
        status_code: status_code(payload),
        unreadable: unreadable.collect(),
        ..plain(Cells {
            layout: &KSTAR,
            values: values.collect(),
        })
    };
    let is_abnormal = matches!(reading.status_code, StatusCode::One(code) if code >= ABNORMAL);
    reading.is_fault = is_abnormal || !reading.errors().is_empty();
    reading
}

/// Work modes from this number on are not normal operation: 2 abnormal, 3 severe fault.
const ABNORMAL: u32 = 2;

/// The cell of a column; `None` if the payload ends before it, or if its sign is not known.
fn value(column: &Column, payload: &[u8]) -> Option<Value> {
    match &column.origin {
        Origin::Raw(slot) => Some(Value::Number(decimal(slot, raw(slot, payload)?))),
        Origin::Words(slot, words) => Some(Value::Text(word(raw(slot, payload)?, words))),
        Origin::Signed(amount, sign) => {
            let factor = factor(sign, &named(sign.by, payload)?)?;
            // The form of some amounts can hold a sign, but the direction stands in the mode alone.
            let number = raw(amount, payload)?.abs() * factor;
            Some(Value::Number(decimal(amount, number)))
        }
        Origin::Product(left, right) => {
            product(number(left, payload)?, number(right, payload)?).map(Value::Number)
        }
        Origin::Sum(left, right) => number(left, payload)?
            .checked_add(number(right, payload)?)
            .map(Value::Number),
    }
}

/// The cell of the column with this label.
fn named(label: &str, payload: &[u8]) -> Option<Value> {
    let column = COLUMNS.iter().find(|column| column.field.label == label)?;
    value(column, payload)
}

/// The number in the column with this label.
fn number(label: &str, payload: &[u8]) -> Option<Decimal> {
    named(label, payload)?.number()
}

/// What an amount is multiplied with while the mode is `mode`.
fn factor(sign: &Sign, mode: &Value) -> Option<i64> {
    let is_mode = |word: &str| matches!(mode, Value::Text(text) if text == word);
    let row = sign.factors.iter().find(|(word, _)| is_mode(word));
    row.map(|(_, factor)| *factor).or(sign.otherwise)
}

/// A column that has an amount, but a mode that does not determine its sign.
fn without_sign(column: &Column, payload: &[u8]) -> Option<Unreadable> {
    let Origin::Signed(amount, sign) = &column.origin else {
        return None;
    };
    let (amount, mode) = (raw(amount, payload)?, named(sign.by, payload)?);
    factor(sign, &mode).is_none().then(|| Unreadable {
        label: column.field.label,
        raw: format!("{amount} with {} {mode}", sign.by),
    })
}

/// The words of the column of kind [`Kind::Status`].
fn states() -> Words {
    let mut columns = COLUMNS.iter();
    let words = columns.find_map(|column| match column.origin {
        Origin::Words(_, words) if column.field.kind == Kind::Status => Some(words),
        _ => None,
    });
    words.unwrap_or_default()
}

/// The number that a word in the column of kind [`Kind::Status`] stands for.
pub(crate) fn code_of_status(text: &str) -> Option<u32> {
    let word = states().iter().find(|(_, word)| *word == text);
    word.map(|(code, _)| *code)
}

/// Those words of the column of kind [`Kind::Status`] that are not normal operation.
pub(crate) fn abnormal() -> impl Iterator<Item = (u32, &'static str)> {
    states()
        .iter()
        .copied()
        .filter(|(code, _)| *code >= ABNORMAL)
}

/// The number behind the word in the column of kind [`Kind::Status`].
fn status_code(payload: &[u8]) -> StatusCode {
    COLUMNS
        .iter()
        .find(|column| column.field.kind == Kind::Status)
        .and_then(|column| match &column.origin {
            Origin::Words(slot, _) => u32::try_from(raw(slot, payload)?).ok(),
            _ => None,
        })
        .map_or(StatusCode::Unknown, StatusCode::One)
}

/// The word of a code, or its digits.
fn word(code: i64, words: Words) -> Cow<'static, str> {
    words
        .iter()
        .find(|(number, _)| i64::from(*number) == code)
        .map_or_else(
            || Cow::Owned(code.to_string()),
            |(_, word)| Cow::Borrowed(*word),
        )
}

/// The whole number in a slot, as it stands there.
fn raw(slot: &Slot, payload: &[u8]) -> Option<i64> {
    let bytes = payload.get(slot.offset..)?;
    Some(match slot.form {
        Form::U8 => i64::from(*bytes.first()?),
        Form::U16 => i64::from(u16::from_be_bytes(*bytes.first_chunk()?)),
        Form::I16 => i64::from(i16::from_be_bytes(*bytes.first_chunk()?)),
        Form::U32 => i64::from(u32::from_be_bytes(*bytes.first_chunk()?)),
    })
}

/// `raw` with the decimals of its slot.
fn decimal(slot: &Slot, raw: i64) -> Decimal {
    Decimal::new(raw, slot.decimals)
}

/// Exact, with the decimals of both factors also when it is zero, and never `-0`, unlike
/// `checked_mul`.
fn product(left: Decimal, right: Decimal) -> Option<Decimal> {
    let digits = left.mantissa().checked_mul(right.mantissa())?;
    Decimal::try_from_i128_with_scale(digits, left.scale() + right.scale()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::captures::{CHARGING, Change, IMPORTING, payload};
    use super::*;
    use proptest::prelude::*;

    // Offsets of bytes that the tests change in a capture.
    const PV1_CURRENT: usize = 2;
    const PV1_MODE: usize = 4;
    const PV2_CURRENT: usize = 7;
    const PV2_MODE: usize = 9;
    const BATTERY_VOLTAGE: usize = 10;
    const BATTERY_TEMPERATURE: usize = 16;
    const BATTERY_CURRENT: usize = 18;
    const BATTERY_MODE: usize = 30;
    const GRID_POWER: usize = 38;
    const WORK_MODE: usize = 42;
    const INVERTER_TEMPERATURE: usize = 53;
    const ERROR_CODES: usize = 55;
    const GRID_DIRECTION: usize = 80;

    /// Every column of both captures: label, charging, importing.
    const VALUES: [(&str, &str, &str); COLUMNS.len()] = [
        ("PV1 Voltage", "162.1", "167.3"),
        ("PV1 Current", "0.7", "0.6"),
        ("PV1 Power", "113.47", "100.38"),
        ("PV1 Mode", "producing", "producing"),
        ("PV2 Voltage", "173.2", "178.5"),
        ("PV2 Current", "1.7", "1.3"),
        ("PV2 Power", "294.44", "232.05"),
        ("PV2 Mode", "producing", "producing"),
        ("PV Power", "407.91", "332.43"),
        ("Battery Voltage", "50.6", "49.3"),
        ("Battery Status", "0", "0"),
        ("Battery Temperature", "0.0", "0.0"),
        ("Battery Current", "0.4", "0.0"),
        ("Battery Power", "20.24", "0.00"),
        ("Battery Charge Limit", "0", "0"),
        ("Battery Discharge Limit", "0", "0"),
        ("Battery Error", "256", "256"),
        ("Battery State of Charge", "71", "50"),
        ("Battery State of Health", "0", "0"),
        ("Battery Mode", "charging", "charging"),
        ("Battery Warning", "0", "0"),
        ("Meter Status", "0", "0"),
        ("Grid Voltage", "235.1", "236.0"),
        ("Grid Current", "1.8", "1.6"),
        ("Grid Power", "0", "303"),
        ("Grid Frequency", "49.92", "50.12"),
        ("Work Mode", "on", "on"),
        ("Load Voltage", "235.1", "236.0"),
        ("Load Current", "0.5", "0.5"),
        ("Load Power", "315", "594"),
        ("Load Frequency", "49.92", "50.12"),
        ("Load Mode", "connected", "connected"),
        ("Energy Mode", "on-grid", "on-grid"),
        ("Inverter Temperature", "30.1", "25.2"),
        ("Error Codes", "0", "0"),
        ("Total Energy", "1347.5", "1398.0"),
        ("Total Hours", "3911", "4078"),
        ("Today Energy", "5.7", "3.5"),
        ("Today Load", "5.8", "6.8"),
        ("Total Load", "1665.6", "1744.6"),
        ("Total Power", "423", "374"),
        ("Effective Work Mode", "1", "1"),
        ("Effective Relay Control", "48", "48"),
        ("Grid Direction", "idle", "importing"),
        ("Backup Power", "1", "1"),
    ];

    fn written(reading: &Reading) -> Vec<(&'static str, String)> {
        reading
            .columns()
            .map(|(field, value)| (field.label, value.map(Value::to_string).unwrap_or_default()))
            .collect()
    }

    /// What stands in some columns of a capture whose payload was changed.
    fn cells<const N: usize>(changes: &[Change<'_>], labels: [&str; N]) -> [String; N] {
        let columns = written(&reading(&payload(CHARGING, changes)));
        labels.map(|label| {
            let column = columns.iter().find(|column| column.0 == label);
            column.map_or_else(|| format!("no column {label}"), |column| column.1.clone())
        })
    }

    #[test]
    fn both_captures_say_what_the_note_says() {
        let due = |second: bool| {
            VALUES.map(|(label, one, two)| (label, String::from(if second { two } else { one })))
        };
        for (capture, second) in [(CHARGING, false), (IMPORTING, true)] {
            let reading = reading(&payload(capture, &[]));
            assert_eq!(written(&reading), due(second));
            assert_eq!(reading.status_code, StatusCode::One(1));
            assert!(reading.unreadable.is_empty());
            assert!(reading.errors().is_empty());
        }
    }

    #[test]
    fn battery_is_positive_while_charging_and_negative_otherwise() {
        let labels = ["Battery Mode", "Battery Current", "Battery Power"];
        for (mode, due) in [
            (0, ["none", "-0.4", "-20.24"]),
            (1, ["standby", "-0.4", "-20.24"]),
            (2, ["discharging", "-0.4", "-20.24"]),
            (3, ["charging", "0.4", "20.24"]),
            (4, ["to be charged", "-0.4", "-20.24"]),
            (5, ["to be discharged", "-0.4", "-20.24"]),
            (9, ["9", "-0.4", "-20.24"]),
        ] {
            assert_eq!(cells(&[(BATTERY_MODE, &[mode])], labels), due);
        }
    }

    #[test]
    fn zero_has_no_sign_and_all_its_decimals() {
        let labels = ["Battery Current", "Battery Power"];
        let discharging: Change<'_> = (BATTERY_MODE, &[2]);
        let no_current: Change<'_> = (BATTERY_CURRENT, &[0, 0]);
        assert_eq!(cells(&[discharging, no_current], labels), ["0.0", "0.00"]);
        let no_voltage: Change<'_> = (BATTERY_VOLTAGE, &[0, 0]);
        assert_eq!(cells(&[discharging, no_voltage], labels), ["-0.4", "0.00"]);
        let no_pv1: Change<'_> = (PV1_CURRENT, &[0, 0]);
        let no_pv2: Change<'_> = (PV2_CURRENT, &[0, 0]);
        let labels = ["PV1 Power", "PV Power"];
        assert_eq!(cells(&[no_pv1], labels), ["0.00", "294.44"]);
        assert_eq!(cells(&[no_pv1, no_pv2], labels), ["0.00", "0.00"]);
    }

    #[test]
    fn grid_takes_its_sign_from_the_direction_alone() {
        for (amount, direction, due) in [
            (303_i16, 0, "0"),
            (303, 1, "-303"),
            (303, 2, "303"),
            (-303, 1, "-303"),
            (-303, 2, "303"),
            (i16::MIN, 2, "32768"),
        ] {
            let amount = amount.to_be_bytes();
            let changes: [Change<'_>; 2] = [(GRID_POWER, &amount), (GRID_DIRECTION, &[direction])];
            assert_eq!(cells(&changes, ["Grid Power"]), [due]);
        }
    }

    #[test]
    fn an_unknown_direction_gives_no_grid_power_but_a_warning() {
        let reading = reading(&payload(IMPORTING, &[(GRID_DIRECTION, &[7])]));
        let due = [("Grid Power", ""), ("Grid Direction", "7")];
        for (label, text) in due {
            assert!(
                written(&reading).contains(&(label, text.to_owned())),
                "{label}"
            );
        }
        let unreadable = Unreadable {
            label: "Grid Power",
            raw: "303 with Grid Direction 7".to_owned(),
        };
        assert_eq!(reading.unreadable, [unreadable]);
    }

    #[test]
    fn a_string_is_in_one_of_three_modes() {
        for (mode, due) in [
            (0, "not connected"),
            (1, "connected without power"),
            (2, "producing"),
            (3, "3"),
        ] {
            let changes: [Change<'_>; 2] = [(PV1_MODE, &[mode]), (PV2_MODE, &[mode])];
            assert_eq!(cells(&changes, ["PV1 Mode", "PV2 Mode"]), [due; 2]);
        }
    }

    #[test]
    fn unknown_modes_are_their_number() {
        let reading = reading(&payload(CHARGING, &[(WORK_MODE, &[77])]));
        assert!(written(&reading).contains(&("Work Mode", "77".to_owned())));
        assert_eq!(reading.status_code, StatusCode::One(77));
    }

    #[test]
    fn errors_are_named() {
        let codes: Change<'_> = (ERROR_CODES, &0x8000_0204_u32.to_be_bytes());
        let reading = reading(&payload(CHARGING, &[codes]));
        assert!(written(&reading).contains(&("Error Codes", "2147484164".to_owned())));
        assert_eq!(
            reading.errors(),
            ["bit 2", "utility loss", "internal communication"]
        );
    }

    #[test]
    fn cold_is_negative() {
        let cold = (-51_i16).to_be_bytes();
        let changes: [Change<'_>; 2] =
            [(BATTERY_TEMPERATURE, &cold), (INVERTER_TEMPERATURE, &cold)];
        let labels = ["Battery Temperature", "Inverter Temperature"];
        assert_eq!(cells(&changes, labels), ["-5.1", "-5.1"]);
    }

    #[test]
    fn a_longer_payload_reads_the_same() {
        let mut longer = payload(CHARGING, &[]);
        let short = reading(&longer);
        longer.extend([0xff; 40]);
        assert_eq!(reading(&longer), short);
    }

    #[test]
    fn nothing_gives_no_values() {
        let nothing = reading(&[]);
        assert_eq!(nothing.cells, Cells::empty(&KSTAR));
        assert_eq!(nothing.status_code, StatusCode::Unknown);
        assert!(nothing.unreadable.is_empty());
    }

    proptest! {
        #[test]
        fn no_payload_panics_and_no_number_is_minus_zero(
            payload in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            let reading = reading(&payload);
            prop_assert_eq!(reading.cells.values.len(), KSTAR.fields.len());
            for (label, text) in written(&reading) {
                let number = text.trim_start_matches('-').parse::<Decimal>();
                let is_zero = number.is_ok_and(|number| number.is_zero());
                let minus_zero = text.starts_with('-') && is_zero;
                prop_assert!(!minus_zero, "{} {}", label, text);
            }
            let _ = reading.errors();
        }
    }
}
