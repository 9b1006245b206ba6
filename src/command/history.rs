//! `history`: reads the logs of a directory and prints or writes what they say.

use super::print::print;
use crate::exit::{Exit, Failure};
use crate::history::compare::{self, Comparison};
use crate::history::day::{self, DaySeries};
use crate::history::log::Log;
use crate::history::names::Names;
use crate::history::period::{self, Bars, Yields, month_span, year_span};
use crate::history::records::{self, Record};
use crate::history::{ReadError, Skipped};
use crate::picture::cells::{self, Look};
use crate::picture::html::{self, Section};
use crate::picture::numbers::{self, Numbers};
use crate::picture::svg::{self, Scheme, Theme};
use chrono::{Datelike, Months, NaiveDate};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tracing::warn;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The directory of `log`.
    pub directory: PathBuf,
    /// What a plant file says of the inverters.
    pub names: Names,
    /// Which days.
    pub period: Period,
    /// Labels of the inverters; empty for all.
    pub inverters: Vec<String>,
    /// What becomes of it.
    pub target: Target,
    /// Exit with 3 if an inverter is too low.
    pub is_strict: bool,
    /// The terminal on standard output, if it is one.
    pub look: Option<Look>,
}

/// Which days are shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Power over time; `None` is the last day that has rows.
    Day(Option<NaiveDate>),
    /// The month that begins on this day.
    Month(NaiveDate),
    /// A year.
    Year(i32),
    /// All years side by side.
    Years,
    /// The twelve months up to the last day that has rows.
    Compare,
}

/// What becomes of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// On standard output.
    Print(Format),
    /// One picture in a file.
    Svg(PathBuf),
    /// A page with all pictures in a file.
    Html(PathBuf),
}

/// How a series is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for people, with the picture above it on a terminal.
    Table,
    /// One JSON object per line.
    Json,
    /// One header, a row per record.
    Csv,
}

/// Runs the plan.
///
/// # Errors
/// [`Failure`] if the logs can't be read, hold nothing of the period, or the output can't be written.
pub(super) fn run(plan: &Plan) -> Result<Exit, Failure> {
    let log = open(plan)?;
    let mut teller = Teller {
        log,
        names: plan.names.clone(),
        directory: &plan.directory,
        skipped: Skipped::default(),
    };
    let exit = teller.tell(plan);
    report(&teller.skipped);
    exit
}

fn open(plan: &Plan) -> Result<Log, Failure> {
    let directory = plan.directory.display();
    let log = Log::open(&plan.directory)?;
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
        let hint = is_denied.then_some("run it as the user who logs, or with sudo");
        Self::new(error.to_string(), hint)
    }
}

/// One line, however many there are.
fn report(skipped: &Skipped) {
    if let Some(first) = &skipped.first {
        let lines = if skipped.lines == 1 {
            "1 line was".to_owned()
        } else {
            format!("{} lines were", skipped.lines)
        };
        warn!(
            "{lines} skipped, torn or not a row of a log; the first in {}",
            first.display()
        );
    }
}

/// A series with everything that can be made of it.
enum Told {
    Day(DaySeries),
    Month(Bars),
    Year(Bars, Yields),
    Years(Bars),
    Compare(Comparison),
}

struct Teller<'a> {
    log: Log,
    names: Names,
    directory: &'a Path,
    skipped: Skipped,
}

