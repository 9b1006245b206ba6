//! The outcome of polling an inverter: of one request, or of all the requests that its reading
//! needs. The same for every family.

use crate::inverter::InverterId;
use crate::reading::Reading;
use chrono::{DateTime, FixedOffset};
use std::time::Duration;

/// How a request or a poll ended. Silence is a result, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T = Box<Reading>> {
    /// A good reply.
    Read {
        /// Its content.
        answer: T,
        /// From the end of the request to the first byte of its reply.
        first_byte: Duration,
    },
    /// Bytes came, but no good reply; with the reason.
    Garbled(String),
    /// Nothing came.
    Silent,
    /// Nothing could be sent to it; with the reason.
    Unreachable(String),
    /// Its turn has not come yet, or the link was lost before it.
    NotPolled,
}

impl<T> Outcome<T> {
    /// The outcome in a recording or a JSON object.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Garbled(_) => "garbled",
            Self::Silent => "silent",
            Self::Unreachable(_) => "unreachable",
            Self::NotPolled => "not polled",
        }
    }

    /// The same outcome of what `make` turns the answer into.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Outcome<U> {
        self.try_map(|answer| Ok(make(answer)))
    }

    /// The same, but garbled where `make` finds that the answer is not one.
    pub(crate) fn try_map<U>(self, make: impl FnOnce(T) -> Result<U, String>) -> Outcome<U> {
        match self {
            Self::Read { answer, first_byte } => match make(answer) {
                Ok(answer) => Outcome::Read { answer, first_byte },
                Err(reason) => Outcome::Garbled(reason),
            },
            Self::Garbled(reason) => Outcome::Garbled(reason),
            Self::Silent => Outcome::Silent,
            Self::Unreachable(reason) => Outcome::Unreachable(reason),
            Self::NotPolled => Outcome::NotPolled,
        }
    }

    /// What was read, if anything was.
    pub fn answer(self) -> Option<T> {
        match self {
            Self::Read { answer, .. } => Some(answer),
            _ => None,
        }
    }
}

/// The requests of a poll, counted by their outcome: how good the link to an inverter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempts {
    pub(crate) sent: u32,
    pub(crate) garbled: u32,
    pub(crate) silent: u32,
}

impl Attempts {
    /// Counts a request and its outcome.
    pub(crate) const fn count<T>(&mut self, outcome: &Outcome<T>) {
        match outcome {
            Outcome::Read { .. } => {}
            Outcome::Garbled(_) => self.garbled += 1,
            Outcome::Silent => self.silent += 1,
            // Nothing was sent.
            Outcome::Unreachable(_) | Outcome::NotPolled => return,
        }
        self.sent += 1;
    }

    /// The requests of both.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            garbled: self.garbled + other.garbled,
            silent: self.silent + other.silent,
        }
    }

    /// The defects of these replies, such as `1 of 3 replies garbled`; nothing if every request had
    /// a good reply.
    pub(crate) fn trouble(self) -> Option<String> {
        let Self {
            sent,
            garbled,
            silent,
        } = self;
        match (garbled, silent) {
            (0, 0) => None,
            (_, 0) => Some(format!("{garbled} of {sent} replies garbled")),
            (0, _) => Some(format!("{silent} of {sent} requests without a reply")),
            _ => Some(format!(
                "{garbled} of {sent} replies garbled, {silent} missing"
            )),
        }
    }
}

/// An inverter and the outcome of polling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Which inverter. A reading carries the same identity.
    pub(crate) inverter: InverterId,
    /// When the outcome was decided, local time. A reading carries its own time.
    pub(crate) time: Option<DateTime<FixedOffset>>,
    pub(crate) outcome: Outcome,
    pub(crate) attempts: Attempts,
}

impl Observation {
    /// An observation; a reading that was made is stamped with the identity.
    pub fn new(inverter: InverterId, mut outcome: Outcome) -> Self {
        let mut time = None;
        if let Outcome::Read { answer, .. } = &mut outcome {
            answer.inverter = inverter.clone();
            time = answer.time;
        }
        let mut attempts = Attempts::default();
        attempts.count(&outcome);
        Self {
            inverter,
            time,
            outcome,
            attempts,
        }
    }

    /// The same observation, decided at this time unless a reading carries its own.
    #[must_use]
    pub(crate) fn at(self, time: Option<DateTime<FixedOffset>>) -> Self {
        Self {
            time: self.time.or(time),
            ..self
        }
    }

    /// The same observation with these requests.
    #[must_use]
    pub(crate) fn after(self, attempts: Attempts) -> Self {
        Self { attempts, ..self }
    }

    /// The reading, if there is one.
    pub fn reading(&self) -> Option<&Reading> {
        match &self.outcome {
            Outcome::Read { answer, .. } => Some(answer),
            _ => None,
        }
    }
}
