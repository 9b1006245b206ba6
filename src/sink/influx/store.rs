//! Where rows wait: in the logs, or, where there are none, the newest reading of each inverter in
//! memory.

use super::queue::{self, Queue};
use crate::format::influx;
use crate::observation::Observation;
use crate::sink::csv_log::error::LogError;
use std::collections::BTreeMap;

/// Where rows wait.
pub(super) enum Store {
    Log(Queue),
    Newest(Newest),
}

/// Rows for one request.
pub(super) enum Batch {
    Log(queue::Batch),
    /// Lines by the place of their inverter.
    Newest(BTreeMap<String, String>),
}

impl Batch {
    pub(super) fn lines(&self) -> String {
        match self {
            Self::Log(batch) => batch.lines.clone(),
            Self::Newest(lines) => lines.values().map(String::as_str).collect(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Log(batch) => batch.rows,
            Self::Newest(lines) => lines.len(),
        }
    }
}

/// The newest line of each inverter that the database does not have, by its place.
#[derive(Default)]
pub(super) struct Newest(BTreeMap<String, String>);

impl Newest {
    pub(super) fn put(&mut self, observation: &Observation) {
        let line = observation.reading().map(influx::line);
        if let Some(line) = line.filter(|line| !line.is_empty()) {
            self.0.insert(observation.inverter.place(), line);
        }
    }
}

impl Store {
    /// The next rows, no more than `room`.
    pub(super) fn next(&mut self, room: usize) -> Option<Batch> {
        match self {
            Self::Log(queue) => queue.next(room).map(Batch::Log),
            Self::Newest(newest) => {
                let lines = newest.0.iter().take(room);
                let lines: BTreeMap<_, _> = lines
                    .map(|(place, line)| (place.clone(), line.clone()))
                    .collect();
                (!lines.is_empty()).then_some(Batch::Newest(lines))
            }
        }
    }

    /// The database has this batch.
    pub(super) fn taken(&mut self, batch: &Batch) {
        match (self, batch) {
            (Self::Log(queue), Batch::Log(batch)) => queue.taken(batch),
            // A newer reading may have come meanwhile.
            (Self::Newest(newest), Batch::Newest(taken)) => {
                newest
                    .0
                    .retain(|place, line| taken.get(place) != Some(line));
            }
            _ => {}
        }
    }

    /// The database does not have this batch.
    pub(super) fn give_back(&mut self, batch: &Batch) {
        if let (Self::Log(queue), Batch::Log(batch)) = (self, batch) {
            queue.give_back(batch);
        }
    }

    /// A batch of one row is refused for what it says. Gives whether nothing is left of it to be
    /// pushed.
    pub(super) fn refuse(&mut self, batch: &Batch, reason: &str) -> bool {
        match (self, batch) {
            (Self::Log(queue), Batch::Log(batch)) => queue.refuse(batch, reason),
            (store, batch) => {
                store.taken(batch);
                false
            }
        }
    }

    /// Another row of the inverter that this batch of one row is of, if it is not known that the
    /// database takes its rows.
    pub(super) fn other(&self, batch: &Batch) -> Option<String> {
        match (self, batch) {
            (Self::Log(queue), Batch::Log(batch)) => queue.other(batch),
            _ => None,
        }
    }

    /// The database has taken that other row.
    pub(super) fn other_taken(&mut self, batch: &Batch) {
        if let (Self::Log(queue), Batch::Log(batch)) = (self, batch) {
            queue.other_taken(batch);
        }
    }

    /// A new attempt begins.
    pub(super) fn start(&mut self) {
        if let Self::Log(queue) = self {
            queue.start();
        }
    }

    /// Writes to the disk what the database has.
    pub(super) fn save(&mut self) -> Result<(), LogError> {
        match self {
            Self::Log(queue) => queue.save(),
            Self::Newest(_) => Ok(()),
        }
    }
}
