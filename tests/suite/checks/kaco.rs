//! What must hold of bytes on a bus.

use super::checksum::{mended, verifies};
use super::output::{expect_publishable, expect_writable, is_chosen, is_printable};
use kaco_ardexa::kaco::ear::{Ear, Passing};
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::{Body, Decoder, Frame, LONGEST_FRAME};
use kaco_ardexa::reading::{Reading, Value};

/// A stream of any bytes: however it is cut, the same frames come out; the decoder makes progress and keeps little.
pub fn stream(bytes: &[u8]) {
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(pieces(bytes)), whole);
    assert_eq!(frames(bytes.chunks(1)), whole);
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    while decoder.next().is_some() {}
    decoder.push(&[]);
    let kept = format!("{decoder:?}");
    // A byte takes at most five signs: `255, `.
    assert!(kept.len() < 5 * LONGEST_FRAME + 100, "{}", kept.len());
}

/// All good frames, as text.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut found = Vec::new();
    let mut steps = 0;
    let mut length = 0;
    for piece in pieces {
        decoder.push(piece);
        length += piece.len();
        while let Some(item) = decoder.next() {
            steps += 1;
            found.extend(item.ok().map(|frame| format!("{frame:?}")));
        }
    }
    while let Some(item) = decoder.next_eof() {
        steps += 1;
        if let Ok(frame) = item {
            let _ = interpret::frame(&frame);
            found.push(format!("{frame:?}"));
        }
    }
    assert!(steps <= length, "{steps} steps for {length} bytes");
    assert!(!decoder.is_pending());
    found
}

/// Pieces of changing lengths; the first byte says which.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut state = usize::from(bytes.first().copied().unwrap_or_default());
    let mut rest = bytes;
    std::iter::from_fn(move || {
        state = (state * 37 + 11) % 251;
        let (piece, others) = rest.split_at((state % 24 + 1).min(rest.len()));
        rest = others;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Frames whose checksum is right, whatever they say: what is made of them is what they say, and can be written.
pub fn mended_frame(bytes: &[u8]) {
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
}

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

/// What passes on a bus: every byte is told once, and a reply that is told has the right checksum.
pub fn listen(bytes: &[u8]) {
    let step = usize::from(bytes.first().copied().unwrap_or_default()) + 1;
    let mut ear = Ear::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(step) {
        ear.push(piece);
        all.extend(told(&mut ear, false));
    }
    all.extend(told(&mut ear, true));
    assert!(!ear.is_pending());
    assert_eq!(all, bytes);
}

fn told(ear: &mut Ear, ended: bool) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some((passing, bytes)) = ear.next(ended) {
        assert!(!bytes.is_empty());
        match passing {
            Passing::Reply(reading) => {
                let layout = reading.cells.layout.name;
                assert_ne!(verifies(&bytes, layout), Some(false), "{bytes:?}");
                expect_writable(&reading);
            }
            Passing::Request { address, command } => {
                assert_eq!(format!("#{address}{command}\r").as_bytes(), bytes);
            }
            Passing::Refused(error) => assert!(is_printable(&error.to_string()), "{error}"),
            Passing::Noise => {}
        }
        all.extend(bytes);
    }
    all
}
