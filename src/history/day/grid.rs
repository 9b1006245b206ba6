//! The steps that all inverters of a day share, so that their powers can be added.

use super::{DayInverter, DaySeries, Instant, MINUTE};
use crate::history::names::Names;
use crate::history::{at, mean};
use chrono::NaiveDate;

/// Rows that may be missing between two that belong together, in intervals.
const BRIDGED: i32 = 3;

/// Steps of the grid at most: a picture shows no more.
const MOST_STEPS: i32 = 480;

/// Lengths of a step, minutes.
const STEPS: [i32; 7] = [1, 2, 5, 10, 15, 20, 30];

/// An inverter, averaged per minute.
pub(super) struct Averaged {
    pub(super) inverter: DayInverter,
    pub(super) minutes: Vec<Minute>,
    pub(super) clocks: Vec<(Instant, i32)>,
    /// Usual time between two rows, s.
    pub(super) interval: i32,
    pub(super) has_flows: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Minute {
    pub(super) number: i32,
    pub(super) values: [Option<f64>; 4],
}

pub(super) fn on_one_grid(names: &Names, date: NaiveDate, inverters: Vec<Averaged>) -> DaySeries {
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
}
