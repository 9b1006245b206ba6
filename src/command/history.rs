//! `history`: reads the logs of a directory, and prints or writes series and pictures.

use super::print::print;
use crate::exit::{Exit, Failure};
use crate::format::csv;
use crate::history::log::Logs;
use crate::history::names::Names;
use crate::history::records::{self, Record};
use crate::history::series::{Archive, Period, Series};
use crate::history::{ReadError, Skipped};
use crate::picture::cells::CellLook;
use crate::picture::html;
use crate::picture::series as picture;
use crate::picture::svg::Embedding;
use crate::sink::textfile::replace;
use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use tracing::warn;

#[derive(Debug, Clone)]
pub struct HistoryPlan {
    /// The directory of `log`.
    pub(crate) directory: PathBuf,
    /// Names and powers of the inverters, from a plant file.
    pub(crate) names: Names,
    pub(crate) period: Period,
    /// Labels of the inverters; empty for all.
    pub(crate) inverters: Vec<String>,
    pub(crate) target: HistoryTarget,
    /// Exit with 3 if an inverter is below the others.
    pub(crate) is_strict: bool,
    /// The terminal on standard output, if it is one.
    pub(crate) look: Option<CellLook>,
}

/// Where a series goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HistoryTarget {
    Print(HistoryFormat),
    Svg(PathBuf),
    /// A page with all pictures in a file.
    Html(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HistoryFormat {
    /// A table for people, with the picture above it on a terminal.
    Table,
    /// One JSON object per line.
    Json,
    /// One header, a row per record.
    Csv,
}

/// Runs the plan.
pub(super) fn run(plan: &HistoryPlan) -> Result<Exit, Failure> {
    let mut reader = HistoryReader {
        archive: Archive::new(open(plan)?, plan.names.clone()),
        directory: &plan.directory,
    };
    let exit = reader.run(plan);
    report(&reader.archive.skipped);
    exit
}

fn open(plan: &HistoryPlan) -> Result<Logs, Failure> {
    let directory = plan.directory.display();
    let log = Logs::open(&plan.directory)?;
    if log.inverters.is_empty() {
        return Err(Failure::new(
            format!("{directory} holds no logs"),
            Some("expected the directory given to log, with files such as 02/2026-05-03.csv"),
        ));
    }
    let labels: Vec<&str> = log
        .inverters
        .iter()
        .map(|folder| folder.label.as_str())
        .collect();
    let known = format!("there are {}", labels.join(", "));
    log.only(&plan.inverters).map_err(|missing| {
        let message = format!("{directory} holds no logs of inverter `{missing}`");
        Failure::new(message, Some(&known))
    })
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let is_denied = error.source.kind() == io::ErrorKind::PermissionDenied;
        let hint = is_denied.then_some("run it as the user of the log, or with sudo");
        Self::new(error.to_string(), hint)
    }
}

/// Reports all skipped lines in one message.
fn report(skipped: &Skipped) {
    if let Some(first) = skipped.first() {
        let lines = match skipped.lines() {
            1 => "1 line was".to_owned(),
            lines => format!("{lines} lines were"),
        };
        warn!(
            "{lines} skipped, torn or not a row of a log; the first in {}",
            first.display()
        );
    }
}

struct HistoryReader<'a> {
    archive: Archive,
    directory: &'a Path,
}

