//! What every protocol makes and every output takes: fields, layouts, values, readings.
//!
//! A [`Layout`] is the one table of an inverter's columns. Protocols fill a [`Reading`] by walking it, outputs write the
//! reading by walking it again; nothing outside the tables names a column.

use crate::inverter::InverterId;
use chrono::{DateTime, FixedOffset};
pub use rust_decimal::Decimal;
use std::borrow::Cow;

/// The unit of a column, the same for all inverters of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Texts, codes and plain numbers.
    None,
    /// V
    Volt,
    /// A
    Ampere,
    /// W
    Watt,
    /// Wh
    WattHour,
    /// kWh
    KilowattHour,
    /// Hz
    Hertz,
    /// °C
    Celsius,
    /// %
    Percent,
    /// min
    Minute,
    /// h
    Hour,
}

impl Unit {
    /// The sign people write behind a number; empty where there is none.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Volt => "V",
            Self::Ampere => "A",
            Self::Watt => "W",
            Self::WattHour => "Wh",
            Self::KilowattHour => "kWh",
            Self::Hertz => "Hz",
            Self::Celsius => "°C",
            Self::Percent => "%",
            Self::Minute => "min",
            Self::Hour => "h",
        }
    }
}

/// What a column holds, apart from its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The inverter's state as a text; its number is [`Reading::status_code`].
    Status,
    /// A number that goes up and down.
    Measurement,
    /// A number that only rises, until a new day or a reset takes it to zero.
    Total,
    /// cos phi, the number alone.
    PowerFactor,
    /// The letter sent with cos phi: `i` inductive, `c` capacitive, `o`, or nothing.
    PowerFactorKind,
    /// The type code, without its padding.
    TypeCode,
    /// A mode, as a word, or as its number where no word is known.
    Mode,
    /// A number that stands for something: an error, a setting.
    Code,
}

impl Kind {
    /// Whether the column holds numbers to calculate with.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Measurement | Self::Total | Self::PowerFactor)
    }
}

/// Which short overview a column belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The power that the inverter gives now, W. Several columns are parts of a sum.
    Power,
    /// The energy of today. Several columns are parts of a sum.
    DailyYield,
    /// The temperature of the device, °C.
    Temperature,
    /// How full the battery is, %.
    Charge,
}

/// One column: a row of a layout's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name in CSV headers; everything else is named after it.
    pub label: &'static str,
    /// The unit of its numbers.
    pub unit: Unit,
    /// What it holds.
    pub kind: Kind,
    /// What it is in an overview, if anything.
    pub role: Option<Role>,
    /// What its numbers are like when nothing went wrong.
    pub plausible: Plausible,
}

/// What a number is like when nothing went wrong. One that is not is kept all the same: see [`crate::plausible`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plausible {
    /// Anything may be right.
    Any,
    /// From, to, in the unit of the column.
    Within(i32, i32),
    /// About a voltage times a current, the columns of these labels.
    Product(&'static str, &'static str),
    /// About the sum of the columns of these labels.
    Sum(&'static [&'static str]),
    /// No more than the apparent power: the sum of voltages times currents, times a factor in thousandths.
    Apparent(&'static [[&'static str; 2]], u32),
}

impl Field {
    /// A field without a role.
    pub const fn new(label: &'static str, unit: Unit, kind: Kind) -> Self {
        Self {
            label,
            unit,
            kind,
            role: None,
            plausible: Plausible::Any,
        }
    }

    /// The same field with numbers from `low` to `high` only.
    #[must_use]
    pub const fn within(self, low: i32, high: i32) -> Self {
        self.plausible(Plausible::Within(low, high))
    }

    /// The same field with a rule for its numbers.
    #[must_use]
    pub const fn plausible(self, plausible: Plausible) -> Self {
        Self { plausible, ..self }
    }

    /// The same field with a role in overviews.
    #[must_use]
    pub const fn role(self, role: Role) -> Self {
        Self {
            role: Some(role),
            ..self
        }
    }

    /// The name in JSON and in everything made of it: the label in lower case, blanks as `_`.
    pub fn key(&self) -> String {
        self.label.to_ascii_lowercase().replace(' ', "_")
    }

