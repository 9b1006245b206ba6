//! The tables: one layout a kind of reply, one row a column.
//!
//! Order and labels are a contract: logs, cloud configurations and home automations know them. For
//! 23 elements they are those of the first `kaco_ardexa`. Units are the maker's (application note;
//! verified on captures).

use crate::reading::Plausible::{self, Apparent, Product, Sum};
use crate::reading::Role::{
    AcCurrent, AcFrequency, AcVoltage, DailyYield, DcCurrent, DcPower, DcVoltage, LifetimeYield,
    LineCurrent, LineVoltage, Power, PowerFactor, PowerFactorKind, Temperature, TotalDcPower,
};
use crate::reading::Unit::{
    Ampere, Celsius, Hertz, KilowattHour, Minute, None as NoUnit, Volt, Watt, WattHour,
};
use crate::reading::{Field, Kind, Layout, Role};
use crate::reading::{measured, mode, rows, status, total, type_code};

// What is plausible. Wide on purpose, as a false alarm each few minutes would be worse than none:
// no type goes beyond, in any data sheet or capture, but a digit that was damaged mostly does.

/// V; systems of photovoltaics end at 1500.
const MOST_DC: i32 = 1500;
/// V between a phase and neutral; 277 in America, and a tenth more.
const MOST_PHASE: i32 = 320;
/// V between two phases, as XP and the big types may report it; 690 and a tenth more.
const MOST_LINE: i32 = 760;
/// °C
const COLDEST: i32 = -40;
/// °C; they switch off long before.
const HOTTEST: i32 = 120;
/// Hz; 0 while there is no grid.
const MOST_HERTZ: i32 = 70;
/// In thousandths. Three phases whose voltage is measured between two of them; on captures of XP
/// types it fits within 1 %.
const SQUARE_ROOT_OF_3: u32 = 1732;

// The rows that several tables share.

/// A DC input of these labels, tracker `n`: its power is about voltage times current.
const fn dc_input(
    n: u8,
    voltage: &'static str,
    current: &'static str,
    power: &'static str,
) -> [Field; 3] {
    [
        measured(voltage, Volt)
            .role(DcVoltage(n))
            .within(0, MOST_DC),
        measured(current, Ampere).role(DcCurrent(n)),
        measured(power, Watt)
            .role(DcPower(n))
            .plausible(Product(voltage, current)),
    ]
}

/// Tracker `n` of several.
const fn dc(n: u8) -> [Field; 3] {
    match n {
        1 => dc_input(n, "DC Voltage MPPT1", "DC Current MPPT1", "DC Power MPPT1"),
        2 => dc_input(n, "DC Voltage MPPT2", "DC Current MPPT2", "DC Power MPPT2"),
        _ => dc_input(n, "DC Voltage MPPT3", "DC Current MPPT3", "DC Power MPPT3"),
    }
}

