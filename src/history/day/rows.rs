//! The day of one inverter, made from its rows: power by the minute, times of faults, yield.

use super::grid::{Averaged, Minute};
use super::{DayInverter, FaultSpan, Instant, MINUTE};
use crate::fault::is_fault;
use crate::history::log::InverterFolder;
use crate::history::names::Names;
use crate::history::row::{Row, Time};
use crate::history::rows::Reader;
use crate::history::yields::{self, DayFigures};
use crate::history::{ReadError, SeriesRead, at, best, mean, median, total};
use crate::order::sort_by_number;
use crate::reading::Decimal;
use chrono::NaiveDate;

/// Faults per inverter at most.
const MOST_FAULTS: usize = 200;

/// One row, as far as a day needs it.
struct Sample {
    time: Time,
    /// Power, load, grid, battery.
    values: [Option<f64>; 4],
    /// Its place among [`DayRows::texts`].
    fault: Option<usize>,
}

/// What the files of one inverter hold.
#[derive(Default)]
struct DayRows {
    samples: Vec<Sample>,
    /// The faults that were reported, each once.
    texts: Vec<String>,
    figures: DayFigures,
    previous: Vec<f64>,
    has_flows: bool,
}

/// Reads what one inverter logged that day; `None` without rows.
pub(super) fn read_one(
    folder: &InverterFolder,
    names: &Names,
    date: NaiveDate,
) -> Result<SeriesRead<Option<Averaged>>, ReadError> {
    let mut reader = Reader::default();
    let mut rows = DayRows::default();
    for day in folder.days(date, date) {
        for file in folder.files(day) {
            reader.whole(&file, date, &mut |row| rows.take(row))?;
        }
    }
    if !rows.samples.is_empty() {
        rows.previous = yields::before(&mut Reader::default(), folder, date)?;
    }
    Ok(SeriesRead {
        series: rows.averaged(&folder.label, names),
        skipped: reader.skipped,
    })
}

impl DayRows {
    fn take(&mut self, row: &Row<'_>) {
        let columns = row.columns;
        let mut values = [row.sum(&columns.power), None, None, None];
        for (value, place) in values.iter_mut().skip(1).zip(columns.flows) {
            self.has_flows |= place.is_some();
            *value = place.and_then(|place| row.number(place));
        }
        let fault = fault(row).map(|text| self.text(text));
        let time = row.time;
        self.samples.push(Sample {
            time,
            values,
            fault,
        });
        self.figures.take(row);
    }

