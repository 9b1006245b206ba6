//! Whether an inverter is read, asleep or missing: the rules for the night and for a lost cable.
//! Pure; the time is passed in.

use std::time::Duration;
use tokio::time::Instant;

/// An inverter that fed power and is silent may have lost its cable: for this long nothing is
/// served, because a zero by day would be wrong.
const UNCERTAIN: Duration = Duration::from_secs(15 * 60);

/// No observation is too old within this time.
const FRESH: Duration = Duration::from_secs(60);

/// A longer time between two polls was a pause, not a round.
const LONGEST_ROUND: Duration = Duration::from_secs(5 * 60);

/// The outcome of polling an inverter, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastPoll {
    Read {
        /// Whether it feeds power, so that silence after it is not the night.
        feeds: bool,
    },
    Silent,
    /// What came was garbled, or nothing could be sent.
    Trouble,
}

/// What a device serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its last reading.
    Live,
    /// That it sleeps.
    Asleep,
    Absent,
}

/// When an inverter was read and when it was silent.
#[derive(Debug)]
pub(super) struct Presence {
    every: Duration,
    last: Option<(LastPoll, Instant)>,
    /// From the observation before the last to the last.
    gap: Duration,
    /// Whether it fed power when it was read last.
    fed: Option<bool>,
    read: Option<Instant>,
    silent_since: Option<Instant>,
}

impl Presence {
    /// An inverter that is polled this often and was not read yet.
    pub(super) const fn new(every: Duration) -> Self {
        Self {
            every,
            last: None,
            gap: Duration::ZERO,
            fed: None,
            read: None,
            silent_since: None,
        }
    }

    /// Notes whether the inverter fed power at the end of an earlier run.
    pub(super) fn remember(&mut self, fed: bool) {
        self.fed = Some(fed);
    }

    /// Notes the outcome of a poll.
    pub(super) fn note(&mut self, poll: LastPoll, now: Instant) {
        if let Some((_, before)) = self.last {
            self.gap = now.saturating_duration_since(before).min(LONGEST_ROUND);
        }
        self.last = Some((poll, now));
        match poll {
            LastPoll::Read { feeds } => {
                self.fed = Some(feeds);
                self.read = Some(now);
                self.silent_since = None;
            }
            LastPoll::Silent => {
                self.silent_since.get_or_insert(now);
            }
            // It is neither asleep nor read: an earlier silence goes on.
            LastPoll::Trouble => {}
        }
    }

