//! The tables of the standard protocol.

use super::rows::{
    MOST_LINE, MOST_PHASE, SQUARE_ROOT_OF_3, ac, ac_power, daily_yield, dc_input, temperature,
    total_yield,
};
use crate::reading::Plausible::Apparent;
use crate::reading::Role::{AcCurrent, AcVoltage, LineCurrent, LineVoltage};
use crate::reading::{Field, Layout, rows, status, type_code};

// Values are tokens between blanks; S is the checksum byte:
//
// *030   4 355.9  2.92  1039 239.5  4.12   974  40   3229 S 5000xi
//   |    | V      A     W    V      A      W    °C   Wh     type
//   |    | DC                AC
//   |    status
//   address 03, command 0
//
// *000 005 482.8 132.30 063900 393.2 091.60 062100 37 0341458 S 100k   000007831
//                                                                      total yield, kWh; only XP

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
