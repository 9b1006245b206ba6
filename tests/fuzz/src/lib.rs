//! What several targets ask: whether a reading is fit to be written, and whether a frame's checksum is right.
//!
//! The checksums are written here once more, in the plainest way: a program that is asked to judge itself finds nothing.

use kaco_ardexa::output::mqtt::Message;
use kaco_ardexa::output::prometheus::{Asked, exposition};
use kaco_ardexa::output::{csv, home_assistant, influx, json, mqtt, table};
use kaco_ardexa::reading::{Reading, Value};

/// Fails unless this reading can be written whole: one row with a cell for each column, one line, one object; nothing in it steers a terminal or ends a line.
pub fn expect_writable(reading: &Reading) {
    let fields = reading.cells.layout.fields.len();
    assert_eq!(reading.cells.values.len(), fields, "cells and columns");
    for (field, value) in reading.columns() {
        if let Some(Value::Text(text)) = value {
            assert!(is_printable(text), "{}: {text:?}", field.label);
        }
    }
    for unreadable in &reading.unreadable {
        assert!(is_printable(&unreadable.raw), "{unreadable:?}");
    }
    expect_row(reading);
    let object = json::object(reading).to_string();
    assert!(is_printable_text(&object), "{object:?}");
    let read: serde_json::Value = serde_json::from_str(&object).expect("JSON");
    assert_eq!(read.to_string(), object);
    let line = influx::line(reading);
    assert!(line.is_empty() || is_line(&line), "{line:?}");
    for text in [table::line(reading), table::sender(reading)] {
        assert!(is_printable_text(&text), "{text:?}");
    }
}

/// Whether this input is one of the few for which the slow outputs are tried.
pub fn is_chosen(bytes: &[u8]) -> bool {
    crc(bytes) % 64 == 0
}

/// Fails unless the CSV row has a cell for each name in the header, and the cells are those of the reading.
fn expect_row(reading: &Reading) {
    let row = csv::row(reading);
    assert!(is_line(&row), "{row:?}");
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(row.as_bytes());
    let record = reader.records().next().expect("a row").expect("a row");
    assert_eq!(record.len(), 1 + reading.columns().count(), "{row:?}");
    for ((field, value), cell) in reading.columns().zip(record.iter().skip(1)) {
        let value = value.map(ToString::to_string).unwrap_or_default();
        assert_eq!(value, cell, "{}", field.label);
    }
}

/// Fails unless Prometheus, a broker and Home Assistant can take what is published of this reading.
pub fn expect_publishable(reading: &Reading) {
    for line in exposition(&[Asked::Read(reading)]).lines() {
        assert!(is_printable_text(line), "{line:?}");
    }
    let discovery = home_assistant::Discovery::default();
    let mut messages: Vec<Message> = home_assistant::messages(reading, &discovery);
    messages.extend(mqtt::state::messages(reading, "sensor/inverter"));
    for Message { topic, payload, .. } in messages {
        let is_fit = |byte: u8| byte.is_ascii_graphic() && !b"#+".contains(&byte);
        assert!(topic.bytes().all(is_fit), "{topic:?}");
        assert!(!topic.split('/').any(str::is_empty), "{topic:?}");
        serde_json::from_str::<serde_json::Value>(&payload).expect("JSON");
    }
}

/// Visible ASCII and blanks.
pub fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The same with what tables add: `°C`.
fn is_printable_text(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_line(text: &str) -> bool {
    text.strip_suffix('\n').is_some_and(is_printable_text)
}

/// The sum of the standard protocol.
pub fn sum(bytes: &[u8]) -> u8 {
    let sum: usize = bytes.iter().map(|byte| usize::from(*byte)).sum();
    u8::try_from(sum % 256).expect("a byte")
}

/// CRC-16/X-25, bit by bit.
pub fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0x8408
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// The place behind the blank that follows the token of this number, counted from 1, in a frame from `*` on.
pub fn place_behind(frame: &[u8], token: usize) -> Option<usize> {
    let mut place = 5;
    for _ in 0..token {
        let rest = frame.get(place..)?;
        let start = rest.iter().position(|byte| *byte != b' ')?;
        place += start + rest.get(start..)?.iter().position(|byte| *byte == b' ')?;
    }
    Some(place + 1)
}

/// The frame with the checksum that its bytes make, in the place where one belongs.
pub fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut frame = bytes.strip_prefix(b"\n").unwrap_or(bytes).to_vec();
    let tokens = match frame.get(3)? {
        b'n' | b's' => {
            let end = frame.iter().rposition(|byte| *byte == b' ')? + 1;
            frame.truncate(end);
            let crc = crc(&frame);
            frame.extend(format!("{crc:04X}\r").bytes());
            return Some([b"\n", &frame[..]].concat());
        }
        b'0'..=b'3' => 9,
        b'9' => 1,
        _ => return Some(bytes.to_vec()),
    };
    let place = place_behind(&frame, tokens)?;
    let (head, [found, ..]) = frame.split_at_mut_checked(place)? else {
        return None;
    };
    *found = sum(head);
    Some([b"\n", &frame[..]].concat())
}

/// Whether the checksum of a frame, from its LF or `*` on, is that of its bytes; `None` where it has none.
pub fn verifies(frame: &[u8], layout: &str) -> Option<bool> {
    let frame = frame.strip_prefix(b"\n").unwrap_or(frame);
    let tokens = match layout {
        "standard" | "xp" | "unit" => 9,
        "type" => 1,
        "counters" | "firmware" | "parts" => return None,
        _ => {
            let end = frame
                .iter()
                .position(|byte| *byte == b'\r' || *byte == 0)
                .unwrap_or(frame.len());
            let (head, digits) = frame[..end].split_at(end - 4);
            return Some(digits == format!("{:04X}", crc(head)).as_bytes());
        }
    };
    let place = place_behind(frame, tokens)?;
    Some(frame.get(place) == Some(&sum(&frame[..place])))
}
