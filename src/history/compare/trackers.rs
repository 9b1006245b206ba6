//! The MPP trackers of one inverter. They have no counter, so their energies are summed up from all
//! rows.

use super::power::best_months;
use super::{Basis, Compared, judge};
use crate::history::log::InverterFolder;
use crate::history::names::Names;
use crate::history::row::Row;
use crate::history::rows::Reader;
use crate::history::{ReadError, SeriesRead, place};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A tracker that gave less than this part of the best one has no modules.
const UNUSED: f64 = 0.02;

/// Rows of a tracker further apart than this are not joined, s.
const LONGEST_STEP: i32 = 3600;

/// The trackers of one inverter: its label, and per tracker its name and a sum per day.
pub(super) type Trackers = (String, BTreeMap<String, Vec<Option<f64>>>);

/// Sums up the DC power of each tracker, Wh. An inverter without several trackers is not read.
pub(super) fn trackers_of(
    folder: &InverterFolder,
    from: NaiveDate,
    to: NaiveDate,
    count: usize,
) -> Result<SeriesRead<Trackers>, ReadError> {
    let mut reader = Reader::default();
    let mut trackers: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for day in folder.days(from, to) {
        let place = place(from, day.date);
        for file in folder.files(day) {
            if reader
                .columns(&file)?
                .is_none_or(|columns| columns.trackers.len() < 2)
            {
                continue;
            }
            let mut sums = Sums::default();
            reader.whole(&file, day.date, &mut |row| sums.take(row))?;
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
    Ok(SeriesRead {
        series: (folder.label.clone(), trackers),
        skipped: reader.skipped,
    })
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
        // Below zero after a clock that was set back.
        let hours = if (0..=LONGEST_STEP).contains(&seconds) {
            f64::from(seconds) / 3600.0
        } else {
            0.0
        };
        let places = trackers.iter().map(|(place, _)| *place);
        for ((place, energy), last) in places.zip(&mut self.energies).zip(&mut self.powers) {
            // A cell that was not read is not a power of 0.
            let power = row.number(place).unwrap_or(*last);
            *energy += f64::midpoint(*last, power) * hours;
            *last = power;
        }
        self.last = Some(now);
    }
}

/// The trackers that have modules, judged. Strings differ in length, so each is measured by its own
/// best month.
pub(super) fn compared_trackers(
    names: &Names,
    (label, trackers): Trackers,
    first: NaiveDate,
) -> Vec<Compared> {
    let title = names.title_of(&label);
    let sum = |days: &[Option<f64>]| days.iter().flatten().sum::<f64>();
    let most = trackers.values().map(|days| sum(days)).fold(0.0, f64::max);
    let used = trackers
        .into_iter()
        .filter(|(_, days)| sum(days) > most * UNUSED);
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
                ..Compared::default()
            })
        });
    let mut list: Vec<Compared> = list.collect();
    // A single tracker has no siblings.
    if list.len() < 2 {
        return Vec::new();
    }
    judge(&mut list, first);
    list
}
