//! What every reading of a KSTAR inverter begins with.

use crate::inverter::InverterId;
use crate::reading::{Cells, Reading, Value};
use std::borrow::Cow;

/// A reading of which nothing is known but its cells.
pub(super) fn plain(cells: Cells) -> Reading {
    Reading::of(InverterId::kstar(None, None), cells)
}

/// A text that was sent; an empty one is not a value.
pub(super) fn text_cell(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::Text(Cow::Owned(text.to_owned())))
}
