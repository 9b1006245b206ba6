//! How a command ends: its exit code, and the error a person reads.

use super::stop::Signal;
use crate::kaco::connect::LinkError;
use crate::kstar::client::NetworkError;
use crate::sink::csv_log::error::LogError;
use crate::sink::mqtt::PublishError;
use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// The exit codes, from best to worst: of two, the greater counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done; silent inverters are fine.
    Done,
    /// `--strict`, and an inverter gave no reading.
    NoReading,
    /// Something failed that a person must look at.
    Failed,
    /// Another run holds this device or directory.
    Busy,
    /// A signal ended it before its time.
    Stopped(Signal),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::FAILURE,
            // 2 is wrong usage; the command line parser gives it.
            Exit::NoReading => Self::from(3),
            Exit::Busy => Self::from(7),
            // Whoever sent it sees that it was heard.
            Exit::Stopped(signal) => signal.end(),
        }
    }
}

/// Why a command can't go on.
#[derive(Debug)]
pub struct Failure {
    /// What the program exits with.
    pub exit: Exit,
    message: String,
    hint: Option<String>,
    /// Who read standard output has gone.
    unread: bool,
}

impl Failure {
    /// A failure of exit code 1.
    pub fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.into(),
            hint: hint.map(str::to_owned),
            unread: false,
        }
    }

    /// A reader of standard output that has seen enough, as `head` has, is no failure.
    pub(super) fn unless_unread(self) -> Result<Exit, Self> {
        if self.unread {
            Ok(Exit::Done)
        } else {
            Err(self)
        }
    }
}

/// What failed, on what; on a second line what to do.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let exit = if matches!(error, LinkError::Busy { .. }) {
            Exit::Busy
        } else {
            Exit::Failed
        };
        Self {
            exit,
            hint: error.hint(),
            ..Self::new(error.to_string(), None)
        }
    }
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        let exit = if matches!(error, LogError::Busy(_)) {
            Exit::Busy
        } else {
            Exit::Failed
        };
        Self {
            exit,
            ..Self::new(error.to_string(), error.hint())
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}

/// Standard output that can't be written.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            unread: error.kind() == io::ErrorKind::BrokenPipe,
            ..Self::new(format!("can't write the output: {error}"), None)
        }
    }
}
