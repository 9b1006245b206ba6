//! Yields as bars: per day, per month, or of years side by side.

use super::chart::{Chart, room};
use super::{CellLook, stack};
use crate::history::at;
use crate::history::period::Bars;
use crate::picture::figures::bars_title;

/// Bars, stacked by inverter; years stand side by side.
pub(crate) fn bars(bars: &Bars, look: CellLook) -> String {
    let room = usize::from(room(look));
    let slots = bars.slots.len().max(1);
    let most = match bars.is_stacked {
        true => usize::MAX,
        // As many of the last years as fit.
        false => (room / slots).saturating_sub(1).max(1),
    };
    let skipped = bars.series.len().saturating_sub(most);
    let shown = bars.series.get(skipped..).unwrap_or_default();
    let value = |series: usize, slot: usize| at(&shown.get(series)?.values, slot);
    let count = shown.len();
    // Side by side: a column per year and one to keep months apart, each a stack in which only one
    // series has a height.
    let each = if bars.is_stacked { 1 } else { count + 1 };
    let single = |column: usize| {
        let (slot, series) = (column / each, column % each);
        let height = value(series, slot)?;
        let mut stack = vec![0.0; count];
        *stack.get_mut(series)? = height;
        Some(stack)
    };
    let column = |column: usize| match bars.is_stacked {
        true => stack((0..count).map(|series| value(series, column))),
        false => single(column),
    };
    let columns = bars.slots.len() * each;
    // A few bars need not fill the width of a large terminal.
    let pitch = (room / columns.max(1)).clamp(1, 12);
    let gap = if bars.is_stacked {
        (pitch / 3).min(3)
    } else {
        0
    };
    let labels = bars.slots.iter().enumerate();
    let title = match skipped {
        0 => bars_title(bars),
        _ => format!("{}, the last {count} of them", bars_title(bars)),
    };
    let chart = Chart {
        title,
        unit: "Wh",
        columns: (0..columns).map(column).collect(),
        wide: u16::try_from(pitch - gap).unwrap_or(1),
        gap: u16::try_from(gap).unwrap_or(0),
        labels: labels
            .map(|(slot, one)| (slot * each, one.label.clone()))
            .collect(),
        marks: Vec::new(),
        names: shown.iter().map(|one| one.title.as_str()).collect(),
        look,
    };
    chart.print(16)
}
