//! The CSV files of a log directory: one folder an inverter, one file a day, `latest.csv` beside it.
//!
//! A row is written whole or not at all, and is on the disk when [`LogDirectory::append`] returns. `latest.csv` is a hard
//! link to the file of the day, so that the two can't differ, whenever the power is cut; where the file system has no hard
//! links it is a copy that is exchanged whole.

use super::csv;
use crate::reading::Reading;
use chrono::NaiveDate;
use rustix::fs::{Access, access};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tracing::{info, warn};

/// What a log directory could not do.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another run writes there.
    #[error("another run is writing to {}", .0.display())]
    Busy(PathBuf),
    /// The system said no.
    #[error("{action} {}: {source}", .path.display())]
    Failed {
        /// What was tried, in the form "can't …".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl LogError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        let Self::Failed { source, .. } = self else {
            return Some(
                "wait until it is done; if none runs, see what has the directory open: `fuser -v DIR`",
            );
        };
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
                "the disk is full (`df -h` shows it); all earlier rows are kept, free some space",
            ),
            io::ErrorKind::PermissionDenied => Some(
                "give the directory to the user who runs this: `sudo chown -R $USER DIR`, or choose another",
            ),
            io::ErrorKind::ReadOnlyFilesystem => Some(
                "the disk is mounted read-only; a worn SD card does that too: `dmesg | tail` tells",
            ),
            io::ErrorKind::NotFound => Some("make its directory first: `mkdir -p DIR`"),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Some("a file of that name stands where a directory should be; move it away")
            }
            io::ErrorKind::IsADirectory => {
                Some("a directory of that name stands where a file should be; move it away")
            }
            _ => None,
        }
    }
}

