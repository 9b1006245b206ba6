//! The day that the simulated inverters live through: how bright it is, and what the sun has given since midnight.
//!
//! Everything is a share of a plant's peak; which plant, and how its values are written, is known elsewhere.

use chrono::{NaiveTime, TimeDelta, Timelike as _};
use std::f64::consts::PI;

const SUNRISE: f64 = 6.0;
const DAYLIGHT: f64 = 14.0;
const NOON: f64 = SUNRISE + DAYLIGHT / 2.0;

/// What is left at night, so that whoever tries the program late sees values and not zeros.
const TRICKLE: f64 = 0.01;

/// Under this it is dusk: the inverter is still up, but about to shut down.
const DUSK: f64 = 0.03;

/// Counts the midnights that pass, so that totals go on rising.
#[derive(Debug)]
pub(super) struct Calendar {
    days: u32,
    latest: NaiveTime,
}

impl Calendar {
    pub(super) const fn new() -> Self {
        Self {
            days: 0,
            latest: NaiveTime::MIN,
        }
    }

    /// The moment of a time of day that is later than those before. A clock that was set back a little makes no new day.
    pub(super) fn moment(&mut self, time_of_day: NaiveTime) -> Moment {
        if self.latest - time_of_day > TimeDelta::hours(12) {
            self.days = self.days.saturating_add(1);
        }
        self.latest = time_of_day;
        Moment::new(time_of_day, self.days)
    }
}

/// A time of day, and the midnights passed since the simulation began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    hours: f64,
    days: u32,
}

impl Moment {
    pub(super) fn new(time_of_day: NaiveTime, days: u32) -> Self {
        let seconds = f64::from(time_of_day.num_seconds_from_midnight());
        Self {
            hours: seconds / 3600.0,
            days,
        }
    }

    /// A moment of the first day.
    pub(super) const fn at_hours(hours: f64) -> Self {
        Self { hours, days: 0 }
    }

    /// Hours since midnight.
    pub(super) const fn hours(self) -> f64 {
        self.hours
    }

    /// Midnights passed since the simulation began.
    pub(super) const fn days(self) -> u32 {
        self.days
    }

    /// Brightness now, `TRICKLE..=1`.
    pub(super) fn light(self) -> f64 {
        TRICKLE + (1.0 - TRICKLE) * (PI * self.daylight()).sin().powi(2)
    }

    pub(super) fn is_dusk(self) -> bool {
        self.light() < DUSK
    }

    /// The greatest brightness since midnight.
    pub(super) fn brightest(self) -> f64 {
        let hours = self.hours.min(NOON);
        Self { hours, ..self }.light()
    }

    /// The integral of [`Self::light`] since midnight: hours at full power that would give the same energy.
    pub(super) fn full_hours(self) -> f64 {
        let part = self.daylight();
        let sun = DAYLIGHT * (part / 2.0 - (2.0 * PI * part).sin() / (4.0 * PI));
        TRICKLE * self.hours + (1.0 - TRICKLE) * sun
    }

    /// The same over the whole days that have passed.
    pub(super) fn full_hours_before(self) -> f64 {
        let hours = 24.0;
        f64::from(self.days) * Self { hours, ..self }.full_hours()
    }

    /// Minutes of daylight since midnight.
    pub(super) fn minutes(self) -> u32 {
        (self.daylight() * DAYLIGHT * 60.0) as u32
    }

    /// Minutes of daylight in the days that have passed.
    pub(super) fn minutes_before(self) -> u32 {
        self.days.saturating_mul((DAYLIGHT * 60.0) as u32)
    }

    /// Rises and falls by two hundredths of a hertz.
    pub(super) fn grid_frequency(self) -> f64 {
        50.0 + 0.02 * (self.hours * 2.0 * PI).sin()
    }

    /// The part of the daylight that is over, 0..=1.
    fn daylight(self) -> f64 {
        ((self.hours - SUNRISE) / DAYLIGHT).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments() -> impl Iterator<Item = Moment> {
        (0..24 * 60).map(|minute| Moment {
            hours: f64::from(minute) / 60.0,
            days: 0,
        })
    }

    #[test]
    fn light_is_smooth_and_never_out() {
        let light: Vec<f64> = moments().map(Moment::light).collect();
        assert!(light.iter().all(|light| (TRICKLE..=1.0).contains(light)));
        assert!(
            light
                .windows(2)
                .all(|pair| matches!(pair, [one, next] if (one - next).abs() < 0.01))
        );
        let noon = Moment {
            hours: NOON,
            days: 0,
        };
        assert!((noon.light() - 1.0).abs() < 1e-9 && !noon.is_dusk());
        assert!(moments().next().is_some_and(Moment::is_dusk));
    }

    #[test]
    fn full_hours_are_the_integral_of_light() {
        let mut sum = 0.0;
        for moment in moments() {
            assert!((moment.full_hours() - sum).abs() < 0.01, "{moment:?}");
            sum += moment.light() / 60.0;
        }
    }

    #[test]
    fn the_brightest_is_kept_until_midnight() {
        let mut brightest = 0.0_f64;
        for moment in moments() {
            brightest = brightest.max(moment.light());
            assert!((moment.brightest() - brightest).abs() < 1e-9, "{moment:?}");
        }
    }
}
