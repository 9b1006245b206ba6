//! The newest row of an inverter's log: its last reading before this run.

use crate::format::log_row::Shape;
use crate::inverter::InverterId;
use crate::reading::Reading;
use crate::sink::csv_log::folder::Folder;
use crate::sink::csv_log::newest::last_rows;
use std::path::Path;

/// The newest row that an inverter left in a directory of logs.
pub(super) fn newest(log: &Path, inverter: &InverterId) -> Option<Reading> {
    let folder = Folder::open(&log.join(inverter.folder()?)).ok()?;
    let (header, rows) = last_rows(&folder)?;
    reading(&header, rows.lines().next_back()?, inverter)
}

/// A row of a log, with the header of its file, as the reading that it was.
fn reading(header: &str, row: &str, inverter: &InverterId) -> Option<Reading> {
    Shape::of(header)?.reading(row.as_bytes(), inverter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::csv::{header, row};
    use crate::kaco::layouts::{COUNTERS, STANDARD};
    use crate::reading::{Role, StatusCode};
    use std::io;

    const HEADER: &str = "# datetime, status, DC Voltage, DC Current, DC Power, AC Voltage, \
        AC Current, AC Power, Device temperature, Daily yield, Type";
    const ROW: &str = "2026-11-20T17:40:17+0100,night,98.5,0.00,0,227.8,0.00,0,19,33969,5000xi";

    #[test]
    fn rows_become_the_readings_that_they_were() -> Result<(), &'static str> {
        let inverter = InverterId::kaco(Some(2));
        let found = reading(HEADER, ROW, &inverter).ok_or("no reading")?;
        assert_eq!(found.cells.layout, &STANDARD);
        assert_eq!(found.status_code, StatusCode::One(15));
        assert_eq!(found.type_code.as_deref(), Some("5000xi"));
        assert_eq!(found.model.as_deref(), Some("Powador 5000xi"));
        assert_eq!(format!("{HEADER}\n"), header(&found));
        assert_eq!(format!("{ROW}\n"), row(&found));
        let labels: Vec<&str> = COUNTERS.fields.iter().map(|field| field.label).collect();
        let header = format!("{HEADER}, {}", labels.join(", "));
        let found = reading(&header, &format!("{ROW},900,1,28500,1,2,3"), &inverter);
        let found = found.ok_or("no counters")?;
        assert_eq!(found.number(Role::LifetimeYield), Some(28500.into()));
        Ok(())
    }

    #[test]
    fn torn_and_strange_files_give_nothing() {
        let inverter = InverterId::kaco(Some(2));
        assert_eq!(newest(Path::new("/nonexistent"), &inverter), None);
        for (header, row) in [("", ""), ("# datetime, x", ROW), (HEADER, "")] {
            assert_eq!(reading(header, row, &inverter), None, "{header:?} {row:?}");
        }
    }

    #[test]
    fn the_last_whole_row_of_the_last_day_counts() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let folder = directory.path().join("02");
        std::fs::create_dir(&folder)?;
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text);
        write("2026-11-19.csv", format!("{HEADER}\n{ROW}\n"))?;
        let newer = ROW.replace("33969", "33970");
        write(
            "2026-11-20.csv",
            format!("{HEADER}\n{ROW}\n{newer}\n2026-11-20T17:4"),
        )?;
        let inverter = InverterId::kaco(Some(2));
        let daily = || newest(directory.path(), &inverter)?.number(Role::DailyYield);
        assert_eq!(daily(), Some(33970.into()));
        write("latest.csv", format!("{HEADER}\n{ROW}\n"))?;
        assert_eq!(daily(), Some(33969.into()));
        Ok(())
    }
}
