//! The time of day, wherever the clock of the machine stands.

use chrono::{DateTime, FixedOffset, Local};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// A clock that shows the local time, passed in so that tests can set it.
pub(crate) type Clock = fn() -> DateTime<FixedOffset>;

/// A time on two clocks: one that only goes forward, and that of the day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// For ages.
    pub(crate) instant: Instant,
    /// Local time.
    pub(crate) local: DateTime<FixedOffset>,
}

impl Now {
    /// Time that passed since `then`.
    pub(crate) fn since(self, then: Self) -> Duration {
        self.instant.saturating_duration_since(then.instant)
    }
}

/// The local time. `Local::now` panics while the clock stands before 1970.
pub(crate) fn now() -> DateTime<Local> {
    SystemTime::now().into()
}

/// Whether the clock was ever set: not before 1970, where a machine without a battery can begin.
pub(crate) fn is_set() -> bool {
    SystemTime::now() >= UNIX_EPOCH
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn times_before_1970_are_times() {
        let before = UNIX_EPOCH.checked_sub(Duration::from_millis(1500));
        let time = before.map(|time| DateTime::<Utc>::from(time).to_rfc3339());
        assert_eq!(time.as_deref(), Some("1969-12-31T23:59:58.500+00:00"));
    }
}