impl HistoryReader<'_> {
    fn run(&mut self, plan: &HistoryPlan) -> Result<Exit, Failure> {
        if let HistoryTarget::Html(path) = &plan.target {
            return self.page(plan.period, path, plan.is_strict);
        }
        let series = self.read(plan.period)?;
        match &plan.target {
            HistoryTarget::Svg(path) => replace(path, &picture::svg(&series, Embedding::Alone))?,
            HistoryTarget::Print(HistoryFormat::Table) => {
                print(&table(&series, plan.look))?;
            }
            HistoryTarget::Print(format) => {
                print(&records_of(&series, *format))?;
            }
            HistoryTarget::Html(_) => {}
        }
        Ok(exit(&series, plan.is_strict))
    }

    fn read(&mut self, period: Period) -> Result<Series, Failure> {
        let series = self.archive.read(period)?;
        series.ok_or_else(|| self.nothing(period))
    }

    /// The error that a period has no rows; names the days that have files.
    fn nothing(&self, period: Period) -> Failure {
        let span = self.archive.log.span();
        let span = span.map(|(first, last)| format!("there are files from {first} to {last}"));
        let message = format!("{} holds no rows of {period}", self.directory.display());
        Failure::new(message, span.as_deref())
    }

    /// The last day of a period that has rows.
    fn last(&self, period: Period) -> Result<NaiveDate, Failure> {
        let (from, to) = period.span();
        let last = self.archive.log.last_day(from, to)?;
        last.ok_or_else(|| self.nothing(period))
    }

    /// Day, month, year and comparison up to the last day of the period that has rows.
    fn page(&mut self, period: Period, path: &Path, is_strict: bool) -> Result<Exit, Failure> {
        let last = self.last(period)?;
        let comparison = self.read(Period::Compare(Some(last)))?;
        let mut parts = vec![
            ("Day", self.read(Period::Day(Some(last)))?),
            ("Month", self.read(Period::Month(last))?),
            ("Year", self.read(Period::Year(last.year()))?),
        ];
        if period == Period::Years {
            parts.push(("Years", self.read(period)?));
        }
        let exit = exit(&comparison, is_strict);
        parts.push(("Comparison", comparison));
        let sections = parts
            .iter()
            .map(|(heading, series)| picture::section(series, heading));
        let title = self.archive.names.title();
        let page = html::page(
            &format!("{title}, {last}"),
            &[],
            &sections.collect::<Vec<_>>(),
        );
        replace(path, &page)?;
        Ok(exit)
    }
}

fn exit(series: &Series, is_strict: bool) -> Exit {
    match series {
        Series::Compare(comparison) if is_strict && comparison.is_flagged() => Exit::NoReading,
        _ => Exit::Done,
    }
}

/// The numbers, with the picture above them on a terminal.
fn table(series: &Series, look: Option<CellLook>) -> String {
    let mut text = String::new();
    if let Some(look) = look {
        text = picture::cells(series, look) + "\n";
    }
    let width = look.map_or(usize::MAX, |look| usize::from(look.size.0));
    let numbers = picture::numbers(series).text(width);
    let is_ascii = look.is_some_and(|look| !look.has_unicode);
    text.extend(numbers.chars().map(|character| match character {
        '\n' => '\n',
        // Labels are names of folders and come from plant files: nothing in them may steer the
        // terminal.
        character if character.is_control() || (is_ascii && !character.is_ascii()) => '?',
        character => character,
    }));
    text
}

fn records_of(series: &Series, format: HistoryFormat) -> String {
    match series {
        Series::Day(day) => records_text(records::day(day), format),
        Series::Month(bars) | Series::Year(bars, _) | Series::Years(bars) => {
            records_text(records::bars(bars), format)
        }
        Series::Compare(comparison) => records_text(records::comparison(comparison), format),
    }
}

fn records_text(records: impl Iterator<Item = Record>, format: HistoryFormat) -> String {
    if format == HistoryFormat::Csv {
        return csv_text(records);
    }
    let mut text = String::new();
    for record in records {
        let fields = record
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        text += &Value::Object(fields.collect()).to_string();
        text.push('\n');
    }
    text
}

fn csv_text(records: impl Iterator<Item = Record>) -> String {
    let mut records = records.peekable();
    let keys = |record: &Record| record.iter().map(|(key, _)| (*key).to_owned()).collect();
    let head: Option<Vec<String>> = records.peek().map(keys);
    let cells = |record: Record| record.iter().map(|(_, value)| cell(value)).collect();
    csv::lines(head.into_iter().chain(records.map(cells)))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
