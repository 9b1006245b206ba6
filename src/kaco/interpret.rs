//! What checked frames mean: walks the table of a frame's layout once and makes a reading of it.

use super::layouts;
use super::status::{Severity, Status};
use super::wire::{Body, Counters, Elements, Fault, Frame, Readings};
use super::{status, types};
use crate::escape;
use crate::inverter::InverterId;
use crate::reading::{Cells, Decimal, Kind, Layout, Reading, StatusCode, Unreadable, Value};
use std::borrow::Cow;

/// The reading of a single frame, without time. A 000xi needs three frames: see [`super::units`].
/// [`Fault::UnknownLayout`] for a generic reply with a number of elements that no table has.
pub fn frame(frame: &Frame) -> Result<Reading, Fault> {
    let mut reading = match &frame.body {
        Body::Readings(readings) => standard(readings),
        Body::Generic(elements) => generic(elements)?,
        Body::Counters(counters) => plain(counters_cells(counters)),
        Body::Parts => plain(Cells::empty(&layouts::PARTS)),
        Body::Firmware(text) => plain(text_cells(&layouts::FIRMWARE, text)),
        Body::SerialNumber(text) => plain(text_cells(&layouts::SERIAL_NUMBER, text)),
        Body::TypeCode(code) => type_reply(code),
    };
    reading.inverter = InverterId::kaco(frame.address);
    Ok(reading)
}

/// The counters' cells, as further columns of a reading.
pub fn counters_cells(counters: &Counters) -> Cells {
    let energy = |count: u64| {
        let mut energy = Decimal::from(count);
        // The point is moved, nothing is divided: 795212 Wh are 795.212 kWh, to the digit.
        energy.set_scale(counters.decimals).ok()?;
        Some(Value::Number(energy))
    };
    let mut values = vec![
        Some(Value::Number(counters.daily_peak_power.into())),
        energy(counters.counter_yield),
        energy(counters.total_yield),
    ];
    values.extend(
        counters
            .minutes
            .map(|minutes| Some(Value::Number(Decimal::from(minutes)))),
    );
    Cells {
        layout: &layouts::COUNTERS,
        values,
    }
}

fn standard(readings: &Readings) -> Reading {
    let type_code = readings.type_code.as_deref().map(without_padding);
    let layout = match (readings.unit, &readings.total_yield) {
        (Some(_), _) => &layouts::UNIT,
        (None, Some(_)) => &layouts::XP,
        // Its total yield was lost, but its log has the column, and its states are not the
        // published ones.
        (None, None) if type_code.as_deref().is_some_and(types::is_xp) => &layouts::XP,
        (None, None) => &layouts::STANDARD,
    };
    let mut values = readings.values();
    let status = values.next().unwrap_or_default();
    // On the wire it stands behind the type; the table has it behind the daily yield.
    let values = values.chain(readings.total_yield.as_deref());
    walk(layout, status, type_code, values)
}

fn generic(elements: &Elements) -> Result<Reading, Fault> {
    let layout = generic_layout(elements)?;
    // The number of elements has no column.
    let mut elements = elements.iter().skip(1);
    let type_code = elements.next().map(without_padding);
    let status = elements.next().unwrap_or_default();
    Ok(walk(layout, status, type_code, elements))
}

fn generic_layout(elements: &Elements) -> Result<&'static Layout, Fault> {
    layouts::of_elements(elements.count()).ok_or(Fault::UnknownLayout(elements.count()))
}

/// Checks that [`frame`] can make a reading of this frame.
pub(super) fn check(frame: &Frame) -> Result<(), Fault> {
    match &frame.body {
        Body::Generic(elements) => generic_layout(elements).map(|_| ()),
        _ => Ok(()),
    }
}

fn type_reply(code: &[u8]) -> Reading {
    let code = without_padding(code);
    let mut cells = Cells::empty(&layouts::TYPE_CODE);
    cells.values = vec![Some(Value::Text(Cow::Owned(code.clone())))];
    with_type(plain(cells), Some(code))
}

/// Walks the table: every column takes what belongs to it.
fn walk<'a>(
    layout: &'static Layout,
    status: &[u8],
    type_code: Option<String>,
    mut values: impl Iterator<Item = &'a [u8]>,
) -> Reading {
    let mut reading = plain(Cells {
        layout,
        values: Vec::with_capacity(layout.fields.len()),
    });
    // The kind is sent with cos phi, so every table has its column behind that of cos phi.
    let mut power_factor_kind = None;
    for field in layout.fields {
        let (raw, value) = match field.kind {
            Kind::Status => {
                let code = status_code(status);
                reading.status_code = code.map_or(StatusCode::Unknown, StatusCode::One);
                let row = |code| status::of(layout, type_code.as_deref(), code);
                let known = code.and_then(row);
                reading.is_fault = known.is_some_and(|row| row.severity == Severity::Fault);
                (status, code.map(|code| status_text(code, known)))
            }
            Kind::PowerFactor => {
                let raw = values.next().unwrap_or_default();
                let (digits, kind) = power_factor(raw);
                power_factor_kind = kind;
                (raw, number(digits).map(Value::Number))
            }
            // Nothing stands on the wire for these two columns, so an empty cell is not an
            // unreadable one.
            Kind::PowerFactorKind => (
                &[][..],
                power_factor_kind.map(|kind| Value::Text(Cow::Borrowed(kind))),
            ),
            Kind::TypeCode => (
                &[][..],
                type_code.clone().map(|code| Value::Text(Cow::Owned(code))),
            ),
            _ => {
                let raw = values.next().unwrap_or_default();
                (raw, number(raw).map(Value::Number))
            }
        };
        if value.is_none() && !raw.is_empty() {
            reading.unreadable.push(Unreadable {
                label: field.label,
                raw: escape::printable(raw),
            });
        }
        reading.cells.values.push(value);
    }
    with_type(reading, type_code)
}

