//! Observations on standard output: lines at once, tables and metrics at the end of the round.

use super::trouble::Troubles;
use crate::exit::Failure;
use crate::format::look::Medium;
use crate::format::overview::overview;
use crate::format::{csv_table, influx, json, links, prometheus, table};
use crate::observation::{Observation, Outcome};
use crate::reading::Reading;
use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// One row per inverter: the summary of `log`.
    Overview(Medium),
    /// The same of several inverters; all values of a single one.
    Table(Medium),
    /// All values of all inverters, as tables.
    Details(Medium),
    /// One JSON object per line.
    Json,
    /// One CSV table of all inverters.
    Csv,
    /// InfluxDB's line protocol.
    Influx,
    /// Prometheus metrics of all inverters.
    Prometheus,
}

/// Prints the readings of one run.
pub(super) struct Stdout {
    printed: Printed,
    /// The directory of the log, if one is written.
    log: Option<PathBuf>,
    /// Whether the outcome of any poll is known.
    has_observed: bool,
    /// Whether the reader has left, as `head` does: not a failure, but nothing more is printed.
    is_closed: bool,
}

impl Stdout {
    pub(super) const fn new(printed: Printed, log: Option<PathBuf>) -> Self {
        Self {
            printed,
            log,
            has_observed: false,
            is_closed: false,
        }
    }

    pub(super) fn observe(&mut self, observation: &Observation, troubles: &mut Troubles) {
        self.has_observed = true;
        let text = match (self.printed, observation.reading()) {
            (Printed::Json, _) => json_line(observation),
            (Printed::Influx, Some(reading)) => influx::line(reading),
            _ => String::new(),
        };
        self.print(&text, troubles);
    }

    pub(super) fn round_done(&mut self, latest: &[Observation], troubles: &mut Troubles) {
        let text = match self.printed {
            Printed::Overview(medium) => {
                overview(latest, medium) + &links::lines(latest) + &self.logged(latest, troubles)
            }
            Printed::Table(medium) if latest.len() > 1 => overview(latest, medium),
            Printed::Table(medium) | Printed::Details(medium) => tables(latest, medium),
            Printed::Prometheus => prometheus::exposition(latest),
            // At the end, as the header is the union of all columns.
            Printed::Csv => csv_table::table(latest),
            Printed::Json => not_polled(latest),
            Printed::Influx => String::new(),
        };
        self.print(&text, troubles);
    }

    /// Ends a round without any reading: CSV and JSON name the reason per inverter.
    pub(super) fn round_failed(&mut self, latest: &[Observation], troubles: &mut Troubles) {
        if self.has_observed && matches!(self.printed, Printed::Csv | Printed::Json) {
            self.round_done(latest, troubles);
        }
    }

    /// Where the rows are, unless the trouble with them was just reported.
    fn logged(&self, latest: &[Observation], troubles: &Troubles) -> String {
        let has_row = latest.iter().any(|one| one.reading().is_some());
        match &self.log {
            Some(log) if has_row && !troubles.has_any() => format!("logged to {}\n", shown(log)),
            _ => String::new(),
        }
    }

    fn print(&mut self, text: &str, troubles: &mut Troubles) {
        if text.is_empty() || self.is_closed {
            return;
        }
        if let Err(error) = print(text) {
            self.is_closed = true;
            if error.kind() != io::ErrorKind::BrokenPipe {
                let failure = Failure::new(error.to_string(), None);
                troubles.note("can't write the output", Err(failure), "");
            }
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A path without control characters, which could steer a terminal.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.chars()
        .map(|one| if one.is_control() { '?' } else { one })
        .collect()
}

fn json_line(observation: &Observation) -> String {
    format!("{}\n", json::object(observation))
}

/// The lines of the inverters that were not polled.
fn not_polled(latest: &[Observation]) -> String {
    let is_left = |one: &&Observation| matches!(one.outcome, Outcome::NotPolled);
    latest.iter().filter(is_left).map(json_line).collect()
}

/// All values, then the inverters without a reading.
fn tables(latest: &[Observation], medium: Medium) -> String {
    let readings: Vec<&Reading> = latest.iter().filter_map(Observation::reading).collect();
    let unread = latest.iter().filter(|one| one.reading().is_none());
    let unread = unread.map(|one| {
        let why = table::unread(&one.outcome);
        format!("inverter {}: {why}\n", one.inverter.label())
    });
    table::details(&readings, medium) + &unread.collect::<String>()
}
