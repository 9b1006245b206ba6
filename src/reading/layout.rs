//! A layout, and how its rows are put together at compile time.

use super::{Field, Phases, Role};

/// The table of one kind of reply. Two are equal if they are the same `static`.
#[derive(Debug)]
pub struct Layout {
    /// The name in JSON.
    pub name: &'static str,
    /// Which inverters send it, for people.
    pub about: &'static str,
    /// The columns after `datetime`, in order.
    pub fields: &'static [Field],
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Layout {}

impl Layout {
    /// True if a column has this role.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.roles().any(|found| found == role)
    }

    /// The roles of its columns, in order.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Role> {
        self.fields.iter().filter_map(|field| field.role)
    }

    /// How many DC inputs have columns of their own; the units of a 000xi.
    pub(crate) fn trackers(&self) -> usize {
        let is_tracker = |role: &Role| matches!(role, Role::DcVoltage(_));
        self.roles().filter(is_tracker).count()
    }

    /// The phases that inverters of this layout feed; `None` if it has no columns about AC.
    ///
    /// Three if a third phase has a voltage, as with the units of a 000xi, or if one voltage stands
    /// for all three, as with an XP. One if only the first phase or the grid has one.
    pub(crate) fn phases(&self) -> Option<Phases> {
        if self.has(Role::AcVoltage(3)) || self.has(Role::LineVoltage) {
            Some(Phases::Three)
        } else if self.has(Role::AcVoltage(1)) || self.has(Role::GridVoltage) {
            Some(Phases::One)
        } else {
            None
        }
    }
}

/// The rows of several parts, arrays or slices of them, one after the other.
macro_rules! rows {
    ($row:ty, $($part:expr),+ $(,)?) => {{
        const PARTS: &[&[$row]] = &[$(&$part),+];
        const ROWS: [$row; $crate::reading::count(PARTS)] = $crate::reading::concat(PARTS);
        ROWS
    }};
}
pub(crate) use rows;

/// How many rows all parts have.
pub(crate) const fn count<T>(mut parts: &[&[T]]) -> usize {
    let mut count = 0;
    while let [part, rest @ ..] = parts {
        count += part.len();
        parts = rest;
    }
    count
}

