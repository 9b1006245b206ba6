//! The bytes of the simulated replies: order of the columns, widths, checksums. The tests rebuild
//! captures from their values.

use crate::kaco::wire::checksum;
use crate::reading::{Field, Kind, Layout, Unit};

/// The form of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyForm {
    /// Series 00 and 02.
    Standard,
    /// A unit of a 000xi.
    Unit,
    /// XP with old firmware.
    Xp,
    /// The generic protocol.
    Generic,
}

impl ReplyForm {
    /// A number in the width and with the decimals of its column.
    fn cell(self, field: &Field, value: f64) -> String {
        let [status, volt, ampere, watt, celsius, watt_hour] = match self {
            Self::Standard => [3, 5, 5, 5, 3, 6],
            Self::Unit => [3, 5, 5, 6, 2, 6],
            Self::Xp => [3, 5, 6, 6, 2, 7],
            Self::Generic => [0, 6, 5, 5, 5, 6],
        };
        let (width, decimals) = match field.unit {
            Unit::Volt => (volt, 1),
            Unit::Ampere | Unit::Hertz => (ampere, 2),
            Unit::Watt => (watt, 0),
            Unit::Celsius => (celsius, usize::from(self == Self::Generic)),
            Unit::WattHour => (watt_hour, 0),
            _ => (status, 0),
        };
        match self {
            Self::Xp => format!("{value:0width$.decimals$}"),
            _ => format!("{value:width$.decimals$}"),
        }
    }
}

/// A reply with readings; `value` returns the number of a column, that of the status too. Every
/// header is `*`, the address and a command character.
pub(super) fn readings(
    header: &str,
    form: ReplyForm,
    layout: &Layout,
    code: &str,
    value: impl Fn(&Field) -> f64,
) -> Vec<u8> {
    let (mut cells, mut total) = (Vec::new(), 0.0);
    for field in layout.fields {
        match (field.kind, field.unit) {
            (Kind::TypeCode | Kind::PowerFactorKind, _) => {}
            // Inductive, unless it is one.
            (Kind::PowerFactor, _) => cells.push(match value(field) {
                one @ 1.0 => format!("{one:.3}"),
                less => format!("{less:.3}i"),
            }),
            // The total yield of XP stands behind the type code.
            (_, Unit::KilowattHour) => total = value(field).floor(),
            _ => cells.push(form.cell(field, value(field))),
        }
    }
    let cells = cells.join(" ");
    match form {
        // A layout has one column per element.
        ReplyForm::Generic => generic(header, &format!("{} {code} {cells}", layout.fields.len())),
        ReplyForm::Standard | ReplyForm::Unit => summed(header, &cells, &format!(" {code}")),
        ReplyForm::Xp => summed(header, &cells, &format!(" {code:<6} {total:09}")),
    }
}

/// A reply with counters: peak of the day in W, yields of the day and in total in Wh, minutes of
/// the day and in total. What can be reset has never been.
pub(super) fn counters(header: &str, form: ReplyForm, wh: [f64; 3], minutes: [u32; 2]) -> Vec<u8> {
    let [peak, daily, total] = wh.map(f64::floor);
    let [kwh, tenths] = [1000.0, 100.0].map(|unit| (total / unit).floor());
    let [today, hours] = minutes.map(|minutes| format!("{}:{:02}", minutes / 60, minutes % 60));
    plain(&match form {
        ReplyForm::Standard | ReplyForm::Unit => {
            format!(" {peak:5} {daily:6} {kwh:6} {kwh:6} {today:>9} {hours:>9} {hours:>9}")
        }
        ReplyForm::Xp => {
            format!("{header} {peak} {daily} {tenths} {tenths} {today} {hours} {hours}")
        }
        ReplyForm::Generic => {
            let energy = format!("{header}  {peak} {daily:6} {total} {total}");
            format!("{energy} {today:0>9} {hours:0>9} {hours:0>9}")
        }
    })
}

/// A reply without a checksum.
pub(super) fn plain(text: &str) -> Vec<u8> {
    format!("\n{text}\r").into_bytes()
}

/// A reply with the checksum byte of the standard protocol; `tail` stands behind it.
pub(super) fn summed(header: &str, content: &str, tail: &str) -> Vec<u8> {
    let span = format!("{header} {content} ");
    let sum = checksum::sum(span.as_bytes());
    [b"\n", span.as_bytes(), &[sum], tail.as_bytes(), b"\r"].concat()
}

/// A reply with the CRC of the generic protocol.
pub(super) fn generic(header: &str, content: &str) -> Vec<u8> {
    let span = format!("{header} {content} ");
    plain(&format!("{span}{:04X}", checksum::crc(span.as_bytes())))
}
