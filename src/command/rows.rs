//! Readings to rows in a log directory: trouble with one inverter's files is said once, ends in the exit code, and costs the
//! other inverters nothing.

use super::Exit;
use crate::output::log_files::{LogDirectory, LogError};
use crate::output::table::{self, Overview};
use crate::reading::Reading;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write, stdout};
use tracing::error;

/// The rows of one run.
pub(super) struct Rows {
    directory: LogDirectory,
    /// Inverters whose files can't be written.
    troubled: BTreeSet<String>,
    hint: Option<&'static str>,
}

impl Rows {
    pub(super) const fn new(directory: LogDirectory) -> Self {
        Self {
            directory,
            troubled: BTreeSet::new(),
            hint: None,
        }
    }

    /// Puts the files in `folder` right. `who` is the inverter in a message.
    pub(super) fn repair(&mut self, who: &str, folder: &str, day: NaiveDate) {
        let repaired = self.directory.repair(folder, day);
        self.note(who, repaired);
    }

    /// Appends a row to the files in `folder`; whether it is there. `who` is the inverter in a message.
    pub(super) fn append(&mut self, who: &str, folder: &str, reading: &Reading) -> bool {
        let appended = self.directory.append(folder, reading);
        self.note(who, appended)
    }

    /// Says what is wrong, once for each inverter; what to do about it, once for all that have the same.
    fn note(&mut self, who: &str, outcome: Result<(), LogError>) -> bool {
        let Err(error) = outcome else { return true };
        // Trouble that was found when the files were to be repaired is still there at their row.
        if self.troubled.insert(who.to_owned()) {
            match error.hint() {
                Some(hint) if self.hint.replace(hint) != Some(hint) => {
                    error!("{who}: {error}\n  {hint}");
                }
                _ => error!("{who}: {error}"),
            }
        }
        false
    }

    /// The exit code as far as the files are concerned.
    pub(super) fn exit(&self) -> Exit {
        if self.troubled.is_empty() {
            Exit::Done
        } else {
            Exit::Failed
        }
    }
}

/// Shows a person what was done; nothing where standard output is no terminal: cron mails what is printed.
pub(super) fn show(overview: &[Overview]) -> io::Result<()> {
    if stdout().is_terminal() {
        write!(stdout(), "{}", table::overview(overview))?;
    }
    Ok(())
}
