//! Made-up plants, and what is found in them.

use super::power::best_month;
use super::*;
use crate::history::{at, date};

const DAYS: usize = 61;

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 14).unwrap_or_default()
}

/// Numbers from -1 to 1, always the same ones.
fn noise(seed: usize) -> f64 {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state >> 33) % 2001) as f64 / 1000.0 - 1.0
}

/// Inverters of 10 kWp with noise of 3 % (the standard deviation), changed by `factor`.
fn plant(count: usize, seed: usize, factor: impl Fn(usize, usize) -> Option<f64>) -> Vec<Compared> {
    let day = |inverter: usize, day: usize| {
        let sun = 30_000.0 + 10_000.0 * noise(day + 7_000 * seed);
        let own = 1.0 + 0.052 * noise(1_000 * inverter + day + 100_000 * (seed + 1));
        Some(sun * own * factor(inverter, day)?)
    };
    let one = |inverter: usize| Compared {
        label: format!("{:02}", inverter + 1),
        title: format!("{:02}", inverter + 1),
        power: Some((10.0, Basis::PlantFile)),
        energy: (0..DAYS).map(|number| day(inverter, number)).collect(),
        ..Compared::default()
    };
    let mut plant: Vec<Compared> = (0..count).map(one).collect();
    judge(&mut plant, first());
    plant
}

fn sentences(plant: &[Compared]) -> Vec<String> {
    plant.iter().filter_map(Compared::sentence).collect()
}

#[test]
fn an_inverter_that_lost_a_fifth_is_named_with_its_day() {
    for count in [2, 3, 5, 31] {
        for seed in 0..10 {
            let plant = plant(count, seed, |inverter, day| {
                Some(if inverter == 1 && day >= 49 { 0.8 } else { 1.0 })
            });
            let named: Vec<&str> = plant
                .iter()
                .filter(|one| one.finding.is_some())
                .map(|one| one.label.as_str())
                .collect();
            assert_eq!(
                named,
                ["02"],
                "{count} inverters, {seed}: {:?}",
                sentences(&plant)
            );
            let finding = plant
                .get(1)
                .and_then(|one| one.finding)
                .map(|found| (found.since, found.below));
            let (since, below) = finding.unwrap_or_default();
            assert_eq!(Some(since), date(first(), 49), "{count} inverters, {seed}");
            assert!((below - 0.2).abs() < 0.035, "{below}");
        }
    }
}

#[test]
fn noise_and_a_week_of_clouds_name_none() {
    for seed in 0..40 {
        let plant = plant(5, seed, |_, day| {
            Some(if (50..57).contains(&day) { 0.15 } else { 1.0 })
        });
        assert_eq!(sentences(&plant), [""; 0], "{seed}");
    }
}

#[test]
fn a_sentence_tells_what_was_before() {
    let plant = plant(5, 0, |inverter, day| {
        Some(if inverter == 3 && day >= 50 {
            0.86
        } else {
            1.0
        })
    });
    let sentences = sentences(&plant);
    assert_eq!(sentences.len(), 1, "{sentences:?}");
    let sentence = sentences.first().map_or("", String::as_str);
    assert!(sentence.starts_with("04: 1"), "{sentence}");
    assert!(
        sentence.contains(" % below the others since 2026-05-03 (before: "),
        "{sentence}"
    );
}

#[test]
fn an_inverter_that_was_always_low_has_no_before() {
    let plant = plant(5, 1, |inverter, _| {
        Some(if inverter == 0 { 0.7 } else { 1.0 })
    });
    let found = plant.first().and_then(|one| one.finding);
    assert_eq!(
        found.map(|found| (found.since, found.before)),
        Some((first(), None))
    );
}

#[test]
fn one_that_recovered_is_not_flagged() {
    let plant = plant(5, 2, |inverter, day| {
        Some(if inverter == 0 && (20..50).contains(&day) {
            0.7
        } else {
            1.0
        })
    });
    assert_eq!(sentences(&plant), [""; 0]);
}

#[test]
fn half_of_the_days_low_is_found_as_well() {
    for start in [10, 30, 35] {
        let plant = plant(4, 3, |inverter, day| {
            Some(if inverter == 2 && day >= start {
                0.8
            } else {
                1.0
            })
        });
        let since = plant
            .get(2)
            .and_then(|one| one.finding)
            .map(|found| found.since);
        assert_eq!(since, date(first(), start));
    }
}

#[test]
fn no_rows_are_not_a_low_yield() {
    let plant = plant(4, 4, |inverter, day| {
        (inverter != 0 || day < 40).then_some(1.0)
    });
    assert_eq!(sentences(&plant), ["01: no rows since 2026-04-22"]);
    assert!(plant.iter().all(|one| one.finding.is_none()));
}

#[test]
fn one_inverter_has_no_siblings() {
    let plant = plant(1, 5, |_, _| Some(1.0));
    assert_eq!(sentences(&plant), [""; 0]);
    assert!(
        plant
            .iter()
            .all(|one| one.deviation.iter().all(Option::is_none))
    );
}

#[test]
fn powers_that_are_not_known_are_estimated_by_those_that_are() {
    let known = [
        Some((10.0, Basis::PlantFile)),
        None,
        Some((20.0, Basis::RatedPower)),
        None,
    ];
    let best = [Some(50_000.0), Some(25_000.0), Some(100_000.0), None];
    let expected = [known[0], Some((5.0, Basis::BestMonth)), known[2], None];
    assert_eq!(powers(&known, &best), expected);
    assert_eq!(
        powers(&[None], &[Some(3.0)]),
        [Some((3.0, Basis::BestMonth))]
    );
}

#[test]
fn the_best_month_is_a_full_one_if_there_is_any() {
    let first = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap_or_default();
    let mut days = vec![10.0; 31];
    days.extend([99.0; 5]);
    let best = |skip: usize| best_month(first, days.iter().copied().enumerate().skip(skip));
    assert_eq!(
        (best(0), best(29), best(36)),
        (Some(10.0), Some(99.0), None)
    );
}

#[test]
fn a_best_month_is_not_that_of_the_season() {
    let first = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
    // It rises all the time; the second loses half when the last month begins.
    let one: Vec<Option<f64>> = (0..92).map(|day| Some(100.0 + f64::from(day))).collect();
    let second = one
        .iter()
        .enumerate()
        .map(|(day, energy)| Some((*energy)? * if day < 61 { 2.0 } else { 1.0 }));
    let second: Vec<Option<f64>> = second.collect();
    let best = best_months(first, &[&one, &one, &second]);
    let ratio = at(&best, 0)
        .zip(at(&best, 2))
        .map(|(one, second)| second / one);
    assert!(
        ratio.is_some_and(|ratio| (ratio - 2.0).abs() < 0.01),
        "{ratio:?}"
    );
}
