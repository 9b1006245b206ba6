//! `history DIR`: what can be typed, and the plan that it means.

use super::plant::{self, Refusal};
use super::{environment, filling};
use crate::command::history::{HistoryFormat, HistoryPlan, HistoryTarget};
use crate::history::series::Period;
use crate::picture::cells::CellLook;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use ratatui::crossterm::terminal;
use std::path::{Path, PathBuf};

/// `history DIR`
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Directory with the CSV files, as given to log; that of the plant file if there is none
    #[arg(value_name = "DIR", required_unless_present = "plant")]
    directory: Option<PathBuf>,

    /// Names and installed power of the inverters are in this plant file
    #[arg(long, value_name = "FILE")]
    plant: Option<PathBuf>,

    /// Which days.
    #[command(flatten)]
    period: Periods,

    /// These inverters only, such as 02,roof/04
    #[arg(long, value_name = "LABELS", value_delimiter = ',', value_parser = label)]
    inverters: Vec<String>,

    /// How the numbers are printed
    ///
    /// json and csv print the series behind the picture, for other tools. On a terminal, table is
    /// preceded by the picture.
    #[arg(long, value_enum, default_value_t = TypedFormat::Table)]
    format: TypedFormat,

    /// Write the picture to FILE instead of printing it
    ///
    /// FILE.svg holds the picture, FILE.html a page with day, month, year and comparison. The file
    /// is replaced in one step.
    #[arg(short, long, value_name = "FILE", value_parser = target, conflicts_with = "format")]
    output: Option<HistoryTarget>,

    /// With --compare: exit with 3 if an inverter or MPP tracker is below the others
    #[arg(long, requires = "compare")]
    strict: bool,
}

/// The period: at most one of them.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Periods {
    /// Power over the time of one day, such as 2026-05-03; the last day that has rows if no period
    /// is given
    #[arg(long, value_name = "DATE", value_parser = date)]
    day: Option<NaiveDate>,

    /// Yields of the days of a month, such as 2026-05
    #[arg(long, value_name = "MONTH", value_parser = month)]
    month: Option<NaiveDate>,

    /// Yields of the months of a year, such as 2026
    // No log is older, as a clock before 1970 is an error; names of files have years of four
    // digits.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1970..=9999))]
    year: Option<i32>,

    /// Yields of the months of all years, side by side
    #[arg(long)]
    years: bool,

    /// Each inverter, and each MPP tracker, against the others: the last twelve months
    #[arg(long)]
    compare: bool,
}

/// How numbers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TypedFormat {
    /// A table for people
    Table,
    /// One JSON object per line
    Json,
    /// One header, then a row per value
    Csv,
}

impl History {
    /// The plan, with the look of the terminal from the environment.
    pub(super) fn plan(self) -> Result<HistoryPlan, Refusal> {
        let path = self.plant.as_deref();
        let file = path.map(plant::read).transpose()?.unwrap_or_default();
        let period = match self.period {
            Periods {
                day: Some(date), ..
            } => Period::Day(Some(date)),
            Periods {
                month: Some(first), ..
            } => Period::Month(first),
            Periods {
                year: Some(year), ..
            } => Period::Year(year),
            Periods { years: true, .. } => Period::Years,
            Periods { compare: true, .. } => Period::Compare(None),
            Periods { .. } => Period::Day(None),
        };
        let format = match self.format {
            TypedFormat::Table => HistoryFormat::Table,
            TypedFormat::Json => HistoryFormat::Json,
            TypedFormat::Csv => HistoryFormat::Csv,
        };
        let directory = self.directory.or_else(|| file.log.clone());
        Ok(HistoryPlan {
            directory: plant::directory(directory, path)?,
            names: filling::names(&file),
            period,
            inverters: self.inverters,
            target: self.output.unwrap_or(HistoryTarget::Print(format)),
            is_strict: self.strict,
            look: look(),
        })
    }
}

/// The terminal on standard output; `None` if it is not one.
fn look() -> Option<CellLook> {
    let width = environment::medium().width?;
    let height = terminal::size().map_or(0, |(_, height)| height);
    let look = environment::look();
    Some(CellLook {
        // A serial console reports a size of 0.
        size: (width, if height > 0 { height } else { 24 }),
        has_color: look.has_color,
        has_unicode: look.is_unicode,
    })
}

fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| "expected a date such as 2026-05-03".to_owned())
}

fn month(text: &str) -> Result<NaiveDate, String> {
    // A date is not parsed without a day.
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
    first.map_err(|_| "expected a month such as 2026-05".to_owned())
}

/// A label as folders have it: addresses have two digits.
fn label(text: &str) -> Result<String, String> {
    let (bus, name) = text
        .trim()
        .rsplit_once('/')
        .map_or((None, text.trim()), |(bus, name)| (Some(bus), name));
    if name.is_empty() {
        return Err("expected labels such as 02,roof/04".to_owned());
    }
    let name = match name.parse::<u8>() {
        Ok(address) if name.len() == 1 => format!("{address:02}"),
        _ => name.to_owned(),
    };
    Ok(bus.map_or(name.clone(), |bus| format!("{bus}/{name}")))
}

fn target(text: &str) -> Result<HistoryTarget, String> {
    let path = Path::new(text);
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(HistoryTarget::Svg(path.to_owned())),
        Some("html" | "htm") => Ok(HistoryTarget::Html(path.to_owned())),
        _ => Err("expected a name that ends in .svg or .html".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_folders() {
        assert_eq!(label("4"), Ok("04".to_owned()));
        assert_eq!(label("roof/4"), Ok("roof/04".to_owned()));
        assert_eq!(label(" 12 "), Ok("12".to_owned()));
        assert_eq!(label("E4000K"), Ok("E4000K".to_owned()));
        assert!(label("").is_err() && label("roof/").is_err());
    }

    #[test]
    fn periods_are_dates() {
        assert!(date("2026-02-29").is_err() && date("2024-02-29").is_ok());
        assert_eq!(
            month("2026-05").map(|first| first.to_string()),
            Ok("2026-05-01".to_owned())
        );
        assert!(month("2026-13").is_err());
        assert_eq!(
            target("a/b.SVG"),
            Ok(HistoryTarget::Svg(PathBuf::from("a/b.SVG")))
        );
        assert!(target("picture.png").is_err());
    }
}
