//! `latest.csv`, which the Ardexa agent reads: a hard link to the file of the day, so that the two
//! can't differ, whenever the power is cut. Where the file system has no hard links it is a copy
//! that is replaced as a whole.

use super::ends::{BLOCK, read_at};
use super::error::{LogError, OrExplain};
use super::folder::Folder;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

/// The file that the Ardexa agent reads.
pub(super) const LATEST: &str = "latest.csv";

/// Hidden until it is whole, as the new file of a day is.
const NEW_LATEST: &str = ".latest.csv.new";

/// `latest.csv`, open, if it is a copy of the file of the day, as on a disk without hard links: it
/// gets the same row, instead of being written again with all rows of the day. Only its end is
/// compared, as `LogDirectory::repair` has compared all.
pub(super) fn copy_of(folder: &Folder, today: &File) -> Option<File> {
    let mut today = today.try_clone().ok()?;
    let mut latest = folder.writable(LATEST).ok()??;
    let (one, other) = (today.metadata().ok()?, latest.metadata().ok()?);
    let start = one.len().saturating_sub(BLOCK);
    // A hard link is not a copy: it has the row already.
    let is_copy = one.ino() != other.ino()
        && one.len() == other.len()
        && read_at(&mut today, start, BLOCK).ok()? == read_at(&mut latest, start, BLOCK).ok()?;
    is_copy.then_some(latest)
}

/// Makes `latest.csv` the same as the file of the day.
pub(super) fn publish(folder: &Folder, today: &str) -> Result<(), LogError> {
    // `rename` does nothing to two links of one file: the hidden name would stay.
    if is_same_file(folder, today, LATEST) {
        return Ok(());
    }
    if folder.stat(LATEST).is_none() {
        // The first row of this inverter: also a run that was killed may have made the folders.
        folder.sync_way();
    }
    let made = folder
        .remove_if_there(NEW_LATEST)
        .and_then(|()| folder.link(today, NEW_LATEST));
    let made = match made {
        // Which error means that there are no hard links depends on the file system. If it was
        // another one, as a full disk, the copy fails in turn.
        Err(_) if has_same_content(folder, today, LATEST) => return Ok(()),
        Err(_) => copy(folder, today, NEW_LATEST),
        made => made,
    };
    made.and_then(|()| folder.rename(NEW_LATEST, LATEST))
        .inspect_err(|_| drop(folder.remove(NEW_LATEST)))
        .and_then(|()| folder.sync())
        .or_explain("can't write", &folder.path_of(LATEST))
}

fn is_same_file(folder: &Folder, one: &str, other: &str) -> bool {
    let identity = |name: &str| {
        folder
            .stat(name)
            .map(|stat| (stat.st_dev, stat.st_ino, stat.st_nlink > 1))
    };
    identity(one).is_some_and(|one| one.2 && Some(one) == identity(other))
}

/// Whether they are copies of each other.
fn has_same_content(folder: &Folder, one: &str, other: &str) -> bool {
    let content = |name: &str| folder.read(name).ok().flatten();
    content(one).is_some_and(|one| content(other) == Some(one))
}

/// Copies a file and flushes the copy to disk: it replaces an older one that was complete.
fn copy(folder: &Folder, from: &str, to: &str) -> io::Result<()> {
    let content = folder.read(from)?.ok_or(io::ErrorKind::NotFound)?;
    folder.create(to, &content)
}
