//! A hybrid inverter in four figures: PV, house, battery, grid.

use super::table::{self, figure};
use crate::reading::{Reading, Role, Unit};
use rust_decimal::Decimal;

/// Heads of the four figures.
pub(crate) const HEADS: [&str; 4] = ["PV", "house", "battery", "grid"];

/// True if the inverter reports what the house draws: it then reports battery and grid too.
pub(crate) fn is_hybrid(reading: &Reading) -> bool {
    reading.cells.layout.has(Role::LoadPower)
}

/// PV power, power of the house, charge and power of the battery, power from (`in`) or to (`out`)
/// the grid: `1630 W`, `412 W`, `64 % +512 W`, `out 700 W`. Empty where a value is missing.
pub(crate) fn figures(reading: &Reading) -> [String; 4] {
    let battery = directed(reading, Role::BatteryPower, ["-", "+"]);
    let battery = [figure(reading, Role::Charge), battery];
    [
        watts(reading, Role::Power),
        watts(reading, Role::LoadPower),
        battery.join(" ").trim().to_owned(),
        directed(reading, Role::GridPower, ["out ", "in "]),
    ]
}

fn watts(reading: &Reading, role: Role) -> String {
    let power = reading.figure(role);
    power
        .map(|(power, unit)| whole(power, unit))
        .unwrap_or_default()
}

/// A power without its sign, after the word for its direction below and above zero.
fn directed(reading: &Reading, role: Role, [below, above]: [&str; 2]) -> String {
    let Some((power, unit)) = reading.figure(role) else {
        return String::new();
    };
    let direction = match power.round_dp(0) {
        power if power.is_zero() => "",
        power if power.is_sign_negative() => below,
        _ => above,
    };
    direction.to_owned() + &whole(power.abs(), unit)
}

/// Whole watts, as the other powers: those of PV and battery are products with decimals.
fn whole(power: Decimal, unit: Unit) -> String {
    format!("{} {}", table::rounded(power, 0), unit.symbol())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::naming::examples::reading;
    use super::*;
    use crate::kaco::layouts::STANDARD;
    use crate::kstar::layout::KSTAR;
    use crate::reading::{Layout, Value};

    fn with(values: &[(Role, &str)], layout: &'static Layout) -> Reading {
        let mut reading = reading(layout, &[]);
        for (role, number) in values {
            let fields = layout.fields.iter();
            let index = fields.clone().position(|field| field.role == Some(*role));
            reading.cells.values[index.unwrap()] = Some(Value::Number(number.parse().unwrap()));
        }
        reading
    }

    #[test]
    fn four_figures_say_where_power_goes() {
        let figures = |battery, grid| {
            let values = [
                (Role::TotalDcPower, "1630"),
                (Role::LoadPower, "412"),
                (Role::Charge, "64"),
                (Role::BatteryPower, battery),
                (Role::GridPower, grid),
            ];
            super::figures(&with(&values, &KSTAR)).join(" | ")
        };
        assert_eq!(
            figures("512", "-700"),
            "1630 W | 412 W | 64 % +512 W | out 700 W"
        );
        let discharging = "1630 W | 412 W | 64 % -90 W | in 300 W";
        assert_eq!(figures("-90", "300"), discharging);
        // What rounds to zero goes nowhere.
        for nothing in ["0", "0.4", "-0.4"] {
            assert_eq!(figures(nothing, nothing), "1630 W | 412 W | 64 % 0 W | 0 W");
        }
    }

    #[test]
    fn inverters_without_a_house_are_not_hybrids() {
        assert!(is_hybrid(&with(&[], &KSTAR)));
        assert!(!is_hybrid(&with(&[], &STANDARD)));
        assert_eq!(super::figures(&with(&[], &KSTAR)), ["", "", "", ""]);
    }
}
