//! The tables: one layout a kind of reply, one row a column.
//!
//! Order and labels are a contract: logs, cloud configurations and home automations know them. For 23 elements they are
//! those of the first `kaco_ardexa`. Units are the maker's (application note; verified on captures).

use crate::reading::Kind::{Measurement, PowerFactor, PowerFactorKind, Status, Total, TypeCode};
use crate::reading::Plausible::{self, Apparent, Product, Sum};
use crate::reading::{Field, Kind, Layout, Role, Unit};

// What is plausible. Wide on purpose, as a false alarm each few minutes would be worse than none: no type goes beyond, in any
// data sheet or capture, but a digit that was damaged mostly does.

/// V; systems of photovoltaics end at 1500.
const MOST_DC: i32 = 1500;
/// V between a phase and neutral; 277 in America, and a tenth more.
const MOST_PHASE: i32 = 320;
/// V between two phases, as XP and the big types may tell it; 690 and a tenth more.
const MOST_LINE: i32 = 760;
/// °C
const COLDEST: i32 = -40;
/// °C; they switch off long before.
const HOTTEST: i32 = 120;
/// Hz; 0 while there is no grid.
const MOST_HERTZ: i32 = 70;
/// In thousandths. Three phases whose voltage is measured between two of them; on captures of XP types it fits within 1 %.
const SQUARE_ROOT_OF_3: u32 = 1732;

const PHASES: [[&str; 2]; 3] = [
    ["AC Voltage phase 1", "AC Current phase 1"],
    ["AC Voltage phase 2", "AC Current phase 2"],
    ["AC Voltage phase 3", "AC Current phase 3"],
];
const THREE_PHASES: Plausible = Apparent(&PHASES, 1000);
const THREE_LINES: Plausible = Apparent(&PHASES, SQUARE_ROOT_OF_3);

/// Readings of the series 00 and 02.
pub static STANDARD: Layout = Layout {
    name: "standard",
    about: "one phase, series 00 and 02",
    fields: &STANDARD_FIELDS,
};

/// One part of a 000xi, as [`STANDARD`].
pub static UNIT: Layout = Layout {
    name: "unit",
    about: "one part of a 000xi",
    fields: &STANDARD_FIELDS,
};

static STANDARD_FIELDS: [Field; 10] = [
    Field::new("status", Unit::None, Status),
    Field::new("DC Voltage", Unit::Volt, Measurement).within(0, MOST_DC),
    Field::new("DC Current", Unit::Ampere, Measurement),
    Field::new("DC Power", Unit::Watt, Measurement).plausible(Product("DC Voltage", "DC Current")),
    Field::new("AC Voltage", Unit::Volt, Measurement).within(0, MOST_PHASE),
    Field::new("AC Current", Unit::Ampere, Measurement),
    Field::new("AC Power", Unit::Watt, Measurement)
        .role(Role::Power)
        .plausible(Apparent(&[["AC Voltage", "AC Current"]], 1000)),
    Field::new("Device temperature", Unit::Celsius, Measurement)
        .role(Role::Temperature)
        .within(COLDEST, HOTTEST),
    Field::new("Daily yield", Unit::WattHour, Total).role(Role::DailyYield),
    Field::new("Type", Unit::None, TypeCode),
];

