//! A row of a log as the reading that it was made from: the inverse of [`super::csv`].

use super::csv;
use crate::inverter::InverterId;
use crate::kaco::interpret::number;
use crate::kaco::layouts::{COUNTERS, READINGS, THREE_UNITS};
use crate::kaco::{status, types};
use crate::kstar::interpret;
use crate::kstar::layout::KSTAR;
use crate::reading::{Cells, Field, Kind, Layout, Reading, StatusCode, Value};
use std::borrow::Cow;

/// The columns of a file, as its header names them.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    layout: &'static Layout,
    /// The index of the field of each cell after `datetime`: the fields of the layout are followed
    /// by those of the counters.
    places: Vec<usize>,
}

impl Shape {
    /// The shape that a first line such as `# datetime, status, DC Voltage` describes; `None` if it
    /// is not the header of a log.
    ///
    /// Of several layouts that have these columns it is the one in whose order they stand, and of
    /// those the shortest: files of the Python program end before the last columns.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let labels: Vec<&str> = csv::labels(line)?.collect();
        let layouts = READINGS.into_iter().chain([&KSTAR]);
        let shapes = layouts.filter_map(|layout| {
            let places = places(layout, &labels)?;
            Some(Self { layout, places })
        });
        shapes.min_by_key(|shape| (!shape.places.is_sorted(), shape.layout.fields.len()))
    }

    /// The reading of a row of this shape; `None` if it is not one.
    pub(crate) fn reading(&self, row: &[u8], inverter: &InverterId) -> Option<Reading> {
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(row);
        let mut record = ::csv::StringRecord::new();
        let is_row = reader.read_record(&mut record).ok()? && record.len() == self.places.len() + 1;
        let time = record.get(0).filter(|_| is_row)?;
        let time = csv::parsed_time(time)?;
        let mut cells = Cells::empty(self.layout);
        let mut further = Cells::empty(&COUNTERS);
        for (place, text) in self.places.iter().zip(record.iter().skip(1)) {
            let own = self.layout.fields.len();
            let (cells, place) = match place.checked_sub(own) {
                None => (&mut cells, *place),
                Some(place) => (&mut further, place),
            };
            let field = cells.layout.fields.get(place)?;
            *cells.values.get_mut(place)? = value(field, text);
        }
        let type_code = cells.iter().find_map(|(field, value)| {
            value
                .filter(|_| field.kind == Kind::TypeCode)
                .map(ToString::to_string)
        });
        let has_further = self
            .places
            .iter()
            .any(|place| *place >= self.layout.fields.len());
        let model = type_code.as_deref().and_then(types::find);
        Some(Reading {
            time: Some(time),
            status_code: status_code(&cells),
            model: model.map(|known| Cow::Borrowed(known.model)),
            type_code,
            further: Some(further).filter(|_| has_further),
            ..Reading::of(inverter.clone(), cells)
        })
    }
}

/// Where the columns of these labels stand in a layout with the counters behind it.
fn places(layout: &Layout, labels: &[&str]) -> Option<Vec<usize>> {
    let fields = || layout.fields.iter().chain(COUNTERS.fields);
    let mut places = Vec::with_capacity(labels.len());
    for label in labels {
        // A label can stand twice: the total yield of an XP, and that of its counters.
        let is_it =
            |(place, field): &(usize, &Field)| field.label == *label && !places.contains(place);
        let found = fields().enumerate().find(is_it);
        places.push(found?.0);
    }
    (!places.is_empty()).then_some(places)
}

/// The value in a cell; `None` if it is empty or holds something else.
fn value(field: &Field, text: &str) -> Option<Value> {
    match field.kind {
        _ if text.is_empty() => None,
        Kind::Status | Kind::PowerFactorKind | Kind::TypeCode | Kind::Mode => {
            Some(Value::Text(Cow::Owned(text.to_owned())))
        }
        Kind::Measurement | Kind::Total | Kind::PowerFactor | Kind::Code => {
            number(text.as_bytes()).map(Value::Number)
        }
    }
}

