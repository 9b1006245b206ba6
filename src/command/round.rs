//! What asking all inverters once gave, whichever way they were asked: what is said of each, and the exit code.

use super::{Exit, Failure};
use crate::outcome::Polled;
use crate::output::table::Overview;
use chrono::{DateTime, FixedOffset, Local};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::Duration;
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

/// Talks about an inverter, and makes its line of the overview. `kind` is what its name is: `address`, `inverter`.
pub(super) fn overview_of(kind: &str, name: String, polled: Polled) -> Overview {
    match polled {
        Polled::Read {
            reading,
            first_byte,
        } => {
            for unreadable in &reading.unreadable {
                let (label, raw) = (unreadable.label, &unreadable.raw);
                warn!("{kind} {name}: {label} can't be read, its cell stays empty: `{raw}`");
            }
            info!(
                "{kind} {name}: read, first byte after {} ms",
                first_byte.as_millis()
            );
            Overview::Read(reading, first_byte)
        }
        Polled::Garbled(reason) => {
            warn!("{kind} {name}: no good reply, nothing is logged: {reason}");
            Overview::Unread(name, "garbled")
        }
        Polled::Silent => {
            info!("{kind} {name}: no reply");
            Overview::Unread(name, "no reply")
        }
    }
}

/// A bar on standard error if that is a terminal; nothing otherwise.
pub(super) fn progress(length: usize) -> ProgressBar {
    shown(
        ProgressBar::new(length as u64),
        "{bar:32} {pos} of {len} inverters, {elapsed}",
    )
}

/// The same for when it is not known how many inverters there are.
pub(super) fn searching() -> ProgressBar {
    shown(
        ProgressBar::new_spinner(),
        "{spinner} asking the network, {elapsed}",
    )
}

fn shown(bar: ProgressBar, template: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
