//! `.influx` beside the files of an inverter: how much of them the database has.
//!
//! ```text
//! through 2026-11-19
//! 2026-11-20.csv 5321 a1b2c3d4
//! ```
//!
//! The database has the files up to that day, but of a file that is named only so many bytes; the
//! row that ends there has this checksum. A file that was replaced meanwhile is pushed again: the
//! same rows change nothing.

use crate::day_file::DayFile;
use crate::sink::csv_log::ends::read_at;
use crate::sink::csv_log::folder::Folder;
use chrono::NaiveDate;
use crc::{CRC_32_ISO_HDLC, Crc};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;

/// Hidden, so that no agent takes it for a log.
pub(super) const NAME: &str = ".influx";

/// The longest row that is compared, and the longest header, in bytes.
pub(super) const LONGEST_LINE: u64 = 4096;

/// How much of a file the database has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) length: u64,
    /// Of the row that ends there, or of the end of a longer line.
    sum: u32,
}

impl Extent {
    /// Behind the last line that ends within the first `length` bytes.
    pub(super) fn at(file: &mut File, length: u64) -> io::Result<Self> {
        let start = length.saturating_sub(LONGEST_LINE);
        let bytes = read_at(file, start, length - start)?;
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let last = lines.rfind(|line| line.ends_with(b"\n"));
        Ok(last.map_or_else(Self::default, |line| Self {
            length,
            sum: Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(line),
        }))
    }

    /// Whether this is still the same file.
    pub(super) fn is_in(self, file: &mut File) -> bool {
        self == Self::default() || Self::at(file, self.length).is_ok_and(|found| found == self)
    }
}

/// How much of all files of an inverter the database has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PushedRows {
    /// All files up to this day, but those that are named.
    through: Option<NaiveDate>,
    files: BTreeMap<DayFile, Extent>,
}

impl PushedRows {
    /// The database has all that is older than this day.
    pub(super) fn before(day: Option<NaiveDate>) -> Self {
        Self {
            through: day.and_then(|day| day.pred_opt()),
            files: BTreeMap::new(),
        }
    }

    /// What is noted in a folder, if anything is.
    pub(super) fn read(folder: &Folder) -> Option<Self> {
        // What can't be parsed counts as missing: rows that are pushed once more change
        // nothing.
        let text = String::from_utf8(folder.read(NAME).ok()??).ok()?;
        let mut memory = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            match (words.next()?, words.next()?, words.next()) {
                ("through", day, None) => memory.through = Some(day.parse().ok()?),
                (name, length, Some(sum)) => {
                    let (length, sum) = (length.parse().ok()?, u32::from_str_radix(sum, 16).ok()?);
                    memory.set(DayFile::named(name)?, Extent { length, sum });
                }
                _ => return None,
            }
        }
        Some(memory)
    }

    /// The content of the file.
    pub(super) fn text(&self) -> String {
        let through = self.through.map(|day| format!("through {day}\n"));
        let files = self.files.iter().map(|(file, mark)| {
            let Extent { length, sum } = mark;
            format!("{} {length} {sum:08x}\n", file.name())
        });
        through.into_iter().chain(files).collect()
    }

    /// How much of a file the database has; `None` for all of it.
    pub(super) fn mark(&self, file: DayFile) -> Option<Extent> {
        let is_over = self.through.is_some_and(|day| file.date <= day);
        let mark = self.files.get(&file).copied();
        mark.or_else(|| (!is_over).then(Extent::default))
    }

    pub(super) fn set(&mut self, file: DayFile, mark: Extent) {
        self.files.insert(file, mark);
    }

    /// Forgets the files of days that are over, if nothing of them is open.
    pub(super) fn tidy(&mut self, open: &BTreeSet<DayFile>) {
        // Rows go to the last day alone: of a day before it that is not open, the database has all.
        let last = self.files.keys().next_back();
        let first_open = open.first().map(|file| file.date);
        let over = last.map(|file| file.date.min(first_open.unwrap_or(file.date)));
        self.through = self.through.max(over.and_then(|day| day.pred_opt()));
        let through = self.through;
        self.files
            .retain(|file, _| Some(file.date) > through || open.contains(file));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(name: &str) -> DayFile {
        DayFile::named(name).unwrap()
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_is_open_is_not() {
        let mark = Extent {
            length: 9,
            sum: 0x6a9c_5e54,
        };
        let mut memory = PushedRows::default();
        let names = ["2026-11-17.csv", "2026-11-19.csv", "2026-11-20.csv"];
        for name in names {
            memory.set(file(name), mark);
        }
        memory.tidy(&BTreeSet::from([file("2026-11-19.csv")]));
        assert_eq!(
            memory.text(),
            "through 2026-11-18\n2026-11-19.csv 9 6a9c5e54\n2026-11-20.csv 9 6a9c5e54\n"
        );
        assert_eq!(memory.mark(file("2026-11-17.csv")), None);
        assert_eq!(
            memory.mark(file("2026-11-19.csv.1")),
            Some(Extent::default())
        );
        memory.tidy(&BTreeSet::new());
        assert_eq!(memory.mark(file("2026-11-19.csv")), None);
        // A clock that was wrong: a day that is over has a row more.
        memory.set(file("2026-01-01.csv"), mark);
        memory.tidy(&BTreeSet::from([file("2026-01-01.csv")]));
        assert_eq!(memory.mark(file("2026-01-01.csv")), Some(mark));
        assert_eq!(memory.mark(file("2026-01-02.csv")), None);
    }

    #[test]
    fn a_folder_remembers_how_far_it_was_pushed() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        assert_eq!(PushedRows::read(&folder), None);
        let mut memory = PushedRows::before(Some(file("2026-11-20.csv").date));
        memory.set(file("2026-11-20.csv.1"), Extent { length: 77, sum: 5 });
        folder.create(NAME, memory.text().as_bytes()).unwrap();
        assert_eq!(PushedRows::read(&folder), Some(memory));
        for damaged in ["through\n", "x\n", "2026-11-20.csv 1 z\n", "\0\0"] {
            folder.create(NAME, damaged.as_bytes()).unwrap();
            assert_eq!(PushedRows::read(&folder), None, "{damaged}");
        }
    }

    #[test]
    fn a_mark_knows_its_file() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"# head\nrow 1\nrow 2\n").unwrap();
        let mark = Extent::at(&mut file, 13).unwrap();
        assert!(mark.is_in(&mut file) && Extent::default().is_in(&mut file));
        for length in [6, 19, 999] {
            assert!(!Extent { length, ..mark }.is_in(&mut file));
        }
    }
}
