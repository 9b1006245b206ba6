//! Repairs what power cuts and killed runs leave of a file: removes torn rows, sets aside what no
//! run wrote.

use super::ends::{is_empty, whole_lines};
use super::error::{LogError, OrExplain};
use super::folder::Folder;
use super::newest::newest_day;
use std::fs::File;
use std::io::Seek;
use tracing::warn;

/// More bytes than the header and the first row of any inverter: a longer file was not left by a
/// run that started it.
const FIRST_WRITE: u64 = 4096;

/// Opens a file for reading and writing and removes the rest of a torn row at its end. A file
/// without any whole line goes altogether if no run can have finished a row in it, else it is set
/// aside; `None` if it does, or if there is none.
pub(super) fn open_repaired(folder: &Folder, name: &str) -> Result<Option<File>, LogError> {
    let path = folder.path_of(name);
    let Some(mut file) = folder.writable(name).or_explain("can't open", &path)? else {
        return Ok(None);
    };
    let whole = whole_lines(&mut file).or_explain("can't read", &path)?;
    let length = file.metadata().or_explain("can't read", &path)?.len();
    if whole == 0 {
        if length > FIRST_WRITE && !is_empty(&mut file).or_explain("can't read", &path)? {
            set_aside(folder, name, "has no whole line")?;
            return Ok(None);
        }
        warn!(
            "{}: no line in it is whole, it is removed ({length} bytes)",
            path.display()
        );
        folder.remove(name).or_explain("can't remove", &path)?;
        return Ok(None);
    }
    if whole < length {
        warn!(
            "{}: the last row was torn and is removed ({} bytes)",
            path.display(),
            length - whole
        );
        file.set_len(whole).or_explain("can't write", &path)?;
        // Flushed before a row follows: if a power cut kept a short row and lost this cut, the rest
        // of the torn one would stand behind it.
        file.sync_all().or_explain("can't write", &path)?;
    }
    file.rewind().or_explain("can't read", &path)?;
    Ok(Some(file))
}

/// Gives a file another name, which is on the disk before another file gets the old one.
pub(super) fn set_aside(folder: &Folder, name: &str, why: &str) -> Result<(), LogError> {
    let aside = free_name(folder, name);
    let path = folder.path_of(name);
    warn!(
        "{} {why} and is kept as {}",
        path.display(),
        folder.path_of(&aside).display()
    );
    folder
        .rename(name, &aside)
        .and_then(|()| folder.sync())
        .or_explain("can't set aside", &path)
}

/// `2026-11-20.csv.1`, or the next number that is free.
fn free_name(folder: &Folder, name: &str) -> String {
    let mut number = 1;
    loop {
        let name = format!("{name}.{number}");
        if folder.stat(&name).is_none() {
            return name;
        }
        number += 1;
    }
}

/// Flushes the file of the last day: a run that repaired it may have been killed before it did, and
/// with a newer file beside it no later run looks at it.
pub(super) fn sync_last(folder: &Folder) -> Result<(), LogError> {
    let Some(last) = newest_day(folder)? else {
        return Ok(());
    };
    match folder.file(&last) {
        Ok(Some(file)) => file
            .sync_all()
            .or_explain("can't write", &folder.path_of(&last)),
        // A link, or a file of another user: no run of this user left it unflushed.
        _ => Ok(()),
    }
}
