//! The files of one inverter, of which the database does not have all.

use super::batch::Batch;
use super::memory::{Extent, LONGEST_LINE, NAME, PushedRows};
use crate::day_file::DayFile;
use crate::format::influx;
use crate::format::log_row::Shape;
use crate::inverter::InverterId;
use crate::sink::csv_log::ends::read_at;
use crate::sink::csv_log::error::LogError;
use crate::sink::csv_log::files::put_whole;
use crate::sink::csv_log::folder::Folder;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use tracing::info;

/// Bytes of a log that are read at once.
const CHUNK: u64 = 256 * 1024;

/// The files of one inverter.
pub(super) struct Backlog {
    /// The folder, below the directory.
    pub(super) label: String,
    pub(super) inverter: InverterId,
    memory: PushedRows,
    /// Files of which the database does not have all.
    pub(super) open: BTreeSet<DayFile>,
    /// Files that could not be read: they are open again in the next attempt.
    unread: BTreeSet<DayFile>,
    /// The file that the last row was meant for, and its inode before that row.
    last: Option<(DayFile, Option<u64>)>,
    /// There is something to save.
    pub(super) is_news: bool,
    /// The database has taken a row of it.
    pub(super) is_taken: bool,
    /// The database takes none of its rows in this attempt.
    pub(super) is_blocked: bool,
    /// That a row was skipped is reported.
    pub(super) is_reported: bool,
}

impl Backlog {
    /// Lists the files of an inverter. `since`: the first day that is pushed if nothing is known of
    /// earlier runs; its newest day if there is none.
    pub(super) fn open(
        label: &str,
        inverter: &InverterId,
        folder: Option<&Folder>,
        since: Option<NaiveDate>,
    ) -> Result<Self, LogError> {
        let remembered = folder.and_then(PushedRows::read);
        let is_new = remembered.is_none();
        let first = || since.or_else(|| newest(folder?).map(|file| file.date));
        let mut backlog = Self {
            label: label.to_owned(),
            inverter: inverter.clone(),
            memory: remembered.unwrap_or_else(|| PushedRows::before(first())),
            open: BTreeSet::new(),
            unread: BTreeSet::new(),
            last: None,
            is_news: is_new,
            is_taken: false,
            is_blocked: false,
            is_reported: false,
        };
        if let Some(folder) = folder {
            backlog.list(folder);
            // Without this, a start on a later day would take that day for the first one.
            if is_new {
                backlog.save(folder)?;
            }
        }
        Ok(backlog)
    }

    /// Prepares for a row that is about to be appended to a file; without a folder, the row makes
    /// it.
    pub(super) fn expect(
        &mut self,
        folder: Option<&Folder>,
        file: DayFile,
    ) -> Result<(), LogError> {
        self.open.insert(file);
        let Some(folder) = folder else {
            return Ok(());
        };
        self.look(folder, file);
        self.last = Some((file, inode(folder, file)));
        // A clock that was wrong writes to a day that is over: before the row is there it is noted
        // where it will be.
        if self.memory.mark(file).is_none() {
            self.memory.set(file, end(folder, file));
            self.save(folder)?;
        }
        Ok(())
    }

    /// The database has a file up to this mark.
    pub(super) fn note(&mut self, file: DayFile, mark: Extent) {
        self.memory.set(file, mark);
        self.is_news = true;
    }

    /// A new attempt: what was refused or could not be read is tried again.
    pub(super) fn start(&mut self) {
        self.is_blocked = false;
        self.open.extend(&self.unread);
    }

    /// Notes whether a file could be read; returns whether that is new.
    pub(super) fn is_news_of(&mut self, file: DayFile, is_read: bool) -> bool {
        match is_read {
            true => self.unread.remove(&file),
            false => self.unread.insert(file),
        }
    }

    /// Lists the files again if the one that the last row was meant for was set aside for it.
    /// Returns whether it was, once.
    pub(super) fn look(&mut self, folder: &Folder, file: DayFile) -> bool {
        let before = self.last.take_if(|(last, _)| *last == file);
        let before = before.and_then(|(_, inode)| inode);
        let is_set_aside = before.is_some_and(|before| inode(folder, file) != Some(before));
        if is_set_aside {
            self.list(folder);
        }
        is_set_aside
    }

    /// Notes the files of which the database does not have all.
    fn list(&mut self, folder: &Folder) {
        let names = folder.names().into_iter().flatten();
        for file in names.filter_map(|name| DayFile::named(&name)) {
            if self.memory.mark(file).is_some() {
                self.open.insert(file);
            }
        }
    }

