//! Readings as tables for people.

use crate::observation::{Observation, Outcome};
use crate::reading::{Field, Kind, Layout, Reading, Role, Value};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Row, Table};

/// Inverters side by side in one table: with the labels they fit into 80 columns.
const SIDE_BY_SIDE: usize = 3;

/// All values, one row per column of the layout, inverters of one layout side by side; below them, the
/// errors that inverters report in the bits of a number, by name.
pub fn details(readings: &[&Reading]) -> String {
    let mut groups: Vec<Vec<&Reading>> = Vec::new();
    for reading in readings {
        let group = groups.iter_mut().find(|group| {
            group.len() < SIDE_BY_SIDE
                && group
                    .first()
                    .is_some_and(|first| has_same_columns(first, reading))
        });
        match group {
            Some(group) => group.push(*reading),
            None => groups.push(vec![*reading]),
        }
    }
    let tables = groups.iter().map(|group| side_by_side(group));
    tables
        .chain(readings.iter().map(|reading| errors(reading)))
        .collect()
}

/// The names of the errors that a reading reports, a line each.
fn errors(reading: &Reading) -> String {
    let names = reading.errors();
    if names.is_empty() {
        return String::new();
    }
    let by = match reading.inverter.label().as_str() {
        "" => String::new(),
        label => format!(" by inverter {label}"),
    };
    format!("errors reported{by}:\n  {}\n", names.join("\n  "))
}

/// Inverters that were found, a row each: what their layout holds, and who they are.
pub fn list(inverters: &[Reading]) -> String {
    let mut table = new_table();
    let labels = inverters.first().into_iter().flat_map(Reading::columns);
    let labels = labels.map(|(field, _)| field.label);
    table.set_header(labels.chain(["serial number", "model"]));
    for inverter in inverters {
        let cells = inverter
            .columns()
            .map(|(_, value)| value.map(ToString::to_string));
        let known = [inverter.inverter.serial(), inverter.model.as_deref()];
        let cells = cells.chain(known.map(|text| text.map(str::to_owned)));
        table.add_row(cells.map(Option::unwrap_or_default));
    }
    format!("{table}\n")
}

fn has_same_columns(one: &Reading, other: &Reading) -> bool {
    let layouts = |reading: &Reading| {
        let further: Option<&Layout> = reading.further.as_ref().map(|further| further.layout);
        (reading.cells.layout, further)
    };
    layouts(one) == layouts(other)
}

fn side_by_side(readings: &[&Reading]) -> String {
    let mut table = new_table();
    let heading = |reading: &&Reading| reading.inverter.shown();
    table.set_header(std::iter::once("inverter".to_owned()).chain(readings.iter().map(heading)));
    let models = readings
        .iter()
        .map(|reading| reading.model.as_deref().unwrap_or_default().to_owned());
    add_unless_empty(&mut table, "model", models.collect());
    let times = readings
        .iter()
        .map(|reading| reading.time.map(|time| time.format("%F %T").to_string()));
    add_unless_empty(
        &mut table,
        "time",
        times.map(Option::unwrap_or_default).collect(),
    );
    let mut columns: Vec<_> = readings.iter().map(|reading| reading.columns()).collect();
    let fields = readings
        .first()
        .into_iter()
        .flat_map(|reading| reading.columns().map(|(field, _)| field));
    for field in fields {
        let cells = columns.iter_mut().map(|column| {
            let value = column.next().and_then(|(_, value)| value);
            value.map(ToString::to_string).unwrap_or_default()
        });
        table.add_row(std::iter::once(field.title().into_owned()).chain(cells));
    }
    align_numbers(&mut table, 1);
    format!("{table}\n")
}

fn add_unless_empty(table: &mut Table, label: &str, cells: Vec<String>) {
    if cells.iter().any(|cell| !cell.is_empty()) {
        table.add_row(std::iter::once(label.to_owned()).chain(cells));
    }
}

/// One row per inverter: what it is, its state, its power. Without a reading: the reason.
pub fn overview(observations: &[Observation]) -> String {
    let mut table = new_table();
    table.set_header([
        "inverter",
        "type",
        "status",
        "power",
        "daily yield",
        "temperature",
        "reply",
    ]);
    for observation in observations {
        table.add_row(overview_row(observation));
    }
    align_numbers(&mut table, 3);
    format!("{table}\n")
}

fn overview_row(observation: &Observation) -> Row {
    let inverter = observation.inverter.shown();
    let Outcome::Read { answer, first_byte } = &observation.outcome else {
        return Row::from([&inverter, "", unread(&observation.outcome)]);
    };
    let kind = answer.model.as_deref().or(answer.type_code.as_deref());
    Row::from([
        inverter,
        kind.unwrap_or_default().to_owned(),
        status(answer),
        figure(answer, Role::Power),
        figure(answer, Role::DailyYield),
        figure(answer, Role::Temperature),
        format!("{} ms", first_byte.as_millis()),
    ])
}

/// Why there is no reading, in a word or two.
pub fn unread(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Read { .. } => "read",
        Outcome::Garbled(_) => "garbled",
        Outcome::Silent => "no reply",
        Outcome::Unreachable(_) => "not reachable",
        Outcome::NotPolled => "not polled",
    }
}

/// A reading in one line: who, what, and either what it does and gives or all that it says.
pub fn line(reading: &Reading) -> String {
    let name = reading.type_code.as_deref().unwrap_or_default();
    let head = [&reading.inverter.label(), reading.cells.layout.name, name].join(" ");
    let said = match summary(reading) {
        summary if summary.is_empty() => everything(reading),
        summary => summary,
    };
    format!("{}: {said}", head.trim_end())
}

/// What an inverter does and gives: `mpp-track, 585 W, 33969 Wh, 33 °C`.
pub fn summary(reading: &Reading) -> String {
    let figures =
        [Role::Power, Role::DailyYield, Role::Temperature].map(|role| figure(reading, role));
    let said = std::iter::once(status(reading)).chain(figures);
    said.filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn everything(reading: &Reading) -> String {
    let cell =
        |(field, value): (&Field, Option<&Value>)| Some(format!("{} {}", field.title(), value?));
    reading
        .columns()
        .filter_map(cell)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The status texts; parts that say the same say it once.
pub(crate) fn status(reading: &Reading) -> String {
    let is_status = |(field, value): (&Field, Option<&Value>)| {
        value
            .filter(|_| field.kind == Kind::Status)
            .map(ToString::to_string)
    };
    let mut texts: Vec<String> = reading.columns().filter_map(is_status).collect();
    texts.dedup();
    texts.join(", ")
}

pub(crate) fn figure(reading: &Reading, role: Role) -> String {
    let figure = reading.figure(role);
    figure
        .map(|(number, unit)| format!("{number} {}", unit.symbol()))
        .unwrap_or_default()
}

pub(crate) fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table
}

/// Right-aligns the columns from `first` on.
fn align_numbers(table: &mut Table, first: usize) {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
