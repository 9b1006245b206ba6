//! Whether a reading is fit to be written, shown and published.

use super::checksum::crc;
use kaco_ardexa::format::message::Message;
use kaco_ardexa::format::prometheus::exposition;
use kaco_ardexa::format::{csv, home_assistant, influx, json, table};
use kaco_ardexa::observation::{Observation, Outcome};
use kaco_ardexa::reading::{Reading, Value};
use kaco_ardexa::sink::mqtt;

/// Fails unless this reading can be written whole: one row with a cell for each column, one line,
/// one object; nothing in it steers a terminal or ends a line.
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
    let object = json::reading(reading).to_string();
    assert!(is_printable_text(&object), "{object:?}");
    let read: serde_json::Value = serde_json::from_str(&object).expect("JSON");
    assert_eq!(read.to_string(), object);
    let line = influx::line(reading);
    assert!(line.is_empty() || is_line(&line), "{line:?}");
    for text in [table::line(reading), reading.inverter.label()] {
        assert!(is_printable_text(&text), "{text:?}");
    }
}

fn observation(reading: &Reading) -> Observation {
    let outcome = Outcome::Read {
        answer: Box::new(reading.clone()),
        first_byte: Default::default(),
    };
    Observation::new(reading.inverter.clone(), outcome)
}

/// Fails unless the CSV row has a cell for each name in the header, and the cells are those of the
/// reading.
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
    for line in exposition(&[observation(reading)]).lines() {
        assert!(is_printable_text(line), "{line:?}");
    }
    let discovery = home_assistant::Discovery::default();
    expect_messages(home_assistant::messages(reading, &discovery));
    expect_state(reading);
}

/// Fails unless a broker can take the state of this inverter: the quickest of the outputs with a
/// topic of it.
pub fn expect_state(reading: &Reading) {
    expect_messages(mqtt::state::messages(reading, "sensor/inverter"));
}

fn expect_messages(messages: Vec<Message>) {
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

/// Whether this input is one of the few for which the slow outputs are tried.
pub fn is_chosen(bytes: &[u8]) -> bool {
    crc(bytes).is_multiple_of(64)
}
