//! Readings on standard output: lines at once, tables and metrics at the end of the round.

use super::trouble::Troubles;
use crate::exit::Failure;
use crate::format::{csv, influx, json, prometheus, table};
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::reading::Reading;
use std::io::{self, Write, stdout};

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// One row per inverter: what a person wants to know after `log`.
    Overview,
    /// All values of all inverters, as tables.
    Table,
    /// One JSON object per line.
    Json,
    /// As in the log files.
    Csv,
    /// InfluxDB's line protocol.
    Influx,
    /// Prometheus metrics of all inverters.
    Prometheus,
}

/// Prints the readings of one run.
pub(super) struct Stdout {
    printed: Printed,
    /// The CSV header that was printed last.
    header: String,
    /// Whether a CSV line must name the inverter that follows.
    several: bool,
    /// A reader that has seen enough, as `head` has, is not a failure: nothing more is printed.
    is_closed: bool,
}

impl Stdout {
    pub(super) const fn new(printed: Printed) -> Self {
        Self {
            printed,
            header: String::new(),
            several: false,
            is_closed: false,
        }
    }

    pub(super) fn begin(&mut self, inverters: &[InverterId]) {
        self.several = inverters.len() > 1;
    }

    pub(super) fn observe(&mut self, observation: &Observation, troubles: &mut Troubles) {
        if let Some(reading) = observation.reading() {
            let text = self.line(reading);
            self.print(&text, troubles);
        }
    }

    pub(super) fn round_done(&mut self, latest: &[Observation], troubles: &mut Troubles) {
        let text = match self.printed {
            Printed::Overview => table::overview(latest),
            Printed::Table => tables(latest),
            Printed::Prometheus => prometheus::exposition(latest),
            Printed::Json | Printed::Csv | Printed::Influx => String::new(),
        };
        self.print(&text, troubles);
    }

    /// What a reading gives in a format of lines; nothing in the others.
    fn line(&mut self, reading: &Reading) -> String {
        match self.printed {
            Printed::Overview | Printed::Table | Printed::Prometheus => String::new(),
            Printed::Influx => influx::line(reading),
            Printed::Json => format!("{}\n", json::object(reading)),
            Printed::Csv => self.csv(reading),
        }
    }

    fn csv(&mut self, reading: &Reading) -> String {
        let mut text = String::new();
        if self.several {
            text += &format!("# inverter {}\n", reading.inverter.label());
        }
        let header = csv::header(reading);
        if self.several || header != self.header {
            text += &header;
            self.header = header;
        }
        text + &csv::row(reading)
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

/// All values, then the inverters without a reading.
fn tables(latest: &[Observation]) -> String {
    let readings: Vec<&Reading> = latest.iter().filter_map(Observation::reading).collect();
    let unread = latest.iter().filter(|one| one.reading().is_none());
    let unread = unread.map(|one| {
        let why = table::unread(&one.outcome);
        format!("inverter {}: {why}\n", one.inverter.label())
    });
    table::details(&readings) + &unread.collect::<String>()
}
