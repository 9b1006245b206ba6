//! Inverters against their siblings, and the MPP trackers of one inverter against each other.
//!
//! Each day, the specific yield (kWh per kWp) of an inverter is compared with the median of the others. Weather and season
//! are the same for all, so what is left is the inverter: dirt, shade, a string that failed. `docs/history.md` tells the
//! rules in words; [`judge`] is all of them.

use super::log::{Folder, Log, Read};
use super::names::Names;
use super::period::{self, Yields};
use super::rows::{Reader, Row};
use super::{ReadError, Skipped, median, parallel};
use crate::kaco::types;
use chrono::{Datelike, Days, NaiveDate};
use std::collections::BTreeMap;

/// An inverter is flagged from this deviation on.
const LEAST: f64 = 0.05;

/// And from so many times its usual spread on.
const SPREADS: f64 = 3.0;

/// Days that decide, the last ones with yield; and how many of them must be low.
const RECENT: usize = 7;
const LOW_DAYS: usize = 3;

/// Days that are needed to say what is usual.
const USUAL_DAYS: usize = 7;

/// A day is compared if the siblings gave at least this part of what they mostly give: snow and deep winter days are not.
const BRIGHT: f64 = 0.1;

/// From the median of absolute deviations to a standard deviation.
const SIGMA: f64 = 1.4826;

/// A month with fewer days with yield says nothing of an inverter, unless there is no better one.
const FULL_MONTH: usize = 10;

/// A tracker that gave less than this part of the best one has no modules.
const UNUSED: f64 = 0.02;

/// With more trackers than this, only those of inverters in which one is too low have a row.
const MOST_TRACKERS: usize = 24;

/// Rows of a tracker further apart than this are not joined, s.
const LONGEST_STEP: i32 = 3600;

/// Inverters and trackers compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The name of the plant.
    pub plant: Option<String>,
    /// The first day.
    pub first: NaiveDate,
    /// How many days.
    pub count: usize,
    /// Sorted by label.
    pub inverters: Vec<Compared>,
    /// The MPP trackers of inverters that have several, or the units of a 000xi.
    pub trackers: Vec<Compared>,
}

/// An inverter or tracker beside its siblings.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Of the inverter: `02`.
    pub label: String,
    /// `MPPT1`; `None` for a whole inverter.
    pub tracker: Option<String>,
    /// Label and name, or label and tracker.
    pub title: String,
    /// Installed power, and where it is from.
    pub power: Option<(f64, Basis)>,
    /// Wh, one per day; `None` on days without rows.
    pub energy: Vec<Option<f64>>,
    /// Below (negative) or above the median of its siblings, as a part of it; `None` on days that are not compared.
    pub deviation: Vec<Option<f64>>,
    /// The middle of the last seven days that were compared.
    pub recent: Option<f64>,
    /// What was found, if it is too low.
    pub finding: Option<Finding>,
    /// The last day with rows, if it gave none on the last seven days that were compared.
    pub absent: Option<NaiveDate>,
}

/// Where an installed power is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// kWp, from the plant file.
    PlantFile,
    /// kW, the rated power of the type.
    RatedPower,
    /// In proportion to the median of its best month.
    BestMonth,
}

/// An inverter that is too low.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Part of the median that is missing: 0.14 for 14 %.
    pub below: f64,
    /// Since when.
    pub since: NaiveDate,
    /// The same before that day, negative if it was above; `None` if there were not enough days.
    pub before: Option<f64>,
}

impl Compared {
    /// What was found, as a sentence: `04: 14 % below the others since 2026-05-03 (before: 1 %)`.
    pub fn sentence(&self) -> Option<String> {
        if let Some(day) = self.absent {
            return Some(format!("{}: no rows since {day}", self.title));
        }
        let Finding {
            below,
            since,
            before,
        } = self.finding?;
        let others = if self.tracker.is_some() {
            "other trackers"
        } else {
            "others"
        };
        let percent = |part: f64| format!("{:.0} %", (part.abs() * 100.0));
        let before = match before {
            Some(before) if before <= -0.005 => format!("before: {} above", percent(before)),
            Some(before) => format!("before: {}", percent(before)),
            None => "not enough days before".to_owned(),
        };
        Some(format!(
            "{}: {} below the {others} since {since} ({before})",
            self.title,
            percent(below)
        ))
    }
}

impl Comparison {
    /// Inverters, then trackers.
    pub fn all(&self) -> impl Iterator<Item = &Compared> {
        self.inverters.iter().chain(&self.trackers)
    }

