//! Yields per day, month and year.

use super::log::{InverterFolder, Logs};
use super::names::Names;
use super::rows::Reader;
use super::yields;
use super::{ReadError, SeriesRead, at, best, parallel, place, total};
use chrono::{Datelike, Months, NaiveDate};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The yields of inverters, per day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Yields {
    pub(crate) plant: Option<String>,
    pub(crate) first: NaiveDate,
    pub(crate) count: usize,
    /// Sorted by label.
    pub(crate) inverters: Vec<InverterYields>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InverterYields {
    /// `02`
    pub(crate) label: String,
    /// The label, with its name if it has one.
    pub(crate) title: String,
    /// Wh, one per day; `None` on days without rows.
    pub(crate) days: Vec<Option<f64>>,
}

/// Reads the yields of the days from `from` to `to`.
pub(crate) fn read(
    log: &Logs,
    names: &Names,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<SeriesRead<Yields>, ReadError> {
    let count = usize::try_from((to - from).num_days() + 1).unwrap_or(0);
    let read = parallel::read(&log.inverters, |folder| read_one(folder, from, to, count))?;
    let inverters = log.inverters.iter().zip(read.series);
    let inverters = inverters.map(|(folder, days)| InverterYields {
        label: folder.label.clone(),
        title: names.title_of(&folder.label),
        days,
    });
    let series = Yields {
        plant: names.title.clone(),
        first: from,
        count,
        inverters: inverters.collect(),
    };
    Ok(SeriesRead {
        series,
        skipped: read.skipped,
    })
}

fn read_one(
    folder: &InverterFolder,
    from: NaiveDate,
    to: NaiveDate,
    count: usize,
) -> Result<SeriesRead<Vec<Option<f64>>>, ReadError> {
    let mut reader = Reader::default();
    let mut previous = yields::before(&mut Reader::default(), folder, from)?;
    let mut days = vec![None; count];
    for day in folder.days(from, to) {
        let units = yields::of_day(&mut reader, folder, day, &previous)?;
        let energy = total(units.iter().copied());
        let slot = days.get_mut(place(from, day.date));
        if let Some(slot) = slot.filter(|_| energy.is_some()) {
            *slot = energy;
            // Only after days with rows: in between the counter keeps what it showed last.
            previous = yields::shown(&units, &previous);
        }
    }
    Ok(SeriesRead {
        series: days,
        skipped: reader.skipped,
    })
}

impl Yields {
    pub(crate) fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take(self.count)
    }

    /// The yield of all inverters on each day; `None` where none has rows.
    pub(crate) fn totals(&self) -> Vec<Option<f64>> {
        let of = |day| total(self.inverters.iter().map(|one| at(&one.days, day)));
        (0..self.count).map(of).collect()
    }

    /// True if no inverter has a row on any day.
    pub(crate) fn is_empty(&self) -> bool {
        self.inverters
            .iter()
            .all(|inverter| inverter.days.iter().all(Option::is_none))
    }
}

/// Bars: a slot per day, month, or month of several years; in each slot a value per series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bars {
    pub(crate) plant: Option<String>,
    /// The period: `2026-05`, `2026`, `2024 to 2026`.
    pub(crate) title: String,
    /// What a slot is: `day` or `month`.
    pub(crate) slot: &'static str,
    /// Along the axis, in order.
    pub(crate) slots: Vec<AxisSlot>,
    /// Inverters, or years.
    pub(crate) series: Vec<BarSeries>,
    /// True if the values of a slot are parts of a sum, false if they stand side by side.
    pub(crate) is_stacked: bool,
}

/// A place along the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AxisSlot {
    /// On the axis: `1`, `Jan`.
    pub(crate) label: String,
    /// In texts and tables: `2026-05-01`, `2026-05`, `Jan`.
    pub(crate) name: String,
}

/// The values of one inverter, or of one year.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BarSeries {
    /// `02`, or `2026`
    pub(crate) label: String,
    /// The label, with its name if it has one.
    pub(crate) title: String,
    /// Wh, one per slot; `None` where there are no rows.
    pub(crate) values: Vec<Option<f64>>,
}

impl Bars {
    /// Sum of each slot.
    pub(crate) fn totals(&self) -> Vec<Option<f64>> {
        let of = |slot| total(self.series.iter().map(|one| at(&one.values, slot)));
        (0..self.slots.len()).map(of).collect()
    }

    /// Sum of all slots.
    pub(crate) fn total(&self) -> Option<f64> {
        total(self.totals())
    }

    /// The slot with the highest and the one with the lowest sum.
    pub(crate) fn extremes(&self) -> Option<[(&AxisSlot, f64); 2]> {
        let totals = self.totals();
        let known = || {
            let slots = self.slots.iter().zip(&totals);
            slots.filter_map(|(slot, total)| Some(((*total)?, slot)))
        };
        let (most, highest) = best(known())?;
        let (least, lowest) =
            known().reduce(|worst, next| if next.0 < worst.0 { next } else { worst })?;
        Some([(highest, most), (lowest, least)])
    }
}

/// First and last day of a month.
pub(crate) fn month_span(first: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = first.with_day(1).unwrap_or(first);
    let next = first.checked_add_months(Months::new(1));
    (
        first,
        next.and_then(|next| next.pred_opt()).unwrap_or(first),
    )
}

