//! Passwords and tokens, which are never shown.

use crate::escape::shell_word;
use crate::exit::Failure;
use crate::lines;
use percent_encoding::percent_decode_str;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use url::Url;

/// The permission bit that lets all users read a file.
const OTHERS_READ: u32 = 0o004;

/// A password or token, which no output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Vec<u8>); // to MQTT it is binary data, not a text

impl Password {
    /// These bytes; `None` if there are none.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        Some(Self(bytes.into())).filter(|password| !password.0.is_empty())
    }

    /// The one in a URL, `mqtt://user:password@host`.
    pub(super) fn in_url(url: &Url) -> Option<Self> {
        Self::new(percent_decode_str(url.password()?).collect::<Vec<u8>>())
    }

    /// The password in a file, without what editors add: a byte order mark before it, a line end
    /// after it.
    ///
    /// # Errors
    /// The reason, as text.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = lines::whole(path, lines::LONGEST);
        let mut bytes = bytes.map_err(|error| error.to_string())?;
        if bytes.starts_with(lines::MARK.as_bytes()) {
            bytes.drain(..lines::MARK.len());
        }
        // No more than one: a password may end with blanks.
        if bytes.pop_if(|byte| *byte == b'\n').is_some() {
            bytes.pop_if(|byte| *byte == b'\r');
        }
        Self::new(bytes).ok_or_else(|| "it is empty".to_owned())
    }

    /// The bytes, for the server only.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The path of a secret, and its kind: `password`, `token` or `key`.
pub(super) type SecretFile<'a> = (&'a Path, &'static str);

/// What is wrong with those of these files that every user of the machine can read.
pub(super) fn exposed<'a>(files: impl Iterator<Item = SecretFile<'a>>) -> Vec<Failure> {
    let mut files: Vec<SecretFile<'_>> = files.filter(|(path, _)| is_open(path)).collect();
    files.sort_unstable();
    files.dedup();
    let exposed = |(path, what): SecretFile<'_>| {
        let path = path.display().to_string();
        let word = shell_word(&path);
        let message = format!(
            "every user of this machine can read the {what} file {path}: `chmod o= {word}`"
        );
        Failure::new(message, None)
    };
    files.into_iter().map(exposed).collect()
}

fn is_open(path: &Path) -> bool {
    // A group may read it: services often get their secrets that way.
    fs::metadata(path).is_ok_and(|file| file.mode() & OTHERS_READ != 0)
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
