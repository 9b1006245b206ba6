//! Deviations from the siblings, and which of them are flagged: the rules, without any file.

use super::{Basis, Compared, Finding};
use crate::history::{at, date, median};
use chrono::NaiveDate;

/// An inverter is flagged from this deviation on.
const LEAST: f64 = 0.05;

/// And from this many times its usual spread on.
const SPREADS: f64 = 3.0;

/// The last days with yield decide: how many there are, and how many of them must be low.
const RECENT: usize = 7;
const LOW_DAYS: usize = 3;

/// Days that are needed to know what is usual.
const USUAL_DAYS: usize = 7;

/// A day is compared if the siblings gave at least this part of what they mostly give: snow and
/// deep winter days are not.
pub(super) const BRIGHT: f64 = 0.1;

/// Factor from the median of absolute deviations to the standard deviation.
const SIGMA: f64 = 1.4826;

/// Fills in the deviation of each from its siblings, and the findings.
pub(crate) fn judge(siblings: &mut [Compared], first: NaiveDate) {
    let specific: Vec<Vec<Option<f64>>> = siblings.iter().map(Compared::specific).collect();
    let count = specific.iter().map(Vec::len).max().unwrap_or(0);
    let of_day = |day: usize| specific.iter().map(move |days| at(days, day));
    let medians = (0..count).map(|day| median(of_day(day).flatten()));
    let medians: Vec<Option<f64>> = medians.collect();
    let usual = median(medians.iter().flatten().copied()).unwrap_or(0.0);
    let is_bright = |median: &Option<f64>| {
        median.is_some_and(|median| median > 0.0 && median >= usual * BRIGHT)
    };
    let bright: Vec<usize> = (0..count)
        .filter(|day| medians.get(*day).is_some_and(is_bright))
        .collect();
    for (place, sibling) in siblings.iter_mut().enumerate() {
        sibling.deviation = vec![None; count];
        for &day in &bright {
            // Without its own value: among three, an inverter that failed would pull the median
            // down with it.
            let others = of_day(day).enumerate().filter(|(other, _)| *other != place);
            let others =
                median(others.filter_map(|(_, value)| value)).filter(|median| *median > 0.0);
            let own = of_day(day).nth(place).flatten();
            if let Some(slot) = sibling.deviation.get_mut(day) {
                *slot = own.zip(others).map(|(own, others)| own / others - 1.0);
            }
        }
        sibling.find(&bright, first);
    }
}

impl Compared {
    /// Yields per installed power.
    fn specific(&self) -> Vec<Option<f64>> {
        let power = self.power.map(|(power, _)| power);
        let power = power.filter(|power| *power > 0.0);
        let per = |energy: &Option<f64>| Some((*energy)? / power?);
        self.energy.iter().map(per).collect()
    }

    /// kWh per kWp of a day, where the installed power is known.
    pub(crate) fn kwh_per_kwp(&self, day: usize) -> Option<f64> {
        let (power, basis) = self.power?;
        let energy = at(&self.energy, day)?;
        // An estimate is only a proportion between siblings.
        (basis != Basis::BestMonth).then(|| energy / power / 1000.0)
    }

    fn find(&mut self, bright: &[usize], first: NaiveDate) {
        let recent = bright
            .get(bright.len().saturating_sub(RECENT)..)
            .unwrap_or_default();
        let last: Vec<f64> = recent
            .iter()
            .filter_map(|day| at(&self.deviation, *day))
            .collect();
        self.recent = median(last.iter().copied());
        self.finding = self.change(&last, bright, first);
        let has_rows = |day: &usize| self.energy.get(*day).is_some_and(Option::is_some);
        let lasted = self.energy.iter().rposition(Option::is_some);
        if recent.len() == RECENT && !recent.iter().any(has_rows) {
            self.absent = lasted.and_then(|day| date(first, day));
        }
    }

    /// How far it is below the others and since when; `None` unless `last`, its deviations on the
    /// last days, are low.
    fn change(&self, last: &[f64], bright: &[usize], first: NaiveDate) -> Option<Finding> {
        let low = |least: f64| {
            last.iter()
                .copied()
                .filter(move |deviation| *deviation <= -least)
        };
        if low(LEAST).count() < LOW_DAYS {
            return None;
        }
        let days: Vec<(usize, f64)> = bright
            .iter()
            .filter_map(|day| Some((*day, at(&self.deviation, *day)?)))
            .collect();
        let values: Vec<f64> = days.iter().map(|(_, deviation)| *deviation).collect();
        let middle_of = |values: &[f64]| median(values.iter().copied());
        let mut now = median(low(LEAST))?;
        let mut usual = 0.0;
        let mut start = 0;
        // The day of the change depends on the levels before and since, and these on the day: each
        // round refines both.
        for _ in 0..3 {
            start = begin(&values, f64::midpoint(usual, now));
            let (before, since) = values.split_at_checked(start)?;
            now = middle_of(since)?;
            usual = middle_of(before)
                .filter(|_| before.len() >= USUAL_DAYS)
                .unwrap_or(0.0)
                // Not below the present level: there would be no fall between the two.
                .max(now);
        }
        let (before, since) = values.split_at_checked(start)?;
        let has_usual = before.len() >= USUAL_DAYS;
        // The spread before the change: a fault that comes and goes must not make itself usual.
        let spread = spread(if has_usual { before } else { since })?;
        if values.len() < USUAL_DAYS || low(LEAST.max(SPREADS * spread)).count() < LOW_DAYS {
            return None;
        }
        Some(Finding {
            below: -now,
            since: date(first, days.get(start)?.0)?,
            before: middle_of(before)
                .filter(|_| has_usual)
                .map(|before| -before),
        })
    }
}

/// Where values that are mostly above `level` become mostly below it: the place from which on they
/// are below by most in sum.
fn begin(values: &[f64], level: f64) -> usize {
    let mut sum = 0.0;
    let mut best = (f64::MIN, 0);
    // From the end, as a sum: single days on the other side of the level do not hide where it
    // began.
    for (place, value) in values.iter().enumerate().rev() {
        sum += level - value;
        if sum > best.0 {
            best = (sum, place);
        }
    }
    best.1
}

/// Standard deviation of values around their middle; by the median where single wild values make it
/// greater.
fn spread(values: &[f64]) -> Option<f64> {
    let middle = median(values.iter().copied())?;
    let robust = median(values.iter().map(|value| (value - middle).abs()))? * SIGMA;
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    Some(robust.min((squares / values.len() as f64).sqrt()))
}
