//! Ticks at round numbers and full hours.

use crate::history::day::{DaySeries, Instant};

/// Ticks at multiples of 1, 2 or 5 times a power of ten, from below `low` to above `high`, about
/// `count` of them.
pub(super) fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let high = if high > low { high } else { low + 1.0 };
    let step = nice((high - low) / count.max(1) as f64);
    let first = (low / step).floor();
    // Rounding must not add a tick above a number that is a tick itself.
    let last = (high / step - 1e-9).ceil();
    let mut ticks = Vec::new();
    let mut number = first;
    while number <= last && ticks.len() <= 4 * count {
        ticks.push(number * step);
        number += 1.0;
    }
    ticks
}

/// The least of 1, 2, 5, 10, 20, … that is not below `step`.
pub(super) fn nice(step: f64) -> f64 {
    if step <= 0.0 || !step.is_finite() {
        return 1.0;
    }
    // Not the C library's: that is one more library to load at each start.
    let power = libm::exp10(libm::log10(step).floor());
    let mut factors = [1.0, 2.0, 5.0, 10.0].into_iter();
    // Here too a step that is a round number already must not become the next one by rounding.
    let fits = |factor: &f64| factor * power >= step * (1.0 - 1e-9);
    factors.find(fits).unwrap_or(10.0) * power
}

/// A tick as text, without trailing zeros.
pub(super) fn label(tick: f64, factor: f64) -> String {
    let text = format!("{:.3}", tick / factor);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Minutes between the ticks of a day.
const TIMES: [i32; 7] = [15, 30, 60, 120, 180, 240, 360];

/// All clocks of the world differ by multiples of this, s.
const QUARTER: i32 = 900;

/// Full hours, or parts of them, of a local clock: at most `most`, each with its text.
pub(super) fn hours(day: &DaySeries, most: usize) -> Vec<(Instant, String)> {
    let end = day.instant(day.steps);
    // In UTC: on a day on which the clock is changed an hour comes twice, or never.
    let first = day.start.div_euclid(QUARTER) * QUARTER;
    let of = |minutes: i32| -> Vec<(Instant, String)> {
        let quarters = (0..).map(|number| first + number * QUARTER);
        let quarters = quarters.take_while(|instant| *instant <= end);
        let is_full =
            |instant: &Instant| *instant >= day.start && day.clock(*instant) % (minutes * 60) == 0;
        quarters
            .filter(is_full)
            .map(|instant| (instant, day.hour(instant)))
            .collect()
    };
    let mut choices = TIMES.into_iter().map(of);
    choices
        .find(|ticks| ticks.len() <= most)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::examples;

    #[test]
    fn ticks_are_round_and_hold_everything() {
        assert_eq!(ticks(0.0, 58.1, 5), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(
            ticks(0.0, 60.0, 6),
            [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
        );
        assert_eq!(ticks(-3.0, 9.0, 5), [-5.0, 0.0, 5.0, 10.0]);
        assert_eq!(
            ticks(0.0, 0.0, 5),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(label(2500.0, 1000.0), "2.5");
        assert_eq!(label(-0.0, 1000.0), "0");
    }

    #[test]
    fn hours_are_full_ones() {
        let day = examples::day(1, 5);
        let ticks: Vec<String> = hours(&day, 13).into_iter().map(|(_, text)| text).collect();
        assert_eq!(
            ticks,
            [
                "06:00", "08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00"
            ]
        );
    }
}
