//! Readings as tables for people.

use super::grid::{Grid, GridColumn};
use super::look::Medium;
use crate::observation::Outcome;
use crate::reading::{Decimal, Field, Kind, Layout, Reading, Role, Value};

/// Inverters side by side in one table: with the labels they fit into 80 columns.
const SIDE_BY_SIDE: usize = 3;

/// All values, one row per column of the layout, inverters of one layout side by side; below them,
/// the errors that inverters report in the bits of a number, by name.
pub fn details(readings: &[&Reading], medium: Medium) -> String {
    let grids = |most| -> Vec<Grid> {
        let groups = groups(readings, most);
        groups.iter().map(|group| side_by_side(group)).collect()
    };
    let fits = |grids: &Vec<Grid>| {
        let is_fit = |grid: &Grid| medium.width.is_none_or(|limit| grid.width() <= limit);
        grids.iter().all(is_fit)
    };
    let mut numbers = (1..=SIDE_BY_SIDE).rev().map(grids);
    // As many side by side as fit, as values are never cut.
    let grids = numbers.find(fits).unwrap_or_else(|| grids(1));
    let tables = grids.iter().map(|grid| grid.draw(medium));
    tables
        .chain(readings.iter().map(|reading| errors(reading)))
        .collect()
}

/// Inverters with the same columns, at most `most` of them in a group.
fn groups<'a>(readings: &[&'a Reading], most: usize) -> Vec<Vec<&'a Reading>> {
    let mut groups: Vec<Vec<&Reading>> = Vec::new();
    for reading in readings {
        let group = groups.iter_mut().find(|group| {
            group.len() < most
                && group
                    .first()
                    .is_some_and(|first| has_same_columns(first, reading))
        });
        match group {
            Some(group) => group.push(*reading),
            None => groups.push(vec![*reading]),
        }
    }
    groups
}

/// The names of the errors that a reading reports, one per line.
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

/// Inverters that were found, one row per inverter: what their layout holds, and what they are.
pub fn list(inverters: &[Reading], medium: Medium) -> String {
    let labels = inverters.first().into_iter().flat_map(Reading::columns);
    let labels = labels.map(|(field, _)| field.label);
    // The first column locates an inverter, the others describe its module.
    let column = |(place, label): (u8, &'static str)| match place {
        0 => GridColumn::text(label).place(0),
        place => GridColumn::text(label).rank(place),
    };
    let known = [
        GridColumn::text("serial number").place(1),
        GridColumn::text("model").place(1),
    ];
    let mut grid = Grid::new((0..).zip(labels).map(column).chain(known).collect());
    for inverter in inverters {
        let cells = inverter
            .columns()
            .map(|(_, value)| value.map(ToString::to_string));
        let known = [inverter.inverter.serial(), inverter.model.as_deref()];
        let cells = cells.chain(known.map(|text| text.map(str::to_owned)));
        grid.add(cells.map(Option::unwrap_or_default));
    }
    grid.draw(medium)
}

fn has_same_columns(one: &Reading, other: &Reading) -> bool {
    let layouts = |reading: &Reading| {
        let further: Option<&Layout> = reading.further.as_ref().map(|further| further.layout);
        (reading.cells.layout, further)
    };
    layouts(one) == layouts(other)
}

fn side_by_side(readings: &[&Reading]) -> Grid {
    let headings = readings.iter().map(|reading| reading.inverter.shown());
    let columns = headings.map(GridColumn::number);
    let labels = std::iter::once(GridColumn::text("inverter"));
    let mut grid = Grid::new(labels.chain(columns).collect());
    let models = readings
        .iter()
        .map(|reading| reading.model.as_deref().unwrap_or_default().to_owned());
    add_unless_empty(&mut grid, "model", models.collect());
    let times = readings
        .iter()
        .map(|reading| reading.time.map(|time| time.format("%F %T").to_string()));
    add_unless_empty(
        &mut grid,
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
        grid.add(std::iter::once(field.title().into_owned()).chain(cells));
    }
    grid
}

fn add_unless_empty(grid: &mut Grid, label: &str, cells: Vec<String>) {
    if cells.iter().any(|cell| !cell.is_empty()) {
        grid.add(std::iter::once(label.to_owned()).chain(cells));
    }
}

/// The outcome of a poll without a reading, for people.
pub(crate) fn unread(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Read { .. } => "read",
        Outcome::Garbled(_) => "garbled",
        Outcome::Silent => "no reply",
        Outcome::Unreachable(_) => "not reachable",
        Outcome::NotPolled => "not polled",
    }
}

/// A reading in one line: inverter, type, and either status and power or every value.
pub fn line(reading: &Reading) -> String {
    let name = reading.type_code.as_deref().unwrap_or_default();
    let head = [&reading.inverter.label(), reading.cells.layout.name, name].join(" ");
    let values = match summary(reading) {
        summary if summary.is_empty() => everything(reading),
        summary => summary,
    };
    format!("{}: {values}", head.trim_end())
}

/// Status and powers of an inverter: `mpp-track, 585 W, 33969 Wh, 33 °C`.
pub(crate) fn summary(reading: &Reading) -> String {
    let figures =
        [Role::Power, Role::DailyYield, Role::Temperature].map(|role| figure(reading, role));
    let texts = std::iter::once(status(reading)).chain(figures);
    texts
        .filter(|text| !text.is_empty())
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

/// The status texts, without duplicates among the units.
pub(crate) fn status(reading: &Reading) -> String {
    let is_status = |(field, value): (&Field, Option<&Value>)| {
        value
            .filter(|_| field.kind == Kind::Status)
            .map(ToString::to_string)
    };
    let mut texts: Vec<String> = reading.columns().filter_map(is_status).collect();
    // The units of a 000xi mostly share one.
    texts.dedup();
    texts.join(", ")
}

/// A number with so many decimals; zero has no sign.
pub(crate) fn rounded(number: Decimal, decimals: u8) -> String {
    let mut rounded = number.round_dp(decimals.into());
    if rounded.is_zero() {
        rounded.set_sign_positive(true);
    }
    // The precision alone would cut digits off: it rounds only binary numbers.
    format!("{rounded:.*}", usize::from(decimals))
}

/// The value of a role with its unit: `585 W`; empty where it is missing.
pub(crate) fn figure(reading: &Reading, role: Role) -> String {
    let figure = reading.figure(role);
    figure
        .map(|(number, unit)| format!("{number} {}", unit.symbol()))
        .unwrap_or_default()
}
