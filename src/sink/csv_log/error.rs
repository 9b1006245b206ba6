//! Errors of files: what was tried, on what, and what to do about it.

use super::folder::WrongKind;
use crate::escape::shell_word;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a log directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another run writes there.
    #[error("another run is writing to {}", .0.display())]
    Busy(PathBuf),
    /// The system refused.
    #[error("{action} {}: {source}", .path.display())]
    Failed {
        /// What was tried, in the form "can't …".
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl LogError {
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Busy(path) => Some(format!(
                "wait until it is done; if none runs, see what has the directory open: \
                `fuser -v {}`",
                word(path)
            )),
            Self::Failed {
                action,
                path,
                source,
            } => match source.kind() {
                io::ErrorKind::PermissionDenied => Some(permission(action, path)),
                // Missing log directories are made; this is the directory of another file, as of
                // metrics.
                io::ErrorKind::NotFound => {
                    let directory = word(path.parent().unwrap_or(path));
                    Some(format!("make its directory first: `mkdir -p {directory}`"))
                }
                _ => general(source).map(str::to_owned),
            },
        }
    }
}

/// How to get access to a directory that may be missing, or to a file.
fn permission(action: &str, path: &Path) -> String {
    // Not a directory of the system, such as /var/log, with all that is in it.
    let depth = fs::canonicalize(path).map_or(0, |path| path.components().count());
    if path.is_dir() && depth <= 3 {
        let own = word(&path.join("kaco"));
        return format!("use a directory of its own: `sudo install -d -o $USER {own}`");
    }
    let command = if path.is_dir() {
        format!("sudo chown -R $USER {}", word(path))
    } else if action.contains("directory") {
        format!("sudo install -d -o $USER {}", word(path))
    } else if path.is_file() {
        format!("sudo chown $USER {}", word(path))
    } else {
        // A user without the right to write there should not get a directory of the system by a
        // hint.
        let directory = word(path.parent().unwrap_or(path));
        return format!("this user may not write in {directory}; choose another one");
    };
    format!("give it to this user: `{command}`, or choose another directory")
}

fn word(path: &Path) -> String {
    shell_word(&path.display().to_string())
}

/// What to do, whatever the path is.
fn general(source: &io::Error) -> Option<&'static str> {
    let kind = source.get_ref().and_then(|error| error.downcast_ref());
    match kind {
        Some(WrongKind::Link) => {
            return Some("move it away; to log where it leads to, name that as the directory");
        }
        Some(WrongKind::Special) => {
            return Some("something else has the name of a file of the log; move it away");
        }
        None => {}
    }
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("the disk is full (`df -h` shows it); all earlier rows are kept, free some space")
        }
        io::ErrorKind::ReadOnlyFilesystem => Some(
            "the disk is mounted read-only; a worn SD card does that too: `dmesg | tail` tells",
        ),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            Some("a file of that name stands where a directory should be; move it away")
        }
        io::ErrorKind::IsADirectory => {
            Some("a directory of that name stands where a file should be; move it away")
        }
        _ => None,
    }
}

/// Adds to an error what was tried, and on what.
pub(super) trait OrExplain<T> {
    fn or_explain(self, action: &'static str, path: &Path) -> Result<T, LogError>;
}

impl<T> OrExplain<T> for io::Result<T> {
    fn or_explain(self, action: &'static str, path: &Path) -> Result<T, LogError> {
        self.map_err(|source| LogError::Failed {
            action,
            path: path.to_owned(),
            source,
        })
    }
}
