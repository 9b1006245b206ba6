//! What stands at the beginning and at the end of a file of the log; the files of days are never
//! read whole.

use super::error::{LogError, OrExplain};
use super::folder::Folder;
use super::latest::LATEST;
use chrono::NaiveDate;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

pub(super) const BLOCK: u64 = 512;

/// How much of the beginning and of the end of a file is looked at, bytes: a header, and at least
/// one row.
const ENDS: u64 = 8192;

/// The header and the last whole rows of the file that was written last; `None` without a row.
pub(in crate::sink) fn last_rows(folder: &Folder) -> Option<(String, String)> {
    // A clock that was ahead for a while leaves a day that stays the newest one.
    header_and_last_rows(folder, LATEST)
        .or_else(|| header_and_last_rows(folder, &newest_day(folder).ok()??))
}

/// The header of a file, and the whole rows at its end; `None` without a row.
fn header_and_last_rows(folder: &Folder, name: &str) -> Option<(String, String)> {
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
pub(super) fn newest_day(folder: &Folder) -> Result<Option<String>, LogError> {
    let is_day = |name: &String| {
        let day = name.strip_suffix(".csv").unwrap_or_default();
        // `%m` takes a single digit too, and such names do not sort by date.
        day.len() == 10 && NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()
    };
    let names = folder.names().or_explain("can't read", folder.path())?;
    Ok(names.filter(is_day).max())
}

pub(super) fn begins_with(file: &mut File, header: &str) -> bool {
    let mut found = vec![0; header.len()];
    file.read_exact(&mut found).is_ok() && found == header.as_bytes()
}

/// The length up to and including the last whole line: it ends with `\n` and holds no NUL. Blocks
/// that a power cut took are NULs, and the end of a row can be on the disk without its beginning.
///
/// Looks back block by block: files of a day are read at their end only.
pub(super) fn whole_lines(file: &mut File) -> io::Result<u64> {
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
pub(super) fn is_empty(file: &mut File) -> io::Result<bool> {
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

/// At most `length` bytes from there.
pub(in crate::sink) fn read_at(file: &mut File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut block = Vec::new();
    Read::by_ref(file).take(length).read_to_end(&mut block)?;
    Ok(block)
}
