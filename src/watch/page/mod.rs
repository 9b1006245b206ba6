//! The live page. Draws what the [`Plant`] knows and decides nothing.
//!
//! | module | draws |
//! |---|---|
//! | [`header`] | power and yield of all, and their curve |
//! | [`status`] | which part of the program is in trouble; what happened |
//! | [`rows`], [`columns`] | the inverters; which columns have room |
//! | [`detail`] | one inverter |
//! | [`help`] | the keys |
//! | [`graph`], [`text`] | curves; texts that fit |

mod columns;
mod detail;
mod graph;
mod header;
mod help;
mod rows;
mod status;
#[cfg(test)]
mod tests;
mod text;

use super::plant::Plant;
use super::view::{Mode, View};
use crate::clock::Now;
use crate::format::look::{Look, ascii};
use crate::logging::TimedMessage;
use crate::sink::health::SinkHealth;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::border;
use ratatui::text::Span;
use ratatui::widgets::{Block, Padding};

/// What the page shows beside the inverters.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// When the page is drawn.
    pub(crate) now: Now,
    /// True if nothing is polled at the moment.
    pub(crate) is_paused: bool,
    /// Every bus and every output.
    pub(crate) health: Vec<SinkHealth>,
    /// What happened, oldest first.
    pub(crate) events: Vec<TimedMessage>,
    /// What the terminal can show.
    pub(crate) look: Look,
}

/// From this height on there are boxes and a curve of all inverters.
const HIGH: u16 = 18;

/// From this width on there is room beside the figures.
const WIDE: u16 = 60;

/// Lines of troubles at most, on a high page.
const TROUBLES: usize = 4;

/// Rows of the list at most, before a high page shows events below it.
const EVENTS_FROM: u16 = 40;

/// Draws the whole page.
pub(crate) fn draw(
    frame: &mut Frame<'_>,
    plant: &Plant,
    view: &mut View,
    surroundings: &Surroundings,
) {
    let area = frame.area();
    let is_high = area.height >= HIGH && area.width >= WIDE;
    let most = if is_high { TROUBLES } else { 1 };
    let troubles = status::lines(surroundings, area.width, most);
    let count = u16::try_from(troubles.len()).unwrap_or(1);
    let head = match is_high {
        true => header::height(plant),
        false => 2,
    };
    let [top, middle, body, footer] = Layout::vertical([
        Constraint::Length(head),
        Constraint::Length(count),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    match is_high {
        true => header::draw(frame, top, plant, view, surroundings),
        false => header::draw_small(frame, top, plant, surroundings),
    }
    frame.render_widget(ratatui::widgets::Paragraph::new(troubles), middle);
    let place = draw_body(frame, body, plant, view, surroundings, is_high);
    status::draw_footer(frame, footer, view, surroundings, &place);
    // Once at the end, so that no other part of the page depends on what the terminal can show.
    apply(surroundings.look, frame.buffer_mut());
}

/// Draws what fills the page; returns which part of it is shown.
fn draw_body(
    frame: &mut Frame<'_>,
    area: Rect,
    plant: &Plant,
    view: &mut View,
    surroundings: &Surroundings,
    is_high: bool,
) -> String {
    match view.mode {
        Mode::List if area.height >= EVENTS_FROM => {
            let [list, events] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(10)]).areas(area);
            let place = rows::draw(frame, list, plant, view, surroundings.now, is_high);
            // Of its own view: it begins with the newest event wherever the list is.
            status::draw_events(frame, events, &mut View::default(), surroundings, is_high);
            place
        }
        Mode::List => rows::draw(frame, area, plant, view, surroundings.now, is_high),
        Mode::Details => detail::draw(frame, area, plant, view, surroundings.now, is_high),
        Mode::Events => status::draw_events(frame, area, view, surroundings, is_high),
        Mode::Help => help::draw(frame, area, view, is_high),
    }
}

/// Draws a frame with this title where there is room for one; returns the area inside.
fn boxed(frame: &mut Frame<'_>, area: Rect, title: &str, is_high: bool) -> Rect {
    if !is_high {
        return area;
    }
    let block = block(vec![title.to_owned().bold().fg(Color::Reset)]);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

fn block(title: Vec<Span<'_>>) -> Block<'_> {
    let mut spans = vec![Span::raw(" ")];
    spans.extend(title);
    spans.push(Span::raw(" "));
    Block::bordered()
        .border_set(border::ROUNDED)
        .border_style(Style::new().dark_gray())
        .padding(Padding::horizontal(1))
        .title(ratatui::text::Line::from(spans))
}

/// Takes from a drawn page what the terminal does not have.
fn apply(look: Look, buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !look.has_color {
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
        if !look.is_unicode && !cell.symbol().is_ascii() {
            let plain = ascii(cell.symbol());
            cell.set_char(plain);
        }
    }
}

/// The look of outdated values.
const fn stale() -> Style {
    Style::new().dim()
}

/// Draws lines of text, as far as there is room, from `view.scroll` on; returns which are shown.
fn draw_lines(
    frame: &mut Frame<'_>,
    area: Rect,
    lines: Vec<ratatui::text::Line<'_>>,
    view: &mut View,
) -> String {
    let height = usize::from(area.height);
    view.height = height;
    let count = lines.len();
    view.scroll = view.scroll.min(count.saturating_sub(height));
    let shown = lines.into_iter().skip(view.scroll).take(height);
    let shown: Vec<_> = shown.collect();
    let place = text::place(view.scroll, shown.len(), count);
    frame.render_widget(ratatui::widgets::Paragraph::new(shown), area);
    place
}
