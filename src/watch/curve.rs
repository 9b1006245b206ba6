//! The values of a quantity in the last hour and the last day.

use chrono::{DateTime, FixedOffset, NaiveTime};
use std::collections::VecDeque;

/// Seconds in a step of the hour, and how many steps are kept.
const MINUTE: i64 = 60;
const MINUTES: usize = 60;

/// Seconds in a step of the day, and how many steps are kept.
const FIVE_MINUTES: i64 = 300;
const FIVES: usize = 288;

/// The time that a curve shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Span {
    /// The last sixty minutes.
    #[default]
    Hour,
    /// Today, from midnight to midnight.
    Day,
}

/// The steps of time that a curve shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    span: Span,
    /// Number of the first step, counted from 1970.
    first: i64,
    /// Number of the current step: later ones are empty.
    now: i64,
}

impl Window {
    /// The steps of the hour that ends at `now`, or of the day around it.
    pub(crate) fn new(span: Span, now: DateTime<FixedOffset>) -> Self {
        let seconds = now.timestamp();
        match span {
            Span::Hour => Self {
                span,
                first: seconds.div_euclid(MINUTE) - MINUTES as i64 + 1,
                now: seconds.div_euclid(MINUTE),
            },
            Span::Day => {
                // By the offset of now: on a day on which the clock is changed, this is an hour
                // beside midnight.
                let midnight = (now - (now.time() - NaiveTime::MIN)).timestamp();
                Self {
                    span,
                    first: midnight.div_euclid(FIVE_MINUTES),
                    now: seconds.div_euclid(FIVE_MINUTES),
                }
            }
        }
    }

    /// How many steps it has.
    pub(crate) const fn len(&self) -> usize {
        match self.span {
            Span::Hour => MINUTES,
            Span::Day => FIVES,
        }
    }
}

/// The last value of each of the newest steps. Its size never changes.
#[derive(Debug, Clone)]
struct Steps {
    seconds: i64,
    /// Number of the newest step.
    last: i64,
    /// NaN where nothing was read.
    // Of half the size of an `Option<f32>`.
    values: VecDeque<f32>,
}

impl Steps {
    fn new(seconds: i64, count: usize) -> Self {
        Self {
            seconds,
            // So far away that any first value begins anew; half, as the difference to it must not
            // overflow.
            last: i64::MIN / 2,
            values: VecDeque::from(vec![f32::NAN; count]),
        }
    }

    fn note(&mut self, value: f32, time: i64) {
        let step = time.div_euclid(self.seconds);
        let count = self.values.len() as i64;
        if (step - self.last).abs() >= count {
            // Nothing was read for long, or the clock was set.
            self.values.iter_mut().for_each(|value| *value = f32::NAN);
            self.last = step;
        }
        while self.last < step {
            self.values.pop_front();
            self.values.push_back(f32::NAN);
            self.last += 1;
        }
        if let Some(place) = self.place(step).and_then(|at| self.values.get_mut(at)) {
            *place = value;
        }
    }

    fn place(&self, step: i64) -> Option<usize> {
        let age = usize::try_from(self.last - step).ok()?;
        self.values.len().checked_sub(age + 1)
    }

    fn at(&self, step: i64) -> Option<f32> {
        let value = *self.values.get(self.place(step)?)?;
        (!value.is_nan()).then_some(value)
    }
}

/// The last hour and the last day of one quantity.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    hour: Steps,
    day: Steps,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            hour: Steps::new(MINUTE, MINUTES),
            day: Steps::new(FIVE_MINUTES, FIVES),
        }
    }
}

impl Curve {
    /// Notes a value that was read at this time.
    pub(crate) fn note(&mut self, value: f32, time: DateTime<FixedOffset>) {
        self.hour.note(value, time.timestamp());
        self.day.note(value, time.timestamp());
    }

    /// A value per step of the window; `None` where nothing was read. A value holds for as many
    /// seconds as pass between readings: a step in which the inverter was not polled is not a gap.
    pub(crate) fn values(
        &self,
        window: Window,
        hold: i64,
    ) -> impl Iterator<Item = Option<f32>> + '_ {
        let steps = match window.span {
            Span::Hour => &self.hour,
            Span::Day => &self.day,
        };
        // One more, as a value may be read at the end of its step.
        let most = hold.div_euclid(steps.seconds) + 1;
        let mut held: Option<(f32, i64)> = None;
        (window.first..)
            .take(window.len())
            .map(move |step| match steps.at(step) {
                _ if step > window.now => None,
                Some(value) => {
                    held = Some((value, step));
                    Some(value)
                }
                None => held
                    .filter(|(_, since)| step - since <= most)
                    .map(|(value, _)| value),
            })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use chrono::Duration;

    fn time(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&format!("2026-06-10T{text}+02:00")).unwrap()
    }

    fn hour(curve: &Curve, now: &str) -> Vec<Option<f32>> {
        let window = Window::new(Span::Hour, time(now));
        curve.values(window, 0).collect()
    }

    #[test]
    fn an_hour_is_kept_and_no_more() {
        let mut curve = Curve::default();
        for minute in 0..200 {
            let now = time("08:00:30") + Duration::minutes(minute);
            curve.note(minute as f32, now);
        }
        let values = hour(&curve, "11:19:59");
        assert_eq!(values.len(), 60);
        assert_eq!(values.first(), Some(&Some(140.0)));
        assert_eq!(values.last(), Some(&Some(199.0)));
    }

    #[test]
    fn newest_value_holds_until_the_next_poll_and_longer_silence_is_a_gap() {
        let mut curve = Curve::default();
        curve.note(5.0, time("10:00:50"));
        assert_eq!(hour(&curve, "10:01:03").last(), Some(&Some(5.0)));
        assert_eq!(hour(&curve, "10:02:03").last(), Some(&None));
    }

    #[test]
    fn day_begins_at_midnight_and_later_steps_are_empty() {
        let mut curve = Curve::default();
        curve.note(1.0, time("00:02:00") - Duration::minutes(10));
        curve.note(2.0, time("00:02:00"));
        curve.note(3.0, time("12:00:00"));
        let window = Window::new(Span::Day, time("12:01:00"));
        let values: Vec<_> = curve.values(window, 0).collect();
        assert_eq!(values.len(), 288);
        assert_eq!(values[0], Some(2.0));
        assert_eq!(values[143..147], [None, Some(3.0), None, None]);
    }

    #[test]
    fn clock_that_is_set_does_not_stop_the_curve() {
        let mut curve = Curve::default();
        curve.note(1.0, time("10:00:00") + Duration::days(9000));
        curve.note(2.0, time("10:00:00"));
        assert_eq!(hour(&curve, "10:00:00").last(), Some(&Some(2.0)));
    }
}
