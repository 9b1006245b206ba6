//! Power over the time of one day.
//!
//! Rows are averaged per minute, then per step of a grid that all inverters share, so that their
//! powers can be added. A hole of up to three intervals between rows is bridged; a longer one stays
//! a hole.

mod grid;
mod rows;

use super::log::Logs;
use super::names::Names;
use super::{ReadError, SeriesRead, at, best, parallel, total};
use chrono::NaiveDate;

const MINUTE: i32 = 60;

/// Seconds since midnight UTC of the date; local clocks are [`DaySeries::clock`].
pub(crate) type Instant = i32;

/// The power of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct DaySeries {
    pub(crate) plant: Option<String>,
    pub(crate) date: NaiveDate,
    /// When the first step begins.
    pub(crate) start: Instant,
    /// Length of a step, s.
    pub(crate) step: i32,
    /// Steps of every list below.
    pub steps: usize,
    /// Seconds that the local clock is ahead of UTC, each with the time from which on; several on
    /// days on which the clock is changed.
    pub(crate) clocks: Vec<(Instant, i32)>,
    /// Those that have rows, sorted by label.
    pub inverters: Vec<DayInverter>,
}

/// The day of one inverter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DayInverter {
    /// `02`
    pub(crate) label: String,
    /// The label, with its name if it has one.
    pub(crate) title: String,
    /// AC power per step, W; for KSTAR the power of its modules.
    pub power: Vec<Option<f64>>,
    /// Load, grid (positive while importing), battery (positive while charging) per step, W; empty
    /// for others than KSTAR.
    pub flows: [Vec<Option<f64>>; 3],
    /// The highest power of a row, and when.
    pub(crate) peak: Option<(f64, Instant)>,
    /// The first and the last row with a power above zero.
    pub(crate) feeding: Option<(Instant, Instant)>,
    /// Yield of the day, Wh.
    pub energy: Option<f64>,
    /// What its counter forgot by a reset during the day, Wh.
    pub(crate) lost: Option<f64>,
    /// When it reported faults.
    pub(crate) faults: Vec<FaultSpan>,
}

/// A time in which an inverter reported the same fault in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FaultSpan {
    /// The first row.
    pub(crate) from: Instant,
    /// The last row.
    pub(crate) to: Instant,
    pub(crate) text: String,
}

/// What the lines of [`DayInverter::flows`] are, in their order.
pub(crate) const FLOWS: [&str; 3] = ["load", "grid", "battery"];

impl DaySeries {
    /// When a step begins.
    pub(crate) fn instant(&self, step: usize) -> Instant {
        let step = i32::try_from(step).unwrap_or(i32::MAX);
        self.start.saturating_add(step.saturating_mul(self.step))
    }

    /// The power of all inverters per step, W; `None` where none has any.
    pub(crate) fn sum(&self) -> Vec<Option<f64>> {
        let of = |step| total(self.inverters.iter().map(|one| at(&one.power, step)));
        (0..self.steps).map(of).collect()
    }

    /// The highest power of all together, W, and when.
    pub(crate) fn peak(&self) -> Option<(f64, Instant)> {
        // A row of one inverter is exact. Those of several can't be added: they were polled at
        // different times.
        if let [only] = self.inverters.as_slice() {
            return only.peak;
        }
        let sums = self.sum().into_iter().enumerate();
        best(sums.filter_map(|(step, sum)| Some((sum?, self.instant(step)))))
    }

    /// The yield of all together, Wh.
    pub(crate) fn energy(&self) -> Option<f64> {
        total(self.inverters.iter().map(|inverter| inverter.energy))
    }

    /// Seconds that the local clock is ahead of UTC.
    pub(crate) fn offset(&self, instant: Instant) -> i32 {
        let first = self.clocks.first();
        let last = self.clocks.iter().rev().find(|(from, _)| *from <= instant);
        last.or(first).map_or(0, |(_, offset)| *offset)
    }

    /// The local clock, seconds since midnight.
    pub(crate) fn clock(&self, instant: Instant) -> i32 {
        (instant + self.offset(instant)).rem_euclid(86_400)
    }

    /// The local clock as `13:05`.
    pub(crate) fn hour(&self, instant: Instant) -> String {
        let minutes = self.clock(instant) / MINUTE;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// Reads a day. A file that can't be read is an error; lines that are not rows are skipped.
pub fn read(
    log: &Logs,
    names: &Names,
    date: NaiveDate,
) -> Result<SeriesRead<DaySeries>, ReadError> {
    let read = parallel::read(&log.inverters, |folder| rows::read_one(folder, names, date))?;
    let inverters = read.series.into_iter().flatten().collect();
    Ok(SeriesRead {
        series: grid::on_one_grid(names, date, inverters),
        skipped: read.skipped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_during_a_day() {
        let day = DaySeries {
            plant: None,
            date: NaiveDate::default(),
            start: -7200,
            step: 1800,
            steps: 8,
            clocks: vec![(-7200, 7200), (3600, 3600)],
            inverters: Vec::new(),
        };
        let hours: Vec<String> = (0..8).map(|step| day.hour(day.instant(step))).collect();
        assert_eq!(
            hours,
            [
                "00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "02:00", "02:30"
            ]
        );
    }
}
