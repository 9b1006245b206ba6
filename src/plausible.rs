//! Warnings about a reading whose checksum was right: implausible values, unreadable cells, missing
//! replies.
//!
//! A sum of 8 bits lets one damaged reply in 256 pass. If a number is out of the range in its
//! layout, or a power does not fit its voltage and current, the reading is kept unchanged, as it is
//! unknown which number is wrong, and there is a warning.

use crate::reading::{Decimal, Field, Plausible, Reading, Value};
use std::fmt;

/// Values of one reply are not measured at the same instant, and clouds move: two ways to a power
/// may differ by this share of the greater one, in percent.
const TOLERANCE: i64 = 25;

/// W more. Near zero the digits are coarse, and the electronics take power themselves.
const MARGIN: i64 = 100;

/// Something that is wrong with a reading although its checksum was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingWarning {
    /// A column, or a part that did not come: the same in the next reading if it persists.
    pub(crate) about: String,
    text: String,
}

impl fmt::Display for ReadingWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// All warnings about a reading.
pub(crate) fn warnings(reading: &Reading) -> Vec<ReadingWarning> {
    let missing = reading.missing.iter().map(|missing| ReadingWarning {
        about: missing.part.clone(),
        text: missing.text.clone(),
    });
    let unreadable = reading.unreadable.iter().map(|unreadable| {
        let (label, raw) = (unreadable.label, &unreadable.raw);
        ReadingWarning {
            about: label.to_owned(),
            text: format!("{label} can't be read, its cell stays empty: `{raw}`"),
        }
    });
    missing
        .chain(unreadable)
        .chain(implausible(reading))
        .collect()
}

/// The implausible values of a reading, in the order of its columns. Cells without a value are
/// never implausible.
pub fn implausible(reading: &Reading) -> Vec<ReadingWarning> {
    let warning = |(field, value): (&'static Field, Option<&Value>)| {
        let reason = reason(field, value?.number()?, reading)?;
        Some(ReadingWarning {
            about: field.label.to_owned(),
            text: format!("{} {reason}; kept as it came", field.label),
        })
    };
    reading.columns().filter_map(warning).collect()
}

/// Why a number is implausible; `None` if it is not, or if a value that it depends on is missing.
fn reason(field: &Field, number: Decimal, reading: &Reading) -> Option<String> {
    let unit = field.unit.symbol();
    match field.plausible {
        Plausible::Any => None,
        Plausible::Within(low, high) => {
            let is_within = (Decimal::from(low)..=Decimal::from(high)).contains(&number);
            let reason = || format!("is {number} {unit}, not between {low} and {high} {unit}");
            (!is_within).then(reason)
        }
        Plausible::Product(voltage, current) => {
            let product = power(reading, voltage, current)?;
            let reason = || {
                let product = product.round();
                format!("is {number} {unit}, but {voltage} x {current} is {product} {unit}")
            };
            (!are_close(number, product)).then(reason)
        }
        Plausible::Sum(labels) => {
            let sum = total(labels.iter().map(|label| figure(reading, label)))?;
            let reason = || {
                let labels = labels.join(" + ");
                format!("is {number} {unit}, but {labels} is {sum} {unit}")
            };
            (!are_close(number, sum)).then(reason)
        }
        Plausible::Apparent(pairs, thousandths) => {
            let powers = pairs
                .iter()
                .map(|[voltage, current]| power(reading, voltage, current));
            let most = total(powers)?.checked_mul(Decimal::new(thousandths.into(), 3))?;
            let reason = || {
                let most = most.round();
                format!("is {number} {unit}, but voltage and current give {most} {unit} at most")
            };
            // Less is right at any time: cos phi and harmonics take from the apparent power.
            (number > most && !are_close(number, most)).then(reason)
        }
    }
}

/// The number in the column with this label.
fn figure(reading: &Reading, label: &str) -> Option<Decimal> {
    let mut columns = reading.cells.iter();
    let (_, value) = columns.find(|(field, _)| field.label == label)?;
    value?.number()
}

fn power(reading: &Reading, voltage: &str, current: &str) -> Option<Decimal> {
    figure(reading, voltage)?.checked_mul(figure(reading, current)?)
}

/// `None` if any is missing.
fn total(mut numbers: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    numbers.try_fold(Decimal::ZERO, |sum, number| sum.checked_add(number?))
}