impl Teller<'_> {
    fn tell(&mut self, plan: &Plan) -> Result<Exit, Failure> {
        let told = match &plan.target {
            Target::Html(path) => return self.page(plan.period, path, plan.is_strict),
            Target::Print(_) | Target::Svg(_) => self.read(plan.period)?,
        };
        match &plan.target {
            Target::Svg(path) => write(path, &told.svg(&Theme::default()))?,
            Target::Print(Format::Table) => {
                print(&table(&told, plan.look))?;
            }
            Target::Print(format) => {
                print(&told.records(*format))?;
            }
            Target::Html(_) => {}
        }
        Ok(told.exit(plan.is_strict))
    }

    fn read(&mut self, period: Period) -> Result<Told, Failure> {
        Ok(match period {
            Period::Day(Some(date)) => Told::Day(self.day(date)?),
            Period::Day(None) => {
                let date = self.last(NaiveDate::MIN, NaiveDate::MAX)?;
                Told::Day(self.day(date)?)
            }
            Period::Month(first) => Told::Month(self.month(first)?),
            Period::Year(year) => {
                let (bars, yields) = self.year(year)?;
                Told::Year(bars, yields)
            }
            Period::Years => Told::Years(self.years()?),
            Period::Compare => {
                let last = self.last(NaiveDate::MIN, NaiveDate::MAX)?;
                Told::Compare(self.comparison(last)?)
            }
        })
    }

    fn last(&self, from: NaiveDate, to: NaiveDate) -> Result<NaiveDate, Failure> {
        let last = self.log.last_day(from, to)?;
        last.ok_or_else(|| self.nothing("of these days"))
    }

    /// There is no row, and where there are some.
    fn nothing(&self, when: &str) -> Failure {
        let span = self
            .log
            .span()
            .map(|(first, last)| format!("there are files from {first} to {last}"));
        let message = format!("{} holds no rows {when}", self.directory.display());
        Failure::new(message, span.as_deref())
    }

    fn day(&mut self, date: NaiveDate) -> Result<DaySeries, Failure> {
        let read = day::read(&self.log, &self.names, date)?;
        self.skipped.add(read.skipped);
        if read.series.inverters.is_empty() {
            return Err(self.nothing(&format!("of {date}")));
        }
        Ok(read.series)
    }

    fn yields(
        &mut self,
        (from, to): (NaiveDate, NaiveDate),
        when: &str,
    ) -> Result<Yields, Failure> {
        let read = period::read(&self.log, &self.names, from, to)?;
        self.skipped.add(read.skipped);
        if read.series.is_empty() {
            return Err(self.nothing(&format!("of {when}")));
        }
        Ok(read.series)
    }

    fn month(&mut self, first: NaiveDate) -> Result<Bars, Failure> {
        let when = first.format("%Y-%m").to_string();
        Ok(period::month(&self.yields(month_span(first), &when)?))
    }

    fn year(&mut self, year: i32) -> Result<(Bars, Yields), Failure> {
        let when = year.to_string();
        let span = year_span(year).ok_or_else(|| self.nothing(&format!("of {when}")))?;
        let yields = self.yields(span, &when)?;
        Ok((period::year(&yields), yields))
    }

    fn years(&mut self) -> Result<Bars, Failure> {
        let span = self.log.span();
        let span = span.and_then(|(first, last)| {
            Some((year_span(first.year())?.0, year_span(last.year())?.1))
        });
        let span = span.ok_or_else(|| self.nothing("of any year"))?;
        Ok(period::years(&self.yields(span, "any year")?))
    }

    fn comparison(&mut self, last: NaiveDate) -> Result<Comparison, Failure> {
        let from = last
            .checked_sub_months(Months::new(12))
            .and_then(|day| day.succ_opt());
        let first = self.log.span().map_or(last, |(first, _)| first);
        let read = compare::read(
            &self.log,
            &self.names,
            from.unwrap_or(last).max(first),
            last,
        )?;
        self.skipped.add(read.skipped);
        Ok(read.series)
    }

    /// Day, month, year and comparison up to the last day of the period that has rows.
    fn page(&mut self, period: Period, path: &Path, is_strict: bool) -> Result<Exit, Failure> {
        let (from, to) = match period {
            Period::Day(Some(date)) => (date, date),
            Period::Month(first) => month_span(first),
            Period::Year(year) => year_span(year).unwrap_or((NaiveDate::MIN, NaiveDate::MAX)),
            Period::Day(None) | Period::Years | Period::Compare => (NaiveDate::MIN, NaiveDate::MAX),
        };
        let last = self.last(from, to)?;
        let comparison = Told::Compare(self.comparison(last)?);
        // The comparison has read all files: what it skipped is all that there is to tell.
        let skipped = self.skipped.clone();
        let day = Told::Day(self.day(last)?);
        let month = Told::Month(self.month(last)?);
        let (bars, yields) = self.year(last.year())?;
        let year = Told::Year(bars, yields);
        let mut parts = vec![("Day", day), ("Month", month), ("Year", year)];
        if matches!(period, Period::Years) {
            parts.push(("Years", Told::Years(self.years()?)));
        }
        self.skipped = skipped;
        let exit = comparison.exit(is_strict);
        parts.push(("Comparison", comparison));
        let sections = parts.iter().map(|(heading, told)| told.section(heading));
        let title = self
            .names
            .title
            .clone()
            .unwrap_or_else(|| "Solar plant".to_owned());
        write(
            path,
            &html::page(&format!("{title}, {last}"), &sections.collect::<Vec<_>>()),
        )?;
        Ok(exit)
    }
}

