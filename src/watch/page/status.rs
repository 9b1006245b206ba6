//! Which part of the program is in trouble, what happened, and the keys at the bottom.

use super::text::{fitting, padded, shortened, since, width, wrapped};
use super::{Surroundings, boxed, draw_lines};
use crate::logging::TimedMessage;
use crate::sink::health::SinkHealth;
use crate::watch::view::{Mode, View};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The health of all parts: one line while all are well, otherwise a line per trouble, at most
/// `most`. Every trouble is named or counted.
pub(super) fn lines<'a>(surroundings: &Surroundings, width: u16, most: usize) -> Vec<Line<'a>> {
    let is_ill = |health: &&SinkHealth| health.trouble.is_some();
    let (ill, well): (Vec<&SinkHealth>, Vec<&SinkHealth>) =
        surroundings.health.iter().partition(is_ill);
    if ill.is_empty() {
        return vec![all_well(&well, width)];
    }
    let now = surroundings.now.local;
    let line = |health: &&SinkHealth| {
        let (time, why) = health.trouble.as_ref()?;
        let time = since(*time, now);
        let text = shortened(&format!(" {} since {time}: {why}", health.name), width);
        Some(Line::from(text.red()))
    };
    if ill.len() <= most {
        return ill.iter().filter_map(line).collect();
    }
    let (first, rest) = ill.split_at(most - 1);
    let mut lines: Vec<_> = first.iter().filter_map(line).collect();
    let more = if first.is_empty() { "" } else { "more " };
    let names: Vec<&str> = rest.iter().map(|health| health.name.as_str()).collect();
    let text = format!(" {} {more}troubles: {}", rest.len(), names.join(", "));
    lines.push(Line::from(shortened(&text, width).red()));
    lines
}

fn all_well<'a>(well: &[&SinkHealth], most: u16) -> Line<'a> {
    let text = well.iter().map(|health| format!("{} ok", health.name));
    let text = format!(" {}", text.collect::<Vec<_>>().join(" · "));
    let text = match width(&text) <= most {
        true => text,
        false => format!(" all {} ok", well.len()),
    };
    Line::from(text.green())
}

/// What happened, the newest first; returns which part of it is shown.
pub(super) fn draw_events(
    frame: &mut Frame<'_>,
    area: Rect,
    view: &mut View,
    surroundings: &Surroundings,
    is_high: bool,
) -> String {
    let inside = boxed(frame, area, "events, newest first", is_high);
    let event = |entry: &TimedMessage| event(entry, surroundings, inside.width);
    let mut lines: Vec<_> = surroundings.events.iter().rev().flat_map(event).collect();
    if lines.is_empty() {
        lines.push(Line::from("nothing happened yet".dark_gray()));
    }
    draw_lines(frame, inside, lines, view)
}

/// An event: its time, and its text in as many lines as it takes.
fn event<'a>(entry: &TimedMessage, surroundings: &Surroundings, most: u16) -> Vec<Line<'a>> {
    let time = since(entry.time, surroundings.now.local);
    let left = width(&time) + 2;
    let style = match entry.is_trouble {
        true => Style::new().red(),
        false => Style::new(),
    };
    let lines = wrapped(&one_line(&entry.text), most.saturating_sub(left).max(8));
    let line = |(index, text)| {
        let time = if index == 0 { time.as_str() } else { "" };
        Line::from(vec![
            padded(time, left, false).dark_gray(),
            Span::styled(text, style),
        ])
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// What to do about a trouble is on lines of its own.
fn one_line(text: &str) -> String {
    let parts = text.lines().map(str::trim);
    // A line that ends in a colon introduces the next one.
    parts.collect::<Vec<_>>().join("; ").replace(":;", ":")
}

/// The keys, what is shown of how much, and the newest event where there is room.
pub(super) fn draw_footer(
    frame: &mut Frame<'_>,
    area: Rect,
    view: &View,
    surroundings: &Surroundings,
    place: &str,
) {
    let key = |key: &'static str, does: &'static str| vec![key.bold(), does.dark_gray()];
    let mut parts = vec![vec![Span::raw(place.to_owned())]];
    parts.extend(match view.mode {
        Mode::List => vec![
            key("q", " quit"),
            key("?", " help"),
            key("e", " events"),
            key("enter", " details"),
            key("s", " sort"),
            key("p", " pause"),
        ],
        _ => vec![key("esc", " back"), key("q", " quit")],
    });
    let most = area.width.saturating_sub(1);
    let mut spans = vec![Span::raw(" ")];
    spans.extend(fitting(parts, most, 2));
    let used: usize = spans.iter().map(Span::width).sum();
    let room = area
        .width
        .saturating_sub(u16::try_from(used).unwrap_or(u16::MAX) + 3);
    let newest = surroundings.events.last();
    let newest = newest.filter(|_| room >= 24 && view.mode != Mode::Events);
    if let Some(entry) = newest {
        let time = since(entry.time, surroundings.now.local);
        let text = shortened(&format!("{time}  {}", one_line(&entry.text)), room);
        let blanks = usize::from(room.saturating_sub(width(&text))) + 2;
        spans.push(Span::raw(" ".repeat(blanks)));
        spans.push(text.dark_gray());
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}