/// A reading of these cells, with nothing else known.
pub(super) fn plain(cells: Cells) -> Reading {
    Reading::of(InverterId::kaco(None), cells)
}

/// The reading with this type code, and the model that it stands for.
pub(super) fn with_type(mut reading: Reading, type_code: Option<String>) -> Reading {
    reading.model = type_code
        .as_deref()
        .and_then(types::find)
        .map(|known| Cow::Borrowed(known.model));
    reading.type_code = type_code;
    reading
}

fn text_cells(layout: &'static Layout, text: &[u8]) -> Cells {
    Cells {
        layout,
        values: vec![Some(Value::Text(Cow::Owned(escape::printable(text))))],
    }
}

/// The type code without the zeros that some fill it up with (`086L32`), printable.
fn without_padding(code: &[u8]) -> String {
    let code = escape::printable(code.trim_ascii());
    match code.trim_start_matches('0') {
        // Of a code of nothing but zeros, nothing would be left.
        "" => code,
        stripped => stripped.to_owned(),
    }
}

fn status_code(raw: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(raw).ok()?;
    digits
        .parse()
        .ok()
        // `parse` takes a plus sign, too.
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The text of a state, or its number where its meaning is not known.
fn status_text(code: u32, known: Option<&'static Status>) -> Value {
    Value::Text(match known {
        Some(status) => Cow::Borrowed(status.text),
        None => Cow::Owned(code.to_string()),
    })
}

/// Splits cos phi into its number and its letter.
fn power_factor(raw: &[u8]) -> (&[u8], Option<&'static str>) {
    match raw {
        [digits @ .., b'i'] => (digits, Some("i")),
        [digits @ .., b'c'] => (digits, Some("c")),
        // Seen on a bus; no source explains it.
        [digits @ .., b'o'] => (digits, Some("o")),
        digits => (digits, None),
    }
}

/// A decimal number as inverters write it: an optional minus, digits with at most one point.
/// Padding zeros go, the digits behind the point stay.
pub(crate) fn number(raw: &[u8]) -> Option<Decimal> {
    let text = std::str::from_utf8(raw).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // 18 digits: far more than any inverter sends, far fewer than a Decimal holds.
    if !plain(whole) || !plain(fraction) || !(1..=18).contains(&(whole.len() + fraction.len())) {
        return None;
    }
    let number: Decimal = text.parse().ok()?;
    // "-0" and "-0.0" are zero.
    Some(if number.is_zero() {
        number.abs()
    } else {
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_and_padding_goes() {
        let shown = |raw: &str| number(raw.as_bytes()).map(|number| number.to_string());
        for (raw, expected) in [
            ("1.60", "1.60"),
            ("015400", "15400"),
            ("019.10", "19.10"),
            ("-9", "-9"),
            ("0.00", "0.00"),
            ("-0.0", "0.0"),
            ("000", "0"),
            (".5", "0.5"),
            ("5.", "5"),
        ] {
            assert_eq!(shown(raw).as_deref(), Some(expected), "{raw}");
        }
        for raw in [
            "",
            "-",
            ".",
            "1.2.3",
            "1e5",
            "+5",
            "--5",
            "***.*",
            "1 2",
            "0x1",
            "1_000",
            "1234567890123456789",
        ] {
            assert_eq!(shown(raw), None, "{raw}");
        }
    }

    #[test]
    fn cos_phi_is_split() {
        assert_eq!(power_factor(b"0.998i"), (&b"0.998"[..], Some("i")));
        assert_eq!(power_factor(b"0.999c"), (&b"0.999"[..], Some("c")));
        assert_eq!(power_factor(b"1.000o"), (&b"1.000"[..], Some("o")));
        assert_eq!(power_factor(b"1.000"), (&b"1.000"[..], None));
        assert_eq!(power_factor(b""), (&b""[..], None));
    }

    #[test]
    fn zeros_before_a_type_code_go() {
        assert_eq!(without_padding(b"086L32"), "86L32");
        assert_eq!(without_padding(b"3X24"), "3X24");
        assert_eq!(without_padding(b"64\x1b[1m"), "64\\x1b[1m");
        assert_eq!(without_padding(b"000"), "000");
    }

    #[test]
    fn status_is_a_text_or_its_number() {
        assert_eq!(status_text(4, status::find(4)).to_string(), "mpp-track");
        assert_eq!(status_text(121, status::find(121)).to_string(), "121");
        assert_eq!(status_code(b"048"), Some(48));
        assert_eq!(status_code(b"4x"), None);
        assert_eq!(status_code(b"+4"), None);
    }
}
