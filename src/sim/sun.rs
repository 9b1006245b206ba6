//! The sun over the simulated inverters: a midsummer of the far north, so that they feed in at any
//! hour.

use chrono::{Datelike as _, NaiveDateTime, Timelike as _};
use libm::{cos, sin};
use std::f64::consts::{PI, TAU};

/// Brightness at six in the morning and evening, as a share of full power.
const MEAN: f64 = 0.4;

/// How much brighter it is at noon, and how much darker at midnight.
const SWING: f64 = 0.25;

/// Thin clouds, six an hour.
const CLOUDS: f64 = 0.03;
const CLOUDS_PER_HOUR: f64 = 6.0;

/// When the inverters were installed: 2020-01-01, in days of the common era.
const INSTALLED: i32 = 737_425;

/// A moment of the simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Whole days since the inverters were installed.
    pub(super) days: f64,
    /// Hours since midnight.
    pub(super) hours: f64,
}

/// What the sun gives, as shares of full power.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sun {
    /// Brightness now, 0.1..=0.7.
    pub(super) light: f64,
    /// The greatest brightness since midnight, clouds aside.
    pub(super) brightest: f64,
    /// The integral of the brightness since midnight: hours at full power for the same energy.
    pub(super) full_hours: f64,
}

impl Moment {
    pub(super) fn new(time: NaiveDateTime) -> Self {
        Self {
            days: f64::from(time.num_days_from_ce() - INSTALLED).max(0.0),
            hours: f64::from(time.num_seconds_from_midnight()) / 3600.0,
        }
    }

    pub(super) fn sun(self) -> Sun {
        let day = TAU / 24.0;
        let clouds = TAU * CLOUDS_PER_HOUR;
        let [angle, cloud] = [day, clouds].map(|frequency| frequency * self.hours);
        Sun {
            light: MEAN - SWING * cos(angle) + CLOUDS * sin(cloud),
            brightest: MEAN - SWING * cos(angle.min(PI)) + CLOUDS,
            full_hours: MEAN * self.hours - SWING / day * sin(angle)
                + CLOUDS / clouds * (1.0 - cos(cloud)),
        }
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
        let light: Vec<f64> = moments().map(|moment| moment.sun().light).collect();
        assert!(light.iter().all(|light| (0.1..=0.7).contains(light)));
        let steps = light.iter().zip(light.iter().skip(1));
        assert!(
            steps
                .into_iter()
                .all(|(one, next)| (one - next).abs() < 0.03)
        );
        let suns = moments().map(Moment::sun);
        assert!(suns.into_iter().all(|sun| sun.brightest >= sun.light));
    }

    #[test]
    fn full_hours_are_the_integral_of_light_and_days_join() {
        let mut sum = 0.0;
        for moment in moments() {
            assert!((moment.sun().full_hours - sum).abs() < 0.02, "{moment:?}");
            sum += moment.sun().light / 60.0;
        }
        let end = Moment {
            days: 0.0,
            hours: 24.0,
        };
        let next = Moment {
            days: 1.0,
            hours: 0.0,
        };
        assert!((end.sun().full_hours - next.full_hours_before()).abs() < 1e-9);
        assert!(next.sun().full_hours.abs() < 1e-9);
    }
}
