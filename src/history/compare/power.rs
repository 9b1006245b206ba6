//! Installed powers: known ones, and estimates from the yields.

use super::Basis;
use super::judge::BRIGHT;
use crate::history::log::InverterFolder;
use crate::history::rows::Reader;
use crate::history::{ReadError, at, date, median};
use crate::kaco::types;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// A month with fewer days with yield is not used, unless there is no better one.
const FULL_MONTH: usize = 10;

/// Rated power of the type in the last row, kW.
pub(super) fn rated_power(folder: &InverterFolder) -> Result<Option<f64>, ReadError> {
    let mut reader = Reader::default();
    for day in folder.before(NaiveDate::MAX) {
        let mut has_rows = false;
        let mut code = None;
        for file in folder.files(day) {
            // The type is in every row: the last ones are enough.
            reader.tail(&file, day.date, 4096, &mut |row| {
                has_rows = true;
                let text = row.columns.type_code.and_then(|place| row.text(place));
                code = text.map(str::to_owned).or(code.take());
            })?;
        }
        if has_rows {
            let rated = code.and_then(|code| types::find(&code)?.maximum_power);
            return Ok(rated.map(|watt| f64::from(watt) / 1000.0));
        }
    }
    Ok(None)
}

/// Installed powers: those that are known, and for the others an estimate in proportion to their
/// best month.
pub(super) fn powers(
    known: &[Option<(f64, Basis)>],
    best: &[Option<f64>],
) -> Vec<Option<(f64, Basis)>> {
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

/// How much each of the siblings yields in its best month: the median of its daily yields, each
/// divided by what all of them yielded on that day. Without the division the season would decide
/// which month is the best.
pub(super) fn best_months(first: NaiveDate, siblings: &[&[Option<f64>]]) -> Vec<Option<f64>> {
    let usual: Vec<Option<f64>> = siblings
        .iter()
        .map(|days| median(positive(days).map(|(_, energy)| energy)))
        .collect();
    let count = siblings.iter().map(|days| days.len()).max().unwrap_or(0);
    let of_day = |day: usize| {
        let siblings = siblings.iter().zip(&usual);
        median(siblings.filter_map(|(days, usual)| Some(at(days, day)? / (*usual)?)))
    };
    // In parts of what each usually gives, so that large and small inverters can be compared.
    let all: Vec<Option<f64>> = (0..count).map(of_day).collect();
    let best = |days: &&[Option<f64>]| {
        let shares = positive(days).filter_map(|(day, energy)| {
            let all = at(&all, day).filter(|all| *all >= BRIGHT)?;
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
pub(super) fn best_month(
    first: NaiveDate,
    days: impl Iterator<Item = (usize, f64)>,
) -> Option<f64> {
    let mut months: BTreeMap<(i32, u32), Vec<f64>> = BTreeMap::new();
    for (day, share) in days {
        let date = date(first, day)?;
        months
            .entry((date.year(), date.month()))
            .or_default()
            .push(share);
    }
    // A month of few days can be the best by chance.
    let has_full = months.values().any(|days| days.len() >= FULL_MONTH);
    let counting = months
        .into_values()
        .filter(|days| days.len() >= FULL_MONTH || !has_full);
    counting.filter_map(median).reduce(f64::max)
}
