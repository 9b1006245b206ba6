//! The keys, and how the page is read.

use super::text::{padded, wrapped};
use super::{boxed, draw_lines};
use crate::watch::view::View;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Stylize;
use ratatui::text::{Line, Span};
use std::iter::{once, repeat};

/// Columns of the keys, with what is between them and what they do.
const KEY: u16 = 11;

const KEYS: [(&str, &str); 11] = [
    ("up, down", "select an inverter"),
    ("page keys", "a page up or down; home, end"),
    ("enter", "all values of the inverter"),
    ("s", "sort: address, power, yield, status"),
    ("b", "group by bus"),
    ("d", "curves of the hour or the day"),
    ("e", "what happened"),
    ("p", "pause polling, or go on"),
    ("?", "this help"),
    ("esc", "back"),
    ("q", "quit"),
];

const NOTES: [&str; 6] = [
    "",
    "Faults come first in every order. Dimmed values are old: see age.",
    "today is the yield of this day, of sleeping inverters too.",
    "battery + charges, - discharges; grid in is drawn, out is fed in.",
    "errors is the share of garbled replies.",
    "Red lines below the head last until the trouble is over.",
];

/// Draws the help; returns which part of it is shown.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, view: &mut View, is_high: bool) -> String {
    let inside = boxed(frame, area, "help", is_high);
    let key = |(key, does): &(&'static str, &'static str)| {
        let lines = wrapped(does, inside.width.saturating_sub(KEY));
        let keys = once(*key).chain(repeat(""));
        let line = |(key, does)| Line::from(vec![padded(key, KEY, false).bold(), Span::raw(does)]);
        keys.zip(lines).map(line).collect::<Vec<_>>()
    };
    let note = |note: &&str| {
        let lines = wrapped(note, inside.width).into_iter();
        lines.map(|line| Line::from(line.dark_gray()))
    };
    let notes = NOTES.iter().flat_map(note);
    let lines = KEYS.iter().flat_map(key).chain(notes).collect();
    draw_lines(frame, inside, lines, view)
}
