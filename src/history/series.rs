//! The periods of a log, and the series that each of them gives.

use super::compare::{self, Comparison};
use super::day::{self, DaySeries};
use super::log::Logs;
use super::names::Names;
use super::period::{self, Bars, Yields, month_span, year_span};
use super::{ReadError, SeriesRead, Skipped};
use chrono::{Months, NaiveDate};
use std::fmt;

/// Which days are shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    /// Power over time; `None` is the last day that has rows.
    Day(Option<NaiveDate>),
    /// The month of this day.
    Month(NaiveDate),
    Year(i32),
    /// All years side by side.
    Years,
    /// The twelve months up to this day; `None` is the last day that has rows.
    Compare(Option<NaiveDate>),
}

impl Period {
    /// Its first and last day.
    pub(crate) fn span(self) -> (NaiveDate, NaiveDate) {
        match self {
            Self::Day(Some(date)) => (date, date),
            Self::Month(first) => month_span(first),
            Self::Year(year) => year_span(year).unwrap_or(ANY),
            Self::Day(None) | Self::Years | Self::Compare(_) => ANY,
        }
    }
}

/// Of a period that the log bounds.
const ANY: (NaiveDate, NaiveDate) = (NaiveDate::MIN, NaiveDate::MAX);

/// Behind `of`: `2026-05`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(Some(date)) => write!(f, "{date}"),
            Self::Month(first) => write!(f, "{}", first.format("%Y-%m")),
            Self::Year(year) => write!(f, "{year}"),
            Self::Years => write!(f, "any year"),
            Self::Day(None) | Self::Compare(_) => write!(f, "these days"),
        }
    }
}

/// The series of a period.
#[derive(Debug, Clone)]
pub(crate) enum Series {
    /// Power over time.
    Day(DaySeries),
    /// A bar per day.
    Month(Bars),
    /// A bar per month, and the yields of the days.
    Year(Bars, Yields),
    /// The months of several years.
    Years(Bars),
    /// Each inverter against the others.
    Compare(Comparison),
}

/// A log, what is known of its inverters, and what was skipped while it was read.
#[derive(Debug)]
pub(crate) struct Archive {
    /// Which files there are.
    pub(crate) log: Logs,
    /// Names and installed power.
    pub(crate) names: Names,
    /// Lines that were not rows, so far.
    pub(crate) skipped: Skipped,
}

impl Archive {
    /// A log of which nothing was read yet.
    pub(crate) fn new(log: Logs, mut names: Names) -> Self {
        names.follow(&log);
        let skipped = Skipped::default();
        Self {
            log,
            names,
            skipped,
        }
    }

    /// The series of a period; `None` if it has no rows.
    pub(crate) fn read(&mut self, period: Period) -> Result<Option<Series>, ReadError> {
        match period {
            Period::Day(Some(date)) => self.day(date),
            Period::Month(first) => {
                let yields = self.yields(month_span(first))?;
                Ok(yields.map(|yields| Series::Month(period::month(&yields))))
            }
            Period::Year(year) => {
                let Some(span) = year_span(year) else {
                    return Ok(None);
                };
                let yields = self.yields(span)?;
                Ok(yields.map(|yields| Series::Year(period::year(&yields), yields)))
            }
            Period::Years => self.years(),
            Period::Compare(Some(last)) => self.comparison(last).map(Some),
            Period::Day(None) | Period::Compare(None) => {
                let (from, to) = ANY;
                match self.log.last_day(from, to)? {
                    Some(last) if period == Period::Day(None) => self.day(last),
                    Some(last) => self.comparison(last).map(Some),
                    None => Ok(None),
                }
            }
        }
    }

    /// The series, after noting the lines that were skipped.
    fn noted<T>(&mut self, read: SeriesRead<T>) -> T {
        self.skipped.add(read.skipped);
        read.series
    }

    fn day(&mut self, date: NaiveDate) -> Result<Option<Series>, ReadError> {
        let read = day::read(&self.log, &self.names, date)?;
        let day = self.noted(read);
        Ok((!day.inverters.is_empty()).then_some(Series::Day(day)))
    }

    fn yields(&mut self, (from, to): (NaiveDate, NaiveDate)) -> Result<Option<Yields>, ReadError> {
        let read = period::read(&self.log, &self.names, from, to)?;
        let yields = self.noted(read);
        Ok((!yields.is_empty()).then_some(yields))
    }

    fn years(&mut self) -> Result<Option<Series>, ReadError> {
        let mut years = Vec::new();
        // One after the other: a clock that was far off can put centuries between two of them.
        for span in self.log.years().into_iter().filter_map(year_span) {
            years.extend(self.yields(span)?.map(|yields| period::year(&yields)));
        }
        Ok((!years.is_empty()).then(|| Series::Years(period::years(&years))))
    }

    fn comparison(&mut self, last: NaiveDate) -> Result<Series, ReadError> {
        // Twelve months whole: from the day after the same date a year ago.
        let from = last
            .checked_sub_months(Months::new(12))
            .and_then(|day| day.succ_opt());
        // No empty columns before the first day of the log.
        let first = self.log.span().map_or(last, |(first, _)| first);
        let from = from.unwrap_or(last).max(first);
        let read = compare::read(&self.log, &self.names, from, last)?;
        Ok(Series::Compare(self.noted(read)))
    }
}
