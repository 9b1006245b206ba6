//! The numbers of a series as a table of texts, for a terminal, a mail or a page.

use super::figures::{comparison_notes, kwh, percent};
use crate::format::look::{padded, width};
use crate::history::compare::{Basis, Comparison};
use crate::history::day::DaySeries;
use crate::history::period::Bars;
use crate::history::{at, total};
use std::ops::Add;

/// A table and the sentences below it. Columns after the first hold numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Heads of the columns.
    pub(crate) head: Vec<String>,
    /// A row per inverter, day or month.
    pub(crate) rows: Vec<Vec<String>>,
    /// Rows below: sums, best and worst.
    pub(crate) foot: Vec<Vec<String>>,
    /// Sentences below the table.
    pub(crate) notes: Vec<String>,
}

/// Peak power and its time, first and last feed-in, yield: a row per inverter, and their sum.
pub(crate) fn day(day: &DaySeries) -> Numbers {
    let kw = |watt: f64| format!("{:.2}", watt / 1000.0);
    let row = |title: String, peak: Option<(f64, i32)>, feeding: Option<(i32, i32)>, energy| {
        let peak = peak.filter(|(watt, _)| *watt > 0.0);
        let peak = peak.map(|(watt, when)| [kw(watt), day.hour(when)]);
        let feeding = feeding.map(|(first, last)| [first, last].map(|time| day.hour(time)));
        let cells = [peak, feeding].map(Option::unwrap_or_default).concat();
        [vec![title], cells, vec![kwh(energy)]].concat()
    };
    let inverters = day.inverters.iter();
    let rows = inverters.map(|one| row(one.title.clone(), one.peak, one.feeding, one.energy));
    let feeding = day.inverters.iter().filter_map(|one| one.feeding);
    let feeding = feeding.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
    let sum = row("sum".to_owned(), day.peak(), feeding, day.energy());
    Numbers {
        head: ["inverter", "peak kW", "at", "first", "last", "kWh"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        foot: if day.inverters.len() > 1 {
            vec![sum]
        } else {
            Vec::new()
        },
        notes: day_notes(day),
    }
}

fn day_notes(day: &DaySeries) -> Vec<String> {
    let mut notes = Vec::new();
    for inverter in &day.inverters {
        notes.extend(inverter.lost.map(|lost| {
            let lost = kwh(Some(lost));
            format!(
                "{}: its counter was reset at {lost} kWh, which its yield does not hold",
                inverter.title
            )
        }));
        for fault in &inverter.faults {
            let (from, to) = (day.hour(fault.from), day.hour(fault.to));
            let time = if from == to {
                from
            } else {
                format!("{from} to {to}")
            };
            notes.push(format!("{}: {} ({time})", inverter.title, fault.text));
        }
    }
    notes
}

/// Yields in kWh: a row per day or month, a column per inverter or year; sums, the best and the
/// worst below.
pub(crate) fn bars(bars: &Bars) -> Numbers {
    let has_sum = bars.is_stacked && bars.series.len() > 1;
    let with_sum = |mut cells: Vec<String>, sum: Option<f64>| {
        if has_sum {
            cells.push(kwh(sum));
        }
        cells
    };
    let totals = bars.totals();
    let heads = std::iter::once(bars.slot.to_owned())
        .chain(bars.series.iter().map(|series| series.label.clone()));
    let mut head: Vec<String> = heads.collect();
    if has_sum {
        head.push("sum".to_owned());
    }
    let rows = bars.slots.iter().enumerate().map(|(place, slot)| {
        let values = bars.series.iter().map(|one| kwh(at(&one.values, place)));
        let cells = std::iter::once(slot.name.clone()).chain(values).collect();
        with_sum(cells, at(&totals, place))
    });
    type Pick = fn(f64, f64) -> f64;
    let picks: [(&str, Pick); 3] = [("sum", f64::add), ("best", f64::max), ("worst", f64::min)];
    let foot = picks.map(|(name, pick)| {
        let of = |values: &[Option<f64>]| values.iter().copied().flatten().reduce(pick);
        let cells = bars.series.iter().map(|series| kwh(of(&series.values)));
        let cells = std::iter::once(name.to_owned()).chain(cells).collect();
        with_sum(cells, of(&totals))
    });
    Numbers {
        head,
        rows: rows.collect(),
        foot: foot.to_vec(),
        notes: extremes(bars).into_iter().collect(),
    }
}

/// The best and the worst slot, in a sentence.
fn extremes(bars: &Bars) -> Option<String> {
    // Years side by side share their months: the best month of all of them is of no year.
    let extremes = bars.extremes().filter(|_| bars.is_stacked);
    let [best, worst] = extremes?.map(|(slot, energy)| {
        let energy = kwh(Some(energy));
        format!("{} with {energy} kWh", slot.name)
    });
    let slot = bars.slot;
    Some(format!("The best {slot} was {best}, the worst {worst}."))
}

/// Installed power, yield of the period, deviation of the last days: a row per inverter and
/// tracker.
pub(crate) fn comparison(comparison: &Comparison) -> Numbers {
    let rows = comparison.shown().map(|compared| {
        let power = compared.power;
        // An estimate is a proportion, not a number of kWp.
        let power = power.filter(|(_, basis)| *basis != Basis::BestMonth);
        let energy = total(compared.energy.iter().copied());
        let specific = power.zip(energy);
        let specific = specific.map(|((power, _), energy)| energy / 1000.0 / power);
        let since = compared.finding.map(|finding| finding.since.to_string());
        vec![
            compared.title.clone(),
            power.map_or_else(String::new, |(power, _)| format!("{power:.1}")),
            kwh(energy),
            specific.map_or_else(String::new, |specific| format!("{specific:.0}")),
            compared.recent.map(percent).unwrap_or_default(),
            since.unwrap_or_default(),
        ]
    });
    let head = [
        "inverter",
        "kWp",
        "kWh",
        "kWh/kWp",
        "last 7 days",
        "low since",
    ];
    Numbers {
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        foot: Vec::new(),
        notes: comparison_notes(comparison),
    }
}

/// Blanks between two columns.
const GAP: usize = 2;

impl Numbers {
    /// As lines of text. Columns that do not fit into a terminal of this width follow in a table
    /// below, after the first column again.
    pub(crate) fn text(&self, most: usize) -> String {
        let all = || [&self.head].into_iter().chain(&self.rows).chain(&self.foot);
        let length =
            |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| width(cell));
        let widths = (0..self.head.len())
            .map(|column| all().map(|row| length(row, column)).max().unwrap_or(0));
        let widths: Vec<u16> = widths.collect();
        let mut text = String::new();
        for columns in blocks(&widths, most) {
            for (number, row) in all().enumerate() {
                if number == self.rows.len() + 1 {
                    let wide: usize = columns
                        .iter()
                        .filter_map(|column| widths.get(*column))
                        .map(|wide| usize::from(*wide) + GAP)
                        .sum();
                    text += &"-".repeat(wide.saturating_sub(GAP));
                    text.push('\n');
                }
                text += line(row, &columns, &widths).trim_end();
                text.push('\n');
            }
            text.push('\n');
        }
        for note in &self.notes {
            text = text + note + "\n";
        }
        text.trim_end().to_owned() + "\n"
    }
}

