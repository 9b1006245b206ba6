//! Faults that inverters report, with what they mean: in a reading, or in a row of a log.

pub(crate) mod advice;

use crate::kaco::status::{self, Severity};
use crate::kstar::interpret::is_abnormal;
use crate::reading::{Decimal, Field, Kind, Reading};

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

/// The faults in a row of the log of the inverter that gave `reading`; columns are found by name,
/// as the row can have been written under another header.
pub(crate) fn of_row(reading: &Reading, header: &str, row: &str) -> Vec<String> {
    let labels: Vec<&str> = header.trim().trim_start_matches("# ").split(", ").collect();
    let texts: Vec<&str> = row.trim().split(',').collect();
    let cells = reading.columns().filter_map(|(field, _)| {
        let place = labels.iter().position(|label| *label == field.label)?;
        Some((field, *texts.get(place)?))
    });
    faults(cells)
}

fn of_cell(field: &Field, text: &str) -> Vec<String> {
    if field.kind == Kind::Status {
        let known = status::named(text).filter(|known| known.severity == Severity::Fault);
        let hybrid = || is_abnormal(text).then(|| format!("{text} ({})", field.label));
        return known.map(explained).or_else(hybrid).into_iter().collect();
    }
    let number = text.parse::<Decimal>().ok();
    let names = number.into_iter().flat_map(|number| field.errors(number));
    names.map(str::to_owned).collect()
}

/// The text of a status with its meaning, unless that adds nothing.
fn explained(status: &status::Status) -> String {
    let plain = |text: &str| text.replace('-', " ").to_lowercase();
    if plain(status.text) == plain(status.meaning) {
        return status.text.to_owned();
    }
    format!("{} ({})", status.text, status.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::STANDARD;
    use crate::kstar::layout::KSTAR;
    use crate::reading::Cells;

    #[test]
    fn faults_are_found_in_rows_by_the_names_of_columns() {
        let reading = Reading::of(InverterId::kaco(Some(2)), Cells::empty(&STANDARD));
        let faults = |header, row| of_row(&reading, header, row);
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
    fn errors_of_hybrids_are_named() {
        let reading = Reading::of(InverterId::kstar(None, None), Cells::empty(&KSTAR));
        let faults = |row| of_row(&reading, "# datetime, Error Codes", row);
        assert_eq!(faults("t,0"), [""; 0]);
        assert_eq!(faults("t,513"), ["GFCI check", "utility loss"]);
    }

    #[test]
    fn work_mode_of_a_hybrid_is_a_fault_without_error_bits_too() {
        let reading = Reading::of(InverterId::kstar(None, None), Cells::empty(&KSTAR));
        let faults = |row| of_row(&reading, "# datetime, Work Mode, Error Codes", row);
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
