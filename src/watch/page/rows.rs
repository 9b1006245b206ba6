//! The list: one row per inverter.

use super::columns::{ColumnKind, PageColumn, fit, gap};
use super::text::{age, kilowatt_hours, padded, place, rounded, since, width};
use super::{boxed, graph, stale};
use crate::clock::Now;
use crate::format::{hybrid, table};
use crate::reading::Role;
use crate::watch::curve::{Span as Period, Window};
use crate::watch::inverter::{Condition, WatchedInverter};
use crate::watch::plant::Plant;
use crate::watch::view::{ListRow, View};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of the mark at the selected inverter.
const MARK: u16 = 2;

/// Draws the list; returns which part of it is shown.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    plant: &Plant,
    view: &mut View,
    now: Now,
    is_high: bool,
) -> String {
    let entries = view.entries(plant, now);
    let edges = if is_high { 2 } else { 0 };
    view.reveal(&entries, usize::from(area.height.saturating_sub(edges + 1)));
    let is_inverter = |entry: &&ListRow| matches!(entry, ListRow::Inverter(_));
    let before = entries.iter().take(view.first).filter(is_inverter).count();
    let shown: Vec<ListRow> = entries
        .iter()
        .skip(view.first)
        .take(view.height)
        .copied()
        .collect();
    let count = shown.iter().filter(is_inverter).count();
    let place = place(before, count, plant.inverters().len());
    let title = match place.as_str() {
        "" => format!(
            "{} by {}",
            inverters(plant.inverters().len()),
            view.sort.word()
        ),
        part => format!("inverters {part} by {}", view.sort.word()),
    };
    let inside = boxed(frame, area, &title, is_high);
    let lines = List::new(&shown, plant, view, now, inside.width).lines(&shown);
    frame.render_widget(Paragraph::new(lines), inside);
    place
}

fn inverters(count: usize) -> String {
    match count {
        1 => "1 inverter".to_owned(),
        count => format!("{count} inverters"),
    }
}

/// The list as it is laid out for what is shown of it now.
struct List<'a> {
    plant: &'a Plant,
    now: Now,
    span: Period,
    selected: usize,
    width: u16,
    columns: Vec<(PageColumn, u16)>,
    gap: u16,
    /// All inverters are hybrids: their power is that of the modules.
    is_of_hybrids: bool,
    /// W, of a full bar of the curves.
    highest: f32,
}

impl<'a> List<'a> {
    fn new(entries: &[ListRow], plant: &'a Plant, view: &View, now: Now, width: u16) -> Self {
        let shown = || entries.iter().filter_map(|entry| inverter(plant, entry));
        let is_hybrid = |one: &WatchedInverter| one.reading.as_ref().is_some_and(hybrid::is_hybrid);
        let is_other = |one: &WatchedInverter| one.reading.is_some() && !is_hybrid(one);
        let has_hybrids = plant.inverters().iter().any(is_hybrid);
        let need = |kind| {
            let widths = shown().map(|one| super::text::width(&cell(kind, one, plant, now).0));
            widths.max().unwrap_or(0)
        };
        let room = width.saturating_sub(MARK);
        let mut list = Self {
            plant,
            now,
            span: view.span,
            selected: view.selected,
            width,
            columns: fit(room, has_hybrids, need),
            gap: gap(room, has_hybrids),
            is_of_hybrids: has_hybrids && !plant.inverters().iter().any(is_other),
            highest: 0.0,
        };
        let has_curve = list
            .columns
            .iter()
            .any(|(one, _)| one.kind == ColumnKind::Curve);
        if has_curve {
            let values = shown().flat_map(|one| list.curve(one)).flatten();
            // One scale for all rows, as their curves are compared.
            list.highest = values.fold(0.0, f32::max);
        }
        list
    }

    /// The head of the columns, and a line per entry.
    fn lines(&self, entries: &[ListRow]) -> Vec<Line<'a>> {
        let of_entry = |entry: &ListRow| match entry {
            ListRow::Source(source) => Some(source_line(self.plant, *source, self.now, self.width)),
            ListRow::Inverter(index) => {
                let is_selected = *index == self.selected;
                inverter(self.plant, entry).map(|one| self.row(one, is_selected))
            }
        };
        let entries = entries.iter().filter_map(of_entry);
        [self.head()].into_iter().chain(entries).collect()
    }

    fn head(&self) -> Line<'a> {
        let style = Style::new().dark_gray();
        let head = |column: &PageColumn| match (column.kind, self.span) {
            (ColumnKind::Power, _) if self.is_of_hybrids => "PV",
            (ColumnKind::Curve, Period::Hour) => "last hour",
            (ColumnKind::Curve, Period::Day) => "0-24 h",
            _ => column.head,
        };
        self.line(" ", style, |column, _| (head(column).to_owned(), style))
    }

    fn row(&self, inverter: &WatchedInverter, is_selected: bool) -> Line<'a> {
        let mark = if is_selected { "›" } else { " " };
        self.line(mark, Style::new(), |column, width| match column.kind {
            ColumnKind::Curve => {
                let curve = graph::line(&self.curve(inverter), width, self.highest);
                (curve, Style::new().yellow())
            }
            kind => cell(kind, inverter, self.plant, self.now),
        })
    }

    /// Power per step of the span, W.
    fn curve(&self, inverter: &WatchedInverter) -> Vec<Option<f32>> {
        let window = Window::new(self.span, self.now.local);
        let hold = self.plant.hold(inverter);
        let curve = inverter.power_curve();
        curve.map_or_else(Vec::new, |curve| curve.values(window, hold).collect())
    }

    /// A cell for each column, in its width.
    fn line(
        &self,
        mark: &'static str,
        style: Style,
        cell: impl Fn(&PageColumn, u16) -> (String, Style),
    ) -> Line<'a> {
        let mut spans = vec![Span::styled(format!("{mark} "), style.bold())];
        for (index, (column, width)) in self.columns.iter().enumerate() {
            if index > 0 {
                spans.push(Span::raw(" ".repeat(usize::from(self.gap))));
            }
            let (text, style) = cell(column, *width);
            let text = padded(&text, *width, column.is_number());
            spans.push(Span::styled(text, style));
        }
        Line::from(spans)
    }
}

