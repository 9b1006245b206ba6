//! What goes wrong with files: what was tried, on what, and what a person can do about it.

use super::folder::Stranger;
use std::io;
use std::path::{Path, PathBuf};

/// What a log directory could not do.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another run writes there.
    #[error("another run is writing to {}", .0.display())]
    Busy(PathBuf),
    /// The system said no.
    #[error("{action} {}: {source}", .path.display())]
    Failed {
        /// What was tried, in the form "can't …".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl LogError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        let Self::Failed { source, .. } = self else {
            return Some(
                "wait until it is done; if none runs, see what has the directory open: `fuser -v DIR`",
            );
        };
        let stranger = source.get_ref().and_then(|error| error.downcast_ref());
        match stranger {
            Some(Stranger::Link) => {
                return Some("move it away; to log where it leads to, name that as the directory");
            }
            Some(Stranger::NoFile) => {
                return Some("something else has the name of a file of the log; move it away");
            }
            None => {}
        }
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
                "the disk is full (`df -h` shows it); all earlier rows are kept, free some space",
            ),
            io::ErrorKind::PermissionDenied => Some(
                "give the directory to the user who runs this: `sudo chown -R $USER DIR`, or choose another",
            ),
            io::ErrorKind::ReadOnlyFilesystem => Some(
                "the disk is mounted read-only; a worn SD card does that too: `dmesg | tail` tells",
            ),
            io::ErrorKind::NotFound => Some("make its directory first: `mkdir -p DIR`"),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Some("a file of that name stands where a directory should be; move it away")
            }
            io::ErrorKind::IsADirectory => {
                Some("a directory of that name stands where a file should be; move it away")
            }
            _ => None,
        }
    }
}

/// Names what was tried, and on what, when it fails.
pub(super) trait Explain<T> {
    fn or_explain(self, action: &'static str, path: &Path) -> Result<T, LogError>;
}

impl<T> Explain<T> for io::Result<T> {
    fn or_explain(self, action: &'static str, path: &Path) -> Result<T, LogError> {
        self.map_err(|source| LogError::Failed {
            action,
            path: path.to_owned(),
            source,
        })
    }
}
