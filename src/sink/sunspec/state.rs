//! Operating states and events of SunSpec, from the states that inverters report.

use crate::kaco::status::{self, Severity};
use crate::kstar::layout::KSTAR;
use crate::reading::{Decimal, Reading, StatusCode};

pub(super) const SLEEPING: i64 = 2;
const STARTING: i64 = 3;
const MPPT: i64 = 4;
const THROTTLED: i64 = 5;
const FAULT: i64 = 7;
const STANDBY: i64 = 8;

/// The status of an inverter that goes to sleep.
const NIGHT: u32 = 15;

/// States of an inverter of several units, and of a plant: the first that one of them has counts.
/// A fault does not hide behind a unit that feeds in.
const LEADING: [i64; 6] = [FAULT, MPPT, THROTTLED, STARTING, STANDBY, SLEEPING];

/// The states of KACO's table that are neither faults nor below.
pub(super) static STATES: [(i64, &str, &[u32]); 5] = [
    (MPPT, "MPPT", &[3, 4, 5]),
    (THROTTLED, "THROTTLED", &[11, 61, 62, 63, 64, 74]),
    (STARTING, "STARTING", &[0, 1, 8, 25, 26, 75, 79]),
    (STANDBY, "STANDBY", &[2, 6, 7]),
    (SLEEPING, "SLEEPING", &[NIGHT]),
];

/// Bits of `Evt1`, their SunSpec names, and the texts of states and errors that set them.
pub(super) static EVENTS: [(u8, &str, &[&str]); 8] = [
    (
        0,
        "GROUND_FAULT",
        &[
            "RCD-shutdown",
            "insulation-error",
            "dc-ground-fault",
            "residual-current-too-high",
            "ground current",
            "isolation",
        ],
    ),
    (
        1,
        "DC_OVER_VOLT",
        &[
            "pv-overvoltage-error",
            "dc-overvoltage-waiting-for-pv-voltage-to-drop",
            "shutdown-dc-link-overvoltage",
            "pv-overvoltage-1",
            "pv-overvoltage-2",
            "pv-overvoltage-3",
            "DC bus high",
            "PV over voltage",
        ],
    ),
    (
        4,
        "GRID_DISCONNECT",
        &[
            "grid-fail",
            "grid-phase-conductor-fault",
            "waiting-for-reconnect",
            "rocof-error",
            "island-operation-error",
            "utility loss",
        ],
    ),
    (
        7,
        "OVER_TEMP",
        &[
            "over-temperature",
            "control-card-overtemperature",
            "shutdown-hardware-overtemperature",
            "over temperature",
        ],
    ),
    (8, "OVER_FREQUENCY", &["grid-overfrequency"]),
    (9, "UNDER_FREQUENCY", &["grid-underfrequency"]),
    (
        10,
        "AC_OVER_VOLT",
        &[
            "grid-overvoltage-l1",
            "grid-overvoltage-l2",
            "grid-overvoltage-l3",
            "grid-mean-voltage-over-l1",
            "grid-mean-voltage-over-l2",
            "critical-overvoltage-l1",
            "critical-overvoltage-l2",
            "critical-overvoltage-l3",
        ],
    ),
    (
        11,
        "AC_UNDER_VOLT",
        &[
            "grid-undervoltage-l1",
            "grid-undervoltage-l2",
            "grid-undervoltage-l3",
            "grid-mean-voltage-under-l1",
            "grid-mean-voltage-under-l2",
            "critical-undervoltage-l1",
            "critical-undervoltage-l2",
            "critical-undervoltage-l3",
        ],
    ),
];

/// The operating state of a reading; `None` if what the inverter reports has no known meaning.
pub(super) fn operating(reading: &Reading, watts: Option<Decimal>) -> Option<i64> {
    if reading.is_fault {
        return Some(FAULT);
    }
    let states = codes(reading)
        .into_iter()
        .filter_map(|code| state(reading, code));
    // The code has no known meaning, but the inverter feeds in.
    of_several(states).or_else(|| watts.filter(|watts| *watts > Decimal::ZERO).map(|_| MPPT))
}

/// The state that counts for several.
pub(super) fn of_several(states: impl Iterator<Item = i64>) -> Option<i64> {
    let states: Vec<i64> = states.collect();
    LEADING.into_iter().find(|state| states.contains(state))
}

/// The status code of a 000xi: of the unit whose state counts.
pub(super) fn leading(reading: &Reading, codes: &[Option<u32>]) -> Option<u32> {
    let rank = |code: &u32| {
        let state = state(reading, *code);
        LEADING.iter().position(|leading| Some(*leading) == state)
    };
    let known = codes.iter().flatten().copied();
    known.min_by_key(|code| rank(code).unwrap_or(LEADING.len()))
}

