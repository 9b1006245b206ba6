//! How powers, energies and titles are written.

use crate::history::compare::{Compared, Comparison};
use crate::history::day::DaySeries;
use crate::history::period::Bars;

/// The unit for numbers up to `most`, with its factor.
pub(super) fn scale(most: f64, unit: &'static str) -> (f64, String) {
    match most {
        most if most >= 10_000_000.0 => (1_000_000.0, format!("M{unit}")),
        most if most >= 1000.0 || unit == "Wh" => (1000.0, format!("k{unit}")),
        _ => (1.0, unit.to_owned()),
    }
}

/// `8.52 kW`
pub(super) fn power(watt: f64) -> String {
    let (factor, unit) = scale(watt.abs(), "W");
    let decimals = if factor == 1.0 { 0 } else { 2 };
    format!("{:.decimals$} {unit}", watt / factor)
}

/// `412.3 kWh`
pub(super) fn energy(watt_hours: f64) -> String {
    let (factor, unit) = scale(watt_hours.abs(), "Wh");
    let decimals = if factor > 1000.0 { 2 } else { 1 };
    format!("{:.decimals$} {unit}", watt_hours / factor)
}

/// As in a table: kWh alone, nothing where there are no rows.
pub(super) fn kwh(watt_hours: Option<f64>) -> String {
    watt_hours.map_or_else(String::new, |energy| format!("{:.1}", energy / 1000.0))
}

/// `-14 %`, `+3 %`, `0 %`
pub(super) fn percent(part: f64) -> String {
    let percent = (part * 100.0).round();
    // No sign in front of nothing.
    if percent == 0.0 {
        "0 %".to_owned()
    } else {
        format!("{percent:+.0} %")
    }
}

fn titled(plant: Option<&str>, title: &str) -> String {
    match plant {
        Some(plant) => format!("{plant}, {title}"),
        None => title.to_owned(),
    }
}

/// `Roof, 2026-05-03: 312.4 kWh, peak 58.10 kW at 13:05`
pub(super) fn day_title(day: &DaySeries) -> String {
    let mut title = titled(day.plant.as_deref(), &day.date.to_string());
    let energy = day.energy().map(energy);
    let peak = day.peak().filter(|(watt, _)| *watt > 0.0);
    let peak = peak.map(|(watt, when)| format!("peak {} at {}", power(watt), day.hour(when)));
    let parts: Vec<String> = energy.into_iter().chain(peak).collect();
    if !parts.is_empty() {
        title = title + ": " + &parts.join(", ");
    }
    title
}

/// `Roof, 2026-05: 9.81 MWh`; of years side by side without a sum.
pub(super) fn bars_title(bars: &Bars) -> String {
    let title = titled(bars.plant.as_deref(), &bars.title);
    match bars.total().filter(|_| bars.is_stacked) {
        Some(total) => format!("{title}: {}", energy(total)),
        None => title,
    }
}

/// `Roof, inverters compared, 2025-05-04 to 2026-05-03`
pub(super) fn comparison_title(comparison: &Comparison) -> String {
    let title = match &comparison.plant {
        Some(plant) => format!("{plant}, inverters compared"),
        None => "Inverters compared".to_owned(),
    };
    let last = comparison.dates().last().unwrap_or(comparison.first);
    format!("{title}, {} to {last}", comparison.first)
}

/// What is below the picture of a comparison: the findings, or that there are none; then where the
/// installed powers are from.
pub(super) fn comparison_notes(comparison: &Comparison) -> Vec<String> {
    let sentences = comparison.all().filter_map(Compared::sentence);
    let mut notes: Vec<String> = sentences.collect();
    if notes.is_empty() {
        let is_compared = comparison.all().any(|compared| compared.recent.is_some());
        let note = match is_compared {
            true => "No inverter is below the others.",
            false => {
                "There is nothing to compare: that takes two inverters, or two MPP trackers, with \
                rows of the same days."
            }
        };
        notes.push(note.to_owned());
    }
    let hidden = comparison.trackers.len() - comparison.shown_trackers().len();
    if hidden > 0 {
        notes.push(format!(
            "{hidden} MPP trackers are not shown, as none of their inverters has a low one."
        ));
    }
    let has_several = comparison.inverters.len() > 1;
    // Trackers alone are compared by their best month in any case.
    notes.extend(comparison.basis().filter(|_| has_several));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_unit_that_suits_them() {
        assert_eq!(power(0.0), "0 W");
        assert_eq!(power(850.4), "850 W");
        assert_eq!(power(58_100.0), "58.10 kW");
        assert_eq!(power(12_345_678.0), "12.35 MW");
        assert_eq!(energy(0.0), "0.0 kWh");
        assert_eq!(energy(412_345.0), "412.3 kWh");
        assert_eq!(energy(98_765_432.0), "98.77 MWh");
        assert_eq!(
            (percent(-0.144), percent(0.03), percent(-0.001)),
            ("-14 %".into(), "+3 %".into(), "0 %".into())
        );
    }
}
