//! The CSV files of a log directory: one folder per inverter, one file per day, `latest.csv` beside
//! it.
//!
//! | module | does |
//! |---|---|
//! | `alarms` | faults that begin and end, missed inverters |
//! | [`files`] | the files of days: locks, rows, headers |
//! | `latest` | `latest.csv` |
//! | `repair` | torn rows, files that are set aside |
//! | [`newest`] | the newest rows of an inverter |
//! | `ends` | the beginning and the end of a file |
//! | [`folders`] | the folder of an inverter that names itself |
//! | [`folder`] | a folder held open, in which no link is followed |
//! | [`error`] | errors of files, and what to do about them |

mod alarms;
pub(super) mod ends;
pub(crate) mod error;
pub mod files;
pub mod folder;
pub mod folders;
mod latest;
pub(super) mod newest;
mod repair;

use super::trouble::Troubles;
use crate::clock;
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::kaco::untyped;
use crate::observation::{Observation, Outcome};
use chrono::{DateTime, Local, TimeDelta};
use error::LogError;
use files::LogDirectory;
use std::collections::BTreeMap;
use std::path::Path;

/// Appends the readings to the files of a directory.
pub(super) struct CsvLog {
    directory: LogDirectory,
    /// The folders of inverters that name themselves, as chosen in the last round.
    chosen: BTreeMap<InverterId, String>,
    /// Whether faults are reported: `watch` reports them as changes.
    reports_faults: bool,
    /// When missed inverters were last looked for.
    looked: Option<DateTime<Local>>,
}

/// How often missed inverters are looked for while `watch` goes on; each time reads files.
const LOOK_EVERY: TimeDelta = TimeDelta::hours(1);

impl CsvLog {
    pub(super) fn open(path: &Path) -> Result<Self, LogError> {
        Ok(Self {
            directory: LogDirectory::open(path)?,
            chosen: BTreeMap::new(),
            reports_faults: true,
            looked: None,
        })
    }

    /// Reports no faults from now on.
    pub(super) const fn without_faults(&mut self) {
        self.reports_faults = false;
    }

    /// Reports inverters that are missed.
    pub(super) fn round_done(&mut self, round: &[Observation]) {
        let now = clock::now();
        // A clock that was set back does not make it wait.
        let is_due = |looked| now < looked || now - looked >= LOOK_EVERY;
        if self.looked.is_none_or(is_due) && alarms::report_missed(&self.directory, round) {
            self.looked = Some(now);
        }
    }

    /// Repairs what a power cut left of the last files of these inverters, silent ones too. The
    /// folders of inverters that name themselves are not known yet: all of them are repaired.
    pub(super) fn repair(&mut self, inverters: &[InverterId], troubles: &mut Troubles) {
        let today = clock::now().date_naive();
        let names_itself = |inverter: &InverterId| inverter.folder().is_none();
        if inverters.is_empty() || inverters.iter().any(names_itself) {
            for folder in folders::all(self.directory.folder()) {
                let repaired = self.directory.repair(&folder, today);
                troubles.note(&format!("inverter {folder}"), repaired, AGAIN);
            }
        }
        for inverter in inverters {
            if let Some(folder) = inverter.folder() {
                let repaired = self.directory.repair(&folder, today);
                troubles.note_of(inverter, &inverter.subject(), repaired, AGAIN);
            }
        }
    }

    /// Gives a reading without a type the layout that its inverter has in its log.
    pub(super) fn recognise(&self, observation: &mut Observation) {
        let Outcome::Read { answer, .. } = &mut observation.outcome else {
            return;
        };
        let Some(folder) = observation.inverter.folder() else {
            return;
        };
        if let Some(xp) = untyped::as_xp(answer)
            && self.directory.has_columns(&folder, &xp)
        {
            **answer = xp;
        }
    }

    /// Chooses the folders of inverters that name themselves, and gives an inverter that did not
    /// report its serial number this time the one that its folder has. Under its address it would
    /// be another inverter to Home Assistant, for good.
    pub(super) fn identify(&mut self, observations: &mut [Observation]) {
        let readings: Vec<_> = observations
            .iter()
            .filter_map(Observation::reading)
            .collect();
        let folders = folders::choose(self.directory.folder(), &readings);
        // By now an address may be another inverter's.
        self.chosen.clear();
        for (observation, folder) in observations.iter_mut().zip(folders) {
            let known = recall(&observation.inverter, &folder);
            observation.inverter = known.clone();
            if let Outcome::Read { answer, .. } = &mut observation.outcome {
                answer.inverter = known.clone();
            }
            self.chosen.insert(known, folder);
        }
    }

    /// The folder of an inverter; `None` if it names itself and was not identified yet.
    pub(super) fn folder(&self, inverter: &InverterId) -> Option<String> {
        let chosen = || self.chosen.get(inverter).cloned();
        inverter.folder().or_else(chosen)
    }

    pub(super) fn observe(&mut self, observation: &Observation, troubles: &mut Troubles) {
        let inverter = &observation.inverter;
        let Some(reading) = observation.reading() else {
            return;
        };
        let Some(folder) = self.folder(inverter) else {
            return; // every inverter that names itself was identified before
        };
        let chosen = self.chosen.get(inverter);
        let subject = match chosen {
            Some(folder) => format!("inverter {folder}"),
            None => inverter.subject(),
        };
        // Before the row is in the file: the last row is the memory of what was reported.
        let before = self.directory.inside(&folder).ok().flatten();
        if self.reports_faults {
            alarms::report_faults(before.as_ref(), &subject, reading);
        }
        if let Some(before) = &before {
            alarms::forget_silence(before);
        }
        let appended = self.directory.append(&folder, reading);
        if troubles.note_of(inverter, &subject, appended, AGAIN) && chosen.is_some() {
            folders::remember(self.directory.folder(), &folder, reading);
        }
    }
}

const AGAIN: &str = ": its rows are written again";

/// The identity of an inverter whose rows are in this folder.
fn recall(inverter: &InverterId, folder: &str) -> InverterId {
    let (None, Some(ip)) = (inverter.serial(), inverter.ip()) else {
        return inverter.clone();
    };
    let ip = ip.to_string();
    // A folder is a serial number, `SERIAL_IP` of inverters that share one, or the address alone.
    let serial = folder.strip_suffix(&ip).unwrap_or(folder);
    let serial = serial.trim_end_matches('_');
    let serial = Some(serial.to_owned()).filter(|serial| !serial.is_empty());
    inverter.clone().with_serial(serial)
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        let message = error.to_string();
        match error {
            LogError::Busy(_) => Self::busy(message, error.hint().as_deref()),
            LogError::Failed { .. } => Self::new(message, error.hint().as_deref()),
        }
    }
}
