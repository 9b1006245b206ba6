//! What a column of a table is: its name, its unit, what it holds; and the constructors that all
//! tables are written with.

use super::{Decimal, Role, Topic};
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
    /// The inverter's state as a text; its number is [`super::Reading::status_code`].
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
    /// A number with a meaning of its own: an error, a setting.
    Code,
}

impl Kind {
    /// Whether the column holds numbers to calculate with.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Measurement | Self::Total | Self::PowerFactor)
    }
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
    /// The quantity that it is, if it is one that outputs need.
    pub role: Option<Role>,
    /// What its numbers are like when nothing went wrong.
    pub plausible: Plausible,
    /// Names of the errors that the bits of its number stand for, bit 0 first.
    pub(crate) bits: &'static [&'static str],
    /// The plain topics that its number is published on.
    pub(crate) topics: &'static [Topic],
}

/// What a number is like when nothing went wrong. One that is not is kept all the same: see
/// [`crate::plausible`].
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
    /// No more than the apparent power: the sum of voltages times currents, times a factor in
    /// thousandths.
    Apparent(&'static [[&'static str; 2]], u32),
}

impl Field {
    /// A field without a role.
    pub(crate) const fn new(label: &'static str, unit: Unit, kind: Kind) -> Self {
        Self {
            label,
            unit,
            kind,
            role: None,
            plausible: Plausible::Any,
            bits: &[],
            topics: &[],
        }
    }

    /// The same field with numbers from `low` to `high` only.
    pub(crate) const fn within(self, low: i32, high: i32) -> Self {
        self.plausible(Plausible::Within(low, high))
    }

    /// The same field with a rule for its numbers.
    pub(crate) const fn plausible(self, plausible: Plausible) -> Self {
        Self { plausible, ..self }
    }

    /// The same field with a role.
    pub(crate) const fn role(self, role: Role) -> Self {
        Self {
            role: Some(role),
            ..self
        }
    }

    /// The same field with names for the bits of its number.
    pub(crate) const fn errors_named(self, bits: &'static [&'static str]) -> Self {
        Self { bits, ..self }
    }

    /// The same field with its number published on plain topics.
    pub(crate) const fn topics(self, topics: &'static [Topic]) -> Self {
        Self { topics, ..self }
    }

    /// Whether the bits of its number have names.
    pub(crate) const fn names_errors(&self) -> bool {
        !self.bits.is_empty()
    }

    /// The names of the bits that are set in `number`, lowest first.
    pub(crate) fn errors(&self, number: Decimal) -> impl Iterator<Item = &'static str> + use<> {
        let bits = u32::try_from(number).unwrap_or_default();
        let named = (0..u32::BITS).zip(self.bits);
        named.filter_map(move |(bit, name)| (bits >> bit & 1 == 1).then_some(*name))
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

// All tables are written with these.

/// A number that goes up and down.
pub(crate) const fn measured(label: &'static str, unit: Unit) -> Field {
    Field::new(label, unit, Kind::Measurement)
}

/// A number that only rises.
pub(crate) const fn total(label: &'static str, unit: Unit) -> Field {
    Field::new(label, unit, Kind::Total)
}

/// The state of the inverter or of a unit of it.
pub(crate) const fn status(label: &'static str) -> Field {
    Field::new(label, Unit::None, Kind::Status)
}

/// The type code.
pub(crate) const fn type_code() -> Field {
    Field::new("Type", Unit::None, Kind::TypeCode)
}

/// A word.
pub(crate) const fn mode(label: &'static str) -> Field {
    Field::new(label, Unit::None, Kind::Mode)
}

/// A number with a meaning of its own.
pub(crate) const fn code(label: &'static str) -> Field {
    Field::new(label, Unit::None, Kind::Code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_labels() {
        let field = measured("DC Voltage MPPT1", Unit::Volt);
        assert_eq!(field.key(), "dc_voltage_mppt1");
        assert_eq!(field.title(), "DC Voltage MPPT1 (V)");
    }

    #[test]
    fn set_bits_are_named_lowest_first() {
        let field = code("Error Codes").errors_named(&["one", "two", "four"]);
        let errors = |number: i64| field.errors(number.into()).collect::<Vec<_>>();
        assert_eq!(errors(0b101), ["one", "four"]);
        assert_eq!(errors(0b1010), ["two"]);
        assert_eq!(errors(-1), [""; 0]);
    }
}