impl Told {
    fn svg(&self, theme: &Theme) -> String {
        match self {
            Self::Day(day) => svg::day(day, theme),
            Self::Month(bars) => svg::month(bars, theme),
            Self::Year(bars, yields) => svg::year(bars, yields, theme),
            Self::Years(bars) => svg::years(bars, theme),
            Self::Compare(comparison) => svg::compare(comparison, theme),
        }
    }

    fn cells(&self, look: Look) -> String {
        match self {
            Self::Day(day) => cells::day(day, look),
            Self::Month(bars) | Self::Years(bars) => cells::bars(bars, look),
            Self::Year(bars, yields) => cells::year(bars, yields, look),
            Self::Compare(comparison) => cells::compare(comparison, look),
        }
    }

    fn numbers(&self) -> Numbers {
        match self {
            Self::Day(day) => numbers::day(day),
            Self::Month(bars) | Self::Year(bars, _) | Self::Years(bars) => numbers::bars(bars),
            Self::Compare(comparison) => numbers::comparison(comparison),
        }
    }

    fn section(&self, heading: &str) -> Section {
        let theme = Theme {
            scheme: Scheme::Auto,
            is_alone: false,
        };
        Section {
            heading: heading.to_owned(),
            picture: self.svg(&theme),
            numbers: self.numbers(),
        }
    }

    fn records(&self, format: Format) -> String {
        match self {
            Self::Day(day) => records_text(records::day(day), format),
            Self::Month(bars) | Self::Year(bars, _) | Self::Years(bars) => {
                records_text(records::bars(bars), format)
            }
            Self::Compare(comparison) => records_text(records::comparison(comparison), format),
        }
    }

    fn exit(&self, is_strict: bool) -> Exit {
        match self {
            Self::Compare(comparison) if is_strict && comparison.is_flagged() => Exit::NoReading,
            _ => Exit::Done,
        }
    }
}

/// The picture where there is a terminal, and the numbers.
fn table(told: &Told, look: Option<Look>) -> String {
    let mut text = String::new();
    if let Some(look) = look {
        text = told.cells(look) + "\n";
    }
    let width = look.map_or(usize::MAX, |look| usize::from(look.size.0));
    let numbers = told.numbers().text(width);
    let is_ascii = look.is_some_and(|look| !look.has_unicode);
    text.extend(numbers.chars().map(|character| match character {
        '\n' => '\n',
        character if character.is_control() || (is_ascii && !character.is_ascii()) => '?',
        character => character,
    }));
    text
}

fn records_text(records: impl Iterator<Item = Record>, format: Format) -> String {
    if format == Format::Csv {
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
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory can't fail.
    for (number, record) in records.enumerate() {
        if number == 0 {
            let _ = writer.write_record(record.iter().map(|(key, _)| *key));
        }
        let _ = writer.write_record(record.iter().map(|(_, value)| cell(value)));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Writes a file beside its place and moves it there, so that a web server never sends half of it.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.new"));
    let write = || -> io::Result<()> {
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Whatever takes its place meanwhile is not followed.
        let mut file = File::create_new(&new)?;
        file.write_all(content.as_bytes())?;
        drop(file);
        fs::rename(&new, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&new);
        Failure::new(format!("can't write {}: {error}", path.display()), None)
    })
}
