//! The logs as a queue: rows that the database does not have yet, oldest first.

use super::memory::{DayFile, LONGEST_LINE, Mark, Memory, NAME};
use crate::format::influx;
use crate::format::log_row::Shape;
use crate::inverter::InverterId;
use crate::sink::csv_log::error::LogError;
use crate::sink::csv_log::files::start_file;
use crate::sink::csv_log::folder::Folder;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use tracing::{info, warn};

/// Bytes of a log that are read at once.
const CHUNK: u64 = 256 * 1024;

/// Bytes after which a batch gets no further row. Proxies take a megabyte if nothing else is said.
const LONGEST_BATCH: usize = 400 * 1024;

/// Rows for one request.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Lines of the line protocol.
    pub(super) lines: String,
    /// How many.
    pub(super) rows: usize,
    parts: Vec<Part>,
}

/// What a batch has of one file.
#[derive(Debug, Clone, Copy)]
struct Part {
    source: usize,
    file: DayFile,
    mark: Mark,
    /// It has all of the file.
    is_end: bool,
}

impl Batch {
    const fn is_full(&self, room: usize) -> bool {
        self.rows >= room || self.lines.len() >= LONGEST_BATCH
    }
}

/// The files of one inverter.
struct Source {
    /// The folder, below the directory.
    label: String,
    inverter: InverterId,
    memory: Memory,
    /// Files of which the database does not have all.
    open: BTreeSet<DayFile>,
    /// The file that the last row was meant for, and its inode before.
    last: Option<(DayFile, Option<u64>)>,
    /// There is something to remember.
    is_news: bool,
    /// The database has taken a row of it.
    is_taken: bool,
    /// The database takes none of its rows in this attempt.
    is_blocked: bool,
    /// That a row was skipped was told.
    is_told: bool,
}

/// All inverters of a directory.
pub(super) struct Queue {
    directory: PathBuf,
    /// The first day that an inverter without memory is pushed from; its newest day if there is
    /// none.
    since: Option<NaiveDate>,
    sources: Vec<Source>,
}

impl Queue {
    pub(super) const fn new(directory: PathBuf, since: Option<NaiveDate>) -> Self {
        Self {
            directory,
            since,
            sources: Vec::new(),
        }
    }

    /// Makes the files of an inverter part of the queue.
    pub(super) fn enter(&mut self, label: &str, inverter: &InverterId) -> Result<(), LogError> {
        self.place(label, inverter).map(drop)
    }

    /// Gets ready for a row that is about to be appended to the file of this day.
    pub(super) fn expect(
        &mut self,
        label: &str,
        inverter: &InverterId,
        date: NaiveDate,
    ) -> Result<(), LogError> {
        let place = self.place(label, inverter)?;
        let file = DayFile::of(date);
        let folder = self.folder(label);
        let Some(source) = self.sources.get_mut(place) else {
            return Ok(());
        };
        source.open.insert(file);
        let Some(folder) = folder else {
            return Ok(()); // the row makes it
        };
        if source.is_set_aside(&folder, file) {
            source.list(&folder);
        }
        source.last = Some((file, inode(&folder, file)));
        // A clock that was wrong writes to a day that is over: before the row is there it is noted
        // where it will be.
        if source.memory.mark(file).is_none() {
            source.memory.set(file, end(&folder, file));
            source.save(&folder)?;
        }
        Ok(())
    }

    /// The next rows that the database does not have, no more than `room`; `None` if it has all.
    pub(super) fn next(&mut self, room: usize) -> Option<Batch> {
        let mut batch = Batch::default();
        while !batch.is_full(room) {
            let sources = self.sources.iter().enumerate();
            let open = sources.filter(|(_, source)| !source.is_blocked);
            let files = open.filter_map(|(place, source)| Some((*source.open.first()?, place)));
            let Some((file, place)) = files.min() else {
                break;
            };
            let label = self.sources.get(place).map(|source| source.label.clone());
            let folder = self.folder(&label.unwrap_or_default());
            let source = self.sources.get_mut(place)?;
            let Some(folder) = folder else {
                source.open.remove(&file);
                continue;
            };
            if source.is_set_aside(&folder, file) {
                source.list(&folder);
                continue;
            }
            let read = source.read(&folder, file, room, &mut batch);
            let (mark, is_end) = match read {
                Ok(Some(read)) => read,
                Err(error) => {
                    warn!(
                        "{}/{}: it can't be read: {error}",
                        source.label,
                        file.name()
                    );
                    source.open.remove(&file);
                    continue;
                }
                // It is gone, or there is nothing to be pushed of it.
                Ok(None) => {
                    source.open.remove(&file);
                    continue;
                }
            };
            batch.parts.push(Part {
                source: place,
                file,
                mark,
                is_end,
            });
            if !is_end {
                break;
            }
            source.open.remove(&file);
        }
        if batch.rows == 0 {
            // Lines that are not rows, if any.
            let is_over = batch.parts.iter().all(|part| part.is_end);
            self.note(&batch, false);
            return if is_over { None } else { self.next(room) };
        }
        Some(batch)
    }

