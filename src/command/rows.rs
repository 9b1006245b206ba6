//! Readings to rows in a log directory: a failure is said once and ends in the exit code, the other inverters go on.

use super::{Exit, Failure};
use crate::output::log_files::{LogDirectory, LogError};
use crate::output::table::{self, Overview};
use crate::reading::Reading;
use std::io::{self, IsTerminal, Write, stdout};
use tracing::error;

/// The rows of one run.
pub(super) struct Rows {
    directory: LogDirectory,
    exit: Exit,
    last_error: String,
}

impl Rows {
    pub(super) const fn new(directory: LogDirectory) -> Self {
        Self {
            directory,
            exit: Exit::Done,
            last_error: String::new(),
        }
    }

    /// Appends a row to the files in `folder`; whether it is there. `who` is the inverter in a message.
    pub(super) fn append(&mut self, who: &str, folder: &str, reading: &Reading) -> bool {
        let appended = self.directory.append(folder, reading);
        appended.map_err(|error| self.note(who, error)).is_ok()
    }

    fn note(&mut self, who: &str, error: LogError) {
        let failure = Failure::from(error);
        self.exit = self.exit.max(failure.exit);
        // A full disk says the same for every inverter; that is worth one message.
        if self.last_error != failure.to_string() {
            self.last_error = failure.to_string();
            error!("{who}: the row could not be written: {failure}");
        }
    }

    /// The exit code as far as the files are concerned.
    pub(super) const fn exit(&self) -> Exit {
        self.exit
    }
}

/// Shows a person what was done; nothing where standard output is no terminal: cron mails what is printed.
pub(super) fn show(overview: &[Overview]) -> io::Result<()> {
    if stdout().is_terminal() {
        write!(stdout(), "{}", table::overview(overview))?;
    }
    Ok(())
}
