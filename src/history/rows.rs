//! Lines of a file to rows. Bounded: a file is read in blocks, a line that does not fit into one is
//! skipped.

use super::columns::Columns;
use super::row::{Row, Time};
use super::{ReadError, Skipped};
use crate::lines::MARK;
use chrono::NaiveDate;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that are read at once. A row has less than 500.
const BLOCK: usize = 32 * 1024;

/// The first line ends within this, with `--counters` too.
const HEADER: usize = 2048;

/// Reads the files of an inverter, one after the other; keeps buffers and the last header.
#[derive(Default)]
pub(super) struct Reader {
    /// The last header, and what it means.
    header: Vec<u8>,
    columns: Option<Columns>,
    ends: Vec<usize>,
    block: Vec<u8>,
    /// Lines of the current file that were not rows.
    foreign: u64,
    /// The same of all files.
    pub(super) skipped: Skipped,
}

impl Reader {
    /// Hands every row of a file to `each`, in the order in which they stand there. A file that is
    /// gone has none.
    pub(super) fn whole(
        &mut self,
        path: &Path,
        date: NaiveDate,
        each: &mut dyn FnMut(&Row<'_>),
    ) -> Result<(), ReadError> {
        self.tail(path, date, u64::MAX, each).map(drop)
    }

    /// Hands the rows in the last `length` bytes of a file to `each`; true if these were all of
    /// them.
    pub(super) fn tail(
        &mut self,
        path: &Path,
        date: NaiveDate,
        length: u64,
        each: &mut dyn FnMut(&Row<'_>),
    ) -> Result<bool, ReadError> {
        let Some(mut file) = open(path)? else {
            return Ok(true);
        };
        let mut read = || -> io::Result<bool> {
            let size = file.metadata()?.len();
            // Header and end overlap, or nearly so: one pass reads both.
            if size.saturating_sub(HEADER as u64) <= length {
                // A file without a header must not be read by that of the file before.
                self.columns = None;
                self.header.clear();
                self.lines(&mut file, path, &bytes(date), false, each)?;
                return Ok(true);
            }
            self.first_line(&mut file)?;
            file.seek(SeekFrom::Start(size - length))?;
            self.lines(&mut file, path, &bytes(date), true, each)?;
            Ok(false)
        };
        read().map_err(|source| failed(path, source))
    }

    /// The header of a file; `None` if it is not that of a log.
    pub(super) fn columns(&mut self, path: &Path) -> Result<Option<&Columns>, ReadError> {
        if let Some(mut file) = open(path)? {
            self.first_line(&mut file)
                .map_err(|source| failed(path, source))?;
            return Ok(self.columns.as_ref());
        }
        Ok(None)
    }

    /// Reads the header alone.
    fn first_line(&mut self, file: &mut File) -> io::Result<()> {
        let mut head = [0; HEADER];
        let length = fill(file, &mut head)?;
        let head = head.get(..length).unwrap_or_default();
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        self.take_header(line.strip_prefix(MARK.as_bytes()).unwrap_or(line));
        Ok(())
    }

    /// True if the line is a header. The same header again costs a comparison.
    fn take_header(&mut self, line: &[u8]) -> bool {
        if self.columns.is_some() && self.header == line {
            return true;
        }
        self.columns = Columns::of(line);
        self.header.clear();
        self.header.extend_from_slice(line);
        self.columns.is_some()
    }

    /// Every line from the position of the file on. `is_cut`: the first one may be the rest of a
    /// line.
    fn lines(
        &mut self,
        file: &mut File,
        path: &Path,
        date: &[u8; 10],
        mut is_cut: bool,
        each: &mut dyn FnMut(&Row<'_>),
    ) -> io::Result<()> {
        let mut block = std::mem::take(&mut self.block);
        block.resize(BLOCK, 0);
        let mut kept = 0;
        // Inside a line that is longer than a block.
        let mut is_endless = false;
        loop {
            let length = kept + fill(file, block.get_mut(kept..).unwrap_or_default())?;
            let mut rest = block.get(..length).unwrap_or_default();
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let (line, after) = rest.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                let is_rest = std::mem::take(&mut is_cut) | std::mem::take(&mut is_endless);
                if !is_rest {
                    self.line(line.strip_suffix(b"\r").unwrap_or(line), date, each);
                }
            }
            let is_end = length < BLOCK;
            if is_end && !rest.is_empty() && !is_endless && !is_cut {
                // Without its end: torn, even if all cells seem to be there.
                self.foreign += 1;
            }
            if is_end {
                break;
            }
            if rest.len() == BLOCK {
                if !is_endless && !is_cut {
                    self.foreign += 1;
                }
                is_endless = true;
                kept = 0;
            } else {
                // The beginning of a line moves to the front, where the next block continues it.
                kept = rest.len();
                block.copy_within(length - kept..length, 0);
            }
        }
        self.block = block;
        let foreign = std::mem::take(&mut self.foreign);
        if foreign > 0 {
            self.skipped.note(path.to_owned(), foreign);
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], date: &[u8; 10], each: &mut dyn FnMut(&Row<'_>)) {
        let line = line.strip_prefix(MARK.as_bytes()).unwrap_or(line);
        if line.is_empty() {
            return;
        }
        if line.starts_with(b"#") {
            if !self.take_header(line) {
                self.foreign += 1;
            }
            return;
        }
        let line = unquoted(line);
        self.ends.clear();
        let commas = line.iter().enumerate().filter(|(_, byte)| **byte == b',');
        self.ends.extend(commas.map(|(place, _)| place));
        self.ends.push(line.len());
        let columns = self.columns.as_ref();
        let columns = columns.filter(|columns| columns.count == self.ends.len());
        let first = self.ends.first().and_then(|end| line.get(..*end));
        let time = first.and_then(|cell| Time::of(cell, date));
        // As many cells as the header has, and a time of the file's own day: other lines are torn
        // or foreign.
        match columns.zip(time) {
            Some((columns, time)) => each(&Row {
                time,
                columns,
                line: &line,
                ends: &self.ends,
            }),
            None => self.foreign += 1,
        }
    }
}

/// The line without quotes. Only a type code can have any; a comma between them becomes a point.
fn unquoted(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&b'"') {
        return Cow::Borrowed(line);
    }
    let mut is_quoted = false;
    let mut plain = line.to_vec();
    plain.retain_mut(|byte| {
        is_quoted ^= *byte == b'"';
        if is_quoted && *byte == b',' {
            *byte = b'.';
        }
        *byte != b'"'
    });
    Cow::Owned(plain)
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// A running `log` sets files aside: one that is gone has been renamed meanwhile.
fn open(path: &Path) -> Result<Option<File>, ReadError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, source)),
    }
}