    /// The database has this batch.
    pub(super) fn taken(&mut self, batch: &Batch) {
        self.note(batch, true);
    }

    /// The database does not have this batch.
    pub(super) fn give_back(&mut self, batch: &Batch) {
        for part in &batch.parts {
            if let Some(source) = self.sources.get_mut(part.source) {
                source.open.insert(part.file);
            }
        }
    }

    /// A batch of one row is refused for what it says. It is skipped if the database has taken
    /// another row of its inverter, else the inverter waits for the next attempt, and the others go
    /// on. Gives whether it is skipped.
    pub(super) fn refuse(&mut self, batch: &Batch, reason: &str) -> bool {
        let place = batch.parts.last().map(|part| part.source);
        let Some(source) = place.and_then(|place| self.sources.get_mut(place)) else {
            return false;
        };
        if !source.is_taken {
            source.is_blocked = true;
            self.give_back(batch);
            return false;
        }
        let subject = source.inverter.subject();
        let row = batch.lines.trim_end();
        if std::mem::replace(&mut source.is_told, true) {
            info!("{subject}: a row is skipped: {reason}: {row}");
        } else {
            warn!(
                "{subject}: a row stays in the log alone, the database does not take it: \
                 {reason}\n  {row}"
            );
        }
        self.note(batch, false);
        true
    }

    /// The newest row of the inverter that this batch of one row is of, unless the database has
    /// taken one of it, or it is that row.
    pub(super) fn other(&self, batch: &Batch) -> Option<String> {
        let part = batch.parts.last()?;
        let source = self.sources.get(part.source)?;
        let folder = self.folder(&source.label).filter(|_| !source.is_taken)?;
        let newest = source.open.last().copied().max(Some(part.file))?;
        let line = source.newest(&folder, newest)?;
        (line != batch.lines).then_some(line)
    }

    /// The database has taken another row of the inverter that this batch is of.
    pub(super) fn other_taken(&mut self, batch: &Batch) {
        for part in &batch.parts {
            if let Some(source) = self.sources.get_mut(part.source) {
                source.is_taken = true;
            }
        }
    }

    /// A new attempt: what was refused is tried again.
    pub(super) fn start(&mut self) {
        for source in &mut self.sources {
            source.is_blocked = false;
        }
    }

