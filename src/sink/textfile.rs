//! A file of metrics, and how a file is replaced as a whole: a reader sees the old text or the new
//! one, nothing between.

use super::csv_log::error::LogError;
use super::trouble::Troubles;
use crate::format::prometheus;
use crate::observation::Observation;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The metrics of all inverters, as `read --format prometheus` prints them.
pub(super) struct Textfile(PathBuf);

impl Textfile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn write(&self, latest: &[Observation], troubles: &mut Troubles) {
        let written = replace(&self.0, &prometheus::exposition(latest));
        let subject = "the metrics could not be written";
        troubles.note(subject, written, ": they are written again");
    }
}

/// Writes `text` beside the file and replaces it. The umask decides which users may read it. After
/// an error the old file is as it was.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), LogError> {
    let new = beside(path);
    // Left by a run that was killed and had the same process id, as all have in a container.
    let _ = fs::remove_file(&new);
    let written = replaceable(path)
        .and_then(|()| File::create_new(&new))
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                // Before the rename: after a power cut, some file systems have the new name with an
                // empty file.
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| fs::rename(&new, path));
    written
        .inspect_err(|_| drop(fs::remove_file(&new)))
        .map_err(|source| LogError::Failed {
            action: "can't write",
            path: path.to_owned(),
            source,
        })
}

/// An error for devices, pipes and sockets, also behind a link: a file in the place of `/dev/null`
/// breaks a machine. A directory is refused by the system itself.
pub(super) fn replaceable(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(known) if !known.is_file() && !known.is_dir() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        )),
        _ => Ok(()),
    }
}

/// A hidden name, which collectors of `*.prom` ignore, with the process id: two runs that share a
/// file by mistake must not mix their texts.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.new", std::process::id()))
}
