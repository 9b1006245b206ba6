//! Which part of the plant the page shows, and how keys change it.

use super::curve::Span;
use super::inverter::{Condition, WatchedInverter};
use super::plant::Plant;
use crate::clock::Now;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::cmp::Reverse;

/// What a key asks the program to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// End it.
    Quit,
    /// Pause polling, or go on.
    Pause,
    /// Draw the page again.
    Draw,
}

/// The order of the inverters; those with faults come first in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    /// As they were named or found.
    #[default]
    Address,
    /// Highest power first.
    Power,
    /// Highest daily yield first.
    Yield,
    /// Garbled, silent, online.
    Status,
}

impl Sort {
    const fn next(self) -> Self {
        match self {
            Self::Address => Self::Power,
            Self::Power => Self::Yield,
            Self::Yield => Self::Status,
            Self::Status => Self::Address,
        }
    }

    /// What the inverters are sorted by.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Power => "power",
            Self::Yield => "yield",
            Self::Status => "status",
        }
    }
}

/// What fills the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// All inverters.
    #[default]
    List,
    /// One inverter.
    Details,
    /// What happened.
    Events,
    /// The keys.
    Help,
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListRow {
    /// The head of a source.
    Source(usize),
    /// An inverter.
    Inverter(usize),
}

/// What the page shows.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// What fills the page.
    pub(crate) mode: Mode,
    /// The order of the list.
    pub(crate) sort: Sort,
    /// True if the list is grouped by source.
    pub(crate) by_source: bool,
    /// What curves show.
    pub(crate) span: Span,
    /// The inverter that keys are about.
    pub(crate) selected: usize,
    /// True if the user selected it; otherwise it is the first one of the list.
    is_chosen: bool,
    /// First row that is shown of the list.
    pub(super) first: usize,
    /// First line that is shown of anything else.
    pub(super) scroll: usize,
    /// Rows that were shown when the page was drawn last.
    pub(super) height: usize,
}

