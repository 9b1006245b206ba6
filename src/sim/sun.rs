//! The sun over the simulated inverters: a midsummer of the far north, so that they feed in at any
//! hour.

use chrono::{NaiveDate, NaiveDateTime, Timelike as _};
use libm::{cos, sin};
use std::f64::consts::TAU;

/// Brightness at six in the morning and evening, as a share of full power.
const MEAN: f64 = 0.4;

/// How much brighter it is at noon, and how much darker at midnight.
const SWING: f64 = 0.25;

/// Thin clouds, six an hour.
const CLOUDS: f64 = 0.03;
const CLOUDS_PER_HOUR: f64 = 6.0;

/// A moment of the simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Whole days since the inverters were installed.
    pub(super) days: f64,
    /// Hours since midnight.
    pub(super) hours: f64,
}

impl Moment {
    pub(super) fn new(time: NaiveDateTime) -> Self {
        let days = (time.date() - INSTALLED).num_days().max(0) as f64;
        let hours = f64::from(time.num_seconds_from_midnight()) / 3600.0;
        Self { days, hours }
    }

    /// Brightness, 0.1..=0.7.
    pub(super) fn light(self) -> f64 {
        MEAN - SWING * cos(TAU * self.hours / 24.0)
            + CLOUDS * sin(TAU * CLOUDS_PER_HOUR * self.hours)
    }

    /// The greatest brightness since midnight, clouds aside.
    pub(super) fn brightest(self) -> f64 {
        MEAN - SWING * cos(TAU * self.hours.min(12.0) / 24.0) + CLOUDS
    }

    /// The integral of [`Self::light`] since midnight: hours at full power that give the same
    /// energy.
    pub(super) fn full_hours(self) -> f64 {
        let clouds = TAU * CLOUDS_PER_HOUR;
        MEAN * self.hours - SWING * 24.0 / TAU * sin(TAU * self.hours / 24.0)
            + CLOUDS / clouds * (1.0 - cos(clouds * self.hours))
    }

    /// Light, the greatest light since midnight, and full hours since midnight.
    pub(super) fn sun(self) -> [f64; 3] {
        [self.light(), self.brightest(), self.full_hours()]
    }

    /// Full hours of the whole days before.
    pub(super) fn full_hours_before(self) -> f64 {
        // Over whole days, swing and clouds cancel out.
        self.days * MEAN * 24.0
    }

    /// Hz; rises and falls by two hundredths within an hour.
    pub(super) fn grid_frequency(self) -> f64 {
        50.0 + 0.02 * sin(self.hours * TAU)
    }
}

const INSTALLED: NaiveDate = match NaiveDate::from_ymd_opt(2020, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn moments() -> impl Iterator<Item = Moment> {
        (0..24 * 60).map(|minute| Moment {
            days: 1.0,
            hours: f64::from(minute) / 60.0,
        })
    }

    #[test]
    fn sun_is_smooth_and_never_sets() {
        let light: Vec<f64> = moments().map(Moment::light).collect();
        assert!(light.iter().all(|light| (0.1..=0.7).contains(light)));
        let steps = light.iter().zip(light.iter().skip(1));
        assert!(
            steps
                .into_iter()
                .all(|(one, next)| (one - next).abs() < 0.03)
        );
        assert!(moments().all(|moment| moment.brightest() >= moment.light()));
    }

    #[test]
    fn full_hours_are_the_integral_of_light_and_days_join() {
        let mut sum = 0.0;
        for moment in moments() {
            assert!((moment.full_hours() - sum).abs() < 0.02, "{moment:?}");
            sum += moment.light() / 60.0;
        }
        let end = Moment {
            days: 0.0,
            hours: 24.0,
        };
        let next = Moment {
            days: 1.0,
            hours: 0.0,
        };
        assert!((end.full_hours() - next.full_hours_before()).abs() < 1e-9);
        assert!(next.full_hours().abs() < 1e-9);
    }
}
