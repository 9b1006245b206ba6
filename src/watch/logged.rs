//! Today's rows of a log directory: curves and yields of a run that begins in the middle of a day.

use crate::clock::Now;
use crate::day_file::DayFile;
use crate::format::log_row::Shape;
use crate::inverter::InverterId;
use crate::kstar::layout::KSTAR;
use crate::reading::{Cells, Reading};
use crate::sink::csv_log::folder::Folder;
use crate::sink::csv_log::folders;
use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tracing::info;

/// Bytes that are read of one file, its newest: a day with a row every 6 s.
const LONGEST: u64 = 2 << 20;

/// Time for loading rows: a page that begins late is worse than one without old curves.
const PATIENCE: Duration = Duration::from_secs(2);

/// Loads the rows of each inverter once.
pub(crate) struct Logged {
    directory: Option<PathBuf>,
    loaded: HashSet<(usize, String)>,
    /// Time that was spent.
    spent: Duration,
}

impl Logged {
    /// Loads from this directory, if there is one.
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self {
            directory,
            loaded: HashSet::new(),
            spent: Duration::ZERO,
        }
    }

    /// Forgets a source that is no longer polled. Resets the time spent on loading, so that a
    /// run that is reloaded often loads as much as one that has just started.
    pub(crate) fn forget(&mut self, source: usize) {
        self.loaded.retain(|(of, _)| *of != source);
        self.spent = Duration::ZERO;
    }

    /// Hands today's rows of an inverter to `take`, the first time that it is called for it. An
    /// inverter that names itself has to be read before: its address alone may be another one's.
    /// Rows that can't be read are left out.
    pub(crate) fn load(
        &mut self,
        source: usize,
        id: &InverterId,
        now: Now,
        mut take: impl FnMut(&Reading),
    ) {
        let Some(directory) = &self.directory else {
            return;
        };
        if self.spent >= PATIENCE || !self.loaded.insert((source, id.place())) {
            return;
        }
        let begin = Instant::now();
        match rows(directory, id, &DayFile::of(now.local.date_naive()).name()) {
            Ok(text) => {
                let (header, rows) = text.split_once('\n').unwrap_or_default();
                let shape = Shape::of(header);
                let reading = |row: &str| shape.as_ref()?.reading(row.as_bytes(), id);
                let readings = rows.lines().filter_map(reading);
                // A clock that was set back leaves rows that are still to come.
                for reading in readings.filter(|one| one.time <= Some(now.local)) {
                    take(&reading);
                }
            }
            Err(error) => info!("{}: {error}; its curve starts now", id.subject()),
        }
        self.spent += begin.elapsed();
    }
}

