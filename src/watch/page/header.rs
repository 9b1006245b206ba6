//! The head of the page: power and yield of all inverters, how many are read, and their curve.

use super::text::{fitting, kilowatt_hours, kilowatts, rounded, shortened};
use super::{Surroundings, block, graph};
use crate::clock::Now;
use crate::format::hybrid;
use crate::plant_total::PlantTotal;
use crate::reading::Role;
use crate::watch::curve::Window;
use crate::watch::plant::Plant;
use crate::watch::view::View;
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use rust_decimal::prelude::ToPrimitive;

/// Columns of the figures beside the curve.
const FIGURES: u16 = 30;

fn has_hybrids(plant: &Plant) -> bool {
    let inverters = plant.inverters().iter();
    let mut readings = inverters.filter_map(|one| one.reading.as_ref());
    readings.any(hybrid::is_hybrid)
}

/// Lines that the large head takes.
pub(super) fn height(plant: &Plant) -> u16 {
    if has_hybrids(plant) { 9 } else { 7 }
}

/// The large head, with a curve.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    plant: &Plant,
    view: &View,
    surroundings: &Surroundings,
) {
    let now = surroundings.now;
    let time = now.local.format(" %F %T ").to_string();
    let room = area.width.saturating_sub(super::text::width(&time) + 6);
    let block = block(title(plant, room))
        // Texts on a frame have its grey unless they have a colour of their own.
        .title(Line::from(time.fg(Color::Reset)).alignment(Alignment::Right));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let [figures, curve] = Layout::horizontal([Constraint::Length(FIGURES), Constraint::Fill(1)])
        .spacing(2)
        .areas(inside);
    frame.render_widget(Paragraph::new(figure_lines(plant, surroundings)), figures);
    let values = plant.curve(Window::new(view.span, now.local));
    let style = Style::new().yellow();
    graph::draw(
        frame.buffer_mut(),
        curve,
        &values,
        view.span,
        style,
        |power| {
            let power = power / 1000.0;
            if power == 0.0 {
                "0".to_owned()
            } else {
                format!("{} kW", rounded(power, 1))
            }
        },
    );
}

/// The sources by name; lost ones are marked.
fn title<'a>(plant: &Plant, room: u16) -> Vec<Span<'a>> {
    let sources = plant.sources();
    let lost = sources.iter().filter(|one| one.lost.is_some()).count();
    let names: Vec<&str> = sources.iter().map(|one| one.title.as_str()).collect();
    let names = match names.len() {
        0..=3 => names.join(", "),
        count => format!("{count} buses"),
    };
    let names = match &plant.title {
        Some(title) => format!("{title}: {names}"),
        None => names,
    };
    let lost = match (lost, sources.len()) {
        (0, _) => String::new(),
        (1, 1) => " CONNECTION LOST".to_owned(),
        (lost, all) => format!(" {lost} OF {all} LOST"),
    };
    let room = room.saturating_sub(super::text::width(&lost));
    vec![
        shortened(&names, room).bold().fg(Color::Reset),
        lost.red().bold(),
    ]
}

fn figure_lines<'a>(plant: &Plant, surroundings: &Surroundings) -> Vec<Line<'a>> {
    let now = surroundings.now;
    let line = |label: &str, value: Span<'a>| {
        Line::from(vec![format!("{label:<9}").dark_gray(), value.bold()])
    };
    let total = plant.total(now);
    let mut lines = Vec::new();
    if has_hybrids(plant) {
        let [pv, house, battery, grid] = hybrid::HEADS;
        lines.push(line(pv, power(&total).yellow()));
        lines.push(line(house, load(plant, now).into()));
        lines.push(line(battery, charge(plant, now).into()));
        lines.push(line(grid, exchange(plant, now).into()));
    } else {
        lines.push(line("power", power(&total).yellow()));
    }
    lines.push(line("today", daily_yield(&total)));
    let mut counts = vec![format!("{:<9}", "online").dark_gray()];
    counts.extend(fitting(states(plant, now), FIGURES - 9, 0));
    lines.push(Line::from(counts));
    if surroundings.is_paused {
        lines.push(Line::from(" paused ".black().on_yellow()));
    }
    lines
}