impl View {
    /// Handles a key; returns what the program has to do.
    pub(crate) fn press(&mut self, key: KeyEvent, plant: &Plant, now: Now) -> Wish {
        match key.code {
            // In raw mode Ctrl-C is a key and not a signal.
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Wish::Quit;
            }
            KeyCode::Char('q' | 'Q') => return Wish::Quit,
            KeyCode::Char('p' | 'P' | ' ') => return Wish::Pause,
            KeyCode::Char('d') => {
                self.span = match self.span {
                    Span::Hour => Span::Day,
                    Span::Day => Span::Hour,
                }
            }
            KeyCode::Char('e') => self.toggle(Mode::Events),
            KeyCode::Char('?' | 'h') => self.toggle(Mode::Help),
            KeyCode::Enter => {
                self.is_chosen = true;
                self.toggle(Mode::Details);
            }
            KeyCode::Esc => self.show(Mode::List),
            KeyCode::Char('s') if self.mode == Mode::List => {
                self.sort = self.sort.next();
                self.is_chosen = false;
            }
            KeyCode::Char('b') if self.mode == Mode::List => self.by_source = !self.by_source,
            code => self.scroll_by(code, plant, now),
        }
        Wish::Draw
    }

    /// Where the inverter is polled that is selected.
    pub(crate) fn chosen(&self, plant: &Plant) -> Option<String> {
        let inverter = plant.inverters().get(self.selected);
        inverter.map(|one| one.id.place())
    }

    /// Selects this inverter again, after others were taken from the list or put into it.
    pub(crate) fn choose(&mut self, chosen: Option<String>, plant: &Plant) {
        let mut places = plant.inverters().iter().map(|one| Some(one.id.place()));
        match places.position(|place| place == chosen) {
            Some(place) => self.selected = place,
            None => {
                self.is_chosen = false;
                // Details of another inverter would be taken for its.
                if self.mode == Mode::Details {
                    self.show(Mode::List);
                }
            }
        }
    }

    fn toggle(&mut self, mode: Mode) {
        self.show(if self.mode == mode { Mode::List } else { mode });
    }

    const fn show(&mut self, mode: Mode) {
        self.mode = mode;
        self.scroll = 0;
    }

    fn scroll_by(&mut self, code: KeyCode, plant: &Plant, now: Now) {
        // One row of the page before stays in sight.
        let page = self.height.saturating_sub(1).max(1);
        let (back, on) = match code {
            KeyCode::Up | KeyCode::Char('k') => (1, 0),
            KeyCode::Down | KeyCode::Char('j') => (0, 1),
            KeyCode::PageUp => (page, 0),
            KeyCode::PageDown => (0, page),
            KeyCode::Home | KeyCode::Char('g') => (usize::MAX, 0),
            KeyCode::End | KeyCode::Char('G') => (0, usize::MAX),
            _ => return,
        };
        if self.mode == Mode::List {
            let order: Vec<usize> = self.inverters(plant, now);
            let at = order.iter().position(|index| *index == self.selected);
            let at = at.unwrap_or(0).saturating_sub(back).saturating_add(on);
            let at = at.min(order.len().saturating_sub(1));
            self.selected = order.get(at).copied().unwrap_or(0);
            self.is_chosen = true;
        } else {
            // The page knows where its text ends, and goes back to there.
            self.scroll = self.scroll.saturating_sub(back).saturating_add(on);
        }
    }

    /// The inverters in the order in which they are shown.
    fn inverters(&self, plant: &Plant, now: Now) -> Vec<usize> {
        let day = now.local.date_naive();
        let all = plant.inverters();
        let key = |inverter: &WatchedInverter| {
            let is_live = plant.is_live(inverter, now);
            let value = match self.sort {
                Sort::Power => inverter.power().filter(|_| is_live),
                Sort::Yield => inverter.daily_yield(day),
                Sort::Address | Sort::Status => None,
            };
            // Milliwatts, and watt hours of kWh: unlike floats, whole numbers have a total order.
            let value = value.map_or(i64::MIN, |value| (value * 1e3) as i64);
            let condition = match self.sort {
                Sort::Status => inverter.condition,
                _ => Condition::Unknown,
            };
            let source = plant.rank(inverter.source).filter(|_| self.by_source);
            let is_well = inverter.condition != Condition::Fault;
            (source, is_well, condition, Reverse(value))
        };
        let mut order: Vec<_> = all.iter().map(key).zip(0..all.len()).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, index)| index).collect()
    }

    /// The rows of the list.
    pub(super) fn entries(&self, plant: &Plant, now: Now) -> Vec<ListRow> {
        let inverters = self.inverters(plant, now);
        if !self.by_source {
            return inverters.into_iter().map(ListRow::Inverter).collect();
        }
        let mut entries = Vec::new();
        for source in plant.sources().iter().map(|source| source.number) {
            entries.push(ListRow::Source(source));
            let of_source = |index: &&usize| {
                let inverter = plant.inverters().get(**index);
                inverter.is_some_and(|inverter| inverter.source == source)
            };
            entries.extend(
                inverters
                    .iter()
                    .filter(of_source)
                    .copied()
                    .map(ListRow::Inverter),
            );
        }
        entries
    }

    /// Moves the part of the list that is shown, so that the selected inverter is in it.
    pub(super) fn reveal(&mut self, entries: &[ListRow], height: usize) {
        self.height = height;
        if !self.is_chosen {
            let mut inverters = entries.iter().filter_map(|entry| match entry {
                ListRow::Inverter(index) => Some(*index),
                ListRow::Source(_) => None,
            });
            self.selected = inverters.next().unwrap_or(0);
        }
        let selected = ListRow::Inverter(self.selected);
        let at = entries
            .iter()
            .position(|entry| *entry == selected)
            .unwrap_or(0);
        // The head of the first group is shown with the first inverter.
        let top = if at == 1 { 0 } else { at };
        self.first = self.first.min(top).max((at + 1).saturating_sub(height));
        // No blank rows at the end while others are above.
        self.first = self.first.min(entries.len().saturating_sub(height));
    }
}
