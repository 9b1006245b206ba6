//! A 000xi: the readings of its three units become one.

use super::interpret::{plain, with_type};
use super::layouts::{THREE_UNITS, UNIT};
use super::wire::UnitNumber;
use crate::address::Address;
use crate::inverter::InverterId;
use crate::observation::Outcome;
use crate::reading::{Cells, Missing, Reading, StatusCode, Unreadable, Value};
use std::borrow::Cow;

/// The outcome of polling three units. A unit that is missing leaves its cells empty: the others
/// count.
pub(super) fn together(address: Address, units: [Outcome<Reading>; 3]) -> Outcome {
    let missing = missing(&units);
    let (mut reason, mut first, mut time) = (None, None, None);
    let readings = units.map(|unit| match unit {
        Outcome::Read { answer, first_byte } => {
            first.get_or_insert(first_byte);
            // That of the last reply, which is of any unit: a silent one is requested again.
            time = answer.time.max(time);
            Some(answer)
        }
        Outcome::Garbled(fault) => {
            reason = Some(fault);
            None
        }
        _ => None,
    });
    let Some(first_byte) = first else {
        return reason.map_or(Outcome::Silent, Outcome::Garbled);
    };
    let reading = Reading {
        time,
        missing,
        ..three_units(address.number(), readings)
    };
    Outcome::Read {
        answer: Box::new(reading),
        first_byte,
    }
}

/// The units that were not read.
fn missing(units: &[Outcome<Reading>; 3]) -> Vec<Missing> {
    let numbered = UnitNumber::ALL.iter().zip(units);
    let missing = numbered.filter_map(|(unit, outcome)| {
        let why = match outcome {
            Outcome::Read { .. } => return None,
            Outcome::Garbled(fault) => fault,
            _ => "it did not answer",
        };
        let part = format!("unit {}", unit.number());
        let text = format!("{part} was not read, its columns stay empty: {why}");
        Some(Missing { part, text })
    });
    missing.collect()
}

/// A 000xi out of its three units; the cells of a unit that could not be read stay empty.
pub fn three_units(address: u8, units: [Option<Reading>; 3]) -> Reading {
    let type_code = common_type(&units);
    let mut reading = plain(Cells {
        layout: &THREE_UNITS,
        values: Vec::new(),
    });
    let mut codes = Vec::new();
    let per_unit = UNIT.fields.len() - 1; // the type stands once, at the end
    let rows = THREE_UNITS.fields.chunks(per_unit);
    for (rows, unit) in rows.zip(units) {
        let unit = unit.unwrap_or_else(|| plain(Cells::empty(&UNIT)));
        let in_unit = |mut unreadable: Unreadable| {
            let mut names = UNIT.fields.iter().zip(rows);
            let found = names.find(|(field, _)| field.label == unreadable.label);
            unreadable.label = found.map_or(unreadable.label, |(_, row)| row.label);
            unreadable
        };
        let unreadable = unit.unreadable.into_iter().map(in_unit);
        reading.unreadable.extend(unreadable);
        reading.is_fault |= unit.is_fault;
        codes.push(match unit.status_code {
            StatusCode::One(code) => Some(code),
            _ => None,
        });
        let values = unit.cells.values.into_iter().take(per_unit);
        reading.cells.values.extend(values);
    }
    let type_cell = type_code.clone().map(|code| Value::Text(Cow::Owned(code)));
    reading.cells.values.push(type_cell);
    reading.inverter = InverterId::kaco(Some(address));
    reading.status_code = StatusCode::Each(codes);
    with_type(reading, type_code)
}

/// `3x10k` of the units `10k1`, `10k2`, `10k3`; `None` if they do not agree or none has a type.
fn common_type(units: &[Option<Reading>; 3]) -> Option<String> {
    let mut common = None;
    for (unit, number) in units.iter().zip(["1", "2", "3"]) {
        let Some(code) = unit.as_ref().and_then(|unit| unit.type_code.as_deref()) else {
            continue;
        };
        let series = code.strip_suffix(number)?;
        if *common.get_or_insert(series) != series {
            return None;
        }
    }
    common.map(|series| format!("3x{series}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use std::time::Duration;

    #[test]
    fn a_row_has_the_time_of_its_last_reply() {
        // The first unit was silent, and requested again after the third.
        let times = [40, 20, 30].map(|second| DateTime::from_timestamp(second, 0));
        let units = times.map(|time| Outcome::Read {
            answer: Reading {
                time: time.map(|time| time.fixed_offset()),
                ..plain(Cells::empty(&UNIT))
            },
            first_byte: Duration::ZERO,
        });
        let together = Address::new(12).map(|address| together(address, units));
        let time = together.and_then(Outcome::answer).and_then(|row| row.time);
        assert_eq!(time.map(|time| time.timestamp()), Some(40));
    }
}
