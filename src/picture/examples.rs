//! Series with made-up numbers.

use crate::history::compare::{Basis, Compared, Comparison, judge};
use crate::history::day::{DayInverter, DaySeries, FaultSpan};
use crate::history::period::{self, InverterYields, Yields};
use crate::history::series::Series;
use chrono::NaiveDate;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// A day from 05:00 to 21:00 in summer, in steps of some minutes; a fault, and a hole in the line
/// of the first inverter.
pub(super) fn day(count: usize, minutes: i32) -> DaySeries {
    let steps = usize::try_from(16 * 60 / minutes).unwrap_or(0);
    let power = |inverter: usize, step: usize| {
        let x = step as f64 / steps as f64;
        let is_hole = inverter == 0 && (0.2..0.3).contains(&x);
        (!is_hole).then(|| 10_000.0 * (x * std::f64::consts::PI).sin().max(0.0).powi(2))
    };
    let one = |number: usize| DayInverter {
        label: format!("{:02}", number + 1),
        title: format!("{:02}", number + 1),
        power: (0..steps).map(|step| power(number, step)).collect(),
        peak: Some((10_000.0, 11 * 3600)),
        feeding: Some((4 * 3600, 18 * 3600)),
        energy: Some(80_000.0),
        faults: vec![FaultSpan {
            from: 12 * 3600,
            to: 13 * 3600,
            text: "grid <fault>".to_owned(),
        }],
        ..DayInverter::default()
    };
    DaySeries {
        plant: Some("Roof & barn".to_owned()),
        date: date(2026, 5, 3),
        start: 3 * 3600,
        step: minutes * 60,
        steps,
        clocks: vec![(0, 7200)],
        inverters: (0..count).map(one).collect(),
    }
}

/// A hybrid: the power of its modules, load, grid and battery.
pub(super) fn hybrid() -> DaySeries {
    let mut day = day(1, 5);
    let steps = day.steps;
    if let Some(inverter) = day.inverters.first_mut() {
        inverter.flows = [
            vec![Some(500.0); steps],
            inverter
                .power
                .iter()
                .map(|power| Some(500.0 - (*power)?))
                .collect(),
            vec![Some(-250.0); steps],
        ];
    }
    day
}

/// The days of a year; none in its second week.
pub(super) fn yields(count: usize, year: i32) -> Yields {
    let days = if date(year, 12, 31).format("%j").to_string() == "366" {
        366
    } else {
        365
    };
    let of = |inverter: usize, day: usize| {
        let season = 0.55 - 0.45 * (day as f64 / 365.0 * std::f64::consts::TAU).cos();
        let cloud = [1.0, 0.8, 0.3, 0.9, 0.0, 0.6, 0.95]
            .get(day % 7)
            .copied()
            .unwrap_or(0.0);
        (!(7..14).contains(&day))
            .then(|| 60_000.0 * season * cloud * (1.0 + inverter as f64 / 50.0))
    };
    let one = |number: usize| InverterYields {
        label: format!("{:02}", number + 1),
        title: format!("{:02}", number + 1),
        days: (0..days).map(|day| of(number, day)).collect(),
    };
    Yields {
        plant: None,
        first: date(year, 1, 1),
        count: days,
        inverters: (0..count).map(one).collect(),
    }
}

/// The second inverter lost 20 % at the end of the year.
pub(super) fn comparison(count: usize, days: usize) -> Comparison {
    let energy = |inverter: usize, day: usize| {
        let noise = ((inverter * 7919 + day * 104_729) % 61) as f64 / 1000.0;
        let lost = if inverter == 1 && day + 20 > days {
            0.8
        } else {
            1.0
        };
        (inverter != 2 || day != 5).then_some(50_000.0 * (0.97 + noise) * lost)
    };
    let one = |number: usize| Compared {
        label: format!("{:02}", number + 1),
        title: format!("{:02}", number + 1),
        power: Some((10.0, Basis::PlantFile)),
        energy: (0..days).map(|day| energy(number, day)).collect(),
        ..Compared::default()
    };
    let first = date(2026, 1, 1);
    let mut inverters: Vec<Compared> = (0..count).map(one).collect();
    judge(&mut inverters, first);
    Comparison {
        plant: None,
        first,
        count: days,
        inverters,
        trackers: Vec::new(),
    }
}

/// A series of each period, of no inverter to 31.
pub(super) fn series() -> Vec<Series> {
    let mut series = vec![Series::Day(hybrid())];
    for count in [0, 1, 2, 31] {
        let yields = yields(count, 2024);
        let year = period::year(&yields);
        series.extend([
            Series::Day(day(count, 5)),
            Series::Month(period::month(&january(&yields))),
            Series::Years(period::years(std::slice::from_ref(&year))),
            Series::Year(year, yields),
            Series::Compare(comparison(count, 366)),
            Series::Compare(comparison(count, 9)),
        ]);
    }
    series
}

/// The first month of a year.
fn january(year: &Yields) -> Yields {
    let mut month = year.clone();
    month.count = 31;
    for inverter in &mut month.inverters {
        inverter.days.truncate(month.count);
    }
    month
}