/// The status codes of the texts in a row.
fn status_code(cells: &Cells) -> StatusCode {
    let code = |text: &str| match cells.layout {
        layout if layout == &KSTAR => interpret::code_of_status(text),
        _ => status::named(text).map(|status| status.code),
    };
    let mut codes = cells
        .iter()
        .filter(|(field, _)| field.kind == Kind::Status)
        .map(|(_, value)| {
            let text = value?.to_string();
            // A status without a text is logged as its number.
            code(&text).or_else(|| text.parse().ok())
        });
    // One per unit, in order: the position says which unit it is.
    if cells.layout == &THREE_UNITS {
        return StatusCode::Each(codes.collect());
    }
    codes
        .next()
        .flatten()
        .map_or(StatusCode::Unknown, StatusCode::One)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::naming::examples::{cells, reading};
    use super::super::{csv, influx};
    use super::*;
    use crate::escape;
    use crate::kaco::layouts::{MPPT3, STANDARD, XP};
    use crate::kaco::wire::decode_all;
    use crate::reading::Role;
    use chrono::DateTime;
    use std::fs;

    /// The line of a reading after it was written to a log and read back.
    fn back(reading: &Reading) -> String {
        let shape = Shape::of(csv::header(reading).trim_end());
        let row = csv::row(reading);
        let read = shape.and_then(|shape| shape.reading(row.as_bytes(), &reading.inverter));
        read.map(|reading| influx::line(&reading))
            .unwrap_or_default()
    }

    /// The line of a reading at a whole second, as a log has it.
    fn due(mut reading: Reading) -> String {
        reading.time = DateTime::parse_from_rfc3339("2026-11-20T09:40:17+01:00").ok();
        influx::line(&reading)
    }

    #[test]
    fn every_captured_reading_comes_back_to_the_digit() {
        let captures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures");
        let files = fs::read_dir(captures).unwrap();
        let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let lines: Vec<String> = texts
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let frames = lines.iter().filter_map(|line| escape::from_hex(line));
        let frames = frames.filter_map(|bytes| decode_all(&bytes).next()?.ok());
        let readings = frames.filter_map(|frame| crate::kaco::interpret::frame(&frame).ok());
        let mut count = 0;
        for mut one in readings.filter(|one| READINGS.contains(&one.cells.layout)) {
            one.time = DateTime::parse_from_rfc3339("2026-11-20T09:40:17.25+01:00").ok();
            assert_eq!(back(&one), due(one.clone()));
            one.further = Some(cells(&COUNTERS, &["1", "2.5", "7832.50", "4", "5", "6"]));
            assert_eq!(back(&one), due(one.clone()));
            count += 1;
        }
        assert!(count > 15, "{count}");
    }

    #[test]
    fn every_layout_is_found_again() {
        for layout in READINGS.into_iter().chain([&KSTAR]) {
            for further in [0, COUNTERS.fields.len()] {
                let further = COUNTERS.fields.iter().take(further);
                let fields = layout.fields.iter().chain(further);
                let labels: Vec<&str> = fields.map(|field| field.label).collect();
                let shape = Shape::of(&format!("# datetime, {}", labels.join(", ")));
                let found = shape.map(|shape| (shape.layout, shape.places.len()));
                assert_eq!(found, Some((layout, labels.len())), "{}", layout.name);
            }
        }
    }

    #[test]
    fn states_types_and_parts_come_back() {
        let text = |text: &'static str| Some(Value::Text(Cow::Borrowed(text)));
        let mut odd = reading(&STANDARD, &["", "398.5", "1.60"]);
        *odd.cells.values.first_mut().unwrap() = text("87");
        *odd.cells.values.last_mut().unwrap() = text("64,\"0\" \\x1b");
        odd.type_code = Some("64,\"0\" \\x1b".to_owned());
        odd.status_code = StatusCode::One(87);
        assert_eq!(back(&odd), due(odd));
        let mut parts = reading(&THREE_UNITS, &["mpp-track"]);
        parts.type_code = None;
        parts.status_code = StatusCode::Each(vec![Some(4), None, None]);
        assert_eq!(back(&parts), due(parts));
        let mut twice = reading(&XP, &["", "1", "", "", "", "", "", "", "", "7831"]);
        twice.type_code = None;
        twice.status_code = StatusCode::Unknown;
        twice.further = Some(cells(&COUNTERS, &["", "", "7832.5"]));
        assert_eq!(back(&twice), due(twice));
    }

    /// A number of 28 digits overflows with the first sum.
    #[test]
    fn numbers_are_as_long_as_those_of_inverters() {
        let shape = Shape::of("# datetime, status, AC Power").unwrap();
        for (cell, due) in [("4200.5", true), (&"9".repeat(28), false)] {
            let row = format!("2026-11-20T09:40:17+0100,mpp-track,{cell}\n");
            let read = shape.reading(row.as_bytes(), &InverterId::kaco(Some(2)));
            let power = read.unwrap().number(Role::Power);
            assert_eq!(
                power.map(|power| power.to_string()),
                due.then(|| cell.to_owned())
            );
        }
    }

    #[test]
    fn headers_of_the_python_program_and_others_are_distinguished() {
        let labels: Vec<&str> = MPPT3.fields.iter().map(|field| field.label).collect();
        let python = labels.get(..labels.len() - 2).unwrap().join(", ");
        let shape = Shape::of(&format!("# datetime, {python}"));
        assert!(shape.is_some_and(|shape| shape.layout == &MPPT3));
        for none in ["", "# datetime", "# datetime, Moon", "status, datetime"] {
            assert!(Shape::of(none).is_none(), "{none}");
        }
        let shape = Shape::of(csv::header(&reading(&STANDARD, &[])).trim_end()).unwrap();
        for row in ["", "x,1", "2026-11-20T09:40:17+0100,mpp-track"] {
            let read = shape.reading(row.as_bytes(), &InverterId::kaco(None));
            assert_eq!(read, None, "{row}");
        }
    }
}
