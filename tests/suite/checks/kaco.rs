//! What must hold of bytes on a bus.

use super::checksum::{mended, verifies};
use super::output::{expect_publishable, expect_writable, is_chosen, is_printable};
use bytes::BytesMut;
use kaco_ardexa::kaco::wire::{Body, Codec, Frame, LONGEST_FRAME, Monitor, Traffic, decode_all};
use kaco_ardexa::kaco::{interpret, units};
use kaco_ardexa::reading::{Reading, Value};
use tokio_util::codec::Decoder;

/// A stream of any bytes: however it is cut, the same frames come out; the decoder makes progress
/// and keeps little.
pub fn stream(bytes: &[u8]) {
    let whole: Vec<Frame> = decode_all(bytes).flatten().collect();
    assert_eq!(frames(std::iter::once(bytes)), whole);
    assert_eq!(frames(pieces(bytes)), whole);
    assert_eq!(frames(bytes.chunks(1)), whole);
    whole.iter().for_each(|frame| drop(interpret::frame(frame)));
}

/// The frames of a stream in these pieces.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Frame> {
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    let mut length = 0;
    for piece in pieces {
        length += piece.len();
        buffer.extend_from_slice(piece);
        items.extend(all(&mut buffer, |buffer| Codec.decode(buffer)));
        assert!(buffer.len() < LONGEST_FRAME, "{} are kept", buffer.len());
    }
    items.extend(all(&mut buffer, |buffer| Codec.decode_eof(buffer)));
    assert!(buffer.is_empty());
    assert!(items.len() <= length, "{} of {length}", items.len());
    items.into_iter().flatten().collect()
}

/// Everything that a decoder gives, one step after the other; each takes bytes out of the buffer.
fn all<T>(
    buffer: &mut BytesMut,
    step: impl Fn(&mut BytesMut) -> std::io::Result<Option<T>>,
) -> Vec<T> {
    let mut items = Vec::new();
    let mut left = buffer.len();
    while let Some(item) = step(buffer).unwrap() {
        assert!(buffer.len() < left, "no progress");
        left = buffer.len();
        items.push(item);
    }
    items
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

/// Frames whose checksum is right, whatever they say: what is made of them is what they say, and
/// can be written.
pub fn mended_frame(bytes: &[u8]) {
    let Some(bytes) = mended(bytes) else {
        return;
    };
    for frame in decode_all(&bytes).flatten() {
        check(&frame, is_chosen(&bytes));
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

fn check(frame: &Frame, is_slow: bool) {
    let Ok(reading) = interpret::frame(frame) else {
        return;
    };
    expect_writable(&reading);
    match &frame.body {
        Body::Readings(readings) => {
            let values = readings.values().chain(readings.total_yield.as_deref());
            expect_sent(&reading, values.skip(1));
            let units = [Some(reading.clone()), None, Some(reading.clone())];
            let whole = units::three_units(12, units);
            if readings.unit.is_some() {
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
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    for piece in bytes.chunks(step) {
        buffer.extend_from_slice(piece);
        items.extend(all(&mut buffer, |buffer| Monitor.decode(buffer)));
        assert!(buffer.len() < LONGEST_FRAME, "{} are kept", buffer.len());
    }
    items.extend(all(&mut buffer, |buffer| Monitor.decode_eof(buffer)));
    items
        .iter()
        .for_each(|(traffic, bytes)| told(traffic, bytes));
    let told: Vec<u8> = items.into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert_eq!(told, bytes);
}

fn told(traffic: &Traffic, bytes: &[u8]) {
    match traffic {
        Traffic::Reply(frame) => {
            if let Ok(reading) = interpret::frame(frame) {
                let layout = reading.cells.layout.name;
                assert_ne!(verifies(bytes, layout), Some(false), "{bytes:?}");
                expect_writable(&reading);
            }
        }
        Traffic::Request { address, command } => {
            assert_eq!(format!("#{address}{command}\r").as_bytes(), bytes);
        }
        Traffic::Refused(error) => assert!(is_printable(&error.to_string()), "{error}"),
        Traffic::Noise => {}
    }
}
