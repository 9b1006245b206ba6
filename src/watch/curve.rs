//! The power of the last hour, a value a minute.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Values that are kept: an hour of minutes.
pub const MINUTES: usize = 60;

const MINUTE: Duration = Duration::from_secs(60);

/// Highest power of each of the last sixty minutes, W. Its size never changes.
#[derive(Debug, Clone)]
pub struct Curve {
    values: VecDeque<Option<f64>>,
    /// When the last of the values began.
    minute: Instant,
}

impl Curve {
    /// An empty curve that begins now.
    pub fn new(now: Instant) -> Self {
        Self {
            values: VecDeque::from(vec![None; MINUTES]),
            minute: now,
        }
    }

    /// Notes a power, W.
    pub fn note(&mut self, power: f64, now: Instant) {
        self.advance(now);
        if let Some(last) = self.values.back_mut() {
            *last = Some(last.unwrap_or(0.0).max(power));
        }
    }

    /// Moves on to the minute of `now`.
    pub fn advance(&mut self, now: Instant) {
        let mut passed = 0;
        while now.duration_since(self.minute) >= MINUTE && passed < MINUTES {
            self.values.pop_front();
            self.values.push_back(None);
            self.minute += MINUTE;
            passed += 1;
        }
        if passed == MINUTES {
            self.minute = now;
        }
    }

    /// The values, oldest first; `None` where nothing was read.
    pub fn values(&self) -> impl Iterator<Item = Option<f64>> {
        self.values.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let start = Instant::now();
        let mut curve = Curve::new(start);
        for minute in 0..200_u32 {
            curve.note(f64::from(minute), start + MINUTE * minute);
            curve.note(0.5, start + MINUTE * minute);
        }
        let values: Vec<_> = curve.values().collect();
        assert_eq!(values.len(), MINUTES);
        assert_eq!(values.first(), Some(&Some(140.0)));
        assert_eq!(values.last(), Some(&Some(199.0)));
    }

    #[test]
    fn what_was_not_read_is_a_gap() {
        let start = Instant::now();
        let mut curve = Curve::new(start);
        curve.note(5.0, start);
        curve.note(7.0, start + MINUTE * 3);
        let values: Vec<_> = curve.values().skip(MINUTES - 4).collect();
        assert_eq!(values, [Some(5.0), None, None, Some(7.0)]);
        curve.advance(start + MINUTE * 100_000);
        assert!(curve.values().all(|value| value.is_none()));
    }
}
