//! Curves in characters: bars of eight heights.

use super::text::width;
use crate::watch::curve::Span;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// As many values as there are columns: the highest of those that share a column.
fn stretched(values: &[Option<f32>], width: usize) -> Vec<Option<f32>> {
    let count = values.len();
    let of_column = |column: usize| {
        let first = column * count / width;
        let end = ((column + 1) * count / width).max(first + 1);
        let values = values.get(first..end)?.iter().flatten().copied();
        // Not the mean, in which a short peak would be lost.
        values.reduce(|one, other| if other.abs() > one.abs() { other } else { one })
    };
    (0..width).map(of_column).collect()
}

/// A curve in one line; `highest` is the value of a full bar.
pub(super) fn line(values: &[Option<f32>], width: u16, highest: f32) -> String {
    let bar = |value: Option<f32>| match value {
        Some(value) if highest > 0.0 => {
            // A value of zero has a bar, too: only a step that was not read is blank.
            let height = (value / highest * 8.0).round().clamp(1.0, 8.0);
            BARS.get(height as usize).copied().unwrap_or(" ")
        }
        Some(_) => "▁",
        None => " ",
    };
    stretched(values, usize::from(width))
        .into_iter()
        .map(bar)
        .collect()
}

/// Draws a curve with its axes: the highest and the lowest value at the left, the time below.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    values: &[Option<f32>],
    span: Span,
    style: Style,
    label: impl Fn(f64) -> String,
) {
    let known = || values.iter().flatten().copied();
    // From zero, so that the height of a bar is in proportion to its value.
    let highest = known().fold(0.0_f32, f32::max);
    let lowest = known().fold(0.0_f32, f32::min);
    let top = label(f64::from(highest));
    let bottom = label(f64::from(lowest));
    let left = width(&top).max(width(&bottom)).max(3);
    // The axes alone would say nothing.
    if area.height < 3 || area.width < left + 12 {
        return;
    }
    let inside = Rect {
        x: area.x + left + 1,
        width: area.width - left - 1,
        height: area.height - 1,
        ..area
    };
    let grey = Style::new().dark_gray();
    let mut put = |text: &str, y: u16| {
        let x = area.x + left - width(text);
        buffer.set_string(x, y, text, grey);
    };
    if top != bottom {
        put(&top, area.y);
    }
    put(&bottom, inside.bottom() - 1);
    for y in inside.top()..inside.bottom() {
        buffer.set_string(inside.x - 1, y, "│", grey);
    }
    draw_times(buffer, inside, span, grey);
    draw_bars(
        buffer,
        inside,
        &stretched(values, usize::from(inside.width)),
        style,
    );
}

/// The axis of time, below the bars.
fn draw_times(buffer: &mut Buffer, inside: Rect, span: Span, style: Style) {
    let texts: &[&str] = match (span, inside.width) {
        (Span::Hour, 40..) => &["-60 min", "-45", "-30", "-15", "now"],
        (Span::Hour, _) => &["-60 min", "now"],
        (Span::Day, 40..) => &["0 h", "6 h", "12 h", "18 h", "24 h"],
        (Span::Day, _) => &["0 h", "12 h", "24 h"],
    };
    let last = u16::try_from(texts.len() - 1).unwrap_or(1);
    for (index, text) in (0_u16..).zip(texts) {
        let at = inside.width * index / last;
        let half = if index == 0 { 0 } else { width(text) / 2 };
        let at = at.saturating_sub(half).min(inside.width - width(text));
        buffer.set_string(inside.x + at, inside.bottom(), text, style);
    }
}

/// Bars above the zero line, and below it where values are negative.
fn draw_bars(buffer: &mut Buffer, area: Rect, values: &[Option<f32>], style: Style) {
    let known = || values.iter().flatten().copied();
    let highest = known().fold(0.0_f32, f32::max);
    let lowest = -known().fold(0.0_f32, f32::min);
    let range = highest + lowest;
    let rows = f32::from(area.height);
    let above = match range > 0.0 {
        true => (highest / range * rows).round() as u16,
        false => area.height,
    };
    let above = above.min(area.height);
    let below = area.height - above;
    for (x, value) in (area.left()..area.right()).zip(values) {
        let Some(value) = *value else {
            continue;
        };
        let (room, most) = match value < 0.0 {
            true => (below, lowest),
            false => (above, highest),
        };
        let eighths = f32::from(room) * 8.0 * value.abs() / most.max(f32::MIN_POSITIVE);
        // As in [`line`]: blank is what was not read.
        let eighths = (eighths.round() as usize).max(1);
        for row in 0..room {
            let filled = eighths.saturating_sub(usize::from(row) * 8).min(8);
            if filled == 0 {
                break;
            }
            if value < 0.0 {
                // A bar that hangs down is the rest of one that stands, with colours exchanged.
                let rest = BARS.get(8 - filled).copied().unwrap_or(" ");
                buffer.set_string(x, area.y + above + row, rest, style.reversed());
            } else {
                let bar = BARS.get(filled).copied().unwrap_or(" ");
                buffer.set_string(x, area.y + above - 1 - row, bar, style);
            }
        }
    }
}
