//! Trouble of sinks: reported once when it begins and once when it is over; it decides the exit
//! code.

use crate::clock;
use crate::exit::{Exit, Failure};
use crate::inverter::InverterId;
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeMap;
use tracing::{error, warn};

/// Something that is in trouble now.
#[derive(Debug)]
struct Trouble {
    /// The part of the program whose trouble it is.
    part: &'static str,
    /// The inverter that it is about, if it is about one.
    inverter: Option<InverterId>,
    since: DateTime<FixedOffset>,
    text: String,
}

/// What is in trouble now, and whether anything ever was.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// By subject.
    now: BTreeMap<String, Trouble>,
    /// The part of the program that notes what follows.
    part: &'static str,
    hint: Option<String>,
    worst: Option<Exit>,
}

impl Troubles {
    /// Everything that is noted from now on is about this part of the program.
    pub(super) const fn turn(&mut self, part: &'static str) {
        self.part = part;
    }

    /// The trouble of a part of the program: since when it has any, and the oldest one in words.
    pub(super) fn of(&self, part: &str) -> Option<(DateTime<FixedOffset>, String)> {
        let of_part = |(_, trouble): &(&String, &Trouble)| trouble.part == part;
        let troubles = self.now.iter().filter(of_part);
        let count = troubles.clone().count();
        let (subject, oldest) = troubles.min_by_key(|(_, trouble)| trouble.since)?;
        let text = match count {
            1 => format!("{subject}: {}", oldest.text),
            _ => format!("{subject}: {}; {} more", oldest.text, count - 1),
        };
        Some((oldest.since, text))
    }

    /// Notes how something went; true if it went well. `subject` names it in messages; `again` is
    /// reported when its trouble is over. A hint that was just given is not repeated.
    pub(super) fn note<E: Into<Failure>>(
        &mut self,
        subject: &str,
        outcome: Result<(), E>,
        again: &str,
    ) -> bool {
        self.take(None, subject, outcome.map_err(Into::into), again)
    }

    /// As [`Self::note`], of something about an inverter.
    pub(super) fn note_of<E: Into<Failure>>(
        &mut self,
        inverter: &InverterId,
        subject: &str,
        outcome: Result<(), E>,
        again: &str,
    ) -> bool {
        self.take(Some(inverter), subject, outcome.map_err(Into::into), again)
    }

    fn take(
        &mut self,
        inverter: Option<&InverterId>,
        subject: &str,
        outcome: Result<(), Failure>,
        again: &str,
    ) -> bool {
        let Err(failure) = outcome else {
            if self.now.remove(subject).is_some() {
                warn!("{subject}{again}");
                // If it begins again, the hint is given again.
                self.hint = None;
            }
            return true;
        };
        self.worst = self.worst.max(Some(failure.exit));
        if let Some(known) = self.now.get_mut(subject) {
            // Whose a folder is may be known by now.
            known.inverter = inverter.cloned().or(known.inverter.take());
            return false;
        }
        let trouble = Trouble {
            part: self.part,
            inverter: inverter.cloned(),
            since: clock::now().fixed_offset(),
            text: failure.message().to_owned(),
        };
        self.now.insert(subject.to_owned(), trouble);
        self.report(subject, &failure);
        false
    }

    /// Forgets the trouble with an inverter that is gone: its end will never be noted.
    pub(super) fn forget(&mut self, gone: &InverterId) {
        let is_it = |one: &InverterId| one.place() == gone.place();
        self.now
            .retain(|_, trouble| !trouble.inverter.as_ref().is_some_and(is_it));
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

    /// Whether anything is in trouble now.
    pub(super) fn has_any(&self) -> bool {
        !self.now.is_empty()
    }

    /// The exit code: trouble that is over counts too.
    pub(super) fn exit(&self) -> Exit {
        self.worst.unwrap_or(Exit::Done)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn trouble_of_a_part_lasts_until_it_is_over() {
        let mut troubles = Troubles::default();
        let full = || Err::<(), _>(Failure::new("no space left", None));
        troubles.turn("log");
        troubles.note("address 02", full(), "");
        let (since, text) = troubles.of("log").unwrap();
        assert_eq!(text, "address 02: no space left");
        troubles.note("address 01", full(), "");
        troubles.note("address 02", full(), "");
        troubles.turn("metrics");
        troubles.note("the metrics", Ok::<(), Failure>(()), "");
        assert_eq!(troubles.of("metrics"), None);
        let (still, text) = troubles.of("log").unwrap();
        assert_eq!(still, since);
        assert!(text.ends_with("no space left; 1 more"), "{text}");
        for subject in ["address 01", "address 02"] {
            troubles.note(subject, Ok::<(), Failure>(()), "");
        }
        assert_eq!(troubles.of("log"), None);
        assert_eq!(troubles.exit(), Exit::Failed);
    }
}
