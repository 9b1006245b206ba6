//! Each series as characters of a terminal: widgets that draw into a buffer, and the buffer as text
//! that is printed once.

mod bars;
mod calendar;
mod chart;
mod compare;
mod day;

pub(crate) use bars::bars;
pub(crate) use calendar::year;
pub(crate) use compare::compare;
pub(crate) use day::day;

use crate::format::look::width;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellLook {
    /// Columns and rows.
    pub(crate) size: (u16, u16),
    /// Colours, or plain characters alone.
    pub(crate) has_color: bool,
    /// Blocks and lines, or ASCII alone.
    pub(crate) has_unicode: bool,
}

impl CellLook {
    /// As wide as the terminal, and low enough to leave room for the numbers below it.
    fn area(self, wanted: u16) -> Rect {
        let (width, height) = self.size;
        let height = wanted.min(height.saturating_sub(2)).max(8);
        Rect::new(0, 0, width.clamp(20, 400), height)
    }

    fn color(self, color: Color) -> Color {
        if self.has_color { color } else { Color::Reset }
    }

    const fn sign(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.has_unicode { unicode } else { ascii }
    }

    /// Bars of eight heights, one eighth of a cell each.
    fn bar(self, eighths: usize) -> &'static str {
        let blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        let ascii = [" ", " ", ".", ".", ":", ":", "+", "#", "#"];
        let bars = if self.has_unicode { blocks } else { ascii };
        bars.get(eighths).copied().unwrap_or(" ")
    }
}

/// Okabe and Ito's colours, the nearest of the 256 that nearly every terminal has; grey for black.
const COLORS: [Color; 8] = [
    Color::Indexed(32),
    Color::Indexed(214),
    Color::Indexed(36),
    Color::Indexed(117),
    Color::Indexed(166),
    Color::Indexed(175),
    Color::Indexed(227),
    Color::Indexed(246),
];

fn series_color(number: usize) -> Color {
    let color = COLORS.get(number % COLORS.len());
    color.copied().unwrap_or(Color::Reset)
}

/// The heights of a column; `None` where no series has a value.
fn stack(values: impl Iterator<Item = Option<f64>>) -> Option<Vec<f64>> {
    let values: Vec<Option<f64>> = values.collect();
    let has_any = values.iter().any(Option::is_some);
    has_any.then(|| values.into_iter().map(Option::unwrap_or_default).collect())
}

const GREY: Color = Color::Indexed(244);

/// The buffer as lines; without colours it is plain text.
fn print(buffer: &Buffer, look: CellLook) -> String {
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width).max(1)) {
        let is_blank = |cell: &Cell| cell.symbol() == " " && cell.bg == Color::Reset;
        let end = row
            .iter()
            .rposition(|cell| !is_blank(cell))
            .map_or(0, |last| last + 1);
        let mut now = (Color::Reset, Color::Reset, Modifier::empty());
        let mut cells = row.iter().take(end);
        while let Some(cell) = cells.next() {
            let wanted = (cell.fg, cell.bg, cell.modifier);
            if look.has_color && wanted != now {
                change(&mut text, wanted);
                now = wanted;
            }
            let symbol = shown(cell.symbol(), look);
            text += symbol;
            // A wide character covers the cells behind its own.
            for _ in 1..width(symbol) {
                cells.next();
            }
        }
        // A line ends in the terminal's own colours, so that each can be shown without the others.
        if look.has_color && now != (Color::Reset, Color::Reset, Modifier::empty()) {
            text += "\x1b[0m";
        }
        text.push('\n');
    }
    text
}

/// Names come from outside: no control character, and in ASCII nothing else.
fn shown(symbol: &str, look: CellLook) -> &str {
    let is_shown =
        |character: char| !character.is_control() && (look.has_unicode || character.is_ascii());
    if symbol.chars().all(is_shown) {
        symbol
    } else {
        "?"
    }
}

fn change(text: &mut String, (front, back, modifier): (Color, Color, Modifier)) {
    // After a reset each time, which ends bold and background of the cell before.
    *text += "\x1b[0";
    if modifier.contains(Modifier::BOLD) {
        *text += ";1";
    }
    if let Color::Indexed(number) = front {
        let _ = write!(text, ";38;5;{number}");
    }
    if let Color::Indexed(number) = back {
        let _ = write!(text, ";48;5;{number}");
    }
    text.push('m');
}

/// A whole number of cells.
fn cells(number: f64) -> u16 {
    number.round().clamp(0.0, f64::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests;