/// The columns of each table: as many as fit, the first one in all of them.
fn blocks(widths: &[u16], most: usize) -> Vec<Vec<usize>> {
    let mut widths = widths.iter().copied().map(usize::from);
    let first = widths.next().unwrap_or(0);
    let mut blocks = vec![vec![0]];
    let mut used = first;
    for (column, wide) in (1..).zip(widths) {
        let has_room = used + GAP + wide <= most;
        match blocks
            .last_mut()
            // Rather too wide than left out: a column that does not even fit beside the first one.
            .filter(|block| has_room || block.len() == 1)
        {
            Some(block) => block.push(column),
            None => {
                blocks.push(vec![0, column]);
                used = first;
            }
        }
        used += GAP + wide;
    }
    blocks
}

fn line(row: &[String], columns: &[usize], widths: &[u16]) -> String {
    let cells = columns.iter().map(|column| {
        let cell = row.get(*column).map_or("", String::as_str);
        let wide = widths.get(*column).copied().unwrap_or(0);
        padded(cell, wide, *column > 0)
    });
    cells.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::period;
    use crate::picture::examples;

    #[test]
    fn a_day_has_a_row_per_inverter_and_a_sum() {
        let text = day(&examples::day(2, 5)).text(80);
        let expected = "\
inverter  peak kW     at  first   last    kWh
01          10.00  13:00  06:00  20:00   80.0
02          10.00  13:00  06:00  20:00   80.0
---------------------------------------------
sum         20.00  13:00  06:00  20:00  160.0

01: grid <fault> (14:00 to 15:00)
02: grid <fault> (14:00 to 15:00)
";
        assert_eq!(text, expected);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let cells = |name: &str, number: &str| vec![name.to_owned(), number.to_owned()];
        let numbers = Numbers {
            head: cells("inverter", "kWh"),
            rows: vec![cells("02 屋根", "1.0"), cells("03 roof two", "22.0")],
            ..Numbers::default()
        };
        let expected = "\
inverter      kWh
02 屋根       1.0
03 roof two  22.0
";
        assert_eq!(numbers.text(80), expected);
    }

    #[test]
    fn columns_that_do_not_fit_follow_below() {
        let yields = examples::yields(31, 2026);
        let text = bars(&period::year(&yields)).text(80);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        let heads: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("month"))
            .collect();
        assert!(heads.len() > 1, "{text}");
        let columns = heads
            .iter()
            .flat_map(|head| head.split_whitespace().skip(1));
        assert_eq!(columns.collect::<Vec<_>>().len(), 32);
        assert_eq!(
            bars(&period::year(&yields))
                .text(usize::MAX)
                .matches("month")
                .count(),
            2
        );
    }

    #[test]
    fn a_comparison_says_where_its_powers_are_from() {
        let text = comparison(&examples::comparison(4, 61)).text(80);
        assert!(
            text.contains("02: 19 % below the others since 2026-02-12 (before: "),
            "{text}"
        );
        assert!(
            text.ends_with("Yields are compared per kWp, by the plant file.\n"),
            "{text}"
        );
    }
}