    /// Writes to the disk what the database has.
    pub(super) fn save(&mut self) -> Result<(), LogError> {
        for place in 0..self.sources.len() {
            let source = self.sources.get(place).filter(|source| source.is_news);
            let folder = source.and_then(|source| self.folder(&source.label));
            if let Some((folder, source)) = folder.zip(self.sources.get_mut(place)) {
                source.save(&folder)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, batch: &Batch, is_taken: bool) {
        for part in &batch.parts {
            if let Some(source) = self.sources.get_mut(part.source) {
                source.memory.set(part.file, part.mark);
                source.is_news = true;
                source.is_taken |= is_taken;
            }
        }
    }

    /// Where the files of an inverter stand in the list; they are looked at when it is new.
    fn place(&mut self, label: &str, inverter: &InverterId) -> Result<usize, LogError> {
        let mut sources = self.sources.iter_mut().enumerate();
        if let Some((place, source)) = sources.find(|(_, source)| source.label == label) {
            source.inverter = inverter.clone();
            return Ok(place);
        }
        let folder = self.folder(label);
        let remembered = folder.as_ref().and_then(Memory::read);
        let is_new = remembered.is_none();
        let first = || {
            self.since
                .or_else(|| newest(folder.as_ref()?).map(|file| file.date))
        };
        let mut source = Source {
            label: label.to_owned(),
            inverter: inverter.clone(),
            memory: remembered.unwrap_or_else(|| Memory::before(first())),
            open: BTreeSet::new(),
            last: None,
            is_news: is_new,
            is_taken: false,
            is_blocked: false,
            is_told: false,
        };
        if let Some(folder) = &folder {
            source.list(folder);
            if is_new {
                source.save(folder)?;
            }
        }
        self.sources.push(source);
        Ok(self.sources.len() - 1)
    }

    /// A folder below the directory, `02` or `roof/02`, if it is there.
    fn folder(&self, label: &str) -> Option<Folder> {
        let directory = Folder::open(&self.directory).ok()?;
        let mut names = label.split('/');
        names.try_fold(directory, |folder, name| folder.inside(name).ok()?)
    }
}

/// The newest file of a folder.
fn newest(folder: &Folder) -> Option<DayFile> {
    let names = folder.names().ok()?;
    names.filter_map(|name| DayFile::named(&name)).max()
}

/// Behind what is in a file now.
fn end(folder: &Folder, file: DayFile) -> Mark {
    let handle = folder.file(&file.name()).ok().flatten();
    let mark = handle.and_then(|mut handle| {
        let length = handle.metadata().ok()?.len();
        Mark::at(&mut handle, length).ok()
    });
    mark.unwrap_or_default()
}

fn inode(folder: &Folder, file: DayFile) -> Option<u64> {
    folder.stat(&file.name()).map(|stat| stat.st_ino)
}

impl Source {
    /// Whether the file that the last row was meant for was set aside for it; told once.
    fn is_set_aside(&mut self, folder: &Folder, file: DayFile) -> bool {
        let before = self.last.take_if(|(last, _)| *last == file);
        let before = before.and_then(|(_, inode)| inode);
        before.is_some_and(|before| inode(folder, file) != Some(before))
    }

    /// Looks for files of which the database does not have all.
    fn list(&mut self, folder: &Folder) {
        let names = folder.names().into_iter().flatten();
        for file in names.filter_map(|name| DayFile::named(&name)) {
            if self.memory.mark(file).is_some() {
                self.open.insert(file);
            }
        }
    }

    /// Writes to the disk what the database has.
    fn save(&mut self, folder: &Folder) -> Result<(), LogError> {
        self.memory.tidy(&self.open);
        start_file(folder, NAME, &self.memory.text())?;
        self.is_news = false;
        Ok(())
    }

    /// Adds rows of a file to a batch. Gives how far it came and whether that is the end; `None` if
    /// there was nothing to read.
    fn read(
        &mut self,
        folder: &Folder,
        file: DayFile,
        room: usize,
        batch: &mut Batch,
    ) -> io::Result<Option<(Mark, bool)>> {
        let mark = self.memory.mark(file);
        let Some((mut handle, mark)) = folder.file(&file.name())?.zip(mark) else {
            return Ok(None);
        };
        // Another file has this name now: it was set aside.
        let mark = Some(mark).filter(|mark| mark.is_in(&mut handle));
        let mark = mark.unwrap_or_default();
        let mut shape = match mark.length {
            0 => None,
            _ => head(&mut handle)?,
        };
        handle.seek(SeekFrom::Start(mark.length))?;
        let mut chunk = Vec::new();
        let length = (&mut handle).take(CHUNK).read_to_end(&mut chunk)?;
        let mut reached = mark;
        let lines = chunk.split_inclusive(|byte| *byte == b'\n');
        for line in lines.filter(|line| line.ends_with(b"\n")) {
            if batch.is_full(room) {
                return Ok(Some((reached, false)));
            }
            reached = Mark::behind(line, reached.length + line.len() as u64);
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
        if reached == mark {
            return Ok(None); // torn, or a file without lines
        }
        Ok(Some((reached, (length as u64) < CHUNK)))
    }

    /// The line of the last row of a file.
    fn newest(&self, folder: &Folder, file: DayFile) -> Option<String> {
        let mut handle = folder.file(&file.name()).ok()??;
        let shape = head(&mut handle).ok()?;
        let length = handle.metadata().ok()?.len();
        let start = length.saturating_sub(LONGEST_LINE);
        handle.seek(SeekFrom::Start(start)).ok()?;
        let mut tail = Vec::new();
        handle.take(LONGEST_LINE).read_to_end(&mut tail).ok()?;
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

/// What the header of a file says.
fn head(file: &mut File) -> io::Result<Option<Shape>> {
    file.rewind()?;
    let mut head = Vec::new();
    file.take(LONGEST_LINE).read_to_end(&mut head)?;
    let line = head.split_inclusive(|byte| *byte == b'\n').next();
    Ok(line.and_then(shape_of))
}

fn shape_of(line: &[u8]) -> Option<Shape> {
    Shape::of(std::str::from_utf8(line).ok()?.trim_end())
}
