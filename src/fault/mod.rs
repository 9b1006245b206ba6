//! Faults that inverters report, with what they mean: in a reading, or in a row of a log.

pub(crate) mod advice;

use crate::kaco::status::{self, Severity};
use crate::kstar::interpret::abnormal;
use crate::reading::{Decimal, Field, Kind, Reading, Value};

/// The faults in the cells of an inverter, one text per fault: `insulation fault (Insulation
/// fault)`. Cells of normal operation give none.
pub(crate) fn faults<'a>(cells: impl Iterator<Item = (&'a Field, &'a str)>) -> Vec<String> {
    let mut faults = Vec::new();
    for (field, text) in cells {
        for fault in of_cell(field, text) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    faults
}

/// The faults in a reading.
pub(crate) fn of_reading(reading: &Reading) -> Vec<String> {
    let cells: Vec<(&Field, String)> = reading
        .columns()
        .filter_map(|(field, value)| Some((field, value?.to_string())))
        .collect();
    faults(cells.iter().map(|(field, text)| (*field, text.as_str())))
}

/// The faults that an inverter reported before, and those with this reading, which is not in its
/// log yet. The log ends with `rows`; they can have been written under another header, so columns
/// are found by name. A cell that could not be read is taken to be as it was last.
pub(crate) fn before_and_now(reading: &Reading, header: &str, rows: &str) -> [Vec<String>; 2] {
    let labels: Vec<&str> = header.trim().trim_start_matches("# ").split(", ").collect();
    let last = |label: &str| {
        let place = labels.iter().position(|known| *known == label)?;
        let rows = rows.lines().rev().filter(|row| !row.starts_with('#'));
        // Cells with a comma are quoted; only the type can be one, and it stands behind these
        // columns.
        let texts = rows.filter_map(|row| row.split(',').nth(place));
        texts.map(str::trim).find(|text| !text.is_empty())
    };
    let states = reading
        .columns()
        .filter(|(field, _)| field.kind == Kind::Status || field.names_errors());
    let cells: Vec<(&Field, Option<&str>, Option<String>)> = states
        .map(|(field, value)| (field, last(field.label), value.map(Value::to_string)))
        .collect();
    let before = cells
        .iter()
        .filter_map(|(field, last, _)| Some((*field, (*last)?)));
    let now = cells
        .iter()
        .filter_map(|(field, last, new)| Some((*field, new.as_deref().or(*last)?)));
    [faults(before), faults(now)]
}

fn of_cell(field: &Field, text: &str) -> Vec<String> {
    if field.kind == Kind::Status {
        let fault = is_fault(text).then(|| match status::named(text) {
            Some(status) => explained(status),
            None => format!("{text} ({})", field.label),
        });
        return fault.into_iter().collect();
    }
    let number = text.parse::<Decimal>().ok();
    let names = number.into_iter().flat_map(|number| field.errors(number));
    names.map(str::to_owned).collect()
}

/// True if a text in a status column is a fault, of either family.
pub(crate) fn is_fault(text: &str) -> bool {
    match status::named(text) {
        Some(status) => status.severity == Severity::Fault,
        None => abnormal().any(|(_, word)| word == text),
    }
}

/// The text of a status with its meaning, unless that adds nothing.
fn explained(status: &status::Status) -> String {
    if is_same(status.text, status.meaning) {
        return status.text.to_owned();
    }
    format!("{} ({})", status.text, status.meaning)
}

/// True if two names differ in case, blanks, hyphens and commas at most.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// A name in lower case, with blanks alone between its words.
pub(crate) fn plain(name: &str) -> String {
    name.to_lowercase()
        .replace(['-', '_', '/'], " ")
        .replace(',', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{STANDARD, THREE_UNITS};
    use crate::kstar::layout::KSTAR;
    use crate::reading::Cells;

    fn before(reading: &Reading, header: &str, rows: &str) -> Vec<String> {
        let [before, _] = before_and_now(reading, header, rows);
        before
    }

    #[test]
    fn faults_are_found_in_rows_by_the_names_of_columns() {
        let reading = Reading::of(InverterId::kaco(Some(2)), Cells::empty(&STANDARD));
        let faults = |header, row| before(&reading, header, row);
        assert_eq!(faults("# datetime, status", "t,mpp-track"), [""; 0]);
        assert_eq!(
            faults("# datetime, status", "t,fan-1-failure"),
            ["fan-1-failure"]
        );
        assert_eq!(
            faults("# datetime, X, status", "t,1,FAN-1-failure").len(),
            1
        );
        assert_eq!(faults("# datetime, status", "t"), [""; 0]);
        assert_eq!(faults("", ""), [""; 0]);
    }

    #[test]
    fn cells_that_were_not_read_are_as_they_were_last() {
        let header = "# datetime, status unit 1, status unit 2, status unit 3";
        let reading = |codes: [Option<&'static str>; 3]| {
            let mut cells = Cells::empty(&THREE_UNITS);
            let mut codes = codes.into_iter();
            let states = THREE_UNITS.fields.iter().zip(&mut cells.values);
            for (_, cell) in states.filter(|(field, _)| field.kind == Kind::Status) {
                *cell = codes.next().flatten().map(|text| Value::Text(text.into()));
            }
            Reading::of(InverterId::kaco(Some(5)), cells)
        };
        let well = Some("mpp-track");
        let rows = "t,mpp-track,mpp-track,grid-fail\nt,fan-1-failure,mpp-track,\n";
        let both = ["fan-1-failure", "grid-fail (Grid failure)"];
        for (codes, now) in [
            ([well, well, None], &both[1..]),
            ([None, well, None], &both[..]),
            ([None, None, well], &both[..1]),
            ([well, well, well], &[]),
        ] {
            let [before, after] = before_and_now(&reading(codes), header, rows);
            assert_eq!(before, both, "{codes:?}");
            assert_eq!(after, now, "{codes:?}");
        }
    }

    #[test]
    fn errors_of_hybrids_are_named() {
        let reading = Reading::of(InverterId::kstar(None, None), Cells::empty(&KSTAR));
        let faults = |row| before(&reading, "# datetime, Error Codes", row);
        assert_eq!(faults("t,0"), [""; 0]);
        assert_eq!(faults("t,513"), ["GFCI check", "utility loss"]);
    }

    #[test]
    fn work_mode_of_a_hybrid_is_a_fault_without_error_bits_too() {
        let reading = Reading::of(InverterId::kstar(None, None), Cells::empty(&KSTAR));
        let faults = |row| before(&reading, "# datetime, Work Mode, Error Codes", row);
        assert_eq!(faults("t,on,0"), [""; 0]);
        assert_eq!(faults("t,standby,0"), [""; 0]);
        assert_eq!(faults("t,7,0"), [""; 0], "not known");
        assert_eq!(faults("t,severe fault,0"), ["severe fault (Work Mode)"]);
        assert_eq!(
            faults("t,abnormal,512"),
            ["abnormal (Work Mode)", "utility loss"]
        );
    }
}
