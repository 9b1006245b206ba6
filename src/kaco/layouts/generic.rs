//! The tables of the generic protocol.

use super::rows::{
    MOST_HERTZ, MOST_LINE, MOST_PHASE, PHASES, SQUARE_ROOT_OF_3, ac_power, cos_phi, dc, dc_current,
    dc_power_total, dc_voltage, generic_ending, phases,
};
use crate::reading::Plausible::{Apparent, Product, Sum};
use crate::reading::Role::AcFrequency;
use crate::reading::Unit::Hertz;
use crate::reading::{Field, Layout, measured, rows, status};

// By element; element 0 is the number of elements:
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
        phases(MOST_PHASE),
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
        phases(MOST_PHASE),
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
        dc_voltage("DC Voltage", 1),
        dc_current("DC Current", 1),
    ],
    phases(MOST_LINE),
    [
        dc_power_total(Product("DC Voltage", "DC Current")),
        ac_power("AC Power total", Apparent(&PHASES, SQUARE_ROOT_OF_3)),
    ],
];