    /// True if an inverter or tracker is too low.
    pub fn is_flagged(&self) -> bool {
        self.all().any(|compared| compared.finding.is_some())
    }

    /// The trackers that are worth a row: all of them, or, of many, those of inverters in which one is too low.
    pub fn shown_trackers(&self) -> Vec<&Compared> {
        let is_low = |label: &str| {
            let own = self
                .trackers
                .iter()
                .filter(|tracker| tracker.label == label);
            own.into_iter().any(|tracker| tracker.sentence().is_some())
        };
        let trackers = self.trackers.iter();
        trackers
            .filter(|tracker| self.trackers.len() <= MOST_TRACKERS || is_low(&tracker.label))
            .collect()
    }

    /// Inverters, then the trackers that are worth a row.
    pub fn shown(&self) -> impl Iterator<Item = &Compared> {
        self.inverters.iter().chain(self.shown_trackers())
    }

    /// The dates, in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take(self.count)
    }

    /// Where the installed powers are from, as a sentence; `None` if nothing is compared.
    pub fn basis(&self) -> Option<String> {
        let mut by_basis: BTreeMap<Basis, Vec<&str>> = BTreeMap::new();
        for inverter in &self.inverters {
            if let Some((_, basis)) = inverter.power {
                by_basis.entry(basis).or_default().push(&inverter.label);
            }
        }
        let count = by_basis.len();
        let part = |(basis, labels): (Basis, Vec<&str>)| {
            let from = match basis {
                Basis::PlantFile => "the plant file",
                Basis::RatedPower => "the rated power of the type",
                Basis::BestMonth => "the best month of each",
            };
            if count == 1 {
                from.to_owned()
            } else {
                format!("{from} ({})", labels.join(", "))
            }
        };
        let parts: Vec<String> = by_basis.into_iter().map(part).collect();
        (!parts.is_empty())
            .then(|| format!("Yields are compared per kWp, by {}.", parts.join(" and ")))
    }
}

