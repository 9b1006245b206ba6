//! A simulated KSTAR inverter with battery and meter: the bytes of a datagram in, those of its
//! answer out.

mod house;

use super::sun::Moment;
use crate::kstar::layout::COLUMNS;
use crate::kstar::wire::{DISCOVERY, KstarFrame, KstarRequest, READINGS_LENGTH};
use chrono::NaiveDateTime;
use std::net::Ipv4Addr;

/// The answer to a search of the WiFi module of the inverter at `own`, which the client knows as
/// `seen`; `None` to anything else.
pub fn module_answer(own: Ipv4Addr, seen: Ipv4Addr, datagram: &[u8]) -> Option<Vec<u8>> {
    let [_, first, second, third] = own.octets();
    let answer = format!("{seen},ACCF23{first:02X}{second:02X}{third:02X},EzManage_{third:02}");
    (datagram == DISCOVERY).then(|| answer.into_bytes())
}

/// The reply of the inverter at `own` to a request at this local time; `None` to anything else.
pub fn reply(own: Ipv4Addr, datagram: &[u8], time: NaiveDateTime) -> Option<Vec<u8>> {
    Some(match KstarRequest::from_bytes(datagram)? {
        KstarRequest::Readings => KstarFrame::Readings(&payload(Moment::new(time))).bytes(),
        KstarRequest::Identity => KstarFrame::Identity(&identity(own)).bytes(),
    })
}

/// Firmware, model, bytes of unknown meaning, serial number, which is made of the address.
fn identity(own: Ipv4Addr) -> Vec<u8> {
    let [one, two, three, four] = own.octets();
    let serial = format!("SIM{one:03}{two:03}{three:03}{four:03}");
    format!("1.00 {:<10}{:<16}{serial:<16}", "KSE4000", "").into_bytes()
}

/// The payload of a reply with readings.
fn payload(moment: Moment) -> Vec<u8> {
    let mut payload = vec![0; READINGS_LENGTH];
    for (label, number) in house::rows(moment) {
        put(&mut payload, label, number);
    }
    payload
}

/// Writes a number to its place in the table.
fn put(payload: &mut [u8], label: &str, number: f64) {
    let column = COLUMNS.iter().find(|column| column.field.label == label);
    // Columns that are derived from others are not in the payload.
    let Some(slot) = column.and_then(|column| column.origin.slot()) else {
        return;
    };
    let number = (number * 10_f64.powi(slot.decimals as i32)).round() as i64;
    let bytes = number.to_be_bytes();
    let last = bytes.iter().skip(bytes.len() - slot.form.size());
    for (place, byte) in payload.iter_mut().skip(slot.offset).zip(last) {
        *place = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kstar::interpret::reading;
    use crate::reading::{Kind, Reading};
    use std::collections::{BTreeSet, HashSet};

    fn at(days: f64, hours: f64) -> Vec<u8> {
        payload(Moment { days, hours })
    }

    /// Two days, each quarter of an hour.
    fn days() -> impl Iterator<Item = Reading> {
        let steps = (0..48 * 4).map(|step| f64::from(step) / 4.0);
        steps.map(|hours| reading(&at(1.0 + (hours / 24.0).floor(), hours % 24.0)))
    }

    fn text(reading: &Reading, label: &str) -> String {
        let cell = reading.columns().find(|(field, _)| field.label == label);
        cell.and_then(|(_, value)| Some(value?.to_string()))
            .unwrap_or_default()
    }

    fn number(reading: &Reading, label: &str) -> f64 {
        text(reading, label).parse().unwrap_or(f64::NAN)
    }

    #[test]
    fn rows_are_columns_of_the_table() {
        for (label, _) in house::rows(Moment {
            days: 1.0,
            hours: 12.0,
        }) {
            let column = COLUMNS.iter().find(|column| column.field.label == label);
            assert!(
                column.is_some_and(|column| column.origin.slot().is_some()),
                "{label}"
            );
        }
    }

    #[test]
    fn what_comes_in_goes_out_at_any_hour() {
        for reading in days() {
            let of = |label| number(&reading, label);
            let converted = (of("PV Power") - of("Battery Power")) * 0.96;
            let gap = converted + of("Grid Power") - of("Load Power");
            assert!(gap.abs() <= 11.0, "{gap}: {reading:?}");
            assert!((10.0..=100.0).contains(&of("Battery State of Charge")));
            assert!((-50.0..=30.0).contains(&of("Battery Current")));
        }
    }

    #[test]
    fn a_day_has_sun_and_night_charging_and_discharging_import_and_export() {
        for (label, words) in [
            ("PV1 Mode", &["connected without power", "producing"][..]),
            ("Battery Mode", &["charging", "discharging", "standby"]),
            ("Grid Direction", &["exporting", "idle", "importing"]),
        ] {
            let found: BTreeSet<String> = days().map(|reading| text(&reading, label)).collect();
            assert_eq!(
                found,
                words.iter().map(|word| String::from(*word)).collect()
            );
        }
    }

    #[test]
    fn totals_never_fall() {
        let readings: Vec<_> = days().collect();
        let totals = COLUMNS.iter().map(|column| column.field);
        for field in totals.filter(|field| field.kind == Kind::Total) {
            let numbers: Vec<f64> = readings
                .iter()
                .map(|reading| number(reading, field.label))
                .collect();
            for (day, numbers) in numbers.chunks(96).enumerate() {
                assert!(numbers.is_sorted(), "{} of day {day}", field.label);
            }
            let starts_anew = field.label.starts_with("Today");
            assert_eq!(numbers.is_sorted(), !starts_anew, "{}", field.label);
        }
    }

    #[test]
    fn values_move_from_second_to_second() {
        for hours in [3.0, 12.0, 19.0] {
            let different: HashSet<Vec<u8>> = (0..60)
                .map(|second| at(1.0, hours + f64::from(second) / 3600.0))
                .collect();
            assert!(different.len() > 10, "{hours}: {}", different.len());
        }
    }
}
