//! What the formats of databases share: values by key, labels, and the escaping of characters.

use crate::reading::{Field, Kind, Reading, StatusCode, Value};

/// A column that has a value, with its key.
pub(super) struct Known<'a> {
    pub(super) key: String,
    pub(super) field: &'static Field,
    pub(super) value: &'a Value,
}

/// The columns that have a value, in order. A key that stands twice (XP sends its total yield, and
/// so do its counters) keeps the first.
pub(super) fn known(reading: &Reading) -> Vec<Known<'_>> {
    let mut known: Vec<Known<'_>> = Vec::new();
    for (field, value) in reading.columns() {
        let key = field.key();
        if let Some(value) = value
            && known.iter().all(|other| other.key != key)
        {
            known.push(Known { key, field, value });
        }
    }
    known
}

/// The status codes: `status_code`, and where each unit has its own, one named after the column of
/// each unit.
pub(super) fn status_codes(reading: &Reading) -> Vec<(String, u32)> {
    match &reading.status_code {
        StatusCode::Unknown => Vec::new(),
        StatusCode::One(code) => vec![("status_code".to_owned(), *code)],
        StatusCode::Each(codes) => reading
            .columns()
            .map(|(field, _)| field)
            .filter(|field| field.kind == Kind::Status)
            .zip(codes)
            .filter_map(|(field, code)| Some((format!("{}_code", field.key()), (*code)?)))
            .collect(),
    }
}

/// The label or tag of what is simulated; `None` for what is not.
pub(super) fn simulated(is_simulated: bool) -> Option<(&'static str, String)> {
    is_simulated.then(|| ("simulated", "true".to_owned()))
}

/// `text` with a backslash before each of the `special` characters.
pub(super) fn escaped(text: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if special.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Readings for the tests of formats.
#[cfg(test)]
pub(crate) mod examples {
    use super::*;
    use crate::inverter::InverterId;
    use crate::observation::{Observation, Outcome};
    use crate::reading::{Cells, Decimal, Facts, Layout};
    use chrono::DateTime;
    use std::borrow::Cow;

    /// A reading of a KACO inverter at address 4, of type `86L32`, with these values in the order
    /// of the layout.
    pub(crate) fn reading(layout: &'static Layout, values: &[&str]) -> Reading {
        Reading {
            time: DateTime::parse_from_rfc3339("2026-11-20T09:40:17.25+01:00").ok(),
            inverter: InverterId::kaco(Some(4)),
            cells: cells(layout, values),
            further: None,
            type_code: Some("86L32".to_owned()),
            model: Some(Cow::Borrowed("blueplanet 8.6 TL3")),
            status_code: StatusCode::One(4),
            is_fault: false,
            facts: Facts::default(),
            unreadable: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Values of the standard layout; one is missing.
    pub(crate) const STANDARD_VALUES: [&str; 10] = [
        "mpp-track",
        "398.5",
        "1.60",
        "",
        "227.8",
        "2.61",
        "585",
        "-9",
        "33969",
        "6400xi",
    ];

    /// The observation of a reading.
    pub(crate) fn read(reading: Reading) -> Observation {
        let outcome = Outcome::Read {
            answer: Box::new(reading.clone()),
            first_byte: std::time::Duration::from_millis(60),
        };
        Observation::new(reading.inverter, outcome)
    }

    /// These values in the order of the layout, nothing behind them.
    pub(crate) fn cells(layout: &'static Layout, values: &[&str]) -> Cells {
        let mut cells = Cells::empty(layout);
        for (place, text) in cells.values.iter_mut().zip(values) {
            *place = cell(text);
        }
        cells
    }

    /// A number where it is one, nothing for nothing, else a text.
    fn cell(text: &str) -> Option<Value> {
        match text.parse::<Decimal>() {
            _ if text.is_empty() => None,
            Ok(number) => Some(Value::Number(number)),
            Err(_) => Some(Value::Text(Cow::Owned(text.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn special_characters_get_a_backslash() {
        assert_eq!(escaped(r#"a"b\c"#, &['"', '\\']), r#"a\"b\\c"#);
        assert_eq!(escaped("a, b", &[',', ' ']), r"a\,\ b");
    }
}
