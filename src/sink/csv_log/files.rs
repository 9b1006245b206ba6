//! The CSV files of a log directory: one folder per inverter, one file per day, `latest.csv` beside
//! it.
//!
//! A row is written whole or not at all, and is on the disk when [`LogDirectory::append`] returns.

use super::ends::begins_with;
use super::error::{LogError, OrExplain};
use super::folder::Folder;
use super::latest::{LATEST, copy_of, publish};
use super::newest::newest_day;
use super::repair::{open_repaired, set_aside, sync_last};
use crate::day_file::DayFile;
use crate::format::csv;
use crate::reading::Reading;
use chrono::NaiveDate;
use rustix::fs::{Access, access};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use tracing::{info, warn};

/// A directory for logs, held by this run alone.
#[derive(Debug)]
pub struct LogDirectory {
    /// With the kernel's lock on the directory itself: nothing is left behind, however the run
    /// ends.
    folder: Folder,
}

impl LogDirectory {
    /// Makes the directory if it is missing, and takes it for this run. [`LogError::Busy`] if
    /// another run has it.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        if !path.is_dir() {
            let mut make = DirBuilder::new();
            make.recursive(true).mode(0o755);
            make.create(path)
                .or_explain("can't make the directory", path)?;
        }
        let folder = Folder::open(path).or_explain("can't open the directory", path)?;
        match folder.handle().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LogError::Busy(path.to_owned())),
            // Some network file systems have no locks: rows are written there all the same.
            Err(TryLockError::Error(error)) => {
                info!(
                    "{} can't be locked ({error}): see to it that no two runs write there",
                    path.display()
                );
            }
        }
        // Checked here, before a whole round is polled for nothing.
        access(path, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(io::Error::from)
            .or_explain("can't write to the directory", path)?;
        Ok(Self { folder })
    }

    /// The directory.
    pub(super) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Repairs what a power cut left of an inverter's files: a torn last row of that day, or of the
    /// last day before it, is removed.
    pub(super) fn repair(&self, folder: &str, day: NaiveDate) -> Result<(), LogError> {
        let Some(folder) = self.inside(folder)? else {
            return Ok(());
        };
        let today = DayFile::of(day).name();
        match open_repaired(&folder, &today)? {
            // A run may have been killed between its row and `latest.csv`.
            Some(_) => publish(&folder, &today),
            None => {
                // A symbolic link of this name is replaced with the next row.
                if !folder.is_link(LATEST) {
                    open_repaired(&folder, LATEST)?;
                }
                // A copy where the disk has no hard links; the same file elsewhere.
                match newest_day(&folder)? {
                    Some(last) => open_repaired(&folder, &last).map(drop),
                    None => Ok(()),
                }
            }
        }
    }

    /// Appends one row to the inverter's file of the reading's day; makes it, with its header, if
    /// it is the first. [`LogError::Failed`]: nothing of the row is left in the file.
    /// [`LogError::Busy`]: the directory was taken away meanwhile and another run has the new one.
    pub fn append(&mut self, folder: &str, reading: &Reading) -> Result<(), LogError> {
        let Some(time) = reading.time else {
            return Ok(()); // a decoded capture has no place in a log
        };
        // The handle still leads to the old directory: rows would land where it was moved to, or
        // hidden below a disk that was mounted over it.
        if self.folder.is_gone() {
            let again = Self::open(self.folder.path())?;
            // Only now: an error reports it too, and is noted once.
            let path = again.folder.path();
            warn!("{} was taken away, it is made again", path.display());
            *self = again;
        }
        let folder = self.inside_or_new(folder)?;
        let today = DayFile::of(time.date_naive()).name();
        let (header, row) = (csv::header(reading), csv::row(reading));
        match file_with_header(&folder, &today, &header)? {
            Some(file) => {
                // Before the row is appended: afterwards the two differ in length.
                let copy = copy_of(&folder, &file);
                append_row(file, &folder.path_of(&today), &row)?;
                // Where the copy does not take the row, `publish` replaces it.
                if let Some(copy) = copy
                    && append_row(copy, &folder.path_of(LATEST), &row).is_ok()
                {
                    return Ok(());
                }
            }
            None => {
                sync_last(&folder)?;
                put_whole(&folder, &today, &(header + &row))?;
            }
        }
        publish(&folder, &today)
    }

    /// Whether the inverter's newest file has the columns of this reading.
    pub(super) fn has_columns(&self, folder: &str, reading: &Reading) -> bool {
        let header = csv::header(reading);
        let file = || self.inside(folder).ok()??.file(LATEST).ok()?;
        file().is_some_and(|mut file| begins_with(&mut file, &header))
    }

    /// The folder of an inverter, `02` or `roof/02`, if it is there.
    pub(super) fn inside(&self, name: &str) -> Result<Option<Folder>, LogError> {
        match name.split_once('/') {
            None => inside(&self.folder, name),
            Some((bus, name)) => match inside(&self.folder, bus)? {
                Some(bus) => inside(&bus, name),
                None => Ok(None),
            },
        }
    }

    fn inside_or_new(&self, name: &str) -> Result<Folder, LogError> {
        match name.split_once('/') {
            None => inside_or_new(&self.folder, name),
            Some((bus, name)) => inside_or_new(&inside_or_new(&self.folder, bus)?, name),
        }
    }
}

