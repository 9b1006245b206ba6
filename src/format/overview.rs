//! An overview of all inverters: one row per inverter, faults first, and their total.

use super::grid::{Cell, Grid, GridColumn, Tone};
use super::look::Medium;
use super::{hybrid, table};
use crate::observation::{Observation, Outcome};
use crate::plant_total::{Memory, daily_yield};
use crate::reading::{Decimal, Reading, Role};

/// Type, status and powers of each inverter; without a reading, the reason.
pub fn overview(observations: &[Observation], medium: Medium) -> String {
    let readings = || observations.iter().filter_map(Observation::reading);
    let has_hybrids = readings().any(hybrid::is_hybrid);
    let all_hybrids = readings().all(hybrid::is_hybrid);
    let mut grid = Grid::new(columns(has_hybrids, has_hybrids && all_hybrids));
    let (faults, others): (Vec<_>, Vec<_>) = observations.iter().partition(|one| is_fault(one));
    for observation in faults.into_iter().chain(others) {
        grid.add(row(observation, has_hybrids));
    }
    if observations.len() > 1 {
        grid.add(total(observations, has_hybrids));
    }
    grid.draw(medium)
}

/// In a narrow table, reply, temperature and type are dropped first.
fn columns(has_hybrids: bool, all_hybrids: bool) -> Vec<GridColumn> {
    let power = GridColumn::number(if all_hybrids { "PV" } else { "power" });
    let mut columns = vec![GridColumn::text("inverter").place(0)];
    if has_hybrids {
        columns.extend([
            GridColumn::text("type").rank(1),
            GridColumn::text("status").place(0),
            power.place(1),
            GridColumn::number("house").place(1),
            GridColumn::number("battery").place(2),
            GridColumn::number("grid").place(2),
            GridColumn::number("today").place(3),
        ]);
    } else {
        columns.extend([
            GridColumn::text("type").rank(1).place(1),
            GridColumn::text("status").place(1),
            power.place(2),
            GridColumn::number("today").place(2),
        ]);
    }
    columns.extend([
        GridColumn::number("temp.").rank(2),
        GridColumn::number("reply").rank(3),
    ]);
    columns
}

fn row(observation: &Observation, has_hybrids: bool) -> Vec<Cell> {
    let reading = observation.reading();
    let text = |make: fn(&Reading) -> String| reading.map(make).unwrap_or_default();
    let kind = reading.and_then(|reading| {
        let model = reading.model.as_deref();
        model.or(reading.type_code.as_deref())
    });
    let [pv, house, battery, grid] = match reading.filter(|reading| hybrid::is_hybrid(reading)) {
        Some(reading) => hybrid::figures(reading),
        None => Default::default(),
    };
    let power = match pv.is_empty() {
        true => text(|reading| table::figure(reading, Role::Power)),
        false => pv,
    };
    let today = reading.and_then(daily_yield);
    let reply = match &observation.outcome {
        Outcome::Read { first_byte, .. } => format!("{} ms", first_byte.as_millis()),
        _ => String::new(),
    };
    let mut row: Vec<Cell> = vec![
        observation.inverter.shown().into(),
        kind.unwrap_or_default().to_owned().into(),
        status(observation),
        power.into(),
    ];
    if has_hybrids {
        row.extend([house, battery, grid].map(Cell::from));
    }
    let temperature = text(|reading| table::figure(reading, Role::Temperature));
    row.extend([kilowatt_hours(today), temperature, reply].map(Cell::from));
    row
}

fn is_fault(observation: &Observation) -> bool {
    observation
        .reading()
        .is_some_and(|reading| reading.is_fault)
}

fn status(observation: &Observation) -> Cell {
    let Some(reading) = observation.reading() else {
        let tone = match observation.outcome {
            Outcome::Silent => Tone::Faint,
            Outcome::NotPolled => Tone::Bad,
            _ => Tone::Warning,
        };
        return Cell(table::unread(&observation.outcome).to_owned(), tone);
    };
    let tone = if reading.is_fault {
        Tone::Bad
    } else {
        Tone::Good
    };
    Cell(table::status(reading), tone)
}

/// The sums, as far as they are known; an inverter with a fault is not online.
fn total(observations: &[Observation], has_hybrids: bool) -> Vec<Cell> {
    let total = Memory::default().total(observations.iter());
    let faults = observations.iter().filter(|one| is_fault(one)).count();
    // A fault is a reading too, so there are at least as many.
    let online = total.reporting - faults;
    let status = match faults {
        0 => format!("{online} of {} online", total.expected),
        1 => format!("{online} of {}, 1 fault", total.expected),
        faults => format!("{online} of {}, {faults} faults", total.expected),
    };
    let power = total
        .power
        .map(|power| format!("{} W", table::rounded(power, 0)));
    let mut row = vec!["total".to_owned(), String::new(), status];
    row.push(power.unwrap_or_default());
    row.resize(row.len() + if has_hybrids { 3 } else { 0 }, String::new());
    row.push(kilowatt_hours(total.daily_yield));
    row.resize(row.len() + 2, String::new());
    let strong = |text| Cell(text, Tone::Strong);
    row.into_iter().map(strong).collect()
}

/// `40.9 kWh`
fn kilowatt_hours(energy: Option<Decimal>) -> String {
    let text = energy.map(|energy| format!("{} kWh", table::rounded(energy, 1)));
    text.unwrap_or_default()
}