/// The header and the newest rows of a file of an inverter; empty if there is no such file.
fn rows(log: &Path, id: &InverterId, name: &str) -> std::io::Result<String> {
    // Opened as for writing: no symbolic link in the directory is followed.
    let mut place = Folder::open(log)?;
    // Of one that names itself as the log does it: a serial number is not a path.
    let chosen =
        || folders::choose(&place, &[&Reading::of(id.clone(), Cells::empty(&KSTAR))]).pop();
    let folder = id.folder().or_else(chosen).unwrap_or_default();
    for part in folder.split('/') {
        match place.inside(part)? {
            Some(inside) => place = inside,
            None => return Ok(String::new()),
        }
    }
    let Some(mut file) = place.file(name)? else {
        return Ok(String::new());
    };
    let mut bytes = Vec::new();
    let length = file.metadata()?.len();
    if length > LONGEST {
        let mut start = Vec::new();
        (&mut file).take(4096).read_to_end(&mut start)?;
        let header = start.split_inclusive(|byte| *byte == b'\n').next();
        bytes.extend(header.unwrap_or_default());
        // The row that is cut here is not taken for one, without its time at the front.
        file.seek(SeekFrom::Start(length - LONGEST))?;
    }
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::super::curve::{Span, Window};
    use super::super::plant::Plant;
    use super::*;
    use crate::format::csv;
    use crate::kaco::layouts::STANDARD;
    use crate::reading::Value;
    use crate::sink::csv_log::files::LogDirectory;
    use chrono::DateTime;
    use std::fs;
    use std::net::IpAddr;

    fn row(time: &str, power: i64, energy: i64) -> Reading {
        let mut values = vec![None; STANDARD.fields.len()];
        values[6] = Some(Value::Number(power.into()));
        values[8] = Some(Value::Number(energy.into()));
        values[9] = Some(Value::Text("5000xi".into()));
        let cells = Cells {
            layout: &STANDARD,
            values,
        };
        let mut reading = Reading::of(InverterId::kaco(Some(2)), cells);
        reading.time = DateTime::parse_from_rfc3339(time).ok();
        reading
    }

    #[test]
    fn rows_of_today_give_curve_yield_and_model() {
        let directory = tempfile::TempDir::new().unwrap();
        let mut log = LogDirectory::open(directory.path()).unwrap();
        for (time, power, energy) in [
            ("2026-06-09T23:59:00+02:00", 1, 99),
            ("2026-06-10T12:00:00+02:00", 585, 33_000),
            ("2026-06-10T12:01:00+02:00", 590, 33_010),
        ] {
            log.append("02", &row(time, power, energy)).unwrap();
        }
        let file = directory.path().join("02/2026-06-10.csv");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text + "2026-06-10T12:02:00+0200,torn").unwrap();
        let now = Now {
            instant: tokio::time::Instant::now(),
            local: DateTime::parse_from_rfc3339("2026-06-10T12:02:30+02:00").unwrap(),
        };
        let mut plant = Plant::new(vec!["bus".to_owned()], Duration::from_secs(10), now);
        let id = InverterId::kaco(Some(2));
        let mut logged = Logged::new(Some(directory.path().to_owned()));
        let mut model = None;
        logged.load(0, &id, now, |reading| {
            model.clone_from(&reading.model);
            plant.remember(0, &id, reading, now);
        });
        assert_eq!(model.as_deref(), Some("Powador 5000xi"));
        let curve = plant.curve(Window::new(Span::Hour, now.local));
        assert_eq!(curve[56..], [None, Some(585.0), Some(590.0), Some(590.0)]);
        let energy = plant.inverters()[0].daily_yield(now.local.date_naive());
        assert_eq!(energy, Some(33.01));
        assert_eq!(plant.sum(crate::reading::Role::Power, now), None);
    }
    /// An inverter that names itself: its rows are where the log writes them, and its name is not a
    /// path.
    #[test]
    fn rows_are_in_the_folder_that_the_log_chooses() {
        let now = Now {
            instant: tokio::time::Instant::now(),
            local: DateTime::parse_from_rfc3339("2026-06-10T12:02:30+02:00").unwrap(),
        };
        let home = tempfile::TempDir::new().unwrap();
        let row = |energy| row("2026-06-10T12:00:00+02:00", 585, energy);
        let stranger = csv::header(&row(0)) + &csv::row(&row(99));
        fs::write(home.path().join("2026-06-10.csv"), stranger).unwrap();
        let directory = home.path().join("logs");
        let mut log = LogDirectory::open(&directory).unwrap();
        let ip: IpAddr = [10, 0, 0, 1].into();
        for (serial, folder, energy) in [
            (None, "10.0.0.1", 1),
            (Some("E4000K"), "E4000K", 2),
            (Some("E4/K"), "E4K-5dfe9a2a", 3),
            (Some(".."), "10.0.0.1", 4),
        ] {
            log.append(folder, &row(energy)).unwrap();
            let id = InverterId::kstar(serial.map(str::to_owned), Some(ip));
            let mut logged = Logged::new(Some(directory.clone()));
            let mut found = Vec::new();
            logged.load(0, &id, now, |reading| {
                found.push(reading.cells.values[8].clone());
            });
            let newest = found.pop().flatten();
            assert_eq!(newest, Some(Value::Number(energy.into())), "{serial:?}");
        }
    }
}
