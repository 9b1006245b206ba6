//! Header and rows of a CSV file, as text.
//!
//! The header starts with `#` and is joined by `, `: the Ardexa agent takes such a first line for
//! the names of the columns.

use crate::reading::Reading;
use chrono::{DateTime, FixedOffset};

/// Local time with its offset, as the first `kaco_ardexa` wrote it: `2026-11-20T09:40:17+0100`.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%z";

/// The first line of a file for readings of this shape, with `\n`.
pub(crate) fn header(reading: &Reading) -> String {
    let labels: Vec<&str> = reading.columns().map(|(field, _)| field.label).collect();
    // Not quoted, unlike cells: labels come from the program's own tables and have no commas.
    format!("# datetime, {}\n", labels.join(", "))
}

/// The labels after the time in a first line such as `# datetime, status`; `None` if it is not the
/// header of a log.
pub(crate) fn labels(line: &str) -> Option<impl Iterator<Item = &str>> {
    let mut labels = line.trim_start_matches('#').split(',').map(str::trim);
    // What tells a log from any other table.
    (labels.next() == Some("datetime")).then_some(labels)
}

/// One row, with `\n`. Cells without a value are empty.
pub fn row(reading: &Reading) -> String {
    let time = reading
        .time
        .map(|time| time.format(TIME_FORMAT).to_string());
    let cells = reading
        .columns()
        .map(|(_, value)| value.map(ToString::to_string));
    let cells = cells.map(Option::unwrap_or_default);
    lines([std::iter::once(time.unwrap_or_default()).chain(cells)])
}

/// Records as lines, with quotes where they are needed.
pub(crate) fn lines<T: AsRef<[u8]>>(
    records: impl IntoIterator<Item = impl IntoIterator<Item = T>>,
) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for record in records {
        // Writing to memory can't fail.
        let _ = writer.write_record(record);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The time in the first cell of a row; `None` if it is not a time.
pub(crate) fn parsed_time(cell: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_str(cell, TIME_FORMAT).ok()
}

#[cfg(test)]
mod tests {
    use super::super::naming::examples::{STANDARD_VALUES, reading};
    use super::*;
    use crate::kaco::layouts::STANDARD;

    #[test]
    fn the_header_begins_with_a_sign_and_the_time() {
        let header = header(&reading(&STANDARD, &[]));
        assert!(
            header.starts_with("# datetime, status, DC Voltage, "),
            "{header}"
        );
        assert!(header.ends_with(", Type\n"), "{header}");
    }

    #[test]
    fn a_row_has_a_cell_for_each_name_of_the_header() {
        let mut values = STANDARD_VALUES;
        values[9] = "64,00\"xi";
        let reading = reading(&STANDARD, &values);
        assert_eq!(
            row(&reading),
            "2026-11-20T09:40:17+0100,mpp-track,398.5,1.60,,227.8,2.61,585,-9,33969,\"64,00\"\"xi\"\n"
        );
        assert_eq!(header(&reading).split(", ").count(), values.len() + 1);
    }

    #[test]
    fn a_reading_without_a_time_leaves_its_cell_empty() {
        let mut reading = reading(&STANDARD, &["mpp-track"]);
        reading.time = None;
        assert_eq!(row(&reading), ",mpp-track,,,,,,,,,\n");
    }
}