/// The inverter of an entry, unless that is the head of a source.
fn inverter<'a>(plant: &'a Plant, entry: &ListRow) -> Option<&'a WatchedInverter> {
    match entry {
        ListRow::Inverter(index) => plant.inverters().get(*index),
        ListRow::Source(_) => None,
    }
}

/// The head of a source: its name, and whether its link works.
fn source_line<'a>(plant: &Plant, source: usize, now: Now, most: u16) -> Line<'a> {
    let Some(watched) = plant.source(source) else {
        return Line::default();
    };
    let of_source = plant.inverters().iter().filter(|one| one.source == source);
    let live = of_source
        .clone()
        .filter(|one| plant.is_live(one, now))
        .count();
    let (text, style) = match &watched.lost {
        None => (
            format!("ok, {live} of {} read", of_source.count()),
            Style::new().green(),
        ),
        Some((time, why)) => {
            let time = since(*time, now.local);
            (format!("LOST since {time}: {why}"), Style::new().red())
        }
    };
    let name = super::text::shortened(&watched.title, most / 2);
    let room = most.saturating_sub(width(&name) + 2);
    let text = super::text::shortened(&text, room);
    Line::from(vec![
        name.bold(),
        Span::raw("  "),
        Span::styled(text, style),
    ])
}

/// What an inverter has in a column, and its look.
fn cell(kind: ColumnKind, inverter: &WatchedInverter, plant: &Plant, now: Now) -> (String, Style) {
    let is_live = plant.is_live(inverter, now);
    let style = if is_live { Style::new() } else { stale() };
    // What a sleeping inverter gave before is not what it gives.
    let is_asleep = inverter.condition == Condition::Silent;
    let reading = inverter.reading.as_ref().filter(|_| !is_asleep);
    let figure = |role| reading.map(|reading| table::figure(reading, role));
    let hybrid = |index: usize| {
        let reading = reading.filter(|reading| hybrid::is_hybrid(reading))?;
        hybrid::figures(reading).into_iter().nth(index)
    };
    let text = match kind {
        ColumnKind::Name => return (inverter.name(), Style::new().bold()),
        ColumnKind::Status => return state(inverter, plant, now),
        ColumnKind::Model => {
            let reading = inverter.reading.as_ref();
            reading.and_then(|reading| Some(reading.model.as_ref()?.clone().into_owned()))
        }
        ColumnKind::Power => hybrid(0).or_else(|| figure(Role::Power)),
        ColumnKind::House => hybrid(1),
        ColumnKind::Battery => hybrid(2),
        ColumnKind::Grid => hybrid(3),
        ColumnKind::Today => inverter
            .daily_yield(now.local.date_naive())
            .map(kilowatt_hours),
        ColumnKind::Temperature => figure(Role::Temperature),
        ColumnKind::Reply => {
            let time = inverter.first_byte.filter(|_| reading.is_some());
            time.map(|time| format!("{} ms", time.as_millis()))
        }
        ColumnKind::Errors => {
            let was_polled = inverter.attempts.sent > 0;
            was_polled.then(|| format!("{} %", rounded(inverter.error_rate(), 0)))
        }
        ColumnKind::Age => inverter.read.map(|read| age(now.since(read))),
        ColumnKind::Curve => None,
    };
    (text.unwrap_or_default(), style)
}

/// What the inverter does, in words, and their look.
pub(super) fn state(inverter: &WatchedInverter, plant: &Plant, now: Now) -> (String, Style) {
    let status = || {
        inverter
            .reading
            .as_ref()
            .map(table::status)
            .unwrap_or_default()
    };
    let style = Style::new();
    match inverter.condition {
        // First, as whatever was known of the inverter is outdated.
        _ if plant.is_lost(inverter) => ("link lost".to_owned(), style.red()),
        Condition::Unknown => ("…".to_owned(), style.dark_gray()),
        Condition::Silent => ("no reply".to_owned(), style.dark_gray()),
        Condition::Garbled => ("garbled".to_owned(), style.yellow()),
        _ if !plant.is_live(inverter, now) => (status(), stale()),
        Condition::Online => (status(), style.green()),
        Condition::Fault => (status(), style.red().bold()),
    }
}
