//! The tables: one layout per kind of reply, one row per column.
//!
//! Order and labels are a contract: logs, cloud configurations and home automations know them. For
//! 23 elements they are those of the first `kaco_ardexa`. Units are the maker's (application note;
//! verified on captures).

mod generic;
mod rows;
mod standard;

pub(crate) use generic::{CENTRAL, CENTRAL_WITH_FREQUENCY};
pub use generic::{MPPT2, MPPT3};
pub use standard::{STANDARD, THREE_UNITS, UNIT, XP};

use crate::reading::Unit::{KilowattHour, Minute, Watt};
use crate::reading::{Layout, measured, mode, total, type_code};
use rows::total_yield;

/// Command 3. With `--counters` these columns follow those of the readings.
pub static COUNTERS: Layout = Layout {
    name: "counters",
    about: "counters (command 3), all but 000xi",
    fields: &[
        measured("Daily peak power", Watt),
        total("Counter yield", KilowattHour),
        total_yield(),
        total("Minutes today", Minute),
        total("Minutes counter", Minute),
        total("Minutes total", Minute),
    ],
};

/// A reply to command 8.
pub static FIRMWARE: Layout = Layout {
    name: "firmware",
    about: "firmware (command 8)",
    fields: &[mode("firmware")],
};

/// A reply to command 9.
pub static TYPE_CODE: Layout = Layout {
    name: "type",
    about: "type (command 9)",
    fields: &[type_code()],
};

/// A reply to command s.
pub static SERIAL_NUMBER: Layout = Layout {
    name: "serial",
    about: "serial number (command s)",
    fields: &[mode("serial")],
};

/// The reply of a 000xi to the request for its readings: its units are to be polled.
pub static PARTS: Layout = Layout {
    name: "parts",
    about: "a 000xi's reply to command 0: its three units are to be polled",
    fields: &[],
};

/// The layouts of readings, as logs have them.
pub static READINGS: [&Layout; 7] = [
    &STANDARD,
    &XP,
    &THREE_UNITS,
    &MPPT2,
    &MPPT3,
    &CENTRAL,
    &CENTRAL_WITH_FREQUENCY,
];

/// The layout of a generic reply; chosen by its number of elements, so also for types that are in
/// no table.
pub(crate) const fn of_elements(elements: usize) -> Option<&'static Layout> {
    match elements {
        20 => Some(&MPPT2),
        23 => Some(&MPPT3),
        16 => Some(&CENTRAL),
        17 => Some(&CENTRAL_WITH_FREQUENCY),
        _ => None,
    }
}

/// Whether inverters of this layout speak the generic protocol.
pub(crate) fn is_generic(layout: &Layout) -> bool {
    // A layout has one column per element.
    of_elements(layout.fields.len()) == Some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_layouts_have_a_row_for_each_element() {
        for elements in 0..=40 {
            if let Some(layout) = of_elements(elements) {
                assert_eq!(layout.fields.len(), elements, "{}", layout.name);
                assert!(is_generic(layout));
            }
        }
        assert!(!is_generic(&STANDARD) && !is_generic(&XP));
    }

    #[test]
    fn units_of_a_000xi_are_rows_of_a_unit() {
        let (units, rest) = THREE_UNITS.fields.as_chunks::<9>();
        assert_eq!([units.len(), rest.len()], [3, 1]);
        for (number, unit) in (1..).zip(units) {
            for (row, of_unit) in unit.iter().zip(UNIT.fields) {
                assert_eq!(row.label, format!("{} unit {number}", of_unit.label));
                assert_eq!((row.unit, row.kind), (of_unit.unit, of_unit.kind));
            }
        }
    }
}
