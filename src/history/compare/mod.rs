//! Inverters against their siblings, and the MPP trackers of one inverter against each other.
//!
//! Each day, the specific yield (kWh per kWp) of an inverter is compared with the median of the
//! others. Weather and season are the same for all, so what is left is the inverter: dirt, shade, a
//! string that failed. `docs/history.md` describes the rules; [`judge()`] is all of them.

mod judge;
mod power;
mod trackers;

pub(crate) use judge::judge;

use super::log::Logs;
use super::names::Names;
use super::period::{self, Yields};
use super::{ReadError, SeriesRead, parallel};
use chrono::NaiveDate;
use power::{best_months, powers, rated_power};
use std::collections::BTreeMap;
use trackers::{compared_trackers, trackers_of};

/// With more trackers than this, only those of inverters in which one is too low have a row.
const MOST_TRACKERS: usize = 24;

/// Inverters and trackers compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) plant: Option<String>,
    pub(crate) first: NaiveDate,
    pub(crate) count: usize,
    /// Sorted by label.
    pub(crate) inverters: Vec<Compared>,
    /// The MPP trackers of inverters that have several, or the units of a 000xi.
    pub(crate) trackers: Vec<Compared>,
}

/// An inverter or tracker beside its siblings.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compared {
    /// Of the inverter: `02`.
    pub(crate) label: String,
    /// `MPPT1`; `None` for a whole inverter.
    pub(crate) tracker: Option<String>,
    /// Label and name, or label and tracker.
    pub(crate) title: String,
    /// Installed power, and where it is from.
    pub(crate) power: Option<(f64, Basis)>,
    /// Wh, one per day; `None` on days without rows.
    pub(crate) energy: Vec<Option<f64>>,
    /// Below (negative) or above the median of its siblings, as a part of it; `None` on days that
    /// are not compared.
    pub(crate) deviation: Vec<Option<f64>>,
    /// The middle of the last seven days that were compared.
    pub(crate) recent: Option<f64>,
    /// What was found, if it is too low.
    pub(crate) finding: Option<Finding>,
    /// The last day with rows, if it gave none on the last seven days that were compared.
    pub(crate) absent: Option<NaiveDate>,
}

/// Where an installed power is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Basis {
    /// kWp, from the plant file.
    PlantFile,
    /// kW, the rated power of the type.
    RatedPower,
    /// In proportion to the median of its best month.
    BestMonth,
}

/// An inverter that is too low.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finding {
    /// Part of the median that is missing: 0.14 for 14 %.
    pub(crate) below: f64,
    pub(crate) since: NaiveDate,
    /// The same before that day, negative if it was above; `None` if there were not enough days.
    pub(crate) before: Option<f64>,
}

impl Compared {
    /// What was found, as a sentence: `04: 14 % below the others since 2026-05-03 (before: 1 %)`.
    pub(crate) fn sentence(&self) -> Option<String> {
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
            // What rounds to 0 % is not above the others.
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
    pub(crate) fn all(&self) -> impl Iterator<Item = &Compared> {
        self.inverters.iter().chain(&self.trackers)
    }

    /// True if an inverter or tracker is too low.
    pub(crate) fn is_flagged(&self) -> bool {
        self.all().any(|compared| compared.finding.is_some())
    }

    /// The trackers that are worth a row: all of them, or, of many, those of inverters in which one
    /// is too low.
    pub(crate) fn shown_trackers(&self) -> Vec<&Compared> {
        let is_low = |label: &str| {
            let mut own = self.trackers.iter().filter(|one| one.label == label);
            own.any(|tracker| tracker.sentence().is_some())
        };
        let trackers = self.trackers.iter();
        trackers
            .filter(|tracker| self.trackers.len() <= MOST_TRACKERS || is_low(&tracker.label))
            .collect()
    }

    /// Inverters, then the trackers that are worth a row.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Compared> {
        self.inverters.iter().chain(self.shown_trackers())
    }

    /// The dates, in order.
    pub(crate) fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take(self.count)
    }

    /// Where the installed powers are from, as a sentence; `None` if nothing is compared.
    pub(crate) fn basis(&self) -> Option<String> {
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
pub(crate) fn read(
    log: &Logs,
    names: &Names,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<SeriesRead<Comparison>, ReadError> {
    let SeriesRead {
        series: yields,
        mut skipped,
    } = period::read(log, names, from, to)?;
    let inverters = inverters(log, names, &yields)?;
    let read = parallel::read(&log.inverters, |folder| {
        trackers_of(folder, from, to, yields.count)
    })?;
    skipped.add(read.skipped);
    let trackers = read.series.into_iter();
    let trackers = trackers.flat_map(|trackers| compared_trackers(names, trackers, from));
    let series = Comparison {
        plant: names.title.clone(),
        first: from,
        count: yields.count,
        inverters,
        trackers: trackers.collect(),
    };
    Ok(SeriesRead { series, skipped })
}

fn inverters(log: &Logs, names: &Names, yields: &Yields) -> Result<Vec<Compared>, ReadError> {
    let mut known = Vec::new();
    for (folder, inverter) in log.inverters.iter().zip(&yields.inverters) {
        // What the owner wrote counts first: the installed power can differ from the rated one.
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
            title: inverter.title.clone(),
            power,
            energy: inverter.days.clone(),
            ..Compared::default()
        });
    let mut list: Vec<Compared> = list.collect();
    judge(&mut list, yields.first);
    Ok(list)
}

#[cfg(test)]
mod tests;
