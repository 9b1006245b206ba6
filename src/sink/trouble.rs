//! Trouble of sinks: reported once when it begins and once when it is over; it decides the exit code.

use crate::exit::{Exit, Failure};
use std::collections::BTreeSet;
use tracing::{error, warn};

/// What is in trouble now, and whether anything ever was.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    now: BTreeSet<String>,
    hint: Option<String>,
    worst: Option<Exit>,
}

impl Troubles {
    /// Notes how something went; true if it went well. `subject` names it in messages; `again` is
    /// reported when its trouble is over. A hint that was just given is not repeated.
    pub(super) fn note<E: Into<Failure>>(
        &mut self,
        subject: &str,
        outcome: Result<(), E>,
        again: &str,
    ) -> bool {
        let failure: Failure = match outcome {
            Ok(()) => {
                if self.now.remove(subject) {
                    warn!("{subject}{again}");
                    self.hint = None;
                }
                return true;
            }
            Err(error) => error.into(),
        };
        self.worst = self.worst.max(Some(failure.exit));
        if self.now.insert(subject.to_owned()) {
            self.report(subject, &failure);
        }
        false
    }

    fn report(&mut self, subject: &str, failure: &Failure) {
        let message = failure.message();
        match failure.hint() {
            Some(hint) if self.hint.as_deref() != Some(hint) => {
                self.hint = Some(hint.to_owned());
                error!("{subject}: {message}\n  {hint}");
            }
            _ => error!("{subject}: {message}"),
        }
    }

    /// The exit code: trouble that is over counts too.
    pub(super) fn exit(&self) -> Exit {
        self.worst.unwrap_or(Exit::Done)
    }
}
