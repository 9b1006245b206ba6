//! What is odd about a reading; implausible values: checks it against the limits in the layouts.
//!
//! A sum of 8 bits lets one damaged reply in 256 pass. A reading of which a number is out of its
//! range, or a power that has nothing to do with its voltage and current, is kept unchanged, as it
//! is unknown which number is wrong; but there is a warning.

use crate::reading::{Decimal, Field, Plausible, Reading, Value};
use std::fmt;

/// Values of one reply are not measured at the same instant, and the sun goes behind clouds: up to
/// so much of the greater one, in percent, two ways to a power may differ.
const TOLERANCE: i64 = 25;

/// W more. Near zero the digits are coarse, and electronics take power without being asked.
const MARGIN: i64 = 100;

/// A number that can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Its column.
    pub(crate) label: &'static str,
    /// The number, its unit, and why it can't be.
    pub(crate) reason: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, reason } = self;
        write!(formatter, "{label} {reason}")
    }
}

/// All numbers of a reading that can't be, in its order. Cells without a value are never doubted.
pub fn doubts(reading: &Reading) -> Vec<Doubt> {
    let doubt = |(field, value): (&'static Field, Option<&Value>)| {
        let reason = reason(field, value?.number()?, reading)?;
        Some(Doubt {
            label: field.label,
            reason,
        })
    };
    reading.columns().filter_map(doubt).collect()
}

/// Something that is wrong with a reading although its checksum was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Oddity {
    /// A column, or a part that did not come: the same in the next reading if it goes on.
    pub(crate) about: String,
    text: String,
}

impl fmt::Display for Oddity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// What is wrong with a reading: parts that did not come, cells that can't be read, implausible
/// values.
pub(crate) fn oddities(reading: &Reading) -> Vec<Oddity> {
    let missing = reading.missing.iter().map(|missing| Oddity {
        about: missing.part.clone(),
        text: missing.text.clone(),
    });
    let unreadable = reading.unreadable.iter().map(|unreadable| {
        let (label, raw) = (unreadable.label, &unreadable.raw);
        Oddity {
            about: label.to_owned(),
            text: format!("{label} can't be read, its cell stays empty: `{raw}`"),
        }
    });
    let doubts = doubts(reading).into_iter().map(|doubt| Oddity {
        about: doubt.label.to_owned(),
        text: format!("{doubt}; kept as it came"),
    });
    missing.chain(unreadable).chain(doubts).collect()
}

/// Why a number can't be; `None` if it can, or if something that it depends on has no value.
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

    fn said(layout: &'static Layout, numbers: &[(&str, &str)]) -> Vec<String> {
        let doubts = doubts(&reading(layout, numbers));
        doubts.iter().map(ToString::to_string).collect()
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
        said(&STANDARD, &numbers)
    }

    #[test]
    fn what_can_be_is_not_doubted() {
        assert_eq!(said(&STANDARD, &NOON), [""; 0]);
        assert_eq!(said(&STANDARD, &[]), [""; 0]);
        for (label, number) in [
            ("DC Power", "720"), // a cloud between two measurements
            ("AC Power", "0"),   // nothing but reactive power
            ("Device temperature", "-20"),
        ] {
            assert_eq!(noon_but(label, number), [""; 0], "{label} {number}");
        }
    }

    #[test]
    fn what_cannot_be_is() {
        for (label, number, doubt) in [
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
                noon_but(label, number).contains(&doubt.to_owned()),
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
        assert_eq!(said(&XP, &numbers("62100")), [""; 0]);
        assert_eq!(
            said(&XP, &numbers("162100")),
            ["AC Power is 162100 W, but voltage and current give 62382 W at most"]
        );
    }

    /// A number that is as large as numbers get must not end the program.
    #[test]
    fn numbers_without_measure() {
        let huge = "79228162514264337593543950335";
        for layout in READINGS.into_iter().chain([&KSTAR]) {
            let numeric = layout.fields.iter().filter(|field| field.kind.is_numeric());
            let all: Vec<_> = numeric.map(|field| (field.label, huge)).collect();
            assert!(!said(layout, &all).is_empty(), "{}", layout.name);
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
