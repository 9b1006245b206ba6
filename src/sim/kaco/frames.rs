//! The bytes of the simulated replies: order of the columns, widths, checksums. The tests rebuild
//! captures from their values.

use crate::address::Address;
use crate::kaco::wire::checksum;
use crate::reading::{Field, Kind, Layout, Unit};
use std::fmt;

/// One reply, as an undisturbed bus carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReplyFrame {
    pub(super) bytes: Vec<u8>,
    /// Whether damage can be seen from the reply alone.
    pub(super) checksummed: bool,
}

/// What every reply but one begins with: address and command character.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header(pub(super) Address, pub(super) char);

impl fmt::Display for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "*{}{}", self.0, self.1)
    }
}

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
    /// Widths of status, V, A, W, °C and Wh.
    const fn widths(self) -> [usize; 6] {
        match self {
            Self::Standard => [3, 5, 5, 5, 3, 6],
            Self::Unit => [3, 5, 5, 6, 2, 6],
            Self::Xp => [3, 5, 6, 6, 2, 7],
            Self::Generic => [0, 6, 5, 5, 5, 6],
        }
    }

    /// A number in the width and with the decimals of its column.
    fn cell(self, field: &Field, value: f64) -> String {
        let [status, volt, ampere, watt, celsius, watt_hour] = self.widths();
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

/// A reply with readings; `value` returns the number of a column, that of the status too.
pub(super) fn readings(
    header: Header,
    form: ReplyForm,
    layout: &Layout,
    code: &str,
    value: impl Fn(&Field) -> f64,
) -> ReplyFrame {
    let cell = |field: &Field| match field.kind {
        Kind::TypeCode | Kind::PowerFactorKind => None,
        // Inductive, unless it is one.
        Kind::PowerFactor => match value(field) {
            one @ 1.0 => Some(format!("{one:.3}")),
            less => Some(format!("{less:.3}i")),
        },
        // The total yield of XP stands behind the type code.
        _ if field.unit == Unit::KilowattHour => None,
        _ => Some(form.cell(field, value(field))),
    };
    let cells = layout
        .fields
        .iter()
        .filter_map(cell)
        .collect::<Vec<_>>()
        .join(" ");
    match form {
        // A layout has one column per element.
        ReplyForm::Generic => generic(header, &format!("{} {code} {cells}", layout.fields.len())),
        ReplyForm::Standard | ReplyForm::Unit => summed(header, &cells, &format!(" {code}")),
        ReplyForm::Xp => {
            let mut fields = layout.fields.iter();
            let total = fields
                .find(|field| field.unit == Unit::KilowattHour)
                .map_or(0.0, value);
            summed(header, &cells, &format!(" {code:<6} {:09}", total.floor()))
        }
    }
}

/// A reply with counters: peak of the day in W, yields of the day and in total in Wh, minutes of
/// the day and in total. What can be reset has never been.
pub(super) fn counters(
    header: Header,
    form: ReplyForm,
    wh: [f64; 3],
    minutes: [u32; 2],
) -> ReplyFrame {
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
pub(super) fn plain(text: &str) -> ReplyFrame {
    let bytes = format!("\n{text}\r").into_bytes();
    let checksummed = false;
    ReplyFrame { bytes, checksummed }
}

/// A reply with the checksum byte of the standard protocol; `tail` stands behind it.
pub(super) fn summed(header: Header, content: &str, tail: &str) -> ReplyFrame {
    checksummed(header, content, |span| {
        [&[checksum::sum(span)], tail.as_bytes()].concat()
    })
}

/// A reply with the CRC of the generic protocol.
pub(super) fn generic(header: Header, content: &str) -> ReplyFrame {
    checksummed(header, content, |span| {
        format!("{:04X}", checksum::crc(span)).into_bytes()
    })
}

/// What is checked goes from the header to the blank behind the content.
fn checksummed(header: Header, content: &str, end: impl Fn(&[u8]) -> Vec<u8>) -> ReplyFrame {
    let span = format!("{header} {content} ").into_bytes();
    let bytes = [b"\n", span.as_slice(), &end(&span), b"\r"].concat();
    let checksummed = true;
    ReplyFrame { bytes, checksummed }
}
