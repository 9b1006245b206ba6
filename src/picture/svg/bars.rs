//! Yields as bars: stacked by inverter, or years side by side.

use super::Embedding;
use super::canvas::{Canvas, LEFT, LINE, RIGHT, Swatch, TOP, WIDTH};
use crate::history::period::Bars;
use crate::history::{at, highest};
use crate::picture::axis;
use crate::picture::figures::{bars_title, energy, scale};

const HEIGHT: f64 = 300.0;

/// The part of its room that a bar takes.
const FILLED: f64 = 0.74;

/// Bars alone: of a month by day, or of several years by month.
pub(crate) fn bars(bars: &Bars, embedding: Embedding) -> String {
    let mut canvas = Canvas::new();
    let height = draw(&mut canvas, bars);
    canvas.finish(height, &bars_title(bars), embedding)
}

/// Draws scale, bars and legend; gives where they end.
pub(super) fn draw(canvas: &mut Canvas, bars: &Bars) -> f64 {
    let totals = bars.totals();
    let most = if bars.is_stacked {
        highest(&totals)
    } else {
        let years = bars.series.iter().map(|year| highest(&year.values));
        years.fold(0.0, f64::max)
    };
    let ticks = axis::ticks(0.0, most, 5);
    let high = ticks.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
    let (factor, unit) = scale(high, "Wh");
    let y = |energy: f64| TOP + HEIGHT * (1.0 - energy / high);
    canvas.scale(&ticks, y, |tick| axis::label(tick, factor), &unit);
    let bottom = TOP + HEIGHT;
    let room = (WIDTH - LEFT - RIGHT) / bars.slots.len().max(1) as f64;
    for (place, (named, total)) in bars.slots.iter().zip(&totals).enumerate() {
        let left = LEFT + room * place as f64;
        canvas.text(left + room / 2.0, bottom + LINE, "n m w", &named.label);
        let wide = room * FILLED;
        let start = left + (room - wide) / 2.0;
        match total {
            None => canvas.small(
                [start, bottom - 12.0, wide, 12.0],
                &format!("{}: no data", named.name),
            ),
            Some(total) => slot(canvas, bars, place, *total, [start, wide], y),
        }
    }
    let mut end = bottom + LINE + 28.0;
    if bars.series.len() > 1 {
        let titles = bars.series.iter().map(|series| series.title.clone());
        let swatches = (0..).map(Swatch::Series);
        end += canvas.legend(end, &swatches.zip(titles).collect::<Vec<_>>());
    }
    end
}

/// Draws the bars of a slot: on top of each other, or side by side.
fn slot(
    canvas: &mut Canvas,
    bars: &Bars,
    place: usize,
    total: f64,
    [x, wide]: [f64; 2],
    y: impl Fn(f64) -> f64,
) {
    let count = bars.series.len();
    let name = bars.slots.get(place).map_or("", |slot| &slot.name);
    let mut sum = 0.0;
    for (number, series) in bars.series.iter().enumerate() {
        // A part without height can't be seen, nor its title reached by a pointer.
        let Some(value) = at(&series.values, place).filter(|value| *value > 0.0) else {
            continue;
        };
        let (part, title) = (energy(value), &series.title);
        if bars.is_stacked {
            let text = match count {
                ..=1 => format!("{name}: {part}"),
                _ => format!("{name}, {title}: {part} of {}", energy(total)),
            };
            let (bottom, top) = (y(sum), y(sum + value));
            sum += value;
            canvas.series_rect([x, top, wide, bottom - top], number, &text);
        } else {
            let each = wide / count as f64;
            let (x, top) = (x + each * number as f64, y(value));
            let text = format!("{name} {title}: {part}");
            canvas.series_rect([x, top, each * 0.92, y(0.0) - top], number, &text);
        }
    }
}
