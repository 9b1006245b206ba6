//! Power over the time of one day.
//!
//! Rows are averaged per minute, then per step of a grid that all inverters share, so that their
//! powers can be added. A hole of up to three intervals between rows is bridged; a longer one stays
//! a hole.

use super::log::{InverterFolder, Logs, SeriesRead};
use super::names::Names;
use super::rows::{Reader, Row, Time};
use super::yields::{self, DayFigures};
use super::{ReadError, Skipped, at, best, median, parallel, total};
use crate::kaco::status::{STATUSES, Severity};
use crate::kstar::interpret::abnormal;
use crate::kstar::layout::KSTAR;
use crate::reading::Decimal;
use chrono::NaiveDate;

/// Rows that may be missing between two that belong together, in intervals.
const BRIDGED: i32 = 3;

/// Steps of the grid at most: more are finer than a picture.
const MOST_STEPS: i32 = 480;

/// Lengths of a step, minutes.
const STEPS: [i32; 7] = [1, 2, 5, 10, 15, 20, 30];

/// Fault marks per inverter at most.
const MOST_FAULTS: usize = 200;

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
    /// From when on a local clock is so many seconds ahead of UTC; more than one on days on which
    /// it is changed.
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

    /// What a local clock is ahead of UTC, s.
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

/// One row, as far as a day needs it.
struct Sample {
    time: Time,
    /// Power, load, grid, battery.
    values: [Option<f64>; 4],
    /// Position in a list of texts.
    fault: Option<usize>,
}

/// What the files of one inverter hold.
#[derive(Default)]
struct Raw {
    samples: Vec<Sample>,
    /// The faults that were reported, each once.
    texts: Vec<String>,
    figures: DayFigures,
    previous: Vec<f64>,
    has_flows: bool,
}

/// Reads a day. A file that can't be read is an error; lines that are not rows are skipped.
pub fn read(
    log: &Logs,
    names: &Names,
    date: NaiveDate,
) -> Result<SeriesRead<DaySeries>, ReadError> {
    let parts = parallel::map(&log.inverters, |folder| read_one(folder, names, date));
    let mut skipped = Skipped::default();
    let mut inverters = Vec::new();
    for part in parts {
        let (inverter, lines) = part?;
        skipped.add(lines);
        inverters.extend(inverter);
    }
    let series = on_one_grid(names, date, inverters);
    Ok(SeriesRead { series, skipped })
}

/// An inverter, averaged per minute.
struct Averaged {
    inverter: DayInverter,
    minutes: Vec<Minute>,
    clocks: Vec<(Instant, i32)>,
    /// Seconds between two rows, mostly.
    interval: i32,
    has_flows: bool,
}

#[derive(Debug, Clone, Copy)]
struct Minute {
    number: i32,
    values: [Option<f64>; 4],
}

fn read_one(
    folder: &InverterFolder,
    names: &Names,
    date: NaiveDate,
) -> Result<(Option<Averaged>, Skipped), ReadError> {
    let mut reader = Reader::default();
    let mut raw = Raw::default();
    for day in folder.days(date, date) {
        for file in folder.files(day) {
            reader.whole(&file, date, |row| raw.take(row))?;
        }
    }
    if !raw.samples.is_empty() {
        raw.previous = yields::before(&mut Reader::default(), folder, date)?;
    }
    Ok((raw.averaged(&folder.label, names), reader.skipped))
}

impl Raw {
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
        self.samples.sort_by_key(|sample| sample.time.instant());
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
        let mut faults: Vec<FaultSpan> = Vec::new();
        let mut open = None;
        for sample in &self.samples {
            let now = sample.time.instant();
            let Some(fault) = sample.fault else {
                open = None;
                continue;
            };
            if let Some(last) = faults.last_mut().filter(|_| open == Some(fault)) {
                last.to = now;
            } else if faults.len() < MOST_FAULTS {
                let text = self.texts.get(fault).cloned().unwrap_or_default();
                faults.push(FaultSpan {
                    from: now,
                    to: now,
                    text,
                });
            }
            open = sample.fault;
        }
        faults
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

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// The names of the error bits that a KSTAR inverter reports.
fn error_names(bits: u32) -> Vec<&'static str> {
    let bits = Decimal::from(bits);
    let fields = KSTAR.fields.iter();
    fields.flat_map(|field| field.errors(bits)).collect()
}

/// What stands in a row as a fault, if anything.
fn fault(row: &Row<'_>) -> Option<String> {
    // First the bits: they name the cause, the status only says that there is one.
    let bits = row.columns.errors.and_then(|place| row.number(place));
    if let Some(bits) = bits.filter(|bits| *bits >= 1.0 && *bits <= f64::from(u32::MAX)) {
        let names = error_names(bits as u32).join(", ");
        return Some(if names.is_empty() {
            format!("error {bits}")
        } else {
            names
        });
    }
    let status = row.columns.status.iter();
    let mut texts = status.filter_map(|place| row.text(*place));
    let text = texts.find(|text| {
        let mut known = STATUSES.iter();
        abnormal().any(|(_, word)| word == *text)
            || known.any(|status| status.severity == Severity::Fault && status.text == *text)
    });
    text.map(str::to_owned)
}