/// The yield of the day.
fn daily_yield<'a>(total: &PlantTotal) -> Span<'a> {
    let energy = total.daily_yield.and_then(|energy| energy.to_f64());
    Span::raw(energy.map_or_else(|| UNKNOWN.to_owned(), kilowatt_hours))
}

/// How many inverters are read, how many report a fault.
fn states<'a>(plant: &Plant, now: Now) -> Vec<Vec<Span<'a>>> {
    let counts = plant.counts(now);
    let mut parts = vec![vec![format!("{} of {}", counts.online, counts.all).bold()]];
    if counts.faults > 0 {
        parts.push(vec![format!(", {}", faults(counts.faults)).red().bold()]);
    }
    parts
}

/// `1 fault`
fn faults(count: usize) -> String {
    format!("{count} fault{}", if count == 1 { "" } else { "s" })
}

/// The power of all inverters.
fn power(total: &PlantTotal) -> String {
    let power = total.power.and_then(|power| power.to_f64());
    power.map_or_else(|| UNKNOWN.to_owned(), kilowatts)
}

/// The power that all houses draw.
fn load(plant: &Plant, now: Now) -> String {
    let power = plant.sum(Role::LoadPower, now);
    power.map_or_else(|| UNKNOWN.to_owned(), kilowatts)
}

const UNKNOWN: &str = "unknown";

/// Charge, where there is one battery, and power of the batteries: positive while charging.
fn charge(plant: &Plant, now: Now) -> String {
    let inverters = plant.inverters().iter();
    let with_battery = inverters.filter(|one| plant.is_live(one, now));
    let charges = with_battery.filter_map(|one| one.reading.as_ref()?.figure(Role::Charge));
    let charges: Vec<_> = charges.collect();
    let charge = match charges.as_slice() {
        [(charge, _)] => format!("{charge} % "),
        _ => String::new(),
    };
    let power = plant.sum(Role::BatteryPower, now);
    let power =
        power.map(|power| format!("{}{}", if power > 0.0 { "+" } else { "" }, kilowatts(power)));
    charge + &power.unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Power from or to the grid.
fn exchange(plant: &Plant, now: Now) -> String {
    let Some(power) = plant.sum(Role::GridPower, now) else {
        return UNKNOWN.to_owned();
    };
    // What is shown as zero has no direction.
    let direction = match kilowatts(power.abs()) == kilowatts(0.0) {
        true => "",
        false if power < 0.0 => "out ",
        false => "in ",
    };
    format!("{direction}{}", kilowatts(power.abs()))
}

/// The head of a small page: two lines.
pub(super) fn draw_small(
    frame: &mut Frame<'_>,
    area: Rect,
    plant: &Plant,
    surroundings: &Surroundings,
) {
    let now = surroundings.now;
    let time = now.local.format("%T").to_string();
    let room = area.width.saturating_sub(super::text::width(&time) + 1);
    let mut first = title(plant, room);
    let used: usize = first.iter().map(Span::width).sum();
    let blanks = usize::from(area.width).saturating_sub(used + time.len());
    first.push(Span::raw(" ".repeat(blanks)));
    first.push(Span::raw(time));
    let counts = plant.counts(now);
    let total = plant.total(now);
    let mut parts = vec![vec![power(&total).yellow().bold()]];
    if surroundings.is_paused {
        parts.push(vec!["paused".black().on_yellow()]);
    }
    if counts.faults > 0 {
        parts.push(vec![faults(counts.faults).red().bold()]);
    }
    parts.push(vec![format!("{}/{}", counts.online, counts.all).bold()]);
    parts.push(vec![daily_yield(&total).bold()]);
    if has_hybrids(plant) {
        for (head, text) in [
            ("battery ", charge(plant, now)),
            ("grid ", exchange(plant, now)),
        ] {
            parts.push(vec![head.dark_gray(), Span::raw(text)]);
        }
    }
    let second = fitting(parts, area.width, 2);
    frame.render_widget(
        Paragraph::new(vec![Line::from(first), Line::from(second)]),
        area,
    );
}
