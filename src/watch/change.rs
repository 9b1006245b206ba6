//! Changes that `watch` reports.

use super::inverter::Condition;
use std::fmt;

/// A change of an inverter's condition or faults.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConditionChange {
    /// The inverter, with its name.
    pub(crate) name: String,
    pub(crate) from: Condition,
    pub(crate) to: Condition,
    /// What it reports, or why it is not read.
    pub(crate) detail: String,
}

/// `02: online: mpp-track, 585 W, …`
impl fmt::Display for ConditionChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match (self.from, self.to) {
            (Condition::Fault, Condition::Online) => "recovered",
            (_, Condition::Online) => "online",
            (_, Condition::Fault) => "fault",
            (_, Condition::Garbled) => "garbled",
            (_, Condition::Silent) => "silent",
            (_, Condition::Unknown) => "unknown",
        };
        write!(formatter, "{}: {word}", self.name)?;
        match self.detail.as_str() {
            "" => Ok(()),
            detail => write!(formatter, ": {detail}"),
        }
    }
}