/// Names what was tried, and on what, when it fails.
trait Explain<T> {
    fn or_explain(self, action: &'static str, path: &Path) -> Result<T, LogError>;
}

impl<T> Explain<T> for io::Result<T> {
    fn or_explain(self, action: &'static str, path: &Path) -> Result<T, LogError> {
        self.map_err(|source| LogError::Failed {
            action,
            path: path.to_owned(),
            source,
        })
    }
}

/// A directory for logs, held by this run alone.
#[derive(Debug)]
pub struct LogDirectory {
    path: PathBuf,
    /// The kernel's lock on the directory itself: nothing is left behind, however the run ends.
    _lock: File,
}

impl LogDirectory {
    /// Makes the directory if it is missing, and takes it for this run.
    ///
    /// # Errors
    /// [`LogError::Busy`] if another run has it; [`LogError::Failed`] if it can't be made, read or written.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        fs::create_dir_all(path).or_explain("can't make the directory", path)?;
        let lock = File::open(path).or_explain("can't open the directory", path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LogError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => {
                info!(
                    "{} can't be locked ({error}): see to it that no two runs write there",
                    path.display()
                );
            }
        }
        access(path, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(io::Error::from)
            .or_explain("can't write to the directory", path)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Puts right what a power cut left of an inverter's files of that day: a torn last row is removed.
    ///
    /// # Errors
    /// [`LogError::Failed`] if the files can't be read or written.
    pub fn repair(&self, folder: &str, day: NaiveDate) -> Result<(), LogError> {
        let folder = self.path.join(folder);
        let latest = folder.join(LATEST);
        let today = day_file(&folder, day);
        match open_repaired(&today)? {
            Some(_) => publish(&today, &latest),
            None => open_repaired(&latest).map(drop),
        }
    }

    /// Appends one row to the inverter's file of the reading's day; makes it, with its header, if it is the first.
    ///
    /// # Errors
    /// [`LogError::Failed`]; then nothing of the row is left in the file.
    pub fn append(&self, folder: &str, reading: &Reading) -> Result<(), LogError> {
        let Some(time) = reading.time else {
            return Ok(()); // a decoded capture has no place in a log
        };
        let folder = self.path.join(folder);
        if !folder.is_dir() {
            fs::create_dir_all(&folder).or_explain("can't make the directory", &folder)?;
            sync_directory(&self.path)?;
        }
        let today = day_file(&folder, time.date_naive());
        let (header, row) = (csv::header(reading), csv::row(reading));
        match file_with_header(&today, &header)? {
            Some(file) => append_row(file, &today, &row)?,
            None => start_file(&folder, &today, &(header + &row))?,
        }
        publish(&today, &folder.join(LATEST))
    }
}

/// The file that the Ardexa agent reads.
const LATEST: &str = "latest.csv";

/// Files that are not whole yet; no agent takes a hidden file for a log. The names are the same every day, so that what a
/// killed run left is used again and not kept for ever.
const NEW_DAY: &str = ".day.csv.new";
const NEW_LATEST: &str = ".latest.csv.new";

/// `2026-11-20.csv`
fn day_file(folder: &Path, day: NaiveDate) -> PathBuf {
    folder.join(format!("{}.csv", day.format("%Y-%m-%d")))
}

/// The file, if it is there with this header. One with another header is set aside: the inverter was exchanged.
fn file_with_header(path: &Path, header: &str) -> Result<Option<File>, LogError> {
    let Some(mut file) = open_repaired(path)? else {
        return Ok(None);
    };
    let mut found = vec![0; header.len()];
    if file.read_exact(&mut found).is_ok() && found == header.as_bytes() {
        return Ok(Some(file));
    }
    let aside = free_name(path);
    warn!(
        "{} has other columns and is kept as {}",
        path.display(),
        aside.display()
    );
    fs::rename(path, &aside).or_explain("can't set aside", path)?;
    Ok(None)
}

/// `2026-11-20.csv.1`, or the next number that is free.
fn free_name(path: &Path) -> PathBuf {
    let mut number = 1;
    loop {
        let name = PathBuf::from(format!("{}.{number}", path.display()));
        if name.symlink_metadata().is_err() {
            return name;
        }
        number += 1;
    }
}

/// Opens a file for reading and writing and removes the rest of a torn row at its end. A file without any whole line goes
/// altogether; `None` if it does, or if there is none.
fn open_repaired(path: &Path) -> Result<Option<File>, LogError> {
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.or_explain("can't open", path)?,
    };
    let whole = whole_lines(&mut file).or_explain("can't read", path)?;
    let length = file.metadata().or_explain("can't read", path)?.len();
    if whole == 0 {
        warn!(
            "{}: no line in it is whole, it is removed ({length} bytes)",
            path.display()
        );
        fs::remove_file(path).or_explain("can't remove", path)?;
        return Ok(None);
    }
    if whole < length {
        warn!(
            "{}: the last row was torn and is removed ({} bytes)",
            path.display(),
            length - whole
        );
        file.set_len(whole).or_explain("can't write", path)?;
        file.sync_all().or_explain("can't write", path)?;
    }
    file.rewind().or_explain("can't read", path)?;
    Ok(Some(file))
}

/// The length up to and including the last `\n`. Looks back block by block: files of a day are read at their end only.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    const BLOCK: u64 = 512;
    let mut end = file.metadata()?.len();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        Read::by_ref(file)
            .take(end - start)
            .read_to_end(&mut block)?;
        if let Some(place) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Appends a row and sees it to the disk; what was half written is taken back.
fn append_row(mut file: File, path: &Path, row: &str) -> Result<(), LogError> {
    let end = file.seek(SeekFrom::End(0)).or_explain("can't read", path)?;
    let written = file
        .write_all(row.as_bytes())
        .and_then(|()| file.sync_data());
    written
        .inspect_err(|_| {
            if let Err(error) = file.set_len(end) {
                warn!(
                    "{}: the half-written row stays until the next run ({error})",
                    path.display()
                );
            }
        })
        .or_explain("can't write", path)
}

/// Puts a new file in place, whole: header and first row.
pub(super) fn start_file(folder: &Path, path: &Path, content: &str) -> Result<(), LogError> {
    let new = folder.join(NEW_DAY);
    let written = File::create(&new)
        .and_then(|mut file| {
            file.write_all(content.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| fs::rename(&new, path));
    written
        .inspect_err(|_| drop(fs::remove_file(&new)))
        .or_explain("can't write", path)?;
    sync_directory(folder)
}

/// Makes `latest` the same as the file of the day.
fn publish(today: &Path, latest: &Path) -> Result<(), LogError> {
    if is_same_file(today, latest) {
        return Ok(());
    }
    let new = latest.with_file_name(NEW_LATEST);
    let _ = fs::remove_file(&new);
    let made = match fs::hard_link(today, &new) {
        Err(_) if has_same_content(today, latest) => return Ok(()),
        Err(_) => copy(today, &new),
        made => made,
    };
    made.and_then(|()| fs::rename(&new, latest))
        .inspect_err(|_| drop(fs::remove_file(&new)))
        .or_explain("can't write", latest)?;
    latest.parent().map_or(Ok(()), sync_directory)
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| {
        path.symlink_metadata()
            .ok()
            .map(|metadata| (metadata.dev(), metadata.ino(), metadata.nlink() > 1))
    };
    identity(one).is_some_and(|one| one.2 && Some(one) == identity(other))
}

/// Whether they are copies of each other.
fn has_same_content(one: &Path, other: &Path) -> bool {
    fs::read(one).is_ok_and(|one| fs::read(other).is_ok_and(|other| one == other))
}

/// Copies a file and sees the copy to the disk: it takes the place of an older one that was whole.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

fn sync_directory(folder: &Path) -> Result<(), LogError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .or_explain("can't write", folder)
}