    /// What is served at a time.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        let Some((last, at)) = self.last else {
            return Standing::Absent;
        };
        if now.saturating_duration_since(at) > self.oldest(last) {
            return Standing::Absent;
        }
        let silent_for = |since: Instant| now.saturating_duration_since(since);
        let is_uncertain = self
            .silent_since
            .is_some_and(|since| silent_for(since) < UNCERTAIN);
        match (last, self.fed) {
            (LastPoll::Read { .. }, _) => Standing::Live,
            (LastPoll::Silent, Some(false)) => Standing::Asleep,
            (LastPoll::Silent, Some(true)) if !is_uncertain => Standing::Asleep,
            // Also if it was never read: whether it sleeps is unknown.
            (LastPoll::Silent, _) | (LastPoll::Trouble, _) => Standing::Absent,
        }
    }

    /// Whether no reply came when it was polled last, not too long ago.
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        self.last.is_some_and(|(last, at)| {
            last == LastPoll::Silent && now.saturating_duration_since(at) <= self.oldest(last)
        })
    }

    /// Whether it fed in so recently that a sum without it would be too small.
    pub(super) fn is_missed(&self, now: Instant) -> bool {
        let read = |at: Instant| now.saturating_duration_since(at) < UNCERTAIN;
        self.fed == Some(true) && self.read.is_some_and(read)
    }

    /// Three rounds: as long as they are planned, or take in fact. Silent inverters are polled once
    /// a minute.
    fn oldest(&self, last: LastPoll) -> Duration {
        let every = match last {
            LastPoll::Silent => self.every.max(FRESH),
            _ => self.every,
        };
        (every.max(self.gap) * 3).max(FRESH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Absent, Asleep, Live};

    const READ: LastPoll = LastPoll::Read { feeds: true };
    const FAINT: LastPoll = LastPoll::Read { feeds: false };

    /// Seconds, the outcome of a poll then (if there is one), what is served then.
    fn play(mut presence: Presence, steps: &[(u64, Option<LastPoll>, Standing)]) {
        let start = Instant::now();
        for (seconds, poll, due) in steps {
            let now = start + Duration::from_secs(*seconds);
            if let Some(poll) = poll {
                presence.note(*poll, now);
            }
            assert_eq!(presence.standing(now), *due, "after {seconds} s: {poll:?}");
        }
    }

    fn fresh() -> Presence {
        Presence::new(Duration::from_secs(10))
    }

    #[test]
    fn cut_cable_at_noon_shows_no_zero_for_fifteen_minutes() {
        let mut steps = vec![(0, Some(READ), Live), (10, Some(LastPoll::Silent), Absent)];
        for minute in 1..15 {
            steps.push((10 + minute * 60, Some(LastPoll::Silent), Absent));
        }
        steps.push((10 + 899, None, Absent));
        steps.push((10 + 900, None, Asleep));
        steps.push((10 + 960, Some(READ), Live));
        play(fresh(), &steps);
    }

    #[test]
    fn garbled_replies_do_not_make_the_fifteen_minutes_longer() {
        play(
            fresh(),
            &[
                (0, Some(READ), Live),
                (10, Some(LastPoll::Silent), Absent),
                (600, Some(LastPoll::Trouble), Absent),
                (909, Some(LastPoll::Silent), Absent),
                (910, Some(LastPoll::Silent), Asleep),
            ],
        );
    }

    #[test]
    fn dusk_is_sleep_at_once() {
        play(
            fresh(),
            &[
                (0, Some(READ), Live),
                (10, Some(FAINT), Live),
                (20, Some(LastPoll::Silent), Asleep),
                (80, Some(LastPoll::Silent), Asleep),
                (90, Some(LastPoll::Trouble), Absent),
                (150, Some(LastPoll::Silent), Asleep),
                (210, Some(FAINT), Live),
            ],
        );
    }

    #[test]
    fn start_at_night_without_logs_serves_nothing() {
        play(
            fresh(),
            &[
                (0, None, Absent),
                (5, Some(LastPoll::Silent), Absent),
                (3600, Some(LastPoll::Silent), Absent),
                (3660, Some(FAINT), Live),
            ],
        );
    }

    #[test]
    fn start_at_night_with_logs_is_sleep_from_the_first_poll() {
        let mut presence = fresh();
        presence.remember(false);
        play(
            presence,
            &[
                (0, None, Absent),
                (5, Some(LastPoll::Silent), Asleep),
                (65, Some(LastPoll::Silent), Asleep),
            ],
        );
        let mut presence = fresh();
        presence.remember(true);
        play(
            presence,
            &[
                (5, Some(LastPoll::Silent), Absent),
                (905, Some(LastPoll::Silent), Asleep),
            ],
        );
    }

    #[test]
    fn what_is_older_than_three_rounds_is_not_served() {
        let steps = [(0, Some(READ), Live), (60, None, Live), (61, None, Absent)];
        play(fresh(), &steps);
        let steps = [(0, Some(READ), Live), (90, None, Live), (91, None, Absent)];
        play(Presence::new(Duration::from_secs(30)), &steps);
        let slow = [
            (0, Some(READ), Live),
            (50, Some(READ), Live),
            (200, None, Live),
            (201, None, Absent),
        ];
        play(fresh(), &slow);
        let night = [
            (0, Some(FAINT), Live),
            (10, Some(LastPoll::Silent), Asleep),
            (190, None, Asleep),
            (191, None, Absent),
        ];
        play(fresh(), &night);
    }
}