    fn text(&mut self, text: String) -> usize {
        let known = self.texts.iter().position(|known| *known == text);
        known.unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    fn averaged(mut self, label: &str, names: &Names) -> Option<Averaged> {
        // Files that were set aside come first already; a clock that was set back mixes rows.
        sort_by_number(&mut self.samples, |sample| sample.time.instant().into());
        let first = self.samples.first()?;
        let mut clocks = vec![(first.time.instant(), first.time.offset)];
        for sample in &self.samples {
            let is_changed = |(_, offset): &(_, i32)| *offset != sample.time.offset;
            // Bounded, as rows of two time zones could alternate.
            if clocks.last().is_some_and(is_changed) && clocks.len() < 8 {
                clocks.push((sample.time.instant(), sample.time.offset));
            }
        }
        let units = self.figures.whole(&self.previous);
        let inverter = DayInverter {
            label: label.to_owned(),
            title: names.title_of(label),
            peak: best(self.powers()),
            feeding: self.feeding(),
            energy: total(units),
            lost: self.figures.lost(&self.previous),
            faults: self.faults(),
            ..DayInverter::default()
        };
        Some(Averaged {
            inverter,
            minutes: self.minutes(),
            clocks,
            interval: self.interval(),
            has_flows: self.has_flows,
        })
    }

    fn powers(&self) -> impl DoubleEndedIterator<Item = (f64, Instant)> {
        let samples = self.samples.iter();
        samples.filter_map(|sample| {
            let [power, ..] = sample.values;
            Some((power?, sample.time.instant()))
        })
    }

    fn feeding(&self) -> Option<(Instant, Instant)> {
        let mut feeding = self.powers().filter(|(power, _)| *power > 0.0);
        let first = feeding.next()?.1;
        let last = feeding.next_back().map_or(first, |(_, instant)| instant);
        Some((first, last))
    }

    fn faults(&self) -> Vec<FaultSpan> {
        let runs = self.samples.chunk_by(|one, next| one.fault == next.fault);
        let span = |run: &[Sample]| {
            let (first, last) = run.first().zip(run.last())?;
            Some(FaultSpan {
                from: first.time.instant(),
                to: last.time.instant(),
                text: self.texts.get(first.fault?)?.clone(),
            })
        };
        runs.filter_map(span).take(MOST_FAULTS).collect()
    }

    fn interval(&self) -> i32 {
        let next = self.samples.iter().skip(1);
        let pairs = self.samples.iter().zip(next);
        // The median: a hole, such as a run that failed, is not the usual pause. Not below a
        // minute, as rows are averaged per minute.
        let gaps = pairs.map(|(one, next)| f64::from(next.time.instant() - one.time.instant()));
        median(gaps).map_or(MINUTE, |gap| whole(gap).max(MINUTE))
    }

    fn minutes(&self) -> Vec<Minute> {
        let samples = &self.samples;
        let minutes = samples.chunk_by(|one, next| minute(one) == minute(next));
        let averaged = |same: &[Sample]| {
            let value = |of| mean(same.iter().filter_map(|sample| at(&sample.values, of)));
            Some(Minute {
                number: minute(same.first()?),
                values: [0, 1, 2, 3].map(value),
            })
        };
        minutes.filter_map(averaged).collect()
    }
}

fn minute(sample: &Sample) -> i32 {
    sample.time.instant().div_euclid(MINUTE)
}

/// The fault that a row reports, if any.
fn fault(row: &Row<'_>) -> Option<String> {
    // First the bits: they name the cause, the status only reports that there is one.
    let errors = row.columns.errors;
    let errors = errors.and_then(|(place, field)| Some((row.number(place)?, field)));
    let is_error = |(bits, _): &(f64, _)| (1.0..=f64::from(u32::MAX)).contains(bits);
    if let Some((bits, field)) = errors.filter(is_error) {
        let names: Vec<&str> = field.errors(Decimal::from(bits as u32)).collect();
        return Some(match names.is_empty() {
            true => format!("error {bits}"),
            false => names.join(", "),
        });
    }
    let places = row.columns.status.iter();
    let mut texts = places.filter_map(|place| row.text(*place));
    texts.find(|text| is_fault(text)).map(str::to_owned)
}

/// Nearest whole number; the numbers here are small.
fn whole(number: f64) -> i32 {
    number.round() as i32
}

#[cfg(test)]
mod tests {
    use super::super::grid::on_one_grid;
    use super::*;

    #[test]
    fn faults_beyond_the_most_do_not_lengthen_the_last_one() {
        let sample = |minute: i32, fault: usize| Sample {
            time: Time {
                clock: minute * MINUTE,
                offset: 0,
            },
            values: [None; 4],
            fault: Some(fault),
        };
        // Each fault lasts for two rows.
        let minutes = (0..).zip((0..MOST_FAULTS + 2).flat_map(|number| [number % 2; 2]));
        let rows = DayRows {
            samples: minutes
                .map(|(minute, fault)| sample(minute, fault))
                .collect(),
            texts: ["one", "other"].map(str::to_owned).into(),
            ..DayRows::default()
        };
        let faults = rows.faults();
        assert_eq!(faults.len(), MOST_FAULTS);
        assert!(faults.iter().all(|fault| fault.to - fault.from == MINUTE));
    }

    #[test]
    fn a_step_has_the_clock_of_its_first_row() -> Result<(), &'static str> {
        let at = |(minutes, offset): (i32, i32)| Sample {
            time: Time {
                clock: minutes * MINUTE + 20,
                offset,
            },
            values: [Some(100.0), None, None, None],
            fault: None,
        };
        // 02:33 in summer, then 02:03 and 02:33 in winter.
        let rows = DayRows {
            samples: [(153, 7200), (123, 3600), (153, 3600)].map(at).into(),
            ..DayRows::default()
        };
        let names = Names::default();
        let one = rows.averaged("02", &names).ok_or("no rows")?;
        let day = on_one_grid(&names, NaiveDate::default(), vec![one]);
        let hours: Vec<String> = (0..day.steps)
            .map(|step| day.hour(day.instant(step)))
            .collect();
        assert_eq!(hours, ["02:30", "02:00", "02:30"]);
        Ok(())
    }
}
