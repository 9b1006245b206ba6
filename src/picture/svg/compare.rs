//! Inverter by day, coloured by the deviation from the median of the others; sentences below.

use super::Embedding;
use super::canvas::{Canvas, LINE, RIGHT, Swatch, TOP, WIDTH, wide};
use crate::format::look::{shortened, wrapped};
use crate::history::compare::{Compared, Comparison};
use crate::history::date;
use crate::history::period::month_name;
use crate::picture::figures::{comparison_notes, comparison_title, percent};
use crate::picture::levels::{CLASS_LABELS, of_deviation};
use chrono::Datelike;

/// From one row to the next.
const ROW: f64 = 17.0;
/// The widest column, where there are few days.
const WIDEST: f64 = 22.0;
/// Characters of a label.
const LONGEST: u16 = 26;
/// Characters of a line below.
const LINE_LENGTH: u16 = 115;
/// With more cells than this, days of one colour that follow each other share a rectangle.
const MOST_CELLS: usize = 4000;

/// Inverters, and MPP trackers, beside their siblings.
pub(crate) fn compare(comparison: &Comparison, embedding: Embedding) -> String {
    let mut canvas = Canvas::new();
    let labels = comparison
        .shown()
        .map(|compared| wide(&shortened(&compared.title, LONGEST)));
    let left = labels.fold(40.0, f64::max) + 36.0;
    let column = ((WIDTH - RIGHT - left) / comparison.count.max(1) as f64).min(WIDEST);
    let mut y = TOP;
    months(&mut canvas, comparison, left, column);
    let is_merged = comparison.shown().count() * comparison.count > MOST_CELLS;
    let groups = [
        comparison.inverters.iter().collect(),
        comparison.shown_trackers(),
    ];
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        for compared in group {
            let class = if compared.finding.is_some() {
                "e b"
            } else {
                "e"
            };
            let title = shortened(&compared.title, LONGEST);
            canvas.text(left - 10.0, y + 12.0, class, &title);
            if compared.finding.is_some() {
                canvas.mark(14.0, y + 3.0, &compared.sentence().unwrap_or_default());
            }
            let place = [left, y, column];
            row(&mut canvas, comparison, compared, place, is_merged);
            y += ROW;
        }
        y += 12.0;
    }
    y += 16.0;
    y += canvas.legend(y, &legend());
    y += 8.0;
    // A page has them as its own text.
    let notes = (embedding == Embedding::Alone).then(|| comparison_notes(comparison));
    for note in notes.unwrap_or_default() {
        for line in wrapped(&note, LINE_LENGTH) {
            canvas.text(20.0, y, "", &line);
            y += LINE;
        }
    }
    canvas.finish(y.ceil(), &comparison_title(comparison), embedding)
}

fn legend() -> Vec<(Swatch, String)> {
    let swatches = (0..).map(|class| Swatch::Class(format!("d{class}")));
    let classes = swatches.zip(CLASS_LABELS.map(str::to_owned));
    let none = (Swatch::Small, "not compared".to_owned());
    classes.chain([none]).collect()
}

/// Names above the first day of each month; dates where there are few days.
fn months(canvas: &mut Canvas, comparison: &Comparison, left: f64, column: f64) {
    let mut free = 0.0;
    for (number, date) in comparison.dates().enumerate() {
        let x = left + column * number as f64;
        let is_named = date.day() == 1 || number == 0;
        let month = month_name(date);
        let text = if date.day() == 1 {
            month.to_owned()
        } else {
            format!("{} {month}", date.day())
        };
        if is_named && x >= free && x + wide(&text) < WIDTH {
            canvas.text(x, TOP - 8.0, "w", &text);
            free = x + wide(&text) + 6.0;
        }
    }
}

/// The cells of one row. Days that are not compared have a thin line through all of them.
fn row(
    canvas: &mut Canvas,
    comparison: &Comparison,
    compared: &Compared,
    [left, y, column]: [f64; 3],
    is_merged: bool,
) {
    let days: Vec<(usize, Option<f64>)> = compared.deviation.iter().copied().enumerate().collect();
    let class = |day: &(usize, Option<f64>)| day.1.map(of_deviation);
    let runs =
        days.chunk_by(|one, next| class(one) == class(next) && (is_merged || class(one).is_none()));
    for run in runs {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let x = left + column * first.0 as f64;
        let room = column * run.len() as f64;
        // Narrow columns have no room to spare for gaps.
        let gap = if column > 6.0 { 1.5 } else { 0.0 };
        let date = |day: usize| date(comparison.first, day).unwrap_or(comparison.first);
        let time = if run.len() == 1 {
            date(first.0).to_string()
        } else {
            format!("{} to {}", date(first.0), date(last.0))
        };
        match class(first) {
            None => {
                let title = format!("{}, {time}: not compared", compared.title);
                canvas.rect([x, y + ROW / 2.0 - 2.0, room, 1.5], "none", &title);
            }
            Some(class) => {
                let sum: f64 = run.iter().filter_map(|day| day.1).sum();
                let mean = percent(sum / run.len() as f64);
                let title = format!("{}, {time}: {mean}", compared.title);
                canvas.rect([x, y, room - gap, ROW - 2.0], &format!("d{class}"), &title);
            }
        }
    }
}
