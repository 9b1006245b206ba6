//! Turns the rows of a log directory into series of numbers. Draws nothing and changes nothing.
//!
//! | module | does |
//! |---|---|
//! | [`log`] | which inverters and days a directory holds |
//! | [`names`] | names and installed power, from a plant file |
//! | [`day`] | power over the time of one day |
//! | [`period`] | yields per day, month and year |
//! | `yields` | the rule for the yield of a day |
//! | [`compare`] | inverters, and the MPP trackers of one inverter, against their siblings |
//! | [`series`] | the series of a period, whichever it is |
//! | [`records`] | each series as flat records, for JSON and CSV |
//! | `columns`, `row` | which column of a header means what; the cells of a row |
//! | `rows` | lines of a file to rows |
//!
//! Powers are W, energies Wh, both as binary floating point: nothing here goes back to an inverter
//! or a log.

mod columns;
pub(crate) mod compare;
pub mod day;
pub mod log;
pub mod names;
mod parallel;
pub(crate) mod period;
pub mod records;
mod row;
mod rows;
pub(crate) mod series;
mod yields;

use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A directory or file of a log that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("can't read {}: {source}", path.display())]
pub struct ReadError {
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

/// Lines that are not rows of a log: torn by a power cut, or written by something else.
///
/// How many, by file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped(BTreeMap<PathBuf, u64>);

impl Skipped {
    /// Notes those of a file, or of its end: what is read twice is counted once.
    fn note(&mut self, path: PathBuf, lines: u64) {
        let known = self.0.entry(path).or_default();
        *known = lines.max(*known);
    }

    /// Notes those of other files.
    fn add(&mut self, other: Self) {
        for (path, lines) in other.0 {
            self.note(path, lines);
        }
    }

    /// How many in all files.
    pub fn lines(&self) -> u64 {
        self.0.values().sum()
    }

    /// The first file with such a line.
    pub(crate) fn first(&self) -> Option<&Path> {
        self.0.keys().next().map(PathBuf::as_path)
    }
}

/// A series, and the lines that were skipped while it was read.
#[derive(Debug, Clone)]
pub struct SeriesRead<T> {
    /// The series.
    pub series: T,
    /// Lines that were not rows.
    pub skipped: Skipped,
}

/// The date so many days after the first one.
pub(crate) fn date(first: NaiveDate, day: usize) -> Option<NaiveDate> {
    first.checked_add_days(Days::new(day as u64))
}

/// How many days a date is after the first one; out of every list for one before it.
fn place(first: NaiveDate, date: NaiveDate) -> usize {
    usize::try_from((date - first).num_days()).unwrap_or(usize::MAX)
}

/// The value at a place, if there is one.
pub(crate) fn at(values: &[Option<f64>], place: usize) -> Option<f64> {
    values.get(place).copied().flatten()
}

/// The sum of the values that are known; `None` if none is.
pub(crate) fn total(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    values
        .into_iter()
        .flatten()
        .reduce(|sum, value| sum + value)
}

/// The greatest value, at least 0.
pub(crate) fn highest(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().copied().fold(0.0, f64::max)
}

/// The one with the greatest value; of equal ones the first.
fn best<T>(values: impl Iterator<Item = (f64, T)>) -> Option<(f64, T)> {
    values.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// The mean of the values; `None` of none.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// The middle of the values; `None` of none.
fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_between_two() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0]), Some(3.0));
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }
}
