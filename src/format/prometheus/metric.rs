//! From a row of a layout's table to a metric: its name, its base unit, its type. The rules are
//! Prometheus's, as `promtool` checks them.

use crate::reading::{Decimal, Field, Kind, Unit};

/// The first word of the names of inverters' metrics.
const PREFIX: &str = "inverter";

/// What all samples of a metric share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) help: String,
    /// `gauge` or `counter`.
    pub(super) kind: &'static str,
    /// From the column's unit to the base unit.
    factor: Decimal,
}

impl Metric {
    /// The metric of a column with numbers: `inverter_`, its key, its base unit, and `_total` if it
    /// counts. Help follows from the name alone: node_exporter refuses files that explain one
    /// metric in two ways.
    pub(super) fn of(field: &Field) -> Self {
        Self::behind(PREFIX, field)
    }

    /// As [`Metric::of`], with another word in front of the name.
    pub(super) fn behind(prefix: &str, field: &Field) -> Self {
        let counts = field.kind == Kind::Total;
        let (unit, factor) = base_unit(field.unit);
        let label = words(field.label, counts);
        let key = label.to_ascii_lowercase().replace(' ', "_");
        let end = if counts { "total" } else { "" };
        let parts = [prefix, &key, unit, end].into_iter();
        let name: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        Self {
            name: name.join("_"),
            help: match unit {
                "" => label,
                unit => format!("{label} ({unit})"),
            },
            kind: if counts { "counter" } else { "gauge" },
            factor,
        }
    }

    /// A number of the column in the base unit, exact; `None` beyond all that can be counted.
    pub(super) fn in_base_unit(&self, number: Decimal) -> Option<Decimal> {
        Some(number.checked_mul(self.factor)?.normalize())
    }
}

/// Whether an inverter gave a reading.
pub(super) fn up() -> Metric {
    gauge(
        "up",
        "Whether the inverter gave a reading when it was last polled",
    )
}

/// What an inverter is.
pub(super) fn info() -> Metric {
    gauge("info", "What the inverter is, in labels")
}

/// The status code of an inverter, or of one of its units.
pub(super) fn status_code(key: &str) -> Metric {
    gauge(key, "Number of the inverter's state")
}

fn gauge(key: &str, help: &str) -> Metric {
    Metric {
        name: format!("{PREFIX}_{key}"),
        help: help.to_owned(),
        kind: "gauge",
        factor: Decimal::ONE,
    }
}

/// The words of a label for the name of a metric, without those that the name has anyway.
fn words(label: &str, counts: bool) -> String {
    let word = |part| match str::to_ascii_lowercase(part).as_str() {
        PREFIX => None,
        "total" if counts => None,
        // A name may not hold that of a type. This is the counter that the owner can reset.
        "counter" => Some("resettable"),
        // Nor a unit beside the base unit.
        "minutes" | "hours" => Some("operating time"),
        _ => Some(part),
    };
    label
        .split(' ')
        .filter_map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The base unit in names, and what a number is multiplied with.
fn base_unit(unit: Unit) -> (&'static str, Decimal) {
    match unit {
        Unit::None => ("", Decimal::ONE),
        Unit::Volt => ("volts", Decimal::ONE),
        Unit::Ampere => ("amperes", Decimal::ONE),
        Unit::Watt => ("watts", Decimal::ONE),
        Unit::WattHour => ("joules", Decimal::from(3_600)),
        Unit::KilowattHour => ("joules", Decimal::from(3_600_000)),
        Unit::Hertz => ("hertz", Decimal::ONE),
        Unit::Celsius => ("celsius", Decimal::ONE),
        Unit::Percent => ("ratio", Decimal::new(1, 2)),
        Unit::Minute => ("seconds", Decimal::from(60)),
        Unit::Hour => ("seconds", Decimal::from(3_600)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::kaco::layouts::{COUNTERS, READINGS};
    use crate::kstar::layout::KSTAR;
    use std::collections::{BTreeMap, BTreeSet};

    /// The fields of all tables, with the layout of each.
    fn rows() -> impl Iterator<Item = (&'static str, &'static Field)> {
        let layouts = READINGS.into_iter().chain([&COUNTERS, &KSTAR]);
        layouts.flat_map(|layout| layout.fields.iter().map(|field| (layout.name, field)))
    }

    #[test]
    fn names_follow_rows() {
        for (label, due) in [
            ("DC Voltage MPPT1", "dc_voltage_mppt1_volts"),
            ("AC Current phase 1", "ac_current_phase_1_amperes"),
            ("DC Power total", "dc_power_total_watts"),
            ("AC Frequency", "ac_frequency_hertz"),
            ("cos phi", "cos_phi"),
            ("Daily yield", "daily_yield_joules_total"),
            ("Daily yield unit 1", "daily_yield_unit_1_joules_total"),
            ("Total yield", "yield_joules_total"),
            ("Counter yield", "resettable_yield_joules_total"),
            ("Minutes today", "operating_time_today_seconds_total"),
            ("Minutes counter", "operating_time_resettable_seconds_total"),
            ("Minutes total", "operating_time_seconds_total"),
            ("Total Hours", "operating_time_seconds_total"),
            ("Inverter Temperature", "temperature_celsius"),
            ("Battery State of Charge", "battery_state_of_charge_ratio"),
            ("Total Power", "total_power_watts"),
            ("Error Codes", "error_codes"),
        ] {
            let row = rows().find(|(_, field)| field.label == label);
            let name = row.map(|(_, field)| Metric::of(field).name);
            assert_eq!(name, Some(format!("inverter_{due}")), "{label}");
        }
    }

    #[test]
    fn numbers_are_exact() {
        for (unit, number, due) in [
            (Unit::WattHour, "33969", "122288400"),
            (Unit::KilowattHour, "7793.374", "28056146400"),
            (
                Unit::KilowattHour,
                "123456789.123456789",
                "444444440844444.4404",
            ),
            (Unit::Percent, "71", "0.71"),
            (Unit::Minute, "4311496", "258689760"),
            (Unit::Hour, "13980", "50328000"),
            (Unit::Celsius, "-9.50", "-9.5"),
            (Unit::Volt, "0.00", "0"),
        ] {
            let metric = Metric::of(&Field::new("x", unit, Kind::Measurement));
            let value = metric.in_base_unit(number.parse().unwrap());
            assert_eq!(value.unwrap().to_string(), due);
        }
        let metric = Metric::of(&Field::new("x", Unit::KilowattHour, Kind::Total));
        assert_eq!(metric.in_base_unit(Decimal::MAX), None);
    }

    #[test]
    fn no_two_columns_of_a_layout_share_a_metric() {
        let mut seen = BTreeSet::new();
        for (layout, field) in rows() {
            let Metric { name, .. } = Metric::of(field);
            assert!(seen.insert((layout, name)), "{layout}: {}", field.label);
        }
    }

    #[test]
    fn one_name_is_one_metric_whatever_the_layout() {
        let mut seen: BTreeMap<String, Metric> = BTreeMap::new();
        for (layout, field) in rows() {
            let metric = Metric::of(field);
            let (help, kind) = (metric.help.clone(), metric.kind);
            let first = seen.entry(metric.name.clone()).or_insert(metric);
            assert_eq!((&first.help, first.kind), (&help, kind), "{layout}");
        }
    }
}
