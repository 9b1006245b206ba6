//! `read`: as `log`, printed.

use super::{Exit, Failure, poll};
use crate::cli::{Format, Read};
use crate::output::table::Overview;
use crate::output::{csv, json, table};
use crate::reading::Reading;
use std::io::{self, Write, stdout};

/// Polls the inverters and prints their readings: lines at once, tables at the end.
///
/// # Errors
/// [`Failure`] if the bus can't be had or the output can't be written.
pub(super) async fn run(arguments: Read) -> Result<Exit, Failure> {
    let mut lines = Lines {
        format: arguments.format,
        header: String::new(),
        several: false,
    };
    lines.several = arguments.bus.addresses.as_slice().len() > 1;
    let mut written = Ok(());
    let round = poll::round(&arguments.bus, &arguments.polling, |_, reading| {
        if written.is_ok() {
            written = lines.print(reading);
        }
    });
    let round = round.await?;
    written?;
    let exit = round.exit(arguments.polling.strict);
    if arguments.format == Format::Table {
        print_tables(round.overview)?;
    }
    round.failure.map_or(Ok(exit), Err)
}

/// Prints readings that are lines.
struct Lines {
    format: Format,
    /// The CSV header that was printed last.
    header: String,
    /// Whether a CSV line must say which inverter follows.
    several: bool,
}

impl Lines {
    fn print(&mut self, reading: &Reading) -> io::Result<()> {
        let mut out = stdout().lock();
        match self.format {
            Format::Table => {}
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
}

fn print_tables(overview: Vec<Overview>) -> io::Result<()> {
    let mut readings = Vec::new();
    let mut unread = String::new();
    for line in overview {
        match line {
            Overview::Read(reading, _) => readings.push(*reading),
            Overview::Unread(inverter, why) => unread += &format!("inverter {inverter}: {why}\n"),
        }
    }
    write!(stdout(), "{}{unread}", table::details(&readings))
}
