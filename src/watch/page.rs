//! The live page: a row an inverter, totals above, keys below. Draws what the [`Plant`] knows and decides nothing.

use super::curve::MINUTES;
use super::plant::{Health, Inverter, Plant, daily_yield};
use crate::format::table;
use crate::reading::Role;
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Padding, Paragraph, Row, Sparkline, Table};

/// What stands on the page beside the inverters.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Where the inverters are.
    pub source: String,
    /// The local time, as text.
    pub time: String,
    /// Whether nobody is asked at the moment.
    pub is_paused: bool,
    /// What happened last.
    pub news: String,
}

/// From this width on there is room for the model.
const WIDE: u16 = 120;

/// Bars of eight heights, as in a sparkline.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws the whole page.
pub fn draw(frame: &mut Frame<'_>, plant: &Plant, surroundings: &Surroundings) {
    let [totals, inverters, footer] = Layout::vertical([
        Constraint::Length(7),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_totals(frame, totals, plant, surroundings);
    draw_inverters(frame, inverters, plant);
    draw_footer(frame, footer, surroundings);
}

fn boxed(title: &str) -> Block<'_> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(Style::new().dark_gray())
        .padding(Padding::horizontal(1))
        .title(Span::from(format!(" {title} ")).bold())
}

/// Power and yield of all, and the power of the last hour.
fn draw_totals(frame: &mut Frame<'_>, area: Rect, plant: &Plant, surroundings: &Surroundings) {
    let time = Line::from(format!(" {} ", surroundings.time)).alignment(Alignment::Right);
    let block = boxed(&surroundings.source).title(time);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let [figures, curve] = Layout::horizontal([Constraint::Length(28), Constraint::Fill(1)])
        .spacing(2)
        .areas(inside);
    let online = plant
        .inverters()
        .iter()
        .filter(|inverter| inverter.is_read())
        .count();
    let lines = vec![
        Line::from(vec![
            "power    ".dark_gray(),
            format!("{:.2} kW", plant.power() / 1000.0).bold().yellow(),
        ]),
        Line::from(vec![
            "today    ".dark_gray(),
            format!("{:.1} kWh", plant.daily_yield()).bold(),
        ]),
        Line::from(vec![
            "online   ".dark_gray(),
            format!("{online} of {}", plant.inverters().len()).bold(),
        ]),
        Line::default(),
        if surroundings.is_paused {
            "paused".black().on_yellow().into()
        } else {
            Line::default()
        },
    ];
    frame.render_widget(Paragraph::new(lines), figures);
    let values = stretched(&plant.curve(), usize::from(curve.width));
    // Tenths of watts: a sparkline takes whole numbers.
    let bars = values.iter().map(|value| value.map(whole));
    frame.render_widget(
        Sparkline::default()
            .data(bars.collect::<Vec<_>>())
            .style(Style::new().yellow()),
        curve,
    );
}

/// A column of the table: its head, its width, and whether it holds numbers.
type Column = (&'static str, u16, bool);

const COLUMNS: [Column; 7] = [
    ("inverter", 8, false),
    ("status", 13, false),
    ("power", 9, true),
    ("today", 9, true),
    ("temp.", 7, true),
    ("reply", 7, true),
    ("errors", 6, true),
];

const MODEL: Column = ("model", 24, false);

/// A row an inverter.
fn draw_inverters(frame: &mut Frame<'_>, area: Rect, plant: &Plant) {
    let block = boxed("inverters");
    let room = block.inner(area);
    let mut columns = COLUMNS.to_vec();
    if area.width >= WIDE {
        columns.insert(1, MODEL);
    }
    if let Some((_, width, _)) = columns.first_mut() {
        let longest = plant
            .inverters()
            .iter()
            .map(|inverter| inverter.name.len())
            .max();
        *width = u16::try_from(longest.unwrap_or(0))
            .unwrap_or(0)
            .clamp(*width, 20);
    }
    let taken: u16 = columns.iter().map(|(_, width, _)| width + 1).sum();
    let curve_width = usize::from(room.width.saturating_sub(taken + 1));
    let highest = plant
        .inverters()
        .iter()
        .flat_map(|inverter| inverter.curve.values().flatten())
        .fold(0.0, f64::max);
    let heads = columns
        .iter()
        .map(|(head, _, is_number)| aligned((*head).to_owned(), *is_number));
    let heads = heads.chain([Line::from(if curve_width >= 9 {
        " last hour"
    } else {
        " hour"
    })]);
    let header = Row::new(heads).dark_gray();
    let rows = plant
        .inverters()
        .iter()
        .map(|inverter| row(inverter, area.width >= WIDE, curve_width, highest));
    let widths = columns
        .iter()
        .map(|(_, width, _)| Constraint::Length(*width))
        .chain([Constraint::Fill(1)]);
    frame.render_widget(Table::new(rows, widths).header(header).block(block), area);
}

fn aligned<'a>(text: String, is_number: bool) -> Line<'a> {
    Line::from(text).alignment(if is_number {
        Alignment::Right
    } else {
        Alignment::Left
    })
}

fn row<'a>(inverter: &Inverter, is_wide: bool, curve_width: usize, highest: f64) -> Row<'a> {
    let (word, color) = state(inverter);
    let reading = inverter.reading.as_ref().filter(|_| inverter.is_read());
    let right = |text: Option<String>| aligned(text.unwrap_or_default(), true);
    let figure = |role| reading.map(|reading| table::figure(reading, role));
    let energy = reading
        .and_then(daily_yield)
        .map(|energy| format!("{energy:.1} kWh"));
    let reply = inverter.first_byte.filter(|_| reading.is_some());
    let mut cells = vec![
        Line::from(inverter.name.clone()).bold(),
        Line::from(word).style(Style::new().fg(color)),
        right(figure(Role::Power)),
        right(energy),
        right(figure(Role::Temperature)),
        right(reply.map(|time| format!("{} ms", time.as_millis()))),
        right(Some(format!("{:.0} %", inverter.error_rate()))),
        Line::from(format!(" {}", bars(inverter, curve_width, highest))).yellow(),
    ];
    if is_wide {
        let model = inverter
            .reading
            .as_ref()
            .and_then(|reading| reading.model.clone());
        cells.insert(1, Line::from(model.unwrap_or_default().into_owned()));
    }
    Row::new(cells)
}

/// What the inverter does, in a word, and its colour.
fn state(inverter: &Inverter) -> (String, Color) {
    let status = || {
        inverter
            .reading
            .as_ref()
            .map(table::status)
            .unwrap_or_default()
    };
    match inverter.health {
        Health::Unknown => ("…".to_owned(), Color::DarkGray),
        Health::Online => (status(), Color::Green),
        Health::Fault => (status(), Color::Red),
        Health::Garbled => ("garbled".to_owned(), Color::Yellow),
        Health::Silent => ("no reply".to_owned(), Color::DarkGray),
    }
}

/// The power of the last hour in characters; all inverters on one scale.
fn bars(inverter: &Inverter, width: usize, highest: f64) -> String {
    let values: Vec<Option<f64>> = inverter.curve.values().collect();
    let steps = BARS.len() - 1;
    let bar = |value: Option<f64>| match value {
        Some(value) if highest > 0.0 => {
            let height = (0..steps)
                .filter(|step| value > highest * (*step as f64 + 0.5) / steps as f64)
                .count();
            BARS.get(height).copied().unwrap_or(" ")
        }
        Some(_) => "▁",
        None => " ",
    };
    stretched(&values, width).into_iter().map(bar).collect()
}

/// The newest values in a place of `width`: each as often as there is room, the newest at the right.
fn stretched(values: &[Option<f64>], width: usize) -> Vec<Option<f64>> {
    let times = (width / MINUTES).max(1);
    let wide: Vec<Option<f64>> = values
        .iter()
        .flat_map(|value| std::iter::repeat_n(*value, times))
        .collect();
    let room = width.saturating_sub(wide.len());
    let skip = wide.len().saturating_sub(width);
    std::iter::repeat_n(None, room)
        .chain(wide.into_iter().skip(skip))
        .collect()
}

/// Watts, never below zero.
fn whole(power: f64) -> u64 {
    use rust_decimal::prelude::ToPrimitive;
    power.max(0.0).to_u64().unwrap_or(0)
}

fn draw_footer(frame: &mut Frame<'_>, area: Rect, surroundings: &Surroundings) {
    let keys = Line::from(vec![
        " q".bold(),
        " quit  ".dark_gray(),
        "p".bold(),
        " pause".dark_gray(),
    ]);
    let news = Line::from(format!("{} ", surroundings.news))
        .dark_gray()
        .alignment(Alignment::Right);
    let [left, right] =
        Layout::horizontal([Constraint::Length(18), Constraint::Fill(1)]).areas(area);
    frame.render_widget(keys, left);
    frame.render_widget(news, right);
}