pub(super) fn failed(path: &Path, source: io::Error) -> ReadError {
    ReadError {
        path: path.to_owned(),
        source,
    }
}

/// The date as rows begin with it.
fn bytes(date: NaiveDate) -> [u8; 10] {
    let text = date.format("%Y-%m-%d").to_string();
    text.as_bytes().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, 3).unwrap_or_default()
    }

    const HEAD: &str = "# datetime, status, DC Voltage, DC Current, DC Power, AC Voltage, AC Current, AC Power, Device temperature, Daily yield, Type\n";

    /// Clock, power and yield of a row.
    type Figures = (i32, Option<f64>, Option<f64>);

    /// What was read of each row, and how many lines were skipped.
    fn read(content: &[u8], tail: Option<u64>) -> (Vec<Figures>, u64) {
        let Ok(directory) = tempfile::tempdir() else {
            return (Vec::new(), u64::MAX);
        };
        let path = directory.path().join("2026-05-03.csv");
        assert!(std::fs::write(&path, content).is_ok());
        let mut reader = Reader::default();
        let mut rows = Vec::new();
        let mut each = |row: &Row<'_>| {
            let power = row.sum(&row.columns.power);
            rows.push((row.time.clock, power, row.figures().next().flatten()));
        };
        let result = match tail {
            Some(length) => reader.tail(&path, date(), length, &mut each).map(drop),
            None => reader.whole(&path, date(), &mut each),
        };
        assert!(result.is_ok());
        (rows, reader.skipped.lines())
    }

    fn row(time: &str, power: &str, energy: &str) -> String {
        format!("2026-05-03T{time},mpp-track,400.0,1.0,400,230.0,1.7,{power},30,{energy},5002xi\n")
    }

    #[test]
    fn rows_are_read_and_what_is_none_is_counted() {
        let torn = row("06:20:00+0200", "300", "30");
        let content = [
            HEAD,
            &row("06:00:00+0200", "100", "5"),
            "\n",
            &row("06:05:00+0200", "", "17").replace('\n', "\r\n"),
            "2026-05-03T06:10:00+0200,mpp-track\n",
            "what is this\n",
            "2026-05-02T06:10:00+0200,mpp-track,400.0,1.0,400,230.0,1.7,1,30,2,5002xi\n",
            &row("06:15:00+0200", "nan", "1e999").replace("5002xi", "\"50,\"\"02\""),
            torn.trim_end(),
        ];
        let (rows, skipped) = read(content.concat().as_bytes(), None);
        let expected = [
            (21_600, Some(100.0), Some(5.0)),
            (21_900, None, Some(17.0)),
            (22_500, None, None),
        ];
        assert_eq!(rows, expected);
        assert_eq!(skipped, 4);
    }

    #[test]
    fn a_header_in_the_middle_counts_from_there() {
        let old = "# datetime, status, AC Power total, Daily yield\n";
        let content = [
            HEAD,
            &row("06:00:00+0200", "1", "2"),
            old,
            "2026-05-03T07:00:00+0200,x,8,9\n",
            "# end\n",
        ];
        let (rows, skipped) = read(content.concat().as_bytes(), None);
        let second = (25_200, Some(8.0), Some(9.0));
        assert_eq!((rows.get(1), skipped), (Some(&second), 1));
    }

    #[test]
    fn a_tail_is_the_end_of_the_whole() {
        let rows = (0..2000).map(|minute| {
            let time = format!("{:02}:{:02}:00+0200", minute / 100, minute % 60);
            row(&time, &minute.to_string(), &(minute * 3).to_string())
        });
        let content = HEAD.to_owned() + &rows.collect::<String>();
        let (all, skipped) = read(content.as_bytes(), None);
        assert_eq!((all.len(), skipped), (2000, 0));
        for length in [1, 100, 1000, 40_000, 1_000_000] {
            let (some, skipped) = read(content.as_bytes(), Some(length));
            assert!(all.ends_with(&some) && skipped == 0, "{length}");
            assert!(some.len() as u64 * 88 + 176 >= length.min(content.len() as u64 - 1000));
        }
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory() {
        let row = row("06:00:00+0200", "1", "2");
        let content = HEAD.to_owned() + &"x".repeat(5 * BLOCK + 7) + "\n" + &row;
        let (rows, skipped) = read(content.as_bytes(), None);
        assert_eq!((rows.len(), skipped), (1, 1));
        // The end of such a line, where a tail begins, takes no row with it.
        let (rows, _) = read(content.as_bytes(), Some(4 * BLOCK as u64));
        assert_eq!(rows.len(), 1);
        let endless = vec![b'x'; 3 * BLOCK];
        assert_eq!(read(&endless, None), (Vec::new(), 1));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]

        /// Whatever stands in a file, its rows have the date of the file, and its end is the end of
        /// the whole.
        #[test]
        fn anything_can_stand_in_a_file(bytes: Vec<u8>, rows in 0..60_usize, tail in 0..9_000_u64) {
            let row = row("06:00:00+0200", "1", "2");
            let rows_before = row.repeat(rows);
            let parts = [HEAD.as_bytes(), rows_before.as_bytes(), &bytes, b"\n", row.as_bytes()];
            let content = parts.concat();
            let (all, _) = read(&content, None);
            proptest::prop_assert!(all.len() >= rows);
            if !bytes.contains(&b'#') {
                let (some, _) = read(&content, Some(tail));
                proptest::prop_assert!(all.ends_with(&some));
            }
        }
    }
}