/// First and last day of a year.
pub(crate) fn year_span(year: i32) -> Option<(NaiveDate, NaiveDate)> {
    NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31))
}

/// A bar per day of a month, stacked by inverter. `yields` holds the days of the month.
pub(crate) fn month(yields: &Yields) -> Bars {
    let slot = |date: NaiveDate| AxisSlot {
        label: date.day().to_string(),
        name: date.to_string(),
    };
    Bars {
        title: yields.first.format("%Y-%m").to_string(),
        slot: "day",
        slots: yields.dates().map(slot).collect(),
        ..stacked(yields, <[_]>::to_vec)
    }
}

/// The bars of each inverter, made of its days.
fn stacked(yields: &Yields, values: impl Fn(&[Option<f64>]) -> Vec<Option<f64>>) -> Bars {
    let series = yields.inverters.iter().map(|inverter| BarSeries {
        label: inverter.label.clone(),
        title: inverter.title.clone(),
        values: values(&inverter.days),
    });
    Bars {
        plant: yields.plant.clone(),
        title: String::new(),
        slot: "month",
        slots: Vec::new(),
        series: series.collect(),
        is_stacked: true,
    }
}

/// A bar per month of a year, stacked by inverter. `yields` holds the days of the year.
pub(crate) fn year(yields: &Yields) -> Bars {
    let year = yields.first.year();
    let slot = |(number, label): (usize, &&str)| AxisSlot {
        label: (*label).to_owned(),
        name: format!("{year}-{:02}", number + 1),
    };
    Bars {
        title: year.to_string(),
        slots: MONTHS.iter().enumerate().map(slot).collect(),
        ..stacked(yields, |days| by_month(yields, days))
    }
}

/// The months of several years side by side, all inverters together: made of the bars of each year.
pub(crate) fn years(years: &[Bars]) -> Bars {
    let slot = |label: &&str| AxisSlot {
        label: (*label).to_owned(),
        name: (*label).to_owned(),
    };
    let series = years.iter().map(|year| BarSeries {
        label: year.title.clone(),
        title: year.title.clone(),
        values: year.totals(),
    });
    let [first, last] = [years.first(), years.last()]
        .map(|year| year.map(|year| year.title.as_str()).unwrap_or_default());
    Bars {
        plant: years.first().and_then(|year| year.plant.clone()),
        title: format!("{first} to {last}"),
        slot: "month",
        slots: MONTHS.iter().map(slot).collect(),
        series: series.collect(),
        is_stacked: false,
    }
}

/// `Jan`, the month of a date.
pub(crate) fn month_name(date: NaiveDate) -> &'static str {
    let name = MONTHS.get(date.month0() as usize);
    name.copied().unwrap_or_default()
}

/// The sums of the months of a year.
fn by_month(year: &Yields, days: &[Option<f64>]) -> Vec<Option<f64>> {
    let of = |month: u32| {
        let days = year.dates().zip(days);
        let days = days.filter(|(date, _)| date.month() == month);
        total(days.map(|(_, energy)| *energy))
    };
    (1..=12).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yields(first: (i32, u32, u32), days: &[&[Option<f64>]]) -> Yields {
        let inverter = |(number, days): (usize, &&[Option<f64>])| InverterYields {
            label: format!("{:02}", number + 1),
            title: format!("{:02}", number + 1),
            days: days.to_vec(),
        };
        Yields {
            plant: None,
            first: NaiveDate::from_ymd_opt(first.0, first.1, first.2).unwrap_or_default(),
            count: days.first().map_or(0, |days| days.len()),
            inverters: days.iter().enumerate().map(inverter).collect(),
        }
    }

    #[test]
    fn no_rows_are_not_zero() {
        let yields = yields(
            (2026, 1, 30),
            &[
                &[None, Some(0.0), None, None],
                &[None, Some(2.0), Some(3.0), None],
            ],
        );
        assert_eq!(yields.totals(), [None, Some(2.0), Some(3.0), None]);
        let bars = year(&yields);
        assert_eq!(
            bars.totals().get(..3),
            Some(&[Some(2.0), Some(3.0), None][..])
        );
        assert_eq!(bars.total(), Some(5.0));
        let extremes = bars
            .extremes()
            .map(|both| both.map(|(slot, energy)| (slot.name.as_str(), energy)));
        assert_eq!(extremes, Some([("2026-02", 3.0), ("2026-01", 2.0)]));
    }

    #[test]
    fn years_stand_side_by_side() {
        let bars = [(2024, 366), (2025, 365)]
            .map(|(first, count)| year(&yields((first, 1, 1), &[&vec![Some(1.0); count]])));
        let bars = years(&bars);
        let february = |year: usize| {
            let series = bars.series.get(year);
            series.and_then(|series| at(&series.values, 1))
        };
        assert_eq!(
            (bars.series.len(), february(0), february(1)),
            (2, Some(29.0), Some(28.0))
        );
        assert_eq!(bars.title, "2024 to 2025");
    }

    #[test]
    fn months_end_where_they_end() {
        let span = |year, month| NaiveDate::from_ymd_opt(year, month, 7).map(month_span);
        let last = |year, month| span(year, month).map(|(first, last)| (first.day(), last.day()));
        assert_eq!(last(2024, 2), Some((1, 29)));
        assert_eq!(last(2026, 12), Some((1, 31)));
    }
}
