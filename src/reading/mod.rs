//! What every protocol makes and every output takes: fields, layouts, values, readings.
//!
//! A [`Layout`] is the one table of an inverter's columns. Protocols fill a [`Reading`] by walking
//! it, outputs write the reading by walking it again; nothing outside the tables names a column.

mod field;
mod layout;
mod role;
mod topic;

use crate::inverter::InverterId;
use chrono::{DateTime, FixedOffset};
pub use field::{Field, Kind, Plausible, Unit};
pub(crate) use field::{code, measured, mode, status, total, type_code};
pub use layout::Layout;
pub(crate) use layout::{concat, count, rows};
pub use role::{Phases, Role};
pub use rust_decimal::Decimal;
use std::borrow::Cow;
pub(crate) use topic::{Conversion, Topic};

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
    pub(crate) const fn number(&self) -> Option<Decimal> {
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

/// What an inverter reports about itself besides its readings, if that was requested.
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
    pub(crate) label: &'static str,
    /// What stood there, escaped.
    pub raw: String,
}

/// A part of a reading that did not come: its cells stay empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `unit 2` or `counters`.
    pub(crate) part: String,
    /// The warning about it.
    pub(crate) text: String,
}

/// The values of one inverter at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When the reply was complete, local time; `None` when decoding captures.
    pub time: Option<DateTime<FixedOffset>>,
    /// Which inverter sent it.
    pub inverter: InverterId,
    /// The readings proper.
    pub cells: Cells,
    /// Further columns at the end, where they were requested.
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
    /// What did not come.
    pub missing: Vec<Missing>,
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
            missing: Vec::new(),
        }
    }

    /// All columns after `datetime`: field and value, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&'static Field, Option<&Value>)> {
        self.cells
            .iter()
            .chain(self.further.iter().flat_map(Cells::iter))
    }

    /// The first value in a column with this role: for texts, and for roles that one column has.
    pub(crate) fn value(&self, role: Role) -> Option<&Value> {
        let mut columns = self.columns();
        columns.find_map(|(field, value)| value.filter(|_| field.role == Some(role)))
    }

    /// The number of a role, in the unit that [`Role`] documents; `None` if no column with the role
    /// has one.
    ///
    /// Powers and daily yields of several units add up; of everything else the highest counts.
    /// Where no column holds the DC power of all trackers, it is the sum of those that have a
    /// value.
    pub(crate) fn number(&self, role: Role) -> Option<Decimal> {
        self.exact(role).map(|(number, _)| number)
    }

    /// True if every column with this role has a number: a unit of a 000xi may be missing.
    pub(crate) fn has_all(&self, role: Role) -> bool {
        let mut columns = self.columns().filter(|(field, _)| field.role == Some(role));
        columns.all(|(_, value)| value.is_some_and(|value| value.number().is_some()))
    }

    /// The number for an overview, with its unit: as [`Reading::number`], but a hybrid inverter,
    /// which does not report the AC power that it generates, shows its PV power.
    pub(crate) fn figure(&self, role: Role) -> Option<(Decimal, Unit)> {
        let reports_power = || self.cells.layout.has(Role::Power);
        match role {
            Role::Power if !reports_power() => self.exact(Role::TotalDcPower),
            role => self.exact(role),
        }
    }

    fn exact(&self, role: Role) -> Option<(Decimal, Unit)> {
        let adds_trackers = role == Role::TotalDcPower && !self.cells.layout.has(role);
        let is_part = |part| part == role || adds_trackers && matches!(part, Role::DcPower(_));
        self.columns()
            .filter(|(field, _)| field.role.is_some_and(is_part))
            .filter_map(|(field, value)| Some((value?.number()?, field.unit)))
            .reduce(|(one, unit), (other, _)| match role {
                Role::Power | Role::DailyYield | Role::TotalDcPower => {
                    (one.saturating_add(other), unit)
                }
                _ => (one.max(other), unit),
            })
    }

    /// The names of the errors that the inverter reports in the bits of a number, lowest bit first.
    pub fn errors(&self) -> Vec<&'static str> {
        self.columns()
            .filter_map(|(field, value)| Some(field.errors(value?.number()?)))
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaco::layouts::{CENTRAL, STANDARD, THREE_UNITS};
    use crate::kstar::layout::KSTAR;

    /// A reading whose columns of numbers hold 1, 2, 3 and so on.
    fn counted(layout: &'static Layout) -> Reading {
        let mut numbers = (1..).map(|number: i64| Value::Number(number.into()));
        let value = |field: &Field| numbers.next().filter(|_| field.kind.is_numeric());
        let values = layout.fields.iter().map(value).collect();
        Reading::of(InverterId::kaco(None), Cells { layout, values })
    }

    #[test]
    fn numbers_of_units_add_up_or_the_highest_counts() {
        let number = |layout, role| {
            let number = counted(layout).number(role)?;
            i64::try_from(number).ok()
        };
        for (layout, role, expected) in [
            (&STANDARD, Role::Power, Some(7)),
            (&THREE_UNITS, Role::Power, Some(7 + 16 + 25)),
            (&THREE_UNITS, Role::Temperature, Some(26)),
            (&THREE_UNITS, Role::DcPower(2), Some(13)),
            (&THREE_UNITS, Role::TotalDcPower, Some(4 + 13 + 22)),
            (&STANDARD, Role::TotalDcPower, Some(4)),
            (&CENTRAL, Role::TotalDcPower, Some(10)),
            (&CENTRAL, Role::DcPower(1), None),
            (&KSTAR, Role::TotalDcPower, Some(9)),
            (&KSTAR, Role::Power, None),
        ] {
            assert_eq!(number(layout, role), expected, "{}: {role:?}", layout.name);
        }
    }

    #[test]
    fn overview_of_a_hybrid_shows_pv_power() {
        let figure = counted(&KSTAR).figure(Role::Power);
        assert_eq!(figure, Some((Decimal::from(9), Unit::Watt)));
        let nothing = Reading::of(InverterId::kaco(None), Cells::empty(&STANDARD));
        assert_eq!(nothing.figure(Role::Power), None);
        assert_eq!(
            counted(&KSTAR).value(Role::GridPower),
            Some(&Value::Number(25.into()))
        );
    }
}