const fn ac(
    [voltage, current]: [&'static str; 2],
    roles: [Role; 2],
    most_voltage: i32,
) -> [Field; 2] {
    let [voltage_role, current_role] = roles;
    [
        measured(voltage, Volt)
            .role(voltage_role)
            .within(0, most_voltage),
        measured(current, Ampere).role(current_role),
    ]
}

const PHASES: [[&str; 2]; 3] = [
    ["AC Voltage phase 1", "AC Current phase 1"],
    ["AC Voltage phase 2", "AC Current phase 2"],
    ["AC Voltage phase 3", "AC Current phase 3"],
];

/// Phase `n` of three.
const fn phase(n: u8, most_voltage: i32) -> [Field; 2] {
    let [one, two, three] = PHASES;
    let labels = match n {
        1 => one,
        2 => two,
        _ => three,
    };
    ac(labels, [AcVoltage(n), AcCurrent(n)], most_voltage)
}

const fn ac_power(label: &'static str, most: Plausible) -> Field {
    measured(label, Watt).role(Power).plausible(most)
}

const fn dc_power_total(about: Plausible) -> Field {
    measured("DC Power total", Watt)
        .role(TotalDcPower)
        .plausible(about)
}

const fn temperature(label: &'static str) -> Field {
    measured(label, Celsius)
        .role(Temperature)
        .within(COLDEST, HOTTEST)
}

const fn daily_yield(label: &'static str) -> Field {
    total(label, WattHour).role(DailyYield)
}

const fn total_yield() -> Field {
    total("Total yield", KilowattHour).role(LifetimeYield)
}

const fn cos_phi() -> Field {
    Field::new("cos phi", NoUnit, Kind::PowerFactor).role(PowerFactor)
}

/// How all generic replies end: from the temperature on. The type comes first on the wire, the kind
/// with cos phi.
const fn generic_ending() -> [Field; 4] {
    [
        temperature("Circuit board temperature"),
        daily_yield("Daily yield"),
        Field::new("cos phi kind", NoUnit, Kind::PowerFactorKind).role(PowerFactorKind),
        type_code(),
    ]
}

/// A one-phase inverter, or unit `n` of a 000xi; `of` stands behind each label.
macro_rules! one_phase {
    ($n:literal, $of:literal) => {
        rows![
            Field,
            [status(concat!("status", $of))],
            dc_input(
                $n,
                concat!("DC Voltage", $of),
                concat!("DC Current", $of),
                concat!("DC Power", $of)
            ),
            ac(
                [concat!("AC Voltage", $of), concat!("AC Current", $of)],
                [AcVoltage($n), AcCurrent($n)],
                MOST_PHASE
            ),
            [
                ac_power(
                    concat!("AC Power", $of),
                    Apparent(
                        &[[concat!("AC Voltage", $of), concat!("AC Current", $of)]],
                        1000
                    )
                ),
                temperature(concat!("Device temperature", $of)),
                daily_yield(concat!("Daily yield", $of)),
            ],
        ]
    };
}

// The tables of the standard protocol. Values are tokens between blanks; S is the checksum byte:
//
// *030   4 355.9  2.92  1039 239.5  4.12   974  40   3229 S 5000xi
//   |    | V      A     W    V      A      W    °C   Wh     type
//   |    | DC                AC
//   |    status
//   address 03, command 0
//
// *000 005 482.8 132.30 063900 393.2 091.60 062100 37 0341458 S 100k   000007831
//                                                                      total yield, kWh; only XP

/// Readings of the series 00 and 02.
pub static STANDARD: Layout = Layout {
    name: "standard",
    about: "one phase, series 00 and 02",
    fields: &STANDARD_FIELDS,
};

/// One unit of a 000xi, as [`STANDARD`].
pub static UNIT: Layout = Layout {
    // Layouts are compared by identity: a unit is never taken for an inverter, nor logged as one.
    name: "unit",
    about: "one unit of a 000xi",
    fields: &STANDARD_FIELDS,
};

static STANDARD_FIELDS: [Field; 10] = rows![Field, one_phase!(1, ""), [type_code()]];

/// XP central inverters with old firmware.
pub static XP: Layout = Layout {
    name: "xp",
    about: "XP central inverters, old firmware",
    fields: &rows![
        Field,
        [status("status")],
        dc_input(1, "DC Voltage", "DC Current", "DC Power"),
        ac(
            ["AC Voltage", "AC Current"],
            [LineVoltage, LineCurrent],
            MOST_LINE
        ),
        [
            ac_power(
                "AC Power",
                Apparent(&[["AC Voltage", "AC Current"]], SQUARE_ROOT_OF_3)
            ),
            temperature("Device temperature"),
            daily_yield("Daily yield"),
            total_yield(),
            type_code(),
        ],
    ],
};

/// A 000xi: three inverters under one address.
pub static THREE_UNITS: Layout = Layout {
    name: "000xi",
    about: "25000xi, 30000xi, 33000xi: three units under one address",
    fields: &rows![
        Field,
        one_phase!(1, " unit 1"),
        one_phase!(2, " unit 2"),
        one_phase!(3, " unit 3"),
        [type_code()],
    ],
};

// The tables of the generic protocol, by element; element 0 is the number of elements:
//
// 0  1    2 3     4    5   6   7    8 9     10   11    12   13    14   15  16  17     18   19
// 20 3X24 4 214.7 1.97 421 0.0 0.04 0 231.1 0.80 234.1 0.79 234.4 0.81 421 413 0.735i 36.7 1640
// |  |    | V     A    W   V   A    W V     A    V     A    V     A    |   |   |      °C   Wh
// |  |    | tracker 1      tracker 2  phase 1    phase 2    phase 3    |   |   cos phi and kind
// |  type status                                                       |   AC W
// elements                                                             DC W
//
// The number of elements has no column and cos phi has two, so a layout has one column per element.

/// Generic protocol, 20 elements.
pub static MPPT2: Layout = Layout {
    name: "mppt2",
    about: "two MPP trackers, 20 elements",
    fields: &rows![
        Field,
        [status("status")],
        dc(1),
        dc(2),
        phase(1, MOST_PHASE),
        phase(2, MOST_PHASE),
        phase(3, MOST_PHASE),
        [
            dc_power_total(Sum(&["DC Power MPPT1", "DC Power MPPT2"])),
            ac_power("AC Power total", Apparent(&PHASES, 1000)),
            cos_phi(),
        ],
        generic_ending(),
    ],
};

// 0  1     2      3..5 6..8 9..11 12, 13  14, 15  16, 17  18   19   20      21 22
// 23 390TL 4      V,A,W of each   V, A    V, A    V, A    DC W AC W cos phi °C Wh
//          status trackers 1 to 3 phase 1 phase 2 phase 3

/// Generic protocol, 23 elements: Powador 30.0 to 72.0 TL3 and relatives.
pub static MPPT3: Layout = Layout {
    name: "mppt3",
    about: "three MPP trackers, 23 elements: Powador 30.0 to 72.0 TL3 and relatives",
    fields: &rows![
        Field,
        [status("status")],
        dc(1),
        dc(2),
        dc(3),
        phase(1, MOST_PHASE),
        phase(2, MOST_PHASE),
        phase(3, MOST_PHASE),
        [
            dc_power_total(Sum(&["DC Power MPPT1", "DC Power MPPT2", "DC Power MPPT3"])),
            ac_power("AC Power total", Apparent(&PHASES, 1000)),
            cos_phi(),
        ],
        generic_ending(),
    ],
};

// 0  1      2 3     4     5     6     7     8     9     10    11    12    13    14   15
// 16 50kH3P 4 597.6 68.48 233.2 57.92 231.0 58.04 231.4 57.92 40947 40106 1.000 46.9 223000
//           | V     A     V     A     V     A     V     A     DC W  AC W  |     °C   Wh
//           | DC input    phase 1     phase 2     phase 3                 cos phi
//           status

/// Generic protocol, 16 elements.
pub(crate) static CENTRAL: Layout = Layout {
    name: "central",
    about: "one DC input, 16 elements: XP and M1 types",
    fields: &rows![Field, CENTRAL_BEGINNING, [cos_phi()], generic_ending()],
};

// As with 16 elements, but element 13 is the frequency, and cos phi, °C and Wh follow it.

/// Generic protocol, 17 elements.
pub(crate) static CENTRAL_WITH_FREQUENCY: Layout = Layout {
    name: "central with frequency",
    about: "one DC input, 17 elements: blueplanet 87 to 165 TL3",
    fields: &rows![
        Field,
        CENTRAL_BEGINNING,
        [
            measured("AC Frequency", Hertz)
                .role(AcFrequency)
                .within(0, MOST_HERTZ),
            cos_phi(),
        ],
        generic_ending(),
    ],
};

const CENTRAL_BEGINNING: [Field; 11] = rows![
    Field,
    [
        status("status"),
        measured("DC Voltage", Volt)
            .role(DcVoltage(1))
            .within(0, MOST_DC),
        measured("DC Current", Ampere).role(DcCurrent(1)),
    ],
    phase(1, MOST_LINE),
    phase(2, MOST_LINE),
    phase(3, MOST_LINE),
    [
        dc_power_total(Product("DC Voltage", "DC Current")),
        ac_power("AC Power total", Apparent(&PHASES, SQUARE_ROOT_OF_3)),
    ],
];

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
    about: "a 000xi's answer to command 0: its three units are to be asked",
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
pub(crate) const fn generic(elements: usize) -> Option<&'static Layout> {
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
    generic(layout.fields.len()) == Some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_layouts_have_a_row_for_each_element() {
        for elements in 0..=40 {
            if let Some(layout) = generic(elements) {
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