fn inside(folder: &Folder, name: &str) -> Result<Option<Folder>, LogError> {
    let path = folder.path_of(name);
    folder.inside(name).or_explain("can't open", &path)
}

fn inside_or_new(folder: &Folder, name: &str) -> Result<Folder, LogError> {
    if let Some(found) = inside(folder, name)? {
        return Ok(found);
    }
    let path = folder.path_of(name);
    folder
        .make(name)
        .or_explain("can't make the directory", &path)?;
    // Opened as any other: a link may have taken the name since.
    inside(folder, name)?
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        .or_explain("can't open", &path)
}

/// A file that is not whole yet; no agent takes a hidden file for a log. All days and files share
/// the name, so that what a killed run left is replaced by the next one.
const NEW: &str = ".day.csv.new";

/// The file, if it is there with this header. One with another header is set aside: the inverter
/// was exchanged.
fn file_with_header(folder: &Folder, name: &str, header: &str) -> Result<Option<File>, LogError> {
    let Some(mut file) = open_repaired(folder, name)? else {
        return Ok(None);
    };
    if begins_with(&mut file, header) {
        return Ok(Some(file));
    }
    set_aside(folder, name, "has other columns")?;
    Ok(None)
}

/// Appends a row and flushes it to disk; a partly written row is removed.
fn append_row(mut file: File, path: &Path, row: &str) -> Result<(), LogError> {
    let end = file.seek(SeekFrom::End(0)).or_explain("can't read", path)?;
    // `fdatasync` flushes the new length too: without it the row could not be found.
    let written = file
        .write_all(row.as_bytes())
        .and_then(|()| file.sync_data());
    written
        .inspect_err(|_| {
            // Also after a flush that failed: what is reported as not written must not be there
            // later.
            if let Err(error) = file.set_len(end) {
                warn!(
                    "{}: the half-written row stays until the next run ({error})",
                    path.display()
                );
            }
        })
        .or_explain("can't write", path)
}

/// Puts a file in place, whole: the first rows of a day, or what is remembered beside them.
pub(in crate::sink) fn put_whole(
    folder: &Folder,
    name: &str,
    content: &str,
) -> Result<(), LogError> {
    folder
        .create(NEW, content.as_bytes())
        // `create` has flushed the content: after a power cut the name never leads to an empty
        // file.
        .and_then(|()| folder.rename(NEW, name))
        .inspect_err(|_| drop(folder.remove(NEW)))
        .and_then(|()| folder.sync())
        .or_explain("can't write", &folder.path_of(name))
}
