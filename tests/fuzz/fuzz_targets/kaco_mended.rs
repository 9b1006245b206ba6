//! Frames whose checksum is right, whatever they say: what is made of them is what they say, and can be written.
#![no_main]

use fuzz::{expect_publishable, expect_writable, is_chosen, mended};
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::{Body, Decoder, Frame};
use kaco_ardexa::reading::{Reading, Value};
use libfuzzer_sys::fuzz_target;

/// A number without what only fills it up; cos phi without its letter.
fn plain(token: &[u8]) -> String {
    let token = String::from_utf8_lossy(token);
    let token = token.trim_end_matches(['i', 'c', 'o']);
    let (sign, digits) = token
        .strip_prefix('-')
        .map_or(("", token), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let is_zero = format!("{whole}{fraction}")
        .bytes()
        .all(|digit| digit == b'0');
    let sign = if is_zero { "" } else { sign };
    match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// Every number of a reading was sent, with these digits and in this order.
fn expect_sent<'a>(reading: &Reading, mut sent: impl Iterator<Item = &'a [u8]>) {
    for (field, value) in reading.columns() {
        if let Some(Value::Number(number)) = value {
            let number = number.to_string();
            assert!(
                sent.any(|token| plain(token) == number),
                "{}: {number}",
                field.label
            );
        }
    }
}

fn check(frame: &Frame<'_>, is_slow: bool) {
    let Ok(reading) = interpret::frame(frame) else {
        return;
    };
    expect_writable(&reading);
    match &frame.body {
        Body::Readings(readings) => {
            let values = readings.values.into_iter().chain(readings.total_yield);
            expect_sent(&reading, values.skip(1));
            let whole =
                interpret::three_units(12, [Some(reading.clone()), None, Some(reading.clone())]);
            if readings.part.is_some() {
                expect_writable(&whole);
            }
        }
        Body::Generic(elements) => expect_sent(&reading, elements.iter().skip(3)),
        Body::Counters(counters) => {
            let cells = interpret::counters_cells(counters);
            assert_eq!(cells, reading.cells);
        }
        Body::Parts | Body::TypeCode(_) | Body::Firmware(_) | Body::SerialNumber(_) => {}
    }
    if is_slow {
        expect_publishable(&reading);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some(bytes) = mended(bytes) else {
        return;
    };
    let mut decoder = Decoder::default();
    decoder.push(&bytes);
    while let Some(item) = decoder.next_eof() {
        if let Ok(frame) = item {
            check(&frame, is_chosen(&bytes));
        }
    }
});
