//! The entries of the KSTAR table: where in the payload a number stands, and how columns follow
//! from others.
//!
//! The rows themselves are in [`super::layout`]; how they are read is in [`super::interpret`].

use crate::reading::Field;

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) field: Field,
    pub(crate) origin: Origin,
}

/// Words of a code; a code without a word is written as its number.
pub(crate) type Words = &'static [(u32, &'static str)];

/// Where the value of a column comes from. Columns are referred to by their label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A number as it stands there.
    Raw(Slot),
    /// A code, written as a word.
    Words(Slot, Words),
    /// An amount, whose own sign does not count, with the sign that a mode gives it.
    Signed(Slot, Sign),
    /// One column times another, exact.
    Product(&'static str, &'static str),
    /// One column plus another, exact.
    Sum(&'static str, &'static str),
}

impl Origin {
    /// Where its own number stands; none if all of it comes from other columns.
    pub(crate) const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Raw(slot) | Self::Words(slot, _) | Self::Signed(slot, _) => Some(*slot),
            Self::Product(..) | Self::Sum(..) => None,
        }
    }
}

/// The sign of an amount, given by the mode in another column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sign {
    /// The column of the mode, one with [`Origin::Words`].
    pub(crate) by: &'static str,
    /// Words of the mode, and what the amount is multiplied with: 1, -1 or 0.
    pub(crate) factors: &'static [(&'static str, i64)],
    /// The same for all other modes; `None` if it is unknown.
    pub(crate) otherwise: Option<i64>,
}

/// A number in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its first byte.
    pub(crate) offset: usize,
    /// How it is written.
    pub(crate) form: Form,
    /// How many of its digits are decimals: 1 for tenths.
    pub(crate) decimals: u32,
}

/// How a number is written, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    U8,
    U16,
    /// Two bytes, two's complement.
    I16,
    U32,
}

impl Form {
    /// Bytes.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 => 4,
        }
    }
}

// The rows of the table are fields with the place where their value comes from.

impl Field {
    const fn from(self, origin: Origin) -> Column {
        Column {
            field: self,
            origin,
        }
    }

    /// The number in a slot.
    pub(super) const fn at(self, slot: Slot) -> Column {
        self.from(Origin::Raw(slot))
    }

    /// The word for the number in a slot.
    pub(super) const fn words(self, slot: Slot, words: Words) -> Column {
        self.from(Origin::Words(slot, words))
    }

    /// The amount in a slot, with a sign.
    pub(super) const fn signed(self, amount: Slot, sign: Sign) -> Column {
        self.from(Origin::Signed(amount, sign))
    }

    /// V times A.
    pub(super) const fn product(self, voltage: &'static str, current: &'static str) -> Column {
        self.from(Origin::Product(voltage, current))
    }

    /// One column plus another.
    pub(super) const fn sum(self, left: &'static str, right: &'static str) -> Column {
        self.from(Origin::Sum(left, right))
    }
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
