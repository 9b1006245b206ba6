//! What asking all inverters once gave, whichever way they were asked: what is said of each, and the exit code.

use super::{Exit, Failure};
use crate::observation::Polled;
use crate::format::table::{self, Overview};
use crate::plausible;
use crate::reading::{Reading, Sender};
use chrono::{DateTime, FixedOffset, Local};
use tracing::{info, warn};

/// What a round gave.
pub(super) struct Round {
    /// A line for each inverter, in the order asked for.
    pub(super) overview: Vec<Overview>,
    /// Why it ended early or in vain, if it did.
    pub(super) failure: Option<Failure>,
}

impl Round {
    /// The exit code as far as the inverters are concerned.
    pub(super) fn exit(&self, strict: bool) -> Exit {
        let is_unread = |overview: &Overview| matches!(overview, Overview::Unread(..));
        if strict && self.overview.iter().any(is_unread) {
            Exit::NoReading
        } else {
            Exit::Done
        }
    }
}

/// The local time.
pub(super) fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

/// What is odd about a reading although its checksum was right, in words.
pub(super) fn oddities(reading: &Reading) -> Vec<String> {
    let unreadable = reading.unreadable.iter().map(|unreadable| {
        let (label, raw) = (unreadable.label, &unreadable.raw);
        format!("{label} can't be read, its cell stays empty: `{raw}`")
    });
    let doubts = plausible::doubts(reading).into_iter();
    let doubts = doubts.map(|doubt| format!("{doubt}; kept as it came"));
    unreadable.chain(doubts).collect()
}

/// Talks about an inverter, and makes its line of the overview. `kind` is what its name is: `address`, `inverter`.
pub(super) fn overview_of(kind: &str, asked: Sender, polled: Polled) -> Overview {
    let name = table::name(&asked);
    match polled {
        Polled::Read {
            reading,
            first_byte,
        } => {
            for oddity in oddities(&reading) {
                warn!("{kind} {name}: {oddity}");
            }
            info!(
                "{kind} {name}: read, first byte after {} ms",
                first_byte.as_millis()
            );
            Overview::Read(reading, first_byte)
        }
        Polled::Garbled(reason) => {
            warn!("{kind} {name}: no good reply, nothing is logged: {reason}");
            Overview::Unread(asked, "garbled")
        }
        Polled::Silent => {
            info!("{kind} {name}: no reply");
            Overview::Unread(asked, "no reply")
        }
    }
}
