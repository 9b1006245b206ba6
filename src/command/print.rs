//! Readings on standard output, in the format asked for: lines at once, tables and metrics at the end.

use super::metrics;
use crate::cli::Format;
use crate::format::table::Overview;
use crate::output::{csv, influx, json, table};
use crate::reading::Reading;
use std::io::{self, Write, stdout};

/// Prints the readings of one run.
pub(super) struct Printer {
    format: Format,
    /// The CSV header that was printed last.
    header: String,
    /// Whether a CSV line must say which inverter follows.
    several: bool,
}

impl Printer {
    /// `several`: whether more than one inverter is asked.
    pub(super) const fn new(format: Format, several: bool) -> Self {
        Self {
            format,
            header: String::new(),
            several,
        }
    }

    /// Prints a reading if the format is one of lines.
    ///
    /// # Errors
    /// When standard output can't be written, as below.
    pub(super) fn line(&mut self, reading: &Reading) -> io::Result<()> {
        let mut out = stdout().lock();
        match self.format {
            Format::Table | Format::Prometheus => {}
            Format::Influx => out.write_all(influx::line(reading).as_bytes())?,
            Format::Json => writeln!(out, "{}", json::object(reading))?,
            Format::Csv => {
                if self.several {
                    writeln!(out, "# inverter {}", table::sender(reading))?;
                }
                let header = csv::header(reading);
                if self.several || header != self.header {
                    out.write_all(header.as_bytes())?;
                    self.header = header;
                }
                out.write_all(csv::row(reading).as_bytes())?;
            }
        }
        out.flush()
    }

    /// Prints what a round gave if the format is one of tables, or of metrics.
    pub(super) fn tables(&self, overview: Vec<Overview>) -> io::Result<()> {
        match self.format {
            Format::Table => {}
            Format::Prometheus => return write!(stdout(), "{}", metrics::exposition(&overview)),
            _ => return Ok(()),
        }
        let mut readings = Vec::new();
        let mut unread = String::new();
        for line in overview {
            match line {
                Overview::Read(reading, _) => readings.push(*reading),
                Overview::Unread(inverter, why) => {
                    unread += &format!("inverter {}: {why}\n", table::name(&inverter));
                }
            }
        }
        write!(stdout(), "{}{unread}", table::details(&readings))
    }
}
