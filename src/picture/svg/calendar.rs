//! A year: a bar per month, and a square per day.

use super::canvas::{Canvas, LEFT, Swatch};
use super::{Embedding, bars};
use crate::history::highest;
use crate::history::period::{Bars, Yields, month_name};
use crate::picture::axis;
use crate::picture::figures::{bars_title, energy};
use crate::picture::levels::{STEPS, of_energy, step, upper};
use chrono::Datelike;

/// From one square to the next.
const CELL: f64 = 16.0;
const SQUARE: f64 = 13.5;

/// A bar per month, stacked by inverter, and the calendar below. `yields` holds the days of the
/// year.
pub(crate) fn year(bars: &Bars, yields: &Yields, embedding: Embedding) -> String {
    let mut canvas = Canvas::new();
    let end = bars::draw(&mut canvas, bars);
    let height = draw(&mut canvas, yields, end + 24.0);
    canvas.finish(height, &bars_title(bars), embedding)
}

fn draw(canvas: &mut Canvas, yields: &Yields, top: f64) -> f64 {
    let totals = yields.totals();
    let step = step(highest(&totals));
    let first = yields.first.weekday().num_days_from_monday();
    for (row, name) in [(0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun")] {
        canvas.text(LEFT - 8.0, top + f64::from(row) * CELL + 11.0, "e w", name);
    }
    for (number, (date, total)) in (first..).zip(yields.dates().zip(&totals)) {
        let x = LEFT + f64::from(number / 7) * CELL;
        let y = top + f64::from(number % 7) * CELL;
        if date.day() == 1 {
            // A month that begins late in a week is named above its first whole one.
            let shift = if number % 7 > 0 { CELL } else { 0.0 };
            canvas.text(x + shift, top - 8.0, "w", month_name(date));
        }
        match total {
            Some(total) => {
                let class = format!("k{}", of_energy(*total, step));
                let title = format!("{date}: {}", energy(*total));
                canvas.rect([x, y, SQUARE, SQUARE], &class, &title);
            }
            None => canvas.small([x, y, SQUARE, SQUARE], &format!("{date}: no data")),
        }
    }
    let y = top + 7.0 * CELL + 24.0;
    y + canvas.legend(y, &legend(step))
}

fn legend(step: f64) -> Vec<(Swatch, String)> {
    let end = |class: usize| axis::label(upper(class, step), 1.0);
    let mut entries = vec![
        (Swatch::Small, "no data".to_owned()),
        (Swatch::Class("k0".to_owned()), "0".to_owned()),
    ];
    entries.extend((1..=STEPS).map(|class| {
        let text = if class < STEPS {
            format!("up to {} kWh", end(class))
        } else {
            format!("above {} kWh", end(class - 1))
        };
        (Swatch::Class(format!("k{class}")), text)
    }));
    entries
}