fn are_close(one: Decimal, other: Decimal) -> bool {
    let greater = one.abs().max(other.abs());
    let allowed = greater
        .saturating_mul(Decimal::new(TOLERANCE, 2))
        .saturating_add(Decimal::from(MARGIN));
    one.saturating_sub(other).abs() <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{READINGS, STANDARD, XP};
    use crate::kstar::layout::KSTAR;
    use crate::reading::{Cells, Layout, Unit};

    fn reading(layout: &'static Layout, numbers: &[(&str, &str)]) -> Reading {
        let value = |field: &Field| {
            let (_, number) = numbers.iter().find(|(label, _)| *label == field.label)?;
            Some(Value::Number(number.parse().ok()?))
        };
        let cells = Cells {
            layout,
            values: layout.fields.iter().map(value).collect(),
        };
        Reading::of(InverterId::kaco(None), cells)
    }

    fn texts(layout: &'static Layout, numbers: &[(&str, &str)]) -> Vec<String> {
        let warnings = implausible(&reading(layout, numbers));
        let texts = warnings.iter().map(ToString::to_string);
        let kept = |text: String| text.strip_suffix("; kept as it came").map(str::to_owned);
        texts.map(|text| kept(text).unwrap_or_default()).collect()
    }

    const NOON: [(&str, &str); 7] = [
        ("DC Voltage", "355.9"),
        ("DC Current", "2.92"),
        ("DC Power", "1039"),
        ("AC Voltage", "239.5"),
        ("AC Current", "4.10"),
        ("AC Power", "974"),
        ("Device temperature", "40"),
    ];

    fn noon_but(label: &str, number: &str) -> Vec<String> {
        let numbers = NOON.map(|cell| {
            if cell.0 == label {
                (cell.0, number)
            } else {
                cell
            }
        });
        texts(&STANDARD, &numbers)
    }

    #[test]
    fn plausible_values_give_no_warning() {
        assert_eq!(texts(&STANDARD, &NOON), [""; 0]);
        assert_eq!(texts(&STANDARD, &[]), [""; 0]);
        for (label, number) in [
            ("DC Power", "720"), // a cloud between two measurements
            ("AC Power", "0"),   // nothing but reactive power
            ("Device temperature", "-20"),
        ] {
            assert_eq!(noon_but(label, number), [""; 0], "{label} {number}");
        }
    }

    #[test]
    fn implausible_values_give_a_warning() {
        for (label, number, warning) in [
            (
                "DC Voltage",
                "3355.9",
                "DC Voltage is 3355.9 V, not between 0 and 1500 V",
            ),
            (
                "AC Voltage",
                "539.5",
                "AC Voltage is 539.5 V, not between 0 and 320 V",
            ),
            (
                "DC Power",
                "4039",
                "DC Power is 4039 W, but DC Voltage x DC Current is 1039 W",
            ),
            (
                "DC Power",
                "139",
                "DC Power is 139 W, but DC Voltage x DC Current is 1039 W",
            ),
            (
                "AC Power",
                "3974",
                "AC Power is 3974 W, but voltage and current give 982 W at most",
            ),
            (
                "Device temperature",
                "-41",
                "Device temperature is -41 °C, not between -40 and 120 °C",
            ),
        ] {
            assert!(
                noon_but(label, number).contains(&warning.to_owned()),
                "{label} {number}"
            );
        }
    }

    #[test]
    fn three_phases_have_more_than_voltage_times_current() {
        let numbers = |power| {
            [
                ("AC Voltage", "393.2"),
                ("AC Current", "91.60"),
                ("AC Power", power),
            ]
        };
        assert_eq!(texts(&XP, &numbers("62100")), [""; 0]);
        assert_eq!(
            texts(&XP, &numbers("162100")),
            ["AC Power is 162100 W, but voltage and current give 62382 W at most"]
        );
    }

    /// A number that is as large as numbers get must not end the program.
    #[test]
    fn largest_numbers_do_not_overflow() {
        let huge = "79228162514264337593543950335";
        for layout in READINGS.into_iter().chain([&KSTAR]) {
            let numeric = layout.fields.iter().filter(|field| field.kind.is_numeric());
            let all: Vec<_> = numeric.map(|field| (field.label, huge)).collect();
            assert!(!texts(layout, &all).is_empty(), "{}", layout.name);
        }
    }

    /// The labels in a rule are columns of the same table, with the units that the rule is about.
    #[test]
    fn rules_are_about_columns_that_exist() {
        for layout in READINGS.into_iter().chain([&KSTAR]) {
            let unit = |label: &str| {
                let field = layout.fields.iter().find(|field| field.label == label);
                field.map(|field| field.unit)
            };
            for field in layout.fields {
                let what = format!("{}: {}", layout.name, field.label);
                match field.plausible {
                    Plausible::Any => {}
                    Plausible::Within(low, high) => assert!(low < high, "{what}"),
                    Plausible::Product(voltage, current) => {
                        let units = [unit(voltage), unit(current)];
                        assert_eq!(units, [Some(Unit::Volt), Some(Unit::Ampere)], "{what}");
                    }
                    Plausible::Sum(labels) => {
                        let is_same = |label: &&str| unit(label) == Some(field.unit);
                        assert!(labels.iter().all(is_same), "{what}");
                    }
                    Plausible::Apparent(pairs, _) => {
                        for [voltage, current] in pairs {
                            let units = [unit(voltage), unit(current)];
                            assert_eq!(units, [Some(Unit::Volt), Some(Unit::Ampere)], "{what}");
                        }
                    }
                }
            }
        }
    }

    /// What is measured has a rule, but for currents, which differ a hundredfold from type to type:
    /// they are in the powers.
    #[test]
    fn every_layout_has_rules() {
        for layout in READINGS {
            for field in layout.fields {
                let is_ruled = matches!(
                    field.unit,
                    Unit::Volt | Unit::Watt | Unit::Celsius | Unit::Hertz
                );
                assert_eq!(
                    is_ruled,
                    field.plausible != Plausible::Any,
                    "{}: {}",
                    layout.name,
                    field.label
                );
            }
        }
    }
}
