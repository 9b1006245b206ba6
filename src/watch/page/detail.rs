//! One inverter: what it is, what its status means, its curves, all its values.

use super::text::{age, kilowatt_hours, padded, rounded, shortened};
use super::{boxed, draw_lines, graph, rows, stale};
use crate::clock::Now;
use crate::kaco;
use crate::reading::{Reading, Role, StatusCode};
use crate::watch::curve::Window;
use crate::watch::inverter::WatchedInverter;
use crate::watch::plant::Plant;
use crate::watch::view::View;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};

/// Columns that a list of values takes before there are two side by side.
const VALUES: u16 = 44;

/// Lines of a curve.
const CURVE: u16 = 6;

/// Draws the selected inverter; returns which part of its values is shown.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    plant: &Plant,
    view: &mut View,
    now: Now,
    is_high: bool,
) -> String {
    let Some(inverter) = plant.inverters().get(view.selected) else {
        return String::new();
    };
    let inside = boxed(
        frame,
        area,
        &format!("inverter {}", inverter.name()),
        is_high,
    );
    let count = u16::try_from(inverter.curves().len()).unwrap_or(0);
    let across = (inside.width / 50).max(1);
    let down = count.div_ceil(across) * CURVE;
    // The values come first: curves leave them eight lines, or are not drawn.
    let curves = if inside.height >= down + 8 { down } else { 0 };
    let [top, bottom] =
        Layout::vertical([Constraint::Length(curves), Constraint::Fill(1)]).areas(inside);
    if curves > 0 {
        draw_curves(frame, top, plant, inverter, view, now, across);
    }
    let mut lines = lines(plant, inverter, now, bottom.width);
    // A small page has no frame with the name in its title.
    if !is_high {
        lines.insert(
            0,
            fact("inverter", &inverter.name(), Style::new(), bottom.width),
        );
    }
    draw_lines(frame, bottom, lines, view)
}

fn draw_curves(
    frame: &mut Frame<'_>,
    area: Rect,
    plant: &Plant,
    inverter: &WatchedInverter,
    view: &View,
    now: Now,
    across: u16,
) {
    let window = Window::new(view.span, now.local);
    let wide = area.width / across;
    for (index, (role, curve)) in (0_u16..).zip(inverter.curves()) {
        let place = Rect {
            x: area.x + index % across * wide,
            y: area.y + index / across * CURVE,
            width: wide.saturating_sub(2),
            height: CURVE - 1,
        };
        let values: Vec<_> = curve.values(window, plant.hold(inverter)).collect();
        let is_hybrid = inverter.curves().len() > 1;
        let (name, unit, style) = match role {
            Role::LoadPower => ("house", "W", Style::new().cyan()),
            Role::Charge => ("battery", "%", Style::new().green()),
            Role::GridPower => ("grid", "W", Style::new().magenta()),
            _ if is_hybrid => ("PV", "W", Style::new().yellow()),
            _ => ("power", "W", Style::new().yellow()),
        };
        let below = Rect {
            y: place.y + 1,
            ..place
        };
        let buffer = frame.buffer_mut();
        buffer.set_string(place.x, place.y, name, Style::new().bold());
        graph::draw(buffer, below, &values, view.span, style, |value| {
            format!("{} {unit}", rounded(value, 0))
        });
    }
}

fn fact<'a>(label: &str, text: &str, style: Style, width: u16) -> Line<'a> {
    let text = shortened(text, width.saturating_sub(11));
    Line::from(vec![
        format!("{label:<11}").dark_gray(),
        Span::styled(text, style),
    ])
}

/// What the inverter is and how it is, then all its values.
fn lines<'a>(plant: &Plant, inverter: &WatchedInverter, now: Now, width: u16) -> Vec<Line<'a>> {
    let (status, style) = rows::state(inverter, plant, now);
    let mut lines = vec![fact("status", &status, style, width)];
    let mut add = |label, text: String| {
        if !text.is_empty() {
            lines.push(fact(label, &text, Style::new(), width));
        }
    };
    add("last error", inverter.reason.clone());
    let sent = inverter.attempts.sent;
    let trouble = inverter.attempts.trouble();
    let all_good = || (sent > 0).then(|| format!("{sent} of {sent} replies good"));
    add("link", trouble.or_else(all_good).unwrap_or_default());
    let today = inverter.daily_yield(now.local.date_naive());
    add("today", today.map(kilowatt_hours).unwrap_or_default());
    let Some(reading) = &inverter.reading else {
        add("values", "not read yet".to_owned());
        return lines;
    };
    let read = inverter
        .read
        .map(|read| format!("{} ago", age(now.since(read))));
    add("read", read.unwrap_or_default());
    for meaning in meanings(reading) {
        add("meaning", meaning);
    }
    add("reports", reading.errors().join(", "));
    add("model", model(reading));
    let serial = reading
        .facts
        .serial
        .as_deref()
        .or(reading.inverter.serial());
    add("serial", serial.unwrap_or_default().to_owned());
    add(
        "firmware",
        reading.facts.firmware.clone().unwrap_or_default(),
    );
    let style = match plant.is_live(inverter, now) {
        true => Style::new(),
        false => stale(),
    };
    lines.push(Line::default());
    lines.extend(values(reading, width, style));
    lines
}

fn model(reading: &Reading) -> String {
    let model = reading.model.as_deref().or(reading.type_code.as_deref());
    model.unwrap_or_default().to_owned()
}

/// What the status codes mean, where the maker published it.
fn meanings(reading: &Reading) -> Vec<String> {
    let codes = match &reading.status_code {
        StatusCode::Unknown => Vec::new(),
        StatusCode::One(code) => vec![*code],
        StatusCode::Each(codes) => codes.iter().flatten().copied().collect(),
    };
    let type_code = reading.type_code.as_deref();
    let meaning = |code: u32| {
        let status = kaco::status::of(reading.cells.layout, type_code, code)?;
        Some(format!("{} (code {code})", status.meaning))
    };
    let mut meanings: Vec<String> = codes.into_iter().filter_map(meaning).collect();
    // The units of a 000xi mostly share one state.
    meanings.dedup();
    meanings
}

/// All values, in as many columns as there is room for.
fn values<'a>(reading: &Reading, width: u16, style: Style) -> Vec<Line<'a>> {
    let columns = usize::from((width / VALUES).max(1));
    let cells: Vec<(String, String)> = reading
        .columns()
        .filter_map(|(field, value)| Some((field.title().into_owned(), value?.to_string())))
        .collect();
    let rows = cells.len().div_ceil(columns);
    let wide = width / u16::try_from(columns).unwrap_or(1);
    let widest = cells
        .iter()
        .map(|(_, value)| super::text::width(value))
        .max();
    // Numbers are whole; a long text, which the status line has too, is shortened.
    let value_width = widest.unwrap_or(0).min(wide.saturating_sub(24)).max(12);
    let label_width = wide.saturating_sub(value_width + 4).min(30);
    let line = |row: usize| {
        let of_row = cells.iter().skip(row).step_by(rows.max(1));
        let spans = of_row.flat_map(|(label, value)| {
            [
                Span::from(padded(label, label_width, false)).dark_gray(),
                Span::styled(padded(value, value_width, true), style),
                Span::raw("    "),
            ]
        });
        Line::from(spans.collect::<Vec<_>>())
    };
    (0..rows).map(line).collect()
}