    /// The label with its unit in brackets, for people.
    pub fn title(&self) -> Cow<'static, str> {
        match self.unit.symbol() {
            "" => Cow::Borrowed(self.label),
            symbol => Cow::Owned(format!("{} ({symbol})", self.label)),
        }
    }
}

/// The table of one kind of reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    /// The name in JSON.
    pub name: &'static str,
    /// Which inverters send it, for people.
    pub about: &'static str,
    /// The columns after `datetime`, in order.
    pub fields: &'static [Field],
}

/// One cell that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number, with the digits that the inverter sent.
    Number(Decimal),
    /// A text, printable ASCII only.
    Text(Cow<'static, str>),
}

impl Value {
    /// The number, if it is one.
    pub const fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

/// As in a CSV cell: digits as sent, texts without quotes.
impl std::fmt::Display for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

/// The values of one layout, side by side with its fields; `None` is a cell without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// The table.
    pub layout: &'static Layout,
    /// As many as the table has fields.
    pub values: Vec<Option<Value>>,
}

impl Cells {
    /// Cells of `layout` without any value.
    pub fn empty(layout: &'static Layout) -> Self {
        Self {
            layout,
            values: vec![None; layout.fields.len()],
        }
    }

    /// Field and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Field, Option<&Value>)> {
        self.layout
            .fields
            .iter()
            .zip(self.values.iter().map(Option::as_ref))
    }
}

/// The number of the inverter's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusCode {
    /// The layout has none, or it could not be read.
    Unknown,
    /// One inverter, one state.
    One(u32),
    /// One state for each part of an inverter of several parts.
    Each(Vec<Option<u32>>),
}

/// What an inverter tells of itself apart from its readings, where somebody asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Serial number, where the sender has none.
    pub serial: Option<String>,
    /// Version of its firmware.
    pub firmware: Option<String>,
}

/// A value that made no sense although the checksum of its frame was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The column whose cell stays empty.
    pub label: &'static str,
    /// What stood there, escaped.
    pub raw: String,
}

/// What one inverter said at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When the reply was complete, local time; `None` when decoding captures.
    pub time: Option<DateTime<FixedOffset>>,
    /// Which inverter sent it.
    pub inverter: InverterId,
    /// The readings proper.
    pub cells: Cells,
    /// Further columns at the end, where they were asked for.
    pub further: Option<Cells>,
    /// The type code, without its padding, printable ASCII.
    pub type_code: Option<String>,
    /// The maker's name for the type, where it is known.
    pub model: Option<Cow<'static, str>>,
    /// The number behind the status text.
    pub status_code: StatusCode,
    /// Whether the inverter, or one of its parts, reports a fault.
    pub is_fault: bool,
    /// What else is known of the inverter.
    pub facts: Facts,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl Reading {
    /// A reading of which nothing else is known.
    pub fn of(inverter: InverterId, cells: Cells) -> Self {
        Self {
            time: None,
            inverter,
            cells,
            further: None,
            type_code: None,
            model: None,
            status_code: StatusCode::Unknown,
            is_fault: false,
            facts: Facts::default(),
            unreadable: Vec::new(),
        }
    }

    /// All columns after `datetime`: field and value, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&'static Field, Option<&Value>)> {
        self.cells
            .iter()
            .chain(self.further.iter().flat_map(Cells::iter))
    }

    /// The number for an overview, with its unit; `None` if no column with this role has one. Power and yield of several
    /// parts add up; of the others the highest counts.
    pub fn figure(&self, role: Role) -> Option<(Decimal, Unit)> {
        self.columns()
            .filter(|(field, _)| field.role == Some(role))
            .filter_map(|(field, value)| Some((value?.number()?, field.unit)))
            .reduce(|(one, unit), (other, _)| match role {
                Role::Power | Role::DailyYield => (one.saturating_add(other), unit),
                Role::Temperature | Role::Charge => (one.max(other), unit),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_labels() {
        let field = Field::new("DC Voltage MPPT1", Unit::Volt, Kind::Measurement);
        assert_eq!(field.key(), "dc_voltage_mppt1");
        assert_eq!(field.title(), "DC Voltage MPPT1 (V)");
    }
}
