//! Rows on their way to the database.

use super::memory::Extent;
use crate::day_file::DayFile;

/// Bytes after which a batch gets no further row. By default, proxies take a megabyte.
const LONGEST_BATCH: usize = 400 * 1024;

/// Rows for one request.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Lines of the line protocol.
    pub(super) lines: String,
    /// How many rows.
    pub(super) rows: usize,
    /// Its share of each file.
    pub(super) parts: Vec<Share>,
}

/// The rows of one file in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// The index of the inverter in the queue.
    pub(super) place: usize,
    pub(super) file: DayFile,
    pub(super) mark: Extent,
    /// It has all of the file.
    pub(super) is_end: bool,
}

impl Batch {
    pub(super) const fn is_full(&self, room: usize) -> bool {
        self.rows >= room || self.lines.len() >= LONGEST_BATCH
    }
}