/// The bits of `Evt1`.
pub(super) fn events(reading: &Reading) -> i64 {
    let states = codes(reading)
        .into_iter()
        .filter_map(|code| row(reading, code).map(|status| status.text));
    let texts: Vec<&str> = states.chain(reading.errors()).collect();
    EVENTS
        .iter()
        .filter(|(_, _, named)| named.iter().any(|name| texts.contains(name)))
        .fold(0, |events, (bit, _, _)| events | 1 << bit)
}

/// Whether the inverter reported that it goes to sleep.
pub(super) fn is_night(reading: &Reading) -> bool {
    let codes = codes(reading);
    let is_night = |code: &u32| *code == NIGHT && row(reading, *code).is_some();
    !codes.is_empty() && codes.iter().all(is_night)
}

fn codes(reading: &Reading) -> Vec<u32> {
    match &reading.status_code {
        StatusCode::Unknown => Vec::new(),
        StatusCode::One(code) => vec![*code],
        StatusCode::Each(codes) => codes.iter().flatten().copied().collect(),
    }
}

fn row(reading: &Reading, code: u32) -> Option<&'static status::Status> {
    let type_code = reading.type_code.as_deref();
    status::of(reading.cells.layout, type_code, code)
}

fn state(reading: &Reading, code: u32) -> Option<i64> {
    if reading.cells.layout == &KSTAR {
        // 0 standby, 1 on; everything above is a fault.
        return match code {
            0 => Some(STANDBY),
            1 => Some(MPPT),
            _ => None,
        };
    }
    let status = row(reading, code)?;
    if status.severity == Severity::Fault {
        return Some(FAULT);
    }
    let named = STATES.iter().find(|(_, _, codes)| codes.contains(&code));
    named.map(|(state, _, _)| *state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{STANDARD, THREE_UNITS, XP};
    use crate::kaco::status::STATUSES;
    use crate::reading::{Cells, Layout};

    fn reading(layout: &'static Layout, status_code: StatusCode) -> Reading {
        let is_fault = matches!(status_code, StatusCode::One(code)
            if status::find(code).is_some_and(|status| status.severity == Severity::Fault));
        Reading {
            status_code,
            is_fault: is_fault && layout != &XP,
            ..Reading::of(InverterId::kaco(Some(2)), Cells::empty(layout))
        }
    }

    #[test]
    fn every_fault_is_a_fault_and_states_are_operating() {
        for status in STATUSES {
            let state = operating(&reading(&STANDARD, StatusCode::One(status.code)), None);
            match status.severity {
                Severity::Fault => assert_eq!(state, Some(FAULT), "{status:?}"),
                Severity::Operating => assert_ne!(state, Some(FAULT), "{status:?}"),
            }
        }
        for (state, _, codes) in &STATES {
            for code in *codes {
                let found = operating(&reading(&STANDARD, StatusCode::One(*code)), None);
                assert_eq!(found, Some(*state), "{code}");
            }
        }
    }

    #[test]
    fn states_without_published_meaning_show_whether_power_is_fed() {
        let xp = reading(&XP, StatusCode::One(15));
        assert_eq!(operating(&xp, Some(Decimal::ONE)), Some(MPPT));
        assert_eq!(operating(&xp, Some(Decimal::ZERO)), None);
        assert_eq!(events(&reading(&XP, StatusCode::One(14))), 0);
        assert!(!is_night(&xp));
    }

    #[test]
    fn units_share_one_state() {
        let each =
            |codes: [u32; 3]| reading(&THREE_UNITS, StatusCode::Each(codes.map(Some).to_vec()));
        assert_eq!(operating(&each([15, 4, 6]), None), Some(MPPT));
        assert_eq!(
            leading(&each([15, 4, 6]), &[Some(15), Some(4), None]),
            Some(4)
        );
        assert!(is_night(&each([15; 3])) && !is_night(&each([15, 4, 15])));
    }

    #[test]
    fn every_text_of_an_event_exists() {
        let kstar = crate::kstar::layout::KSTAR.fields.iter();
        let errors: Vec<&str> = kstar
            .flat_map(|field| field.errors(u32::MAX.into()))
            .collect();
        for (_, name, texts) in &EVENTS {
            for text in *texts {
                let is_status = STATUSES.iter().any(|status| status.text == *text);
                assert!(is_status || errors.contains(text), "{name}: {text}");
            }
        }
        let over_temperature = reading(&STANDARD, StatusCode::One(10));
        assert_eq!(events(&over_temperature), 1 << 7);
    }
}
