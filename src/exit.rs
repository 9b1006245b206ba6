//! How a run ends: its exit code, and the error that a person reads.

use std::error::Error;
use std::fmt;

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
}

impl Exit {
    /// The number. 2 is wrong usage and comes from the command line parser.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::NoReading => 3,
            Self::Busy => 7,
        }
    }
}

/// Why something can't go on: what failed, on what; on a second line what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the program exits with.
    pub exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure of exit code 1.
    pub fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// A failure because another run holds something.
    pub fn busy(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            exit: Exit::Busy,
            ..Self::new(message, hint)
        }
    }

    /// The same failure, as that of a part of the program's work.
    #[must_use]
    pub fn of(self, subject: &str) -> Self {
        Self {
            message: format!("{subject}: {}", self.message),
            ..self
        }
    }

    /// What failed, without what to do about it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

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
