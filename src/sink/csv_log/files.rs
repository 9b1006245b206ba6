//! The CSV files of a log directory: one folder an inverter, one file a day, `latest.csv` beside
//! it.
//!
//! A row is written whole or not at all, and is on the disk when [`LogDirectory::append`] returns.
//! `latest.csv` is a hard link to the file of the day, so that the two can't differ, whenever the
//! power is cut; where the file system has no hard links it is a copy that is exchanged whole.

use super::error::{LogError, OrExplain};
use super::folder::Folder;
use crate::format::csv;
use crate::reading::Reading;
use chrono::NaiveDate;
use rustix::fs::{Access, access};
use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
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
    pub(crate) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Repairs what a power cut left of an inverter's files: a torn last row of that day, or of the
    /// last day before it, is removed.
    pub(crate) fn repair(&self, folder: &str, day: NaiveDate) -> Result<(), LogError> {
        let Some(folder) = self.inside(folder)? else {
            return Ok(());
        };
        let today = day_file(day);
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
            let path = self.folder.path();
            warn!("{} was taken away, it is made again", path.display());
            *self = Self::open(path)?;
        }
        let folder = self.inside_or_new(folder)?;
        let today = day_file(time.date_naive());
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
                start_file(&folder, &today, &(header + &row))?;
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

/// The file that the Ardexa agent reads.
pub(in crate::sink) const LATEST: &str = "latest.csv";

/// Files that are not whole yet; no agent takes a hidden file for a log. The names are the same
/// every day, so that what a killed run left is used again and not kept for ever.
const NEW_DAY: &str = ".day.csv.new";
const NEW_LATEST: &str = ".latest.csv.new";

/// `2026-11-20.csv`
fn day_file(day: NaiveDate) -> String {
    format!("{}.csv", day.format("%Y-%m-%d"))
}

/// How much of the beginning and of the end of a file is looked at, bytes: a header, and at least
/// one row.
const ENDS: u64 = 8192;

/// The header of a file, and the whole rows at its end; `None` without a row.
pub(in crate::sink) fn header_and_last_rows(
    folder: &Folder,
    name: &str,
) -> Option<(String, String)> {
    let mut file = folder.file(name).ok()??;
    let length = file.metadata().ok()?.len();
    let head = read_at(&mut file, 0, ENDS).ok()?;
    let tail = read_at(&mut file, length.saturating_sub(ENDS), ENDS).ok()?;
    // A damaged byte costs one cell, not the memory of all faults: hence the lossy conversion.
    let (head, tail) = (
        String::from_utf8_lossy(&head),
        String::from_utf8_lossy(&tail),
    );
    // What follows the last line end is a torn row.
    let (whole, _) = tail.rsplit_once('\n')?;
    // The header, or a row whose beginning is not in the tail.
    let (_, rows) = whole.split_once('\n')?;
    Some((head.lines().next()?.to_owned(), rows.to_owned()))
}

/// The file of the last day that there is one of.
pub(in crate::sink) fn newest_day(folder: &Folder) -> Result<Option<String>, LogError> {
    let is_day = |name: &String| {
        let day = name.strip_suffix(".csv").unwrap_or_default();
        // `%m` takes a single digit too, and such names do not sort by date.
        day.len() == 10 && NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()
    };
    let names = folder.names().or_explain("can't read", folder.path())?;
    Ok(names.filter(is_day).max())
}

/// Flushes the file of the last day: a run that repaired it may have been killed before it did, and
/// with a newer file beside it no later run looks at it.
fn sync_last(folder: &Folder) -> Result<(), LogError> {
    let Some(last) = newest_day(folder)? else {
        return Ok(());
    };
    match folder.file(&last) {
        Ok(Some(file)) => file
            .sync_all()
            .or_explain("can't write", &folder.path_of(&last)),
        // A link, or a file of another user: no run of this user left it unflushed.
        _ => Ok(()),
    }
}

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

/// Gives a file another name. It has that on the disk too before anything else gets the old one.
fn set_aside(folder: &Folder, name: &str, why: &str) -> Result<(), LogError> {
    let aside = free_name(folder, name);
    let path = folder.path_of(name);
    warn!(
        "{} {why} and is kept as {}",
        path.display(),
        folder.path_of(&aside).display()
    );
    folder
        .rename(name, &aside)
        .and_then(|()| folder.sync())
        .or_explain("can't set aside", &path)
}

fn begins_with(file: &mut File, header: &str) -> bool {
    let mut found = vec![0; header.len()];
    file.read_exact(&mut found).is_ok() && found == header.as_bytes()
}

/// `2026-11-20.csv.1`, or the next number that is free.
fn free_name(folder: &Folder, name: &str) -> String {
    let mut number = 1;
    loop {
        let name = format!("{name}.{number}");
        if folder.stat(&name).is_none() {
            return name;
        }
        number += 1;
    }
}

/// Longer than the header and the first row of any inverter: what is longer was not left by a run
/// that started a file.
const FIRST_WRITE: u64 = 4096;

