//! What a row of the KSTAR table can say: where in the payload a number stands, and how columns follow from others.
//!
//! The rows themselves are in [`super::layout`]; how they are read is in [`super::interpret`].

use crate::reading::{Field, Kind, Role, Unit};

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What outputs see.
    pub field: Field,
    /// How its value is got.
    pub source: Source,
}

/// Words of a code; a code without a word is written as its number.
pub type Words = &'static [(u32, &'static str)];

/// Where the value of a column comes from. Columns are referred to by their label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A number as it stands there.
    Raw(Slot),
    /// A number of which each bit is an error, named in [`super::faults`].
    Bits(Slot),
    /// A code, written as a word.
    Words(Slot, Words),
    /// An amount, whose own sign does not count, with the sign that a mode gives it.
    Signed(Slot, Sign),
    /// One column times another, exact.
    Product(&'static str, &'static str),
    /// One column plus another, exact.
    Sum(&'static str, &'static str),
}

impl Source {
    /// Where its own number stands; none if all of it comes from other columns.
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Raw(slot) | Self::Bits(slot) | Self::Words(slot, _) | Self::Signed(slot, _) => {
                Some(*slot)
            }
            Self::Product(..) | Self::Sum(..) => None,
        }
    }
}

/// The sign of an amount, told by the mode in another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// The column of the mode, one with [`Source::Words`].
    pub by: &'static str,
    /// Words of the mode, and what the amount is multiplied with: 1, -1 or 0.
    pub factors: &'static [(&'static str, i64)],
    /// The same for all other modes; `None` if nothing can be said.
    pub otherwise: Option<i64>,
}

/// A number in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its first byte.
    pub offset: usize,
    /// How it is written.
    pub form: Form,
    /// How many of its digits are decimals: 1 for tenths.
    pub decimals: u32,
}

/// How a number is written, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Two bytes, two's complement.
    I16,
    /// Four bytes.
    U32,
}

impl Form {
    /// Bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 => 4,
        }
    }
}

// The rows of the table are written with these.

impl Column {
    pub(super) const fn role(self, role: Role) -> Self {
        Self {
            field: self.field.role(role),
            ..self
        }
    }

    pub(super) const fn within(self, low: i32, high: i32) -> Self {
        Self {
            field: self.field.within(low, high),
            ..self
        }
    }
}

const fn column(label: &'static str, unit: Unit, kind: Kind, source: Source) -> Column {
    Column {
        field: Field::new(label, unit, kind),
        source,
    }
}

pub(super) const fn measured(label: &'static str, unit: Unit, slot: Slot) -> Column {
    column(label, unit, Kind::Measurement, Source::Raw(slot))
}

/// V times A.
pub(super) const fn power(
    label: &'static str,
    voltage: &'static str,
    current: &'static str,
) -> Column {
    derived(label, Unit::Watt, Source::Product(voltage, current))
}

/// W plus W.
pub(super) const fn sum(label: &'static str, left: &'static str, right: &'static str) -> Column {
    derived(label, Unit::Watt, Source::Sum(left, right))
}

pub(super) const fn signed(label: &'static str, unit: Unit, amount: Slot, sign: Sign) -> Column {
    derived(label, unit, Source::Signed(amount, sign))
}

const fn derived(label: &'static str, unit: Unit, source: Source) -> Column {
    column(label, unit, Kind::Measurement, source)
}

pub(super) const fn total(label: &'static str, unit: Unit, slot: Slot) -> Column {
    column(label, unit, Kind::Total, Source::Raw(slot))
}

pub(super) const fn mode(label: &'static str, slot: Slot, words: Words) -> Column {
    column(label, Unit::None, Kind::Mode, Source::Words(slot, words))
}

pub(super) const fn status(label: &'static str, slot: Slot, words: Words) -> Column {
    column(label, Unit::None, Kind::Status, Source::Words(slot, words))
}

pub(super) const fn bits(label: &'static str, slot: Slot) -> Column {
    column(label, Unit::None, Kind::Code, Source::Bits(slot))
}

pub(super) const fn code(label: &'static str, slot: Slot) -> Column {
    column(label, Unit::None, Kind::Code, Source::Raw(slot))
}

const fn slot(offset: usize, form: Form, decimals: u32) -> Slot {
    Slot {
        offset,
        form,
        decimals,
    }
}

pub(super) const fn u8(offset: usize) -> Slot {
    slot(offset, Form::U8, 0)
}

pub(super) const fn u16(offset: usize, decimals: u32) -> Slot {
    slot(offset, Form::U16, decimals)
}

pub(super) const fn i16(offset: usize, decimals: u32) -> Slot {
    slot(offset, Form::I16, decimals)
}

pub(super) const fn u32(offset: usize, decimals: u32) -> Slot {
    slot(offset, Form::U32, decimals)
}
