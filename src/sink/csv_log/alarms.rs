//! Warnings: faults that begin and end, and inverters without a row for more than a day while
//! others feed in. The memory is the files themselves.
//!
//! The last rows of an inverter's last file hold the faults that it reported before. The time of
//! the last one shows how long the inverter has been silent, and `.silent` beside it holds the date
//! of the last warning about that; the next row removes it.

use super::files::LogDirectory;
use super::folder::Folder;
use super::newest::last_rows;
use crate::fault;
use crate::format::csv;
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::reading::{Decimal, Reading, Role};
use chrono::{DateTime, FixedOffset, TimeDelta};
use tracing::warn;

/// Remembers the day of the last warning about a silent inverter.
const MARKER: &str = ".silent";

/// Time without a row after which an inverter is missed.
const MISSED: TimeDelta = TimeDelta::days(1);

/// Warns of faults that begin or end with this reading, which is not in the files yet.
pub(super) fn report_faults(folder: Option<&Folder>, subject: &str, new: &Reading) {
    let last = folder.and_then(last_rows);
    // Without an earlier row, every fault has just begun. A file that can't be read is not reported
    // here: appending the row to it fails too.
    let (header, rows) = last.unwrap_or_default();
    let [before, now] = fault::before_and_now(new, &header, &rows);
    for fault in now.iter().filter(|fault| !before.contains(fault)) {
        warn!("{subject}: the inverter reports a fault: {fault}");
    }
    for fault in before.iter().filter(|fault| !now.contains(fault)) {
        warn!("{subject}: the fault is over: {fault}");
    }
}

/// Removes the marker of an inverter that gives rows again.
pub(super) fn forget_silence(folder: &Folder) {
    // A marker that stays only keeps a warning from coming twice on its day.
    let _ = folder.remove_if_there(MARKER);
}

/// Warns once a day of inverters without a row for more than a day, where others of their bus feed
/// in. Returns whether there was a file to read.
pub(super) fn report_missed(directory: &LogDirectory, round: &[Observation]) -> bool {
    let mut has_looked = false;
    // A neighbour that feeds in shows that it is day: at night all inverters are silent.
    let feeding = |observation: &&Observation| {
        let power = observation
            .reading()
            .and_then(|reading| reading.number(Role::Power));
        power.is_some_and(|power| power > Decimal::ZERO)
    };
    for missed in round.iter().filter(|observation| is_missed(observation)) {
        let is_neighbour = |other: &&Observation| is_beside(&missed.inverter, &other.inverter);
        let neighbour = round.iter().filter(is_neighbour).find(feeding);
        let now = neighbour.and_then(|other| other.reading()?.time);
        let folder = missed.inverter.folder();
        let folder = folder.and_then(|folder| directory.inside(&folder).ok()?);
        if let (Some(now), Some(folder)) = (now, folder) {
            report_missed_one(&folder, &missed.inverter.subject(), now);
            has_looked = true;
        }
    }
    has_looked
}

fn report_missed_one(folder: &Folder, subject: &str, now: DateTime<FixedOffset>) {
    let Some((_, rows)) = last_rows(folder) else {
        return;
    };
    let row = rows.lines().next_back().unwrap_or_default();
    let time = row.split(',').next().unwrap_or_default();
    let Some(last) = csv::parsed_time(time) else {
        return;
    };
    let today = now.date_naive().to_string();
    let warned = folder.read(MARKER).ok().flatten();
    // Once a day: cron mails what each of its runs prints.
    if now - last <= MISSED || warned.as_deref() == Some(today.as_bytes()) {
        return;
    }
    let last = last.format("%F %H:%M");
    warn!("{subject}: no reading since {last}, while others of its bus feed in; look at it");
    if let Err(error) = folder.create(MARKER, today.as_bytes()) {
        let path = folder.path_of(MARKER);
        warn!(
            "can't write {}, the warning comes again: {error}",
            path.display()
        );
    }
}

fn is_missed(observation: &Observation) -> bool {
    // Where an inverter was unreachable or not polled, its link failed, which is an error already.
    matches!(observation.outcome, Outcome::Silent | Outcome::Garbled(_))
}

fn is_beside(one: &InverterId, other: &InverterId) -> bool {
    // Inverters of the network have no bus either: without the address they would pass for
    // neighbours on the unnamed one.
    one != other && one.has_address() && other.has_address() && one.bus() == other.bus()
}
