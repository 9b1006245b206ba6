//! Trouble of sinks: reported once when it begins and once when it is over. It decides the exit
//! code.

use super::health::TroubleSince;
use crate::clock;
use crate::exit::{Exit, Failure};
use crate::inverter::InverterId;
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeMap;
use tracing::{error, warn};

/// Trouble that goes on.
#[derive(Debug)]
struct Trouble {
    /// The sink whose trouble it is.
    sink: &'static str,
    /// The inverter that it is about, if it is about one.
    inverter: Option<InverterId>,
    since: DateTime<FixedOffset>,
    text: String,
}

/// The trouble that goes on, and the worst that there was.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// By subject.
    now: BTreeMap<String, Trouble>,
    /// The sink that what follows is about.
    sink: &'static str,
    hint: Option<String>,
    worst: Option<Exit>,
}

impl Troubles {
    /// Everything that is noted from now on is about this sink.
    pub(super) const fn set_sink(&mut self, sink: &'static str) {
        self.sink = sink;
    }

    /// The oldest trouble of a sink, and how many more there are.
    pub(super) fn of(&self, sink: &str) -> Option<TroubleSince> {
        let of_sink = |(_, trouble): &(&String, &Trouble)| trouble.sink == sink;
        let troubles = self.now.iter().filter(of_sink);
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
            // Which inverter a folder belongs to may be known by now.
            known.inverter = inverter.cloned().or(known.inverter.take());
            return false;
        }
        let trouble = Trouble {
            sink: self.sink,
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

    /// Whether there is trouble now.
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
    fn trouble_of_a_sink_lasts_until_it_is_over() {
        let mut troubles = Troubles::default();
        let full = || Err::<(), _>(Failure::new("no space left", None));
        troubles.set_sink("log");
        troubles.note("address 02", full(), "");
        let (since, text) = troubles.of("log").unwrap();
        assert_eq!(text, "address 02: no space left");
        troubles.note("address 01", full(), "");
        troubles.note("address 02", full(), "");
        troubles.set_sink("metrics");
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
