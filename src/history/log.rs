//! Which inverters and days a log directory holds. Nothing in it is opened for writing, and no lock
//! is taken.

use super::ReadError;
use super::rows::{self, failed};
use crate::day_file::DayFile;
use crate::lines::whole;
use chrono::{Datelike, NaiveDate};
use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// In the folder of an inverter that names itself: the IP address that its rows came from last.
/// Hidden, so that no agent takes it for a log.
pub(crate) const ADDRESS_FILE: &str = ".ip";

/// No address is longer, bytes.
const LONGEST_ADDRESS: usize = 64;

/// Folders below the directory: a bus and an inverter.
const DEPTH: usize = 2;

/// A log directory, listed.
#[derive(Debug, Clone, Default)]
pub struct Logs {
    /// The inverters with at least one file, sorted by label.
    pub(crate) inverters: Vec<InverterFolder>,
}

/// The files of one inverter.
#[derive(Debug, Clone)]
pub(crate) struct InverterFolder {
    /// `02`, `roof/02`, a serial number or an IP address.
    pub(crate) label: String,
    path: PathBuf,
    /// Sorted by date.
    days: Vec<Day>,
}

/// The files of one day: `2026-05-03.csv`, and those that were set aside as `2026-05-03.csv.1`.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    /// At least one, in the order in which they were written.
    files: Vec<DayFile>,
}

impl Logs {
    /// Lists a directory: that of `log`, or the folder of a single inverter. One that is missing or
    /// can't be read is an error; one without logs is not.
    pub fn open(directory: &Path) -> Result<Self, ReadError> {
        let mut log = Self::default();
        log.list(directory, "", DEPTH)?;
        log.inverters
            .sort_unstable_by(|one, other| one.label.cmp(&other.label));
        Ok(log)
    }

    fn list(&mut self, path: &Path, label: &str, depth: usize) -> Result<(), ReadError> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            // Removed since its name was read.
            Err(error) if error.kind() == ErrorKind::NotFound && !label.is_empty() => return Ok(()),
            Err(source) => return Err(failed(path, source)),
        };
        let mut files = Vec::new();
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| failed(path, source))?;
            // Of the entry itself: a symbolic link is neither file nor folder, so none is followed.
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_file() {
                files.extend(entry.file_name().to_str().and_then(DayFile::named));
            } else if kind.is_dir() {
                folders.extend(visible(&entry));
            }
        }
        if !files.is_empty() {
            // The name of `.` follows from the directories above it.
            let own = path.file_name().map(ToOwned::to_owned);
            let own = own.or_else(|| Some(path.canonicalize().ok()?.file_name()?.to_owned()));
            let own = own.map(|name| name.to_string_lossy().into_owned());
            self.inverters.push(InverterFolder {
                label: if label.is_empty() {
                    own.unwrap_or_default()
                } else {
                    label.to_owned()
                },
                path: path.to_owned(),
                days: by_day(files),
            });
        }
        // A bus can have the name of an inverter: its folder then holds both.
        if depth > 0 {
            for name in folders {
                let label = if label.is_empty() {
                    name.clone()
                } else {
                    format!("{label}/{name}")
                };
                self.list(&path.join(&name), &label, depth - 1)?;
            }
        }
        Ok(())
    }

    /// The same with these inverters only. The error is the first label that is not there.
    pub(crate) fn only(mut self, labels: &[String]) -> Result<Self, String> {
        if labels.is_empty() {
            return Ok(self);
        }
        let is_missing =
            |label: &&String| !self.inverters.iter().any(|folder| folder.label == **label);
        if let Some(missing) = labels.iter().find(is_missing) {
            return Err(missing.clone());
        }
        self.inverters
            .retain(|folder| labels.contains(&folder.label));
        Ok(self)
    }

    /// The last day from `from` to `to` on which an inverter has a row.
    pub(crate) fn last_day(
        &self,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Option<NaiveDate>, ReadError> {
        let mut dates = self.dates();
        dates.retain(|date| (from..=to).contains(date));
        // A file can be without a row, as a power cut can leave it.
        for date in dates.into_iter().rev() {
            for folder in &self.inverters {
                if folder.has_rows(date)? {
                    return Ok(Some(date));
                }
            }
        }
        Ok(None)
    }

    /// The last day with a file before `from`, the last up to `to`, and the first after it.
    pub(crate) fn around(&self, from: NaiveDate, to: NaiveDate) -> [Option<NaiveDate>; 3] {
        let dates = || self.dates().into_iter();
        [
            dates().rfind(|date| *date < from),
            dates().rfind(|date| (from..=to).contains(date)),
            dates().find(|date| *date > to),
        ]
    }

    /// The years with a file, in order.
    pub(super) fn years(&self) -> Vec<i32> {
        let dates = self.dates().into_iter();
        let mut years: Vec<i32> = dates.map(|date| date.year()).collect();
        years.dedup();
        years
    }

    /// First and last day with a file.
    pub(crate) fn span(&self) -> Option<(NaiveDate, NaiveDate)> {
        let dates = self.dates();
        dates.first().copied().zip(dates.last().copied())
    }

    /// The days with a file, in order.
    fn dates(&self) -> Vec<NaiveDate> {
        let days = self.inverters.iter().flat_map(|folder| &folder.days);
        let mut dates: Vec<NaiveDate> = days.map(|day| day.date).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }
}

impl InverterFolder {
    /// The IP address that its rows came from last, if it is named otherwise.
    pub(super) fn address(&self) -> Option<String> {
        let path = self.path.join(ADDRESS_FILE);
        // Opened only then: a pipe of this name would block.
        let is_file = fs::metadata(&path).is_ok_and(|found| found.is_file());
        let bytes = is_file.then(|| whole(&path, LONGEST_ADDRESS).ok())??;
        Some(String::from_utf8(bytes).ok()?.trim().to_owned())
    }

    /// The days from `from` to `to` of which there are files.
    pub(super) fn days(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = &Day> {
        let days = self.days.iter();
        days.filter(move |day| (from..=to).contains(&day.date))
    }

    /// The last days before `date`, the latest first.
    pub(super) fn before(&self, date: NaiveDate) -> impl Iterator<Item = &Day> {
        self.days
            .iter()
            .rev()
            .skip_while(move |day| day.date >= date)
    }

    /// The files of a day, in the order in which they were written.
    pub(super) fn files(&self, day: &Day) -> impl Iterator<Item = PathBuf> {
        day.files.iter().map(|file| self.path.join(file.name()))
    }

    /// The file of a day, if it is the only one.
    pub(super) fn only_file(&self, day: &Day) -> Option<PathBuf> {
        let mut files = self.files(day);
        files.next().filter(|_| day.files.len() == 1)
    }

    fn has_rows(&self, date: NaiveDate) -> Result<bool, ReadError> {
        let mut reader = rows::Reader::default();
        let mut has_rows = false;
        for day in self.days(date, date) {
            for file in self.files(day) {
                reader.whole(&file, date, &mut |_| has_rows = true)?;
            }
        }
        Ok(has_rows)
    }
}

fn visible(entry: &DirEntry) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    // Folders of inverters never begin with a dot: hidden ones belong to other programs. So does
    // what a file system has at its root, and only root can read.
    (!name.starts_with('.') && name != "lost+found").then_some(name)
}

fn by_day(mut files: Vec<DayFile>) -> Vec<Day> {
    files.sort_unstable();
    let of_day = |files: &[DayFile]| {
        let date = files.first()?.date;
        let files = files.to_vec();
        Some(Day { date, files })
    };
    let days = files.chunk_by(|one, next| one.date == next.date);
    days.filter_map(of_day).collect()
}
