//! The newest rows of an inverter, from before this run.

use super::ends::read_at;
use super::error::{LogError, OrExplain};
use super::folder::Folder;
use super::latest::LATEST;
use crate::day_file::DayFile;

/// Bytes that are read of the beginning and of the end of a file: a header, and at least one row.
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
    let names = folder.names().or_explain("can't read", folder.path())?;
    let files = names.filter_map(|name| DayFile::named(&name));
    Ok(files.filter(DayFile::is_last).max().map(DayFile::name))
}
