//! Header and rows of a CSV file, as text.
//!
//! The header starts with `#` and is joined by `, `: the Ardexa agent takes such a first line for the names of the columns.

use crate::reading::Reading;
use chrono::{DateTime, FixedOffset};

/// Local time with its offset, as the first `kaco_ardexa` wrote it: `2026-11-20T09:40:17+0100`.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%z";

/// The first line of a file for readings of this shape, with `\n`.
pub fn header(reading: &Reading) -> String {
    let labels: Vec<&str> = reading.columns().map(|(field, _)| field.label).collect();
    format!("# datetime, {}\n", labels.join(", "))
}

/// One row, with `\n`. Cells without a value are empty.
pub fn row(reading: &Reading) -> String {
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    let time = reading.time.map(time).unwrap_or_default();
    let cells = reading
        .columns()
        .map(|(_, value)| value.map(ToString::to_string).unwrap_or_default());
    // Writing to memory can't fail.
    let _ = writer.write_record(std::iter::once(time).chain(cells));
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn time(time: DateTime<FixedOffset>) -> String {
    time.format(TIME_FORMAT).to_string()
}
