//! Readings to rows in a log directory: trouble with one inverter's files is said once, ends in the exit code, and costs the
//! other inverters nothing.

use super::publish::publish;
use super::round::Round;
use super::{Exit, Failure};
use crate::address::Address;
use crate::cli::Publishing;
use crate::sink::csv_log::folder::Folder;
use crate::sink::csv_log::error::LogError;
use crate::sink::csv_log::files::LogDirectory;
use crate::format::table::{self, Overview};
use crate::reading::Reading;
use chrono::Local;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write, stdout};
use tracing::{error, warn};

/// The rows of one run.
pub(super) struct Rows {
    directory: LogDirectory,
    /// Inverters whose files can't be written.
    troubled: BTreeSet<String>,
    /// Whether there was any trouble, mended or not.
    had_trouble: bool,
    hint: Option<&'static str>,
}

impl Rows {
    pub(super) const fn new(directory: LogDirectory) -> Self {
        Self {
            directory,
            troubled: BTreeSet::new(),
            had_trouble: false,
            hint: None,
        }
    }

    /// Where they go.
    pub(super) const fn folder(&self) -> &Folder {
        self.directory.folder()
    }

    /// Puts right what a power cut left of today's files of these inverters, silent ones too.
    pub(super) fn repair(&mut self, addresses: &[Address]) {
        let today = Local::now().date_naive();
        for address in addresses {
            let folder = address.to_string();
            let repaired = self.directory.repair(&folder, today);
            self.note(&format!("address {folder}"), repaired);
        }
    }

    /// Appends a row to the files in `folder`; whether it is there. `who` is the inverter in a message.
    pub(super) fn append(&mut self, who: &str, folder: &str, reading: &Reading) -> bool {
        let appended = self.directory.append(folder, reading);
        self.note(who, appended)
    }

    /// Says what is wrong, once for each inverter until it is mended; what to do about it, once for all that have the same.
    fn note(&mut self, who: &str, outcome: Result<(), LogError>) -> bool {
        let Err(error) = outcome else {
            if self.troubled.remove(who) {
                warn!("{who}: its rows are written again");
                self.hint = None;
            }
            return true;
        };
        self.had_trouble = true;
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

    /// What follows when all rows are on the disk: publishes the readings and shows a person what was done. The exit code is the
    /// worst of all; `exposed` is what came of the metrics.
    ///
    /// # Errors
    /// [`Failure`] that ended the round early, or if the output can't be written.
    pub(super) async fn finish(
        self,
        round: Round,
        publishing: &Publishing,
        strict: bool,
        exposed: Exit,
    ) -> Result<Exit, Failure> {
        let published = publish(publishing, &round.overview).await;
        show(&round.overview)?;
        let exit = self.exit().max(exposed).max(published);
        let exit = exit.max(round.exit(strict));
        round.failure.map_or(Ok(exit), Err)
    }

    /// The exit code as far as the files are concerned.
    fn exit(&self) -> Exit {
        if self.had_trouble {
            Exit::Failed
        } else {
            Exit::Done
        }
    }
}

/// Shows a person what was done; nothing where standard output is no terminal: cron mails what is printed.
fn show(overview: &[Overview]) -> io::Result<()> {
    if stdout().is_terminal() {
        write!(stdout(), "{}", table::overview(overview))?;
    }
    Ok(())
}
