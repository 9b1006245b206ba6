//! Classes of colour: of the calendar, and of the comparison.

use super::axis::nice;

/// Steps of the calendar above zero.
pub(super) const STEPS: usize = 5;

/// How many kWh a step of the calendar is, for a best day of `most` Wh.
pub(super) fn step(most: f64) -> f64 {
    nice(most / 1000.0 / STEPS as f64)
}

/// The class of a day: 0 is none at all, [`STEPS`] the most.
pub(super) fn of_energy(watt_hours: f64, step: f64) -> usize {
    if watt_hours <= 0.0 {
        return 0;
    }
    let above = (1..STEPS).filter(|number| watt_hours / 1000.0 > step * *number as f64);
    1 + above.count()
}

/// The upper end of a class, kWh.
pub(super) fn upper(class: usize, step: f64) -> f64 {
    step * class as f64
}

/// Classes of the comparison: 0 is 20 % below and more, 3 is the middle, 6 is 20 % above and more.
pub(super) const CLASSES: usize = 7;

/// The text of each class in a legend.
pub(super) const CLASS_LABELS: [&str; CLASSES] = [
    "-20 % and below",
    "-10 %",
    "-5 %",
    "within 5 %",
    "+5 %",
    "+10 %",
    "+20 % and above",
];

/// The class of a deviation.
pub(super) fn of_deviation(part: f64) -> usize {
    // A deviation at the edge belongs to the outer class, at both sides.
    let below = [-0.2, -0.1, -0.05]
        .into_iter()
        .filter(|least| part > *least)
        .count();
    let above = [0.05, 0.1, 0.2]
        .into_iter()
        .filter(|least| part >= *least)
        .count();
    below + above
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_class() {
        let classes: Vec<usize> = [-1.0, -0.2, -0.15, -0.06, 0.0, 0.049, 0.05, 0.1, 3.0]
            .map(of_deviation)
            .to_vec();
        assert_eq!(classes, [0, 0, 1, 2, 3, 3, 4, 5, 6]);
        let step = step(312_000.0);
        assert_eq!(step, 100.0);
        assert_eq!(
            [0.0, 1.0, 100_000.0, 100_001.0, 312_000.0].map(|energy| of_energy(energy, step)),
            [0, 1, 1, 2, 4]
        );
    }
}
