//! Where rows wait: in the logs, or, where there are none, the newest reading of each inverter in
//! memory.

use super::batch::Batch;
use super::queue::Queue;
use crate::format::influx;
use crate::observation::Observation;
use crate::sink::csv_log::error::LogError;
use std::collections::BTreeMap;

/// Where rows wait.
pub(super) enum Store {
    Log(Queue),
    Newest(Newest),
}

/// The newest line of each inverter that the database does not have, by its place.
#[derive(Default)]
pub(super) struct Newest {
    lines: BTreeMap<String, String>,
    /// Those of the last batch.
    sent: BTreeMap<String, String>,
}

impl Newest {
    pub(super) fn put(&mut self, observation: &Observation) {
        let line = observation.reading().map(influx::line);
        if let Some(line) = line.filter(|line| !line.is_empty()) {
            self.lines.insert(observation.inverter.place(), line);
        }
    }
}

impl Store {
    /// The next rows, no more than `room`.
    pub(super) fn next(&mut self, room: usize) -> Option<Batch> {
        match self {
            Self::Log(queue) => queue.next(room),
            Self::Newest(Newest { lines, sent }) => {
                let next = lines.iter().take(room);
                *sent = next
                    .map(|(place, line)| (place.clone(), line.clone()))
                    .collect();
                (!sent.is_empty()).then(|| Batch {
                    lines: sent.values().map(String::as_str).collect(),
                    rows: sent.len(),
                    parts: Vec::new(),
                })
            }
        }
    }

    /// The database has this batch.
    pub(super) fn taken(&mut self, batch: &Batch) {
        match self {
            Self::Log(queue) => queue.taken(batch),
            // A newer reading may have come meanwhile.
            Self::Newest(Newest { lines, sent }) => {
                lines.retain(|place, line| sent.get(place) != Some(line));
            }
        }
    }

    /// The database does not have this batch.
    pub(super) fn give_back(&mut self, batch: &Batch) {
        if let Self::Log(queue) = self {
            queue.give_back(batch);
        }
    }

    /// A batch of one row is refused for its content. Returns whether nothing of it waits any more.
    pub(super) fn refuse(&mut self, batch: &Batch, reason: &str) -> bool {
        match self {
            Self::Log(queue) => queue.refuse(batch, reason),
            // Dropped, as the inverter's next reading replaces it. The error is reported.
            Self::Newest(_) => {
                self.taken(batch);
                false
            }
        }
    }

    /// Another row of the inverter that this batch of one row is of, if it is not known that the
    /// database takes its rows.
    pub(super) fn other(&self, batch: &Batch) -> Option<String> {
        match self {
            Self::Log(queue) => queue.other(batch),
            Self::Newest(_) => None,
        }
    }

    /// The database has taken that other row.
    pub(super) fn other_taken(&mut self, batch: &Batch) {
        if let Self::Log(queue) = self {
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
