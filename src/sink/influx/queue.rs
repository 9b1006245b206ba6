//! The logs as a queue: rows that the database does not have yet, oldest first.

use super::backlog::Backlog;
use super::batch::{Batch, Share};
use crate::day_file::DayFile;
use crate::inverter::InverterId;
use crate::sink::csv_log::error::LogError;
use crate::sink::csv_log::folder::Folder;
use chrono::NaiveDate;
use std::path::PathBuf;
use tracing::{info, warn};

/// All inverters of a directory.
pub(super) struct Queue {
    directory: PathBuf,
    /// The first day that an inverter without memory is pushed from; its newest day if there is
    /// none.
    since: Option<NaiveDate>,
    backlogs: Vec<Backlog>,
}

impl Queue {
    pub(super) const fn new(directory: PathBuf, since: Option<NaiveDate>) -> Self {
        Self {
            directory,
            since,
            backlogs: Vec::new(),
        }
    }

    /// Makes the files of an inverter part of the queue.
    pub(super) fn enter(&mut self, label: &str, inverter: &InverterId) -> Result<(), LogError> {
        self.place(label, inverter).map(drop)
    }

    /// Prepares for a row that is about to be appended to the file of this day.
    pub(super) fn expect(
        &mut self,
        label: &str,
        inverter: &InverterId,
        date: NaiveDate,
    ) -> Result<(), LogError> {
        let place = self.place(label, inverter)?;
        let folder = self.folder(label);
        let Some(backlog) = self.backlogs.get_mut(place) else {
            return Ok(());
        };
        backlog.expect(folder.as_ref(), DayFile::of(date))
    }

    /// The next rows that the database does not have, no more than `room`; `None` if it has all.
    pub(super) fn next(&mut self, room: usize) -> Option<Batch> {
        loop {
            let mut batch = Batch::default();
            while !batch.is_full(room)
                && let Some((file, place)) = self.oldest()
                && self.fill(&mut batch, room, place, file)
            {}
            if batch.rows > 0 {
                return Some(batch);
            }
            // Lines that are not rows, if any.
            self.note(&batch, false);
            if batch.parts.iter().all(|part| part.is_end) {
                return None;
            }
        }
    }

    /// The oldest file with rows that the database can get, and the index of its inverter.
    fn oldest(&self) -> Option<(DayFile, usize)> {
        let backlogs = self.backlogs.iter().enumerate();
        let open = backlogs.filter(|(_, backlog)| !backlog.is_blocked);
        let files = open.filter_map(|(place, backlog)| Some((*backlog.open.first()?, place)));
        files.min()
    }

    /// Adds rows of a file to a batch; returns whether those of another file may follow. A file
    /// that is read to its end or gone is not open any more; one that can't be read waits for the
    /// next attempt.
    fn fill(&mut self, batch: &mut Batch, room: usize, place: usize, file: DayFile) -> bool {
        let label = self.backlogs.get(place).map(|one| one.label.clone());
        let folder = self.folder(&label.unwrap_or_default());
        let Some(backlog) = self.backlogs.get_mut(place) else {
            return false;
        };
        let Some(folder) = folder else {
            // It may have been taken away for a while.
            backlog.is_blocked = true;
            return true;
        };
        if backlog.look(&folder, file) {
            // The one that was set aside is listed now, and comes first.
            return true;
        }
        let read = backlog.read(&folder, file, room, batch);
        if backlog.is_news_of(file, read.is_ok()) {
            let found = match &read {
                Ok(_) => "it can be read again".to_owned(),
                Err(error) => format!("it can't be read: {error}"),
            };
            warn!("{}/{}: {found}", backlog.label, file.name());
        }
        let read = read.ok().flatten();
        let is_end = read.is_none_or(|(_, is_end)| is_end);
        if is_end {
            backlog.open.remove(&file);
        }
        batch.parts.extend(read.map(|(mark, is_end)| Share {
            place,
            file,
            mark,
            is_end,
        }));
        is_end
    }

    /// The database has this batch.
    pub(super) fn taken(&mut self, batch: &Batch) {
        self.note(batch, true);
    }

    /// The database does not have this batch.
    pub(super) fn give_back(&mut self, batch: &Batch) {
        for part in &batch.parts {
            if let Some(backlog) = self.backlogs.get_mut(part.place) {
                backlog.open.insert(part.file);
            }
        }
    }

    /// A batch of one row is refused for its content. It is skipped if the database has taken
    /// another row of its inverter, else the inverter waits for the next attempt, and the others go
    /// on. Returns whether it is skipped.
    pub(super) fn refuse(&mut self, batch: &Batch, reason: &str) -> bool {
        let place = batch.parts.last().map(|part| part.place);
        let Some(backlog) = place.and_then(|place| self.backlogs.get_mut(place)) else {
            return false;
        };
        if !backlog.is_taken {
            backlog.is_blocked = true;
            self.give_back(batch);
            return false;
        }
        let subject = backlog.inverter.subject();
        let row = batch.lines.trim_end();
        if std::mem::replace(&mut backlog.is_reported, true) {
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
        let backlog = self.backlogs.get(part.place)?;
        let folder = self.folder(&backlog.label).filter(|_| !backlog.is_taken)?;
        let newest = backlog.open.last().copied().max(Some(part.file))?;
        let line = backlog.newest(&folder, newest)?;
        (line != batch.lines).then_some(line)
    }

    /// The database has taken another row of the inverter that this batch is of.
    pub(super) fn other_taken(&mut self, batch: &Batch) {
        for part in &batch.parts {
            if let Some(backlog) = self.backlogs.get_mut(part.place) {
                backlog.is_taken = true;
            }
        }
    }

    /// A new attempt begins.
    pub(super) fn start(&mut self) {
        for backlog in &mut self.backlogs {
            backlog.start();
        }
    }

    /// Writes to the disk what the database has.
    pub(super) fn save(&mut self) -> Result<(), LogError> {
        for place in 0..self.backlogs.len() {
            let backlog = self.backlogs.get(place).filter(|backlog| backlog.is_news);
            let folder = backlog.and_then(|backlog| self.folder(&backlog.label));
            if let Some((folder, backlog)) = folder.zip(self.backlogs.get_mut(place)) {
                backlog.save(&folder)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, batch: &Batch, is_taken: bool) {
        for part in &batch.parts {
            if let Some(backlog) = self.backlogs.get_mut(part.place) {
                backlog.note(part.file, part.mark);
                backlog.is_taken |= is_taken;
            }
        }
    }

    /// The index of an inverter; a new one has its files listed.
    fn place(&mut self, label: &str, inverter: &InverterId) -> Result<usize, LogError> {
        let mut backlogs = self.backlogs.iter_mut().enumerate();
        if let Some((place, backlog)) = backlogs.find(|(_, backlog)| backlog.label == label) {
            backlog.inverter = inverter.clone();
            return Ok(place);
        }
        let folder = self.folder(label);
        let backlog = Backlog::open(label, inverter, folder.as_ref(), self.since)?;
        self.backlogs.push(backlog);
        Ok(self.backlogs.len() - 1)
    }

    /// A folder below the directory, `02` or `roof/02`, if it is there.
    fn folder(&self, label: &str) -> Option<Folder> {
        // By its path each time: the directory can be taken away and made again during a run.
        let directory = Folder::open(&self.directory).ok()?;
        let mut names = label.split('/');
        names.try_fold(directory, |folder, name| folder.inside(name).ok()?)
    }
}