/// Nearest whole number; the numbers here are small.
fn whole(number: f64) -> i32 {
    number.round() as i32
}

fn on_one_grid(names: &Names, date: NaiveDate, inverters: Vec<Averaged>) -> DaySeries {
    let minutes = || inverters.iter().flat_map(|one| &one.minutes);
    let numbers = || minutes().map(|minute| minute.number);
    let (first, last) = numbers().min().zip(numbers().max()).unwrap_or_default();
    // The slowest inverter decides: in a finer grid it would have no row in every other step.
    let interval = inverters.iter().map(|one| one.interval).max();
    let interval = interval.unwrap_or(MINUTE);
    let fits = |step: &&i32| **step * MINUTE >= interval && (last - first) / **step < MOST_STEPS;
    let [.., longest] = STEPS;
    let step = STEPS.iter().find(fits).copied().unwrap_or(longest);
    let start = first.div_euclid(step);
    let steps = usize::try_from(last.div_euclid(step) - start + 1).unwrap_or(0);
    // From the beginning of a step: its first row is later.
    let from = |instant: Instant| instant - instant.rem_euclid(step * MINUTE);
    let mut clocks: Vec<(Instant, i32)> = inverters
        .iter()
        .flat_map(|one| &one.clocks)
        .map(|(instant, offset)| (from(*instant), *offset))
        .collect();
    clocks.sort_unstable();
    // One change for all inverters, with the first row of any that has the new clock.
    clocks.dedup_by_key(|(_, offset)| *offset);
    let steps = if inverters.is_empty() { 0 } else { steps };
    DaySeries {
        plant: names.title.clone(),
        date,
        start: start * step * MINUTE,
        step: step * MINUTE,
        steps,
        clocks,
        inverters: inverters
            .into_iter()
            .map(|one| one.on_grid(start, step, steps))
            .collect(),
    }
}

impl Averaged {
    fn on_grid(self, start: i32, step: i32, steps: usize) -> DayInverter {
        let line = |of: usize| {
            let minutes = self.minutes.iter();
            let values = minutes.filter_map(|one| Some((one.number, at(&one.values, of)?)));
            // By its own interval: an inverter that is polled seldom has no more holes than others.
            let longest = (self.interval * BRIDGED).div_euclid(MINUTE);
            grid(&values.collect::<Vec<_>>(), start, step, steps, longest)
        };
        let flows = if self.has_flows {
            [line(1), line(2), line(3)]
        } else {
            Default::default()
        };
        DayInverter {
            power: line(0),
            flows,
            ..self.inverter
        }
    }
}

/// Values of minutes as means per step; between two that are at most `longest` minutes apart a
/// straight line.
fn grid(
    values: &[(i32, f64)],
    start: i32,
    step: i32,
    steps: usize,
    longest: i32,
) -> Vec<Option<f64>> {
    let mut line: Vec<Option<f64>> = vec![None; steps];
    let place = |minute: i32| usize::try_from(minute.div_euclid(step) - start).unwrap_or(0);
    for same in values.chunk_by(|one, next| place(one.0) == place(next.0)) {
        let slot = same.first().and_then(|first| line.get_mut(place(first.0)));
        if let Some(slot) = slot {
            *slot = mean(same.iter().map(|(_, value)| *value));
        }
    }
    for (one, next) in values.iter().zip(values.iter().skip(1)) {
        let (from, to) = (place(one.0), place(next.0));
        let ends = at(&line, from).zip(at(&line, to));
        let Some((left, right)) = ends.filter(|_| next.0 - one.0 <= longest && to > from) else {
            continue;
        };
        for between in from + 1..to {
            let share = (between - from) as f64 / (to - from) as f64;
            if let Some(slot) = line.get_mut(between) {
                *slot = Some(left + (right - left) * share);
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_hole_is_bridged_and_a_long_one_stays() {
        let values = [(0, 10.0), (5, 20.0), (20, 50.0), (40, 90.0)];
        let line = grid(&values, 0, 5, 9, 15);
        let expected = [
            Some(10.0),
            Some(20.0),
            Some(30.0),
            Some(40.0),
            Some(50.0),
            None,
            None,
            None,
            Some(90.0),
        ];
        assert_eq!(line, expected);
    }

    #[test]
    fn rows_of_one_step_are_averaged() {
        let line = grid(&[(10, 1.0), (12, 3.0), (15, 8.0)], 1, 10, 1, 30);
        assert_eq!(line, [Some(4.0)]);
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
        let raw = Raw {
            samples: [(153, 7200), (123, 3600), (153, 3600)].map(at).into(),
            ..Raw::default()
        };
        let names = Names::default();
        let one = raw.averaged("02", &names).ok_or("no rows")?;
        let day = on_one_grid(&names, NaiveDate::default(), vec![one]);
        let hours: Vec<String> = (0..day.steps)
            .map(|step| day.hour(day.instant(step)))
            .collect();
        assert_eq!(hours, ["02:30", "02:00", "02:30"]);
        Ok(())
    }

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
