//! Replies of the standard protocol that lost their end: the type, and the total yield of XP
//! inverters, stand behind the checksum.
//!
//! Such a reply is whole in its values, but its layout can't be determined from it alone. An
//! inverter that is known as an XP stays one: another layout would be another header in its log,
//! and another meaning of its state.

use super::layouts;
use super::wire::{Body, Frame};
use crate::reading::{Cells, Kind, Reading, StatusCode, Value};
use std::borrow::Cow;

/// Whether a reply with readings names the type of its inverter; `None` for any other reply.
pub(super) const fn names_type(frame: &Frame) -> Option<bool> {
    match &frame.body {
        Body::Readings(readings) => Some(readings.type_code.is_some()),
        _ => None,
    }
}

/// A reading without type as one of an XP inverter: without total yield, its state as a number.
/// `None` for any other reading.
pub(crate) fn as_xp(reading: &Reading) -> Option<Reading> {
    if reading.cells.layout != &layouts::STANDARD || reading.type_code.is_some() {
        return None;
    }
    let code = match reading.status_code {
        StatusCode::One(code) => Some(Value::Text(Cow::Owned(code.to_string()))),
        _ => None,
    };
    let cell = |label: &str| {
        let mut cells = reading.cells.iter();
        cells.find_map(|(field, value)| value.filter(|_| field.label == label).cloned())
    };
    let fields = layouts::XP.fields.iter();
    let values = fields.map(|field| match field.kind {
        Kind::Status => code.clone(),
        _ => cell(field.label),
    });
    Some(Reading {
        cells: Cells {
            layout: &layouts::XP,
            values: values.collect(),
        },
        // XP inverters have states of their own, which were never published.
        is_fault: false,
        ..reading.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::super::interpret;
    use super::super::wire::decode_all;
    use super::*;

    fn reading(tail: &str) -> Option<Reading> {
        let text = "*010 035 492.9 80.60 039700 381.3 61.80 039200 34 262100 ";
        let sum = text.bytes().fold(0_u8, u8::wrapping_add);
        let bytes = [b"\n", text.as_bytes(), &[sum], tail.as_bytes()].concat();
        let frame = decode_all(&bytes).next()?.ok()?;
        interpret::frame(&frame).ok()
    }

    #[test]
    fn a_reading_without_type_can_be_one_of_an_xp() {
        let whole = reading(" 100k   5751\r").map(|reading| reading.cells);
        let cut = reading("\r").as_ref().and_then(as_xp);
        assert_eq!(cut.as_ref().map(|cut| cut.is_fault), Some(false));
        let (whole, cut) = (whole.as_ref(), cut.as_ref().map(|cut| &cut.cells));
        for (one, other) in whole
            .iter()
            .zip(cut)
            .flat_map(|(one, other)| one.iter().zip(other.iter()))
        {
            let (field, value) = one;
            let is_behind = ["Total yield", "Type"].contains(&field.label);
            assert_eq!(other, (field, value.filter(|_| !is_behind)));
        }
        assert_eq!(
            whole.map(|cells| cells.layout),
            cut.map(|cells| cells.layout)
        );
    }

    #[test]
    fn a_reading_with_a_type_stays_what_it_is() {
        for tail in [" 5000xi\r", " 100k   5751\r"] {
            assert_eq!(reading(tail).as_ref().and_then(as_xp), None, "{tail}");
        }
    }
}
