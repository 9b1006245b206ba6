//! How it ended to ask an inverter: one request, and all the requests that its reading needs. The same for every protocol.

use crate::reading::Reading;
use std::time::Duration;

/// How a request ended. Silence is a result, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// A good reply.
    Read {
        /// What was made of it.
        answer: T,
        /// From the end of the request to the first byte of its reply.
        first_byte: Duration,
    },
    /// Something came, but no good reply; with the reason.
    Garbled(String),
    /// Nothing came.
    Silent,
}

impl<T> Outcome<T> {
    /// `read`, `garbled` or `silent`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Garbled(_) => "garbled",
            Self::Silent => "silent",
        }
    }
}

/// What became of one inverter.
#[derive(Debug)]
pub enum Polled {
    /// It was read.
    Read {
        /// Its readings.
        reading: Box<Reading>,
        /// From the request to the first byte of the reply.
        first_byte: Duration,
    },
    /// It answered, but never well; with the reason.
    Garbled(String),
    /// It did not answer.
    Silent,
}