/// Opens a file for reading and writing and removes the rest of a torn row at its end. A file
/// without any whole line goes altogether if no run can have finished a row in it, else it is set
/// aside; `None` if it does, or if there is none.
fn open_repaired(folder: &Folder, name: &str) -> Result<Option<File>, LogError> {
    let path = folder.path_of(name);
    let Some(mut file) = folder.file(name).or_explain("can't open", &path)? else {
        return Ok(None);
    };
    let whole = whole_lines(&mut file).or_explain("can't read", &path)?;
    let length = file.metadata().or_explain("can't read", &path)?.len();
    if whole == 0 {
        if length > FIRST_WRITE && !is_empty(&mut file).or_explain("can't read", &path)? {
            set_aside(folder, name, "has no whole line")?;
            return Ok(None);
        }
        warn!(
            "{}: no line in it is whole, it is removed ({length} bytes)",
            path.display()
        );
        folder.remove(name).or_explain("can't remove", &path)?;
        return Ok(None);
    }
    if whole < length {
        warn!(
            "{}: the last row was torn and is removed ({} bytes)",
            path.display(),
            length - whole
        );
        file.set_len(whole).or_explain("can't write", &path)?;
        // Flushed before a row follows: if a power cut kept a short row and lost this cut, the rest
        // of the torn one would stand behind it.
        file.sync_all().or_explain("can't write", &path)?;
    }
    file.rewind().or_explain("can't read", &path)?;
    Ok(Some(file))
}

const BLOCK: u64 = 512;

/// The length up to and including the last whole line: it ends with `\n` and holds no NUL. Blocks
/// that a power cut took are NULs, and the end of a row can be on the disk without its beginning.
///
/// Looks back block by block: files of a day are read at their end only.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut line_end = None;
    let mut end = file.metadata()?.len();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = read_at(file, start, end - start)?;
        for (index, byte) in block.iter().enumerate().rev() {
            match (byte, line_end) {
                // The line behind it was searched through: it holds no NUL.
                (b'\n', Some(whole)) => return Ok(whole),
                (b'\n', None) => line_end = Some(start + index as u64 + 1),
                (0, _) => line_end = None,
                _ => {}
            }
        }
        end = start;
    }
    Ok(line_end.unwrap_or(0))
}

/// Whether there is nothing in it but NULs.
fn is_empty(file: &mut File) -> io::Result<bool> {
    let mut start = 0;
    loop {
        let block = read_at(file, start, BLOCK)?;
        match block.iter().all(|byte| *byte == 0) {
            true if block.is_empty() => return Ok(true),
            true => start += BLOCK,
            false => return Ok(false),
        }
    }
}

fn read_at(file: &mut File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut block = Vec::new();
    Read::by_ref(file).take(length).read_to_end(&mut block)?;
    Ok(block)
}

/// `latest.csv`, open, if it is a copy of the file of the day, as on a disk without hard links: it
/// gets the same row, instead of being written anew with all rows of the day. Only its end is
/// compared, as [`LogDirectory::repair`] has compared all.
fn copy_of(folder: &Folder, today: &File) -> Option<File> {
    let mut today = today.try_clone().ok()?;
    let mut latest = folder.file(LATEST).ok()??;
    let (one, other) = (today.metadata().ok()?, latest.metadata().ok()?);
    let start = one.len().saturating_sub(BLOCK);
    // A hard link is not a copy: it has the row already.
    let is_copy = one.ino() != other.ino()
        && one.len() == other.len()
        && read_at(&mut today, start, BLOCK).ok()? == read_at(&mut latest, start, BLOCK).ok()?;
    is_copy.then_some(latest)
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

/// Puts a new file in place, whole: header and first row.
pub(in crate::sink) fn start_file(
    folder: &Folder,
    name: &str,
    content: &str,
) -> Result<(), LogError> {
    folder
        .create(NEW_DAY, content.as_bytes())
        // `create` has flushed the content: after a power cut the name never leads to an empty
        // file.
        .and_then(|()| folder.rename(NEW_DAY, name))
        .inspect_err(|_| drop(folder.remove(NEW_DAY)))
        .and_then(|()| folder.sync())
        .or_explain("can't write", &folder.path_of(name))
}

/// Makes `latest.csv` the same as the file of the day.
fn publish(folder: &Folder, today: &str) -> Result<(), LogError> {
    // `rename` does nothing to two links of one file: the hidden name would stay.
    if is_same_file(folder, today, LATEST) {
        return Ok(());
    }
    if folder.stat(LATEST).is_none() {
        // The first row of this inverter: also a run that was killed may have made the folders.
        folder.sync_way();
    }
    let made = folder
        .remove_if_there(NEW_LATEST)
        .and_then(|()| folder.link(today, NEW_LATEST));
    let made = match made {
        // Which error means that there are no hard links depends on the file system. If it was
        // another one, as a full disk, the copy fails in turn.
        Err(_) if has_same_content(folder, today, LATEST) => return Ok(()),
        Err(_) => copy(folder, today, NEW_LATEST),
        made => made,
    };
    made.and_then(|()| folder.rename(NEW_LATEST, LATEST))
        .inspect_err(|_| drop(folder.remove(NEW_LATEST)))
        .and_then(|()| folder.sync())
        .or_explain("can't write", &folder.path_of(LATEST))
}

fn is_same_file(folder: &Folder, one: &str, other: &str) -> bool {
    let identity = |name: &str| {
        folder
            .stat(name)
            .map(|stat| (stat.st_dev, stat.st_ino, stat.st_nlink > 1))
    };
    identity(one).is_some_and(|one| one.2 && Some(one) == identity(other))
}

/// Whether they are copies of each other.
fn has_same_content(folder: &Folder, one: &str, other: &str) -> bool {
    let content = |name: &str| folder.read(name).ok().flatten();
    content(one).is_some_and(|one| content(other) == Some(one))
}

/// Copies a file and flushes the copy to disk: it replaces an older one that was complete.
fn copy(folder: &Folder, from: &str, to: &str) -> io::Result<()> {
    let content = folder.read(from)?.ok_or(io::ErrorKind::NotFound)?;
    folder.create(to, &content)
}