/// The rows of all parts, of which the first has one or more.
///
/// Only evaluated at compile time, by `rows!`, where `N` is the [`count`] of the parts.
pub(crate) const fn concat<T: Copy, const N: usize>(parts: &[&[T]]) -> [T; N] {
    let [[first, ..], ..] = parts else {
        unreachable!()
    };
    // Slices are joined by the standard library at run time only.
    let mut rows = [*first; N];
    let mut empty: &mut [T] = &mut rows;
    let mut later = parts;
    while let [part, rest @ ..] = later {
        let (filled, free) = empty.split_at_mut(part.len());
        filled.copy_from_slice(part);
        empty = free;
        later = rest;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaco::layouts::{COUNTERS, READINGS, STANDARD, UNIT};
    use crate::kstar::layout::KSTAR;
    use crate::reading::{Kind, Unit};
    use std::collections::BTreeSet;

    fn layouts() -> impl Iterator<Item = &'static Layout> {
        READINGS.into_iter().chain([&UNIT, &COUNTERS, &KSTAR])
    }

    fn expect_all(is_right: impl Fn(&Layout, &Field) -> bool) {
        for layout in layouts() {
            for field in layout.fields {
                let label = field.label;
                assert!(is_right(layout, field), "{}: {label}", layout.name);
            }
        }
    }

    #[test]
    fn keys_are_unique_in_a_layout() {
        expect_all(|layout, field| {
            let same = layout
                .fields
                .iter()
                .filter(|other| other.key() == field.key());
            !field.key().is_empty() && same.count() == 1
        });
    }

    #[test]
    fn numbers_have_the_unit_of_their_role() {
        expect_all(|_, field| {
            let units: &[Unit] = match field.role {
                None => return true,
                Some(
                    Role::Power
                    | Role::DcPower(_)
                    | Role::TotalDcPower
                    | Role::BatteryPower
                    | Role::LoadPower
                    | Role::GridPower,
                ) => &[Unit::Watt],
                Some(Role::DailyYield) => &[Unit::WattHour, Unit::KilowattHour],
                Some(Role::LifetimeYield) => &[Unit::KilowattHour],
                Some(Role::Temperature) => &[Unit::Celsius],
                Some(
                    Role::DcVoltage(_)
                    | Role::AcVoltage(_)
                    | Role::LineVoltage
                    | Role::BatteryVoltage
                    | Role::GridVoltage,
                ) => &[Unit::Volt],
                Some(
                    Role::DcCurrent(_)
                    | Role::AcCurrent(_)
                    | Role::LineCurrent
                    | Role::BatteryCurrent
                    | Role::GridCurrent,
                ) => &[Unit::Ampere],
                Some(Role::AcFrequency | Role::GridFrequency) => &[Unit::Hertz],
                Some(Role::Charge) => &[Unit::Percent],
                Some(Role::PowerFactor | Role::PowerFactorKind) => &[Unit::None],
            };
            units.contains(&field.unit)
                && (field.kind == Kind::Total)
                    == matches!(field.role, Some(Role::DailyYield | Role::LifetimeYield))
                && (field.kind == Kind::PowerFactor) == (field.role == Some(Role::PowerFactor))
                && (field.kind == Kind::PowerFactorKind)
                    == (field.role == Some(Role::PowerFactorKind))
        });
    }

    /// Only the units of a 000xi share roles, those that add up or whose highest counts.
    #[test]
    fn a_role_belongs_to_one_column() {
        expect_all(|layout, field| {
            let Some(role) = field.role else { return true };
            let is_of_units = matches!(role, Role::Power | Role::DailyYield | Role::Temperature);
            let due = if layout.name == "000xi" && is_of_units {
                3
            } else {
                1
            };
            layout.roles().filter(|other| *other == role).count() == due
        });
    }

    #[test]
    fn every_layout_of_readings_has_an_overview() {
        for layout in READINGS.into_iter().chain([&KSTAR]) {
            let power = layout.has(Role::Power) || layout.has(Role::TotalDcPower);
            let rest = layout.has(Role::DailyYield) && layout.has(Role::Temperature);
            assert!(power && rest, "{}", layout.name);
        }
    }

    #[test]
    fn voltages_and_currents_belong_together() {
        for layout in layouts() {
            let numbers = |of: fn(Role) -> Option<u8>| layout.roles().filter_map(of).collect();
            let voltages: [BTreeSet<u8>; 2] = [
                numbers(|role| match role {
                    Role::DcVoltage(number) => Some(number),
                    Role::AcVoltage(number) => Some(number + 10),
                    _ => None,
                }),
                numbers(|role| match role {
                    Role::DcCurrent(number) => Some(number),
                    Role::AcCurrent(number) => Some(number + 10),
                    _ => None,
                }),
            ];
            let [voltages, currents] = voltages;
            assert_eq!(voltages, currents, "{}", layout.name);
        }
    }

    #[test]
    fn trackers_and_phases_follow_from_roles() {
        let found: Vec<_> = layouts()
            .map(|layout| (layout.name, layout.trackers(), layout.phases()))
            .collect();
        let (one, three) = (Some(Phases::One), Some(Phases::Three));
        let due = [
            ("standard", 1, one),
            ("xp", 1, three),
            ("000xi", 3, three),
            ("mppt2", 2, three),
            ("mppt3", 3, three),
            ("central", 1, three),
            ("central with frequency", 1, three),
            ("unit", 1, one),
            ("counters", 0, None),
            ("kstar", 2, one),
        ];
        assert_eq!(found, due);
    }

    #[test]
    fn layouts_with_the_same_rows_are_not_the_same() {
        assert_eq!(STANDARD.fields, UNIT.fields);
        assert_ne!(STANDARD, UNIT);
    }

    #[test]
    fn parts_follow_each_other() {
        const { assert!(count::<u8>(&[&[1], &[], &[2, 3]]) == 3) };
        assert_eq!(rows![u8, [1], [2, 3], [4]], [1, 2, 3, 4]);
    }
}