/// Compares the days from `from` to `to`.
///
/// # Errors
/// [`ReadError`].
pub fn read(
    log: &Log,
    names: &Names,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Read<Comparison>, ReadError> {
    let Read {
        series: yields,
        mut skipped,
    } = period::read(log, names, from, to)?;
    let inverters = inverters(log, names, &yields)?;
    let mut trackers = Vec::new();
    for part in parallel::map(&log.inverters, |folder| {
        trackers_of(folder, from, to, yields.count)
    }) {
        let (some, lines) = part?;
        // The files are the same as above, but read whole: the lines at their ends are not counted twice.
        skipped.lines = skipped.lines.max(lines.lines);
        skipped.first = skipped.first.or(lines.first);
        trackers.extend(compared_trackers(names, some, from));
    }
    let series = Comparison {
        plant: names.title.clone(),
        first: from,
        count: yields.count,
        inverters,
        trackers,
    };
    Ok(Read { series, skipped })
}

fn inverters(log: &Log, names: &Names, yields: &Yields) -> Result<Vec<Compared>, ReadError> {
    let mut known = Vec::new();
    for (folder, inverter) in log.inverters.iter().zip(&yields.inverters) {
        known.push(match names.kwp_of(&inverter.label) {
            Some(kwp) => Some((kwp, Basis::PlantFile)),
            None => rated_power(folder)?.map(|power| (power, Basis::RatedPower)),
        });
    }
    let energies: Vec<&[Option<f64>]> = yields
        .inverters
        .iter()
        .map(|inverter| inverter.days.as_slice())
        .collect();
    let powers = powers(&known, &best_months(yields.first, &energies));
    let list = yields
        .inverters
        .iter()
        .zip(powers)
        .map(|(inverter, power)| Compared {
            label: inverter.label.clone(),
            tracker: None,
            title: inverter.title.clone(),
            power,
            energy: inverter.days.clone(),
            deviation: Vec::new(),
            recent: None,
            finding: None,
            absent: None,
        });
    let mut list: Vec<Compared> = list.collect();
    judge(&mut list, yields.first);
    Ok(list)
}

/// Rated power of the type in the last row, kW.
fn rated_power(folder: &Folder) -> Result<Option<f64>, ReadError> {
    let Some((day, file)) = folder
        .before(NaiveDate::MAX)
        .find_map(|day| Some((day, folder.files(day).last()?)))
    else {
        return Ok(None);
    };
    let mut code = None;
    Reader::default().tail(&file, day.date, 4096, |row| {
        let text = row.columns.type_code.and_then(|place| row.text(place));
        code = text.map(str::to_owned).or(code.take());
    })?;
    let rated = code.and_then(|code| types::find(&code)?.maximum_power);
    Ok(rated.map(|watt| f64::from(watt) / 1000.0))
}

/// Installed powers: those that are known, and for the others what their best month says in proportion.
fn powers(known: &[Option<(f64, Basis)>], best: &[Option<f64>]) -> Vec<Option<(f64, Basis)>> {
    let ratios = known.iter().zip(best);
    let ratios = ratios.filter_map(|(known, best)| Some((*best)? / known.as_ref()?.0));
    // Wh per day and kWp in a best month; without any known power the unit does not matter.
    let ratio = median(ratios).filter(|ratio| *ratio > 0.0).unwrap_or(1.0);
    let estimate = |best: &Option<f64>| Some(((*best)? / ratio, Basis::BestMonth));
    known
        .iter()
        .zip(best)
        .map(|(known, best)| known.or_else(|| estimate(best)))
        .collect()
}

/// How much each of the siblings gives in its best month: the median of its yields of a day as a share of what all gave
/// that day. Of a day, not of the month alone: else the season would tell which month is the best.
fn best_months(first: NaiveDate, siblings: &[&[Option<f64>]]) -> Vec<Option<f64>> {
    let usual: Vec<Option<f64>> = siblings
        .iter()
        .map(|days| median(positive(days).map(|(_, energy)| energy)))
        .collect();
    let count = siblings.iter().map(|days| days.len()).max().unwrap_or(0);
    let of_day = |day: usize| {
        let siblings = siblings.iter().zip(&usual);
        median(
            siblings
                .filter_map(|(days, usual)| Some(days.get(day).copied().flatten()? / (*usual)?)),
        )
    };
    let all: Vec<Option<f64>> = (0..count).map(of_day).collect();
    let best = |days: &&[Option<f64>]| {
        let shares = positive(days).filter_map(|(day, energy)| {
            let all = all
                .get(day)
                .copied()
                .flatten()
                .filter(|all| *all >= BRIGHT)?;
            Some((day, energy / all))
        });
        best_month(first, shares)
    };
    siblings.iter().map(best).collect()
}

/// The days with yield: which, and how much.
fn positive(days: &[Option<f64>]) -> impl Iterator<Item = (usize, f64)> {
    let days = days.iter().enumerate();
    days.filter_map(|(day, energy)| Some((day, energy.filter(|energy| *energy > 0.0)?)))
}

/// The highest of the medians of months.
fn best_month(first: NaiveDate, days: impl Iterator<Item = (usize, f64)>) -> Option<f64> {
    let mut months: BTreeMap<(i32, u32), Vec<f64>> = BTreeMap::new();
    for (day, share) in days {
        let date = first.checked_add_days(Days::new(day as u64))?;
        months
            .entry((date.year(), date.month()))
            .or_default()
            .push(share);
    }
    let has_full = months.values().any(|days| days.len() >= FULL_MONTH);
    let counting = months
        .into_values()
        .filter(|days| days.len() >= FULL_MONTH || !has_full);
    counting.filter_map(median).reduce(f64::max)
}

/// Fills in the deviations of each from its siblings, and what is found.
pub fn judge(siblings: &mut [Compared], first: NaiveDate) {
    let specific: Vec<Vec<Option<f64>>> = siblings.iter().map(Compared::specific).collect();
    let count = specific.iter().map(Vec::len).max().unwrap_or(0);
    let of_day = |day: usize| {
        specific
            .iter()
            .map(move |days| days.get(day).copied().flatten())
    };
    let medians: Vec<Option<f64>> = (0..count)
        .map(|day| median(of_day(day).flatten()))
        .collect();
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
        let power = self
            .power
            .map(|(power, _)| power)
            .filter(|power| *power > 0.0);
        let per = |energy: &Option<f64>| Some((*energy)? / power?);
        self.energy.iter().map(per).collect()
    }

    /// kWh per kWp of a day, where the installed power is known.
    pub fn kwh_per_kwp(&self, day: usize) -> Option<f64> {
        let (power, basis) = self.power?;
        let energy = self.energy.get(day).copied().flatten()?;
        (basis != Basis::BestMonth).then(|| energy / power / 1000.0)
    }

    fn at(&self, day: usize) -> Option<f64> {
        self.deviation.get(day).copied().flatten()
    }

    fn find(&mut self, bright: &[usize], first: NaiveDate) {
        let recent = bright
            .get(bright.len().saturating_sub(RECENT)..)
            .unwrap_or_default();
        let last: Vec<f64> = recent.iter().filter_map(|day| self.at(*day)).collect();
        self.recent = median(last.iter().copied());
        self.finding = self.change(&last, bright, first);
        let has_rows = |day: &usize| self.energy.get(*day).is_some_and(Option::is_some);
        let lasted = self.energy.iter().rposition(Option::is_some);
        if recent.len() == RECENT && !recent.iter().any(has_rows) {
            self.absent = lasted.and_then(|day| date(first, day));
        }
    }

    /// Since when it is how far below, if `last`, its deviations on the last days, say so.
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
            .filter_map(|day| Some((*day, self.at(*day)?)))
            .collect();
        let values: Vec<f64> = days.iter().map(|(_, deviation)| *deviation).collect();
        let middle_of = |values: &[f64]| median(values.iter().copied());
        let mut now = median(low(LEAST))?;
        let mut usual = 0.0;
        let mut start = 0;
        for _ in 0..3 {
            start = begin(&values, f64::midpoint(usual, now));
            let (before, since) = values.split_at_checked(start)?;
            now = middle_of(since)?;
            usual = middle_of(before)
                .filter(|_| before.len() >= USUAL_DAYS)
                .unwrap_or(0.0)
                .max(now);
        }
        let (before, since) = values.split_at_checked(start)?;
        let has_usual = before.len() >= USUAL_DAYS;
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

/// Where values that are mostly above `level` become mostly below it: the place from which on they are below by most in sum.
fn begin(values: &[f64], level: f64) -> usize {
    let mut sum = 0.0;
    let mut best = (f64::MIN, 0);
    for (place, value) in values.iter().enumerate().rev() {
        sum += level - value;
        if sum > best.0 {
            best = (sum, place);
        }
    }
    best.1
}

/// Standard deviation of values around their middle; by the median where single wild values make it greater.
fn spread(values: &[f64]) -> Option<f64> {
    let middle = median(values.iter().copied())?;
    let robust = median(values.iter().map(|value| (value - middle).abs()))? * SIGMA;
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    Some(robust.min((squares / values.len() as f64).sqrt()))
}

fn date(first: NaiveDate, day: usize) -> Option<NaiveDate> {
    first.iter_days().nth(day)
}

/// The trackers of one inverter: its label, and per tracker its name and a sum per day.
type Trackers = (String, BTreeMap<String, Vec<Option<f64>>>);

/// Sums up the DC power of each tracker, Wh. An inverter without several trackers is not read.
fn trackers_of(
    folder: &Folder,
    from: NaiveDate,
    to: NaiveDate,
    count: usize,
) -> Result<(Trackers, Skipped), ReadError> {
    let mut reader = Reader::default();
    let mut trackers: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for day in folder.days(from, to) {
        let place = usize::try_from((day.date - from).num_days()).unwrap_or(usize::MAX);
        for file in folder.files(day) {
            if reader
                .columns(&file)?
                .is_none_or(|columns| columns.trackers.len() < 2)
            {
                continue;
            }
            let mut sums = Sums::default();
            reader.whole(&file, day.date, |row| sums.take(row))?;
            for (name, energy) in sums.names.iter().zip(&sums.energies) {
                let days = trackers
                    .entry(name.clone())
                    .or_insert_with(|| vec![None; count]);
                if let Some(slot) = days.get_mut(place) {
                    *slot = Some(slot.unwrap_or(0.0) + energy);
                }
            }
        }
    }
    Ok(((folder.label.clone(), trackers), reader.skipped))
}

/// The energies of the trackers in one file.
#[derive(Default)]
struct Sums {
    names: Vec<String>,
    energies: Vec<f64>,
    /// The row before, and its powers.
    last: Option<i32>,
    powers: Vec<f64>,
}

impl Sums {
    fn take(&mut self, row: &Row<'_>) {
        let trackers = &row.columns.trackers;
        if self.names.len() != trackers.len() {
            self.names = trackers.iter().map(|(_, name)| name.clone()).collect();
            self.energies = vec![0.0; trackers.len()];
            self.powers = self.energies.clone();
            self.last = None;
        }
        let now = row.time.instant();
        let seconds = self.last.map_or(0, |last| now - last);
        let hours = if (0..=LONGEST_STEP).contains(&seconds) {
            f64::from(seconds) / 3600.0
        } else {
            0.0
        };
        let places = trackers.iter().map(|(place, _)| *place);
        for ((place, energy), last) in places.zip(&mut self.energies).zip(&mut self.powers) {
            let power = row.number(place).unwrap_or(*last);
            *energy += f64::midpoint(*last, power) * hours;
            *last = power;
        }
        self.last = Some(now);
    }
}

/// The trackers that have modules, judged. Strings differ in length, so each is measured by its own best month.
fn compared_trackers(
    names: &Names,
    (label, trackers): Trackers,
    first: NaiveDate,
) -> Vec<Compared> {
    let title = names.title_of(&label);
    let sums: BTreeMap<&String, f64> = trackers
        .iter()
        .map(|(name, days)| (name, days.iter().flatten().sum()))
        .collect();
    let most = sums.values().copied().fold(0.0, f64::max);
    let unused: Vec<String> = sums
        .into_iter()
        .filter(|(_, sum)| *sum <= most * UNUSED)
        .map(|(name, _)| name.clone())
        .collect();
    let used = trackers
        .into_iter()
        .filter(|(name, _)| !unused.contains(name));
    let (used, energies): (Vec<String>, Vec<Vec<Option<f64>>>) = used.unzip();
    let best = best_months(
        first,
        &energies.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    );
    let list = used
        .into_iter()
        .zip(energies)
        .zip(best)
        .filter_map(|((name, energy), best)| {
            Some(Compared {
                label: label.clone(),
                title: format!("{title} {name}"),
                tracker: Some(name),
                power: Some((best?, Basis::BestMonth)),
                energy,
                deviation: Vec::new(),
                recent: None,
                finding: None,
                absent: None,
            })
        });
    let mut list: Vec<Compared> = list.collect();
    if list.len() < 2 {
        return Vec::new();
    }
    judge(&mut list, first);
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAYS: usize = 61;

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 14).unwrap_or_default()
    }

    /// Numbers from -1 to 1, always the same ones.
    fn noise(seed: usize) -> f64 {
        let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((state >> 33) % 2001) as f64 / 1000.0 - 1.0
    }

    /// Inverters of 10 kWp with noise of 3 % (the standard deviation), changed by `factor`.
    fn plant(
        count: usize,
        seed: usize,
        factor: impl Fn(usize, usize) -> Option<f64>,
    ) -> Vec<Compared> {
        let day = |inverter: usize, day: usize| {
            let sun = 30_000.0 + 10_000.0 * noise(day + 7_000 * seed);
            let own = 1.0 + 0.052 * noise(1_000 * inverter + day + 100_000 * (seed + 1));
            Some(sun * own * factor(inverter, day)?)
        };
        let one = |inverter: usize| Compared {
            label: format!("{:02}", inverter + 1),
            tracker: None,
            title: format!("{:02}", inverter + 1),
            power: Some((10.0, Basis::PlantFile)),
            energy: (0..DAYS).map(|number| day(inverter, number)).collect(),
            deviation: Vec::new(),
            recent: None,
            finding: None,
            absent: None,
        };
        let mut plant: Vec<Compared> = (0..count).map(one).collect();
        judge(&mut plant, first());
        plant
    }

    fn sentences(plant: &[Compared]) -> Vec<String> {
        plant.iter().filter_map(Compared::sentence).collect()
    }

    #[test]
    fn an_inverter_that_lost_a_fifth_is_named_with_its_day() {
        for count in [2, 3, 5, 31] {
            for seed in 0..10 {
                let plant = plant(count, seed, |inverter, day| {
                    Some(if inverter == 1 && day >= 49 { 0.8 } else { 1.0 })
                });
                let named: Vec<&str> = plant
                    .iter()
                    .filter(|one| one.finding.is_some())
                    .map(|one| one.label.as_str())
                    .collect();
                assert_eq!(
                    named,
                    ["02"],
                    "{count} inverters, {seed}: {:?}",
                    sentences(&plant)
                );
                let finding = plant
                    .get(1)
                    .and_then(|one| one.finding)
                    .map(|found| (found.since, found.below));
                let (since, below) = finding.unwrap_or_default();
                assert_eq!(Some(since), date(first(), 49), "{count} inverters, {seed}");
                assert!((below - 0.2).abs() < 0.035, "{below}");
            }
        }
    }

    #[test]
    fn noise_and_a_week_of_clouds_name_none() {
        for seed in 0..40 {
            let plant = plant(5, seed, |_, day| {
                Some(if (50..57).contains(&day) { 0.15 } else { 1.0 })
            });
            assert_eq!(sentences(&plant), [""; 0], "{seed}");
        }
    }

    #[test]
    fn a_sentence_tells_what_was_before() {
        let plant = plant(5, 0, |inverter, day| {
            Some(if inverter == 3 && day >= 50 {
                0.86
            } else {
                1.0
            })
        });
        let sentences = sentences(&plant);
        assert_eq!(sentences.len(), 1, "{sentences:?}");
        let sentence = sentences.first().map_or("", String::as_str);
        assert!(sentence.starts_with("04: 1"), "{sentence}");
        assert!(
            sentence.contains(" % below the others since 2026-05-03 (before: "),
            "{sentence}"
        );
    }

    #[test]
    fn an_inverter_that_was_always_low_has_no_before() {
        let plant = plant(5, 1, |inverter, _| {
            Some(if inverter == 0 { 0.7 } else { 1.0 })
        });
        let found = plant.first().and_then(|one| one.finding);
        assert_eq!(
            found.map(|found| (found.since, found.before)),
            Some((first(), None))
        );
    }

    #[test]
    fn one_that_recovered_is_not_flagged() {
        let plant = plant(5, 2, |inverter, day| {
            Some(if inverter == 0 && (20..50).contains(&day) {
                0.7
            } else {
                1.0
            })
        });
        assert_eq!(sentences(&plant), [""; 0]);
    }

    #[test]
    fn half_of_the_days_low_is_found_as_well() {
        for start in [10, 30, 35] {
            let plant = plant(4, 3, |inverter, day| {
                Some(if inverter == 2 && day >= start {
                    0.8
                } else {
                    1.0
                })
            });
            let since = plant
                .get(2)
                .and_then(|one| one.finding)
                .map(|found| found.since);
            assert_eq!(since, date(first(), start));
        }
    }

    #[test]
    fn no_rows_are_not_a_low_yield() {
        let plant = plant(4, 4, |inverter, day| {
            (inverter != 0 || day < 40).then_some(1.0)
        });
        assert_eq!(sentences(&plant), ["01: no rows since 2026-04-22"]);
        assert!(plant.iter().all(|one| one.finding.is_none()));
    }

    #[test]
    fn one_inverter_has_no_siblings() {
        let plant = plant(1, 5, |_, _| Some(1.0));
        assert_eq!(sentences(&plant), [""; 0]);
        assert!(
            plant
                .iter()
                .all(|one| one.deviation.iter().all(Option::is_none))
        );
    }

    #[test]
    fn powers_that_are_not_known_are_estimated_by_those_that_are() {
        let known = [
            Some((10.0, Basis::PlantFile)),
            None,
            Some((20.0, Basis::RatedPower)),
            None,
        ];
        let best = [Some(50_000.0), Some(25_000.0), Some(100_000.0), None];
        let expected = [known[0], Some((5.0, Basis::BestMonth)), known[2], None];
        assert_eq!(powers(&known, &best), expected);
        assert_eq!(
            powers(&[None], &[Some(3.0)]),
            [Some((3.0, Basis::BestMonth))]
        );
    }

    #[test]
    fn the_best_month_is_a_full_one_if_there_is_any() {
        let first = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap_or_default();
        let mut days = vec![10.0; 31];
        days.extend([99.0; 5]);
        let best = |skip: usize| best_month(first, days.iter().copied().enumerate().skip(skip));
        assert_eq!(
            (best(0), best(29), best(36)),
            (Some(10.0), Some(99.0), None)
        );
    }

    #[test]
    fn a_best_month_is_not_that_of_the_season() {
        let first = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
        // It rises all the time; the second loses half when the last month begins.
        let one: Vec<Option<f64>> = (0..92).map(|day| Some(100.0 + f64::from(day))).collect();
        let second = one
            .iter()
            .enumerate()
            .map(|(day, energy)| Some((*energy)? * if day < 61 { 2.0 } else { 1.0 }));
        let second: Vec<Option<f64>> = second.collect();
        let best = best_months(first, &[&one, &one, &second]);
        let ratio = best
            .first()
            .copied()
            .flatten()
            .zip(best.last().copied().flatten())
            .map(|(one, second)| second / one);
        assert!(
            ratio.is_some_and(|ratio| (ratio - 2.0).abs() < 0.01),
            "{ratio:?}"
        );
    }
}