/// XP central inverters with old firmware.
pub static XP: Layout = Layout {
    name: "xp",
    about: "XP central inverters, old firmware",
    fields: &[
        Field::new("status", Unit::None, Status),
        Field::new("DC Voltage", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current", Unit::Ampere, Measurement),
        Field::new("DC Power", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage", "DC Current")),
        Field::new("AC Voltage", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current", Unit::Ampere, Measurement),
        Field::new("AC Power", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(Apparent(&[["AC Voltage", "AC Current"]], SQUARE_ROOT_OF_3)),
        Field::new("Device temperature", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("Total yield", Unit::KilowattHour, Total),
        Field::new("Type", Unit::None, TypeCode),
    ],
};

/// A 000xi: three inverters under one address.
pub static THREE_UNITS: Layout = Layout {
    name: "000xi",
    about: "25000xi, 30000xi, 33000xi: three parts under one address",
    fields: &[
        Field::new("status unit 1", Unit::None, Status),
        Field::new("DC Voltage unit 1", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current unit 1", Unit::Ampere, Measurement),
        Field::new("DC Power unit 1", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage unit 1", "DC Current unit 1")),
        Field::new("AC Voltage unit 1", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current unit 1", Unit::Ampere, Measurement),
        Field::new("AC Power unit 1", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(Apparent(
                &[["AC Voltage unit 1", "AC Current unit 1"]],
                1000,
            )),
        Field::new("Device temperature unit 1", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield unit 1", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("status unit 2", Unit::None, Status),
        Field::new("DC Voltage unit 2", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current unit 2", Unit::Ampere, Measurement),
        Field::new("DC Power unit 2", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage unit 2", "DC Current unit 2")),
        Field::new("AC Voltage unit 2", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current unit 2", Unit::Ampere, Measurement),
        Field::new("AC Power unit 2", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(Apparent(
                &[["AC Voltage unit 2", "AC Current unit 2"]],
                1000,
            )),
        Field::new("Device temperature unit 2", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield unit 2", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("status unit 3", Unit::None, Status),
        Field::new("DC Voltage unit 3", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current unit 3", Unit::Ampere, Measurement),
        Field::new("DC Power unit 3", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage unit 3", "DC Current unit 3")),
        Field::new("AC Voltage unit 3", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current unit 3", Unit::Ampere, Measurement),
        Field::new("AC Power unit 3", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(Apparent(
                &[["AC Voltage unit 3", "AC Current unit 3"]],
                1000,
            )),
        Field::new("Device temperature unit 3", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield unit 3", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("Type", Unit::None, TypeCode),
    ],
};

/// Generic protocol, 20 elements.
pub static MPPT2: Layout = Layout {
    name: "mppt2",
    about: "two MPP trackers, 20 elements",
    fields: &[
        Field::new("status", Unit::None, Status),
        Field::new("DC Voltage MPPT1", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current MPPT1", Unit::Ampere, Measurement),
        Field::new("DC Power MPPT1", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage MPPT1", "DC Current MPPT1")),
        Field::new("DC Voltage MPPT2", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current MPPT2", Unit::Ampere, Measurement),
        Field::new("DC Power MPPT2", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage MPPT2", "DC Current MPPT2")),
        Field::new("AC Voltage phase 1", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current phase 1", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 2", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current phase 2", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 3", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current phase 3", Unit::Ampere, Measurement),
        Field::new("DC Power total", Unit::Watt, Measurement)
            .plausible(Sum(&["DC Power MPPT1", "DC Power MPPT2"])),
        Field::new("AC Power total", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(THREE_PHASES),
        Field::new("cos phi", Unit::None, PowerFactor),
        Field::new("Circuit board temperature", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("cos phi kind", Unit::None, PowerFactorKind),
        Field::new("Type", Unit::None, TypeCode),
    ],
};

/// Generic protocol, 23 elements: Powador 30.0 to 72.0 TL3 and relatives.
pub static MPPT3: Layout = Layout {
    name: "mppt3",
    about: "three MPP trackers, 23 elements: Powador 30.0 to 72.0 TL3 and relatives",
    fields: &[
        Field::new("status", Unit::None, Status),
        Field::new("DC Voltage MPPT1", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current MPPT1", Unit::Ampere, Measurement),
        Field::new("DC Power MPPT1", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage MPPT1", "DC Current MPPT1")),
        Field::new("DC Voltage MPPT2", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current MPPT2", Unit::Ampere, Measurement),
        Field::new("DC Power MPPT2", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage MPPT2", "DC Current MPPT2")),
        Field::new("DC Voltage MPPT3", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current MPPT3", Unit::Ampere, Measurement),
        Field::new("DC Power MPPT3", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage MPPT3", "DC Current MPPT3")),
        Field::new("AC Voltage phase 1", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current phase 1", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 2", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current phase 2", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 3", Unit::Volt, Measurement).within(0, MOST_PHASE),
        Field::new("AC Current phase 3", Unit::Ampere, Measurement),
        Field::new("DC Power total", Unit::Watt, Measurement).plausible(Sum(&[
            "DC Power MPPT1",
            "DC Power MPPT2",
            "DC Power MPPT3",
        ])),
        Field::new("AC Power total", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(THREE_PHASES),
        Field::new("cos phi", Unit::None, PowerFactor),
        Field::new("Circuit board temperature", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("cos phi kind", Unit::None, PowerFactorKind),
        Field::new("Type", Unit::None, TypeCode),
    ],
};

/// Generic protocol, 16 elements.
pub static CENTRAL: Layout = Layout {
    name: "central",
    about: "one DC input, 16 elements: XP and M1 types",
    fields: &[
        Field::new("status", Unit::None, Status),
        Field::new("DC Voltage", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 1", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current phase 1", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 2", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current phase 2", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 3", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current phase 3", Unit::Ampere, Measurement),
        Field::new("DC Power total", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage", "DC Current")),
        Field::new("AC Power total", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(THREE_LINES),
        Field::new("cos phi", Unit::None, PowerFactor),
        Field::new("Circuit board temperature", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("cos phi kind", Unit::None, PowerFactorKind),
        Field::new("Type", Unit::None, TypeCode),
    ],
};

/// Generic protocol, 17 elements.
pub static CENTRAL_WITH_FREQUENCY: Layout = Layout {
    name: "central with frequency",
    about: "one DC input, 17 elements: blueplanet 87 to 165 TL3",
    fields: &[
        Field::new("status", Unit::None, Status),
        Field::new("DC Voltage", Unit::Volt, Measurement).within(0, MOST_DC),
        Field::new("DC Current", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 1", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current phase 1", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 2", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current phase 2", Unit::Ampere, Measurement),
        Field::new("AC Voltage phase 3", Unit::Volt, Measurement).within(0, MOST_LINE),
        Field::new("AC Current phase 3", Unit::Ampere, Measurement),
        Field::new("DC Power total", Unit::Watt, Measurement)
            .plausible(Product("DC Voltage", "DC Current")),
        Field::new("AC Power total", Unit::Watt, Measurement)
            .role(Role::Power)
            .plausible(THREE_LINES),
        Field::new("AC Frequency", Unit::Hertz, Measurement).within(0, MOST_HERTZ),
        Field::new("cos phi", Unit::None, PowerFactor),
        Field::new("Circuit board temperature", Unit::Celsius, Measurement)
            .role(Role::Temperature)
            .within(COLDEST, HOTTEST),
        Field::new("Daily yield", Unit::WattHour, Total).role(Role::DailyYield),
        Field::new("cos phi kind", Unit::None, PowerFactorKind),
        Field::new("Type", Unit::None, TypeCode),
    ],
};

/// Command 3. With `--counters` these columns follow those of the readings.
pub static COUNTERS: Layout = Layout {
    name: "counters",
    about: "counters (command 3), all but 000xi",
    fields: &[
        Field::new("Daily peak power", Unit::Watt, Measurement),
        Field::new("Counter yield", Unit::KilowattHour, Total),
        Field::new("Total yield", Unit::KilowattHour, Total),
        Field::new("Minutes today", Unit::Minute, Total),
        Field::new("Minutes counter", Unit::Minute, Total),
        Field::new("Minutes total", Unit::Minute, Total),
    ],
};

/// A reply to command 8.
pub static FIRMWARE: Layout = Layout {
    name: "firmware",
    about: "firmware (command 8)",
    fields: &[Field::new("firmware", Unit::None, Kind::Mode)],
};

/// A reply to command 9.
pub static TYPE_CODE: Layout = Layout {
    name: "type",
    about: "type (command 9)",
    fields: &[Field::new("Type", Unit::None, TypeCode)],
};

/// A reply to command s.
pub static SERIAL_NUMBER: Layout = Layout {
    name: "serial",
    about: "serial number (command s)",
    fields: &[Field::new("serial", Unit::None, Kind::Mode)],
};

/// The answer of a 000xi to the question for its readings: ask the parts.
pub static PARTS: Layout = Layout {
    name: "parts",
    about: "a 000xi's answer to command 0: its three parts are to be asked",
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

/// The layout of a generic reply; its number of elements tells, also for types that no table knows.
pub const fn generic(elements: usize) -> Option<&'static Layout> {
    match elements {
        20 => Some(&MPPT2),
        23 => Some(&MPPT3),
        16 => Some(&CENTRAL),
        17 => Some(&CENTRAL_WITH_FREQUENCY),
        _ => None,
    }
}

/// Whether inverters of this layout speak the generic protocol.
pub fn is_generic(layout: &Layout) -> bool {
    generic(layout.fields.len()) == Some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_are_unique_in_a_layout() {
        for layout in READINGS.into_iter().chain([&COUNTERS]) {
            let keys: BTreeSet<String> = layout.fields.iter().map(Field::key).collect();
            assert_eq!(keys.len(), layout.fields.len(), "{}", layout.name);
        }
    }

    #[test]
    fn units_fit_what_the_labels_say() {
        for layout in READINGS.into_iter().chain([&COUNTERS]) {
            for field in layout.fields {
                let expected = match field.label {
                    label if label.contains("Voltage") => Unit::Volt,
                    label if label.contains("Current") => Unit::Ampere,
                    label if label.to_lowercase().contains("power") => Unit::Watt,
                    label if label.contains("Frequency") => Unit::Hertz,
                    label if label.contains("temperature") => Unit::Celsius,
                    label if label.contains("Daily yield") => Unit::WattHour,
                    label if label.contains("yield") => Unit::KilowattHour,
                    label if label.contains("Minutes") => Unit::Minute,
                    _ => Unit::None,
                };
                assert_eq!(field.unit, expected, "{}: {}", layout.name, field.label);
                assert_eq!(
                    field.kind.is_numeric(),
                    field.unit != Unit::None || field.label == "cos phi"
                );
            }
        }
    }

    #[test]
    fn generic_layouts_have_a_row_for_each_element() {
        for elements in 0..=40 {
            if let Some(layout) = generic(elements) {
                // The count has no column, cos phi has two.
                assert_eq!(layout.fields.len(), elements, "{}", layout.name);
            }
        }
    }

    #[test]
    fn every_layout_of_readings_has_an_overview() {
        for layout in READINGS {
            for role in [Role::Power, Role::DailyYield, Role::Temperature] {
                assert!(
                    layout.fields.iter().any(|field| field.role == Some(role)),
                    "{}: {role:?}",
                    layout.name
                );
            }
        }
    }
}
