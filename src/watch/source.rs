//! One source that is watched: whether its link is lost, and how long a round of it takes.

use crate::clock::Now;
use chrono::{DateTime, FixedOffset};
use std::time::Duration;
use tokio::time::Instant;

/// A bus or network whose inverters are watched.
#[derive(Debug)]
pub(crate) struct WatchedSource {
    pub(super) number: usize,
    pub(crate) title: String,
    /// When its link was lost, and the reason.
    pub(crate) lost: Option<(DateTime<FixedOffset>, String)>,
    /// When its last round ended.
    round_ended: Instant,
    /// Time from one round to the next; `None` before the first one is done.
    period: Option<Duration>,
}

impl WatchedSource {
    /// A source whose link works.
    pub(super) fn new(number: usize, title: String, now: Now) -> Self {
        Self {
            number,
            title,
            lost: None,
            round_ended: now.instant,
            period: None,
        }
    }

    /// Notes that the link is back: the time without it is not a part of a round.
    pub(super) fn link_back(&mut self, now: Now) {
        self.lost = None;
        self.resume(now);
    }

    /// A round begins now.
    pub(super) const fn resume(&mut self, now: Now) {
        self.round_ended = now.instant;
    }

    /// A round has ended; `every` is the least time from one to the next.
    pub(super) fn round_done(&mut self, every: Duration, now: Now) {
        let passed = now.instant.saturating_duration_since(self.round_ended);
        self.resume(now);
        if self.lost.is_none() {
            // Falls slowly: a round with silent inverters, one a minute, takes longer than those
            // between.
            let before = self.period.unwrap_or_default() * 7 / 8;
            self.period = Some(passed.max(before).max(every));
        }
    }

    /// Time from one round to the next; `None` before the first one is done.
    pub(super) const fn period(&self) -> Option<Duration> {
        self.period
    }
}