    /// Writes to the disk what the database has.
    pub(super) fn save(&mut self, folder: &Folder) -> Result<(), LogError> {
        self.memory.tidy(&(&self.open | &self.unread));
        put_whole(folder, NAME, &self.memory.text())?;
        self.is_news = false;
        Ok(())
    }

    /// Adds rows of a file to a batch. Returns how far it read and whether that is the end; `None`
    /// if there was nothing to read.
    pub(super) fn read(
        &mut self,
        folder: &Folder,
        file: DayFile,
        room: usize,
        batch: &mut Batch,
    ) -> io::Result<Option<(Extent, bool)>> {
        let mark = self.memory.mark(file);
        let Some((mut handle, mark)) = folder.file(&file.name())?.zip(mark) else {
            return Ok(None);
        };
        // Another file has this name now: it was set aside.
        let mark = Some(mark).filter(|mark| mark.is_in(&mut handle));
        let mark = mark.unwrap_or_default();
        // The header stands before the mark: it is read again.
        let mut shape = match mark.length {
            0 => None,
            _ => head(&mut handle)?,
        };
        let (start, chunk) = next_chunk(&mut handle, mark.length)?;
        let (mut reached, mut is_end) = (start, (chunk.len() as u64) < CHUNK);
        // A row that is just being written has no end yet: it is read next time.
        let lines = chunk.split_inclusive(|byte| *byte == b'\n');
        for line in lines.filter(|line| line.ends_with(b"\n")) {
            if batch.is_full(room) {
                is_end = false;
                break;
            }
            reached += line.len() as u64;
            match line.strip_prefix(b"#") {
                Some(_) => shape = shape_of(line).or(shape),
                None => match self.line(shape.as_ref(), line) {
                    Some(line) => {
                        batch.lines += &line;
                        batch.rows += 1;
                    }
                    None => info!("{}/{}: a line is not a row", self.label, file.name()),
                },
            }
        }
        if reached == start {
            return Ok(None); // torn, or a file without lines
        }
        Ok(Some((Extent::at(&mut handle, reached)?, is_end)))
    }

    /// The line of the last row of a file.
    pub(super) fn newest(&self, folder: &Folder, file: DayFile) -> Option<String> {
        let mut handle = folder.file(&file.name()).ok()??;
        let shape = head(&mut handle).ok()?;
        let length = handle.metadata().ok()?.len();
        let start = length.saturating_sub(LONGEST_LINE);
        let tail = read_at(&mut handle, start, LONGEST_LINE).ok()?;
        let mut lines = tail.split_inclusive(|byte| *byte == b'\n');
        let last = lines.rfind(|line| line.ends_with(b"\n"))?;
        self.line(shape.as_ref(), last)
    }

    /// What is pushed of a row, as `read --format influx` prints it; `None` if it is not a row, or
    /// has no value.
    fn line(&self, shape: Option<&Shape>, row: &[u8]) -> Option<String> {
        let reading = shape?.reading(row, &self.inverter)?;
        Some(influx::line(&reading)).filter(|line| !line.is_empty())
    }
}

/// The next bytes that hold the end of a line, else the last ones; and where they start. A line of
/// which bytes are skipped is longer than any row, as a damaged disk leaves it.
fn next_chunk(file: &mut File, mut start: u64) -> io::Result<(u64, Vec<u8>)> {
    loop {
        let chunk = read_at(file, start, CHUNK)?;
        if (chunk.len() as u64) < CHUNK || chunk.contains(&b'\n') {
            return Ok((start, chunk));
        }
        start += CHUNK;
    }
}

/// The newest file of a folder.
fn newest(folder: &Folder) -> Option<DayFile> {
    let names = folder.names().ok()?;
    names.filter_map(|name| DayFile::named(&name)).max()
}

/// Behind what is in a file now.
fn end(folder: &Folder, file: DayFile) -> Extent {
    let handle = folder.file(&file.name()).ok().flatten();
    let mark = handle.and_then(|mut handle| {
        let length = handle.metadata().ok()?.len();
        Extent::at(&mut handle, length).ok()
    });
    mark.unwrap_or_default()
}

fn inode(folder: &Folder, file: DayFile) -> Option<u64> {
    folder.stat(&file.name()).map(|stat| stat.st_ino)
}

/// The columns by the header of a file.
fn head(file: &mut File) -> io::Result<Option<Shape>> {
    let head = read_at(file, 0, LONGEST_LINE)?;
    let line = head.split_inclusive(|byte| *byte == b'\n').next();
    Ok(line.and_then(shape_of))
}

fn shape_of(line: &[u8]) -> Option<Shape> {
    Shape::of(std::str::from_utf8(line).ok()?.trim_end())
}
