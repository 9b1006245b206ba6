//! The time of day, wherever the clock of the machine stands.

use chrono::{DateTime, FixedOffset, Local};
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock that shows the local time, passed in so that tests can set it.
pub(crate) type Clock = fn() -> DateTime<FixedOffset>;

/// The local time. `Local::now` would end the program where the clock stands before 1970.
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
