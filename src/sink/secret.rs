//! Passwords and tokens: used, never seen.

use crate::escape::shell_word;
use crate::lines;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tracing::warn;

/// The right of all users to read a file.
const EVERYBODY: u32 = 0o004;

/// A password or token; it can be used, not seen.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Vec<u8>);

impl Password {
    /// These bytes; `None` if there are none.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        Some(Self(bytes.into())).filter(|password| !password.0.is_empty())
    }

    /// The password in a file, without the line end that editors put behind it.
    ///
    /// # Errors
    /// Why there is none to be had, in words.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = lines::whole(path, lines::LONGEST);
        let mut bytes = bytes.map_err(|error| error.to_string())?;
        if fs::metadata(path).is_ok_and(|file| file.mode() & EVERYBODY != 0) {
            warn!(
                "every user of this machine can read the password in {}: `chmod 600 {}`",
                path.display(),
                shell_word(&path.display().to_string())
            );
        }
        if bytes.pop_if(|byte| *byte == b'\n').is_some() {
            bytes.pop_if(|byte| *byte == b'\r');
        }
        Self::new(bytes).ok_or_else(|| "it is empty".to_owned())
    }

    /// For the server only.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// A core file would hold the password.
pub(super) fn forbid_core() {
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, nothing) {
        tracing::info!("core files can't be forbidden: {error}");
    }
}
