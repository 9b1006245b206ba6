//! Tables that fit a terminal: columns are dropped, stacked or shortened. A number is never cut.

use super::look::{Look, Medium, ascii, shortened, width};
use comfy_table::presets::{ASCII_FULL_CONDENSED, UTF8_FULL_CONDENSED};
use comfy_table::{Attribute, CellAlignment, Color, Table};
use std::borrow::Cow;

/// On a narrower terminal a row takes two lines, on others where texts would be cut.
const NARROW: u16 = 60;

/// Texts are not made shorter than this.
const SHORTEST: u16 = 6;

/// A column of a table.
#[derive(Debug, Clone)]
pub(crate) struct GridColumn {
    head: Cow<'static, str>,
    is_number: bool,
    /// Columns with the highest rank are dropped first; those without stay.
    rank: u8,
    /// On a narrow terminal columns of the same place stand one above the other; those without a
    /// place are left out.
    place: Option<u8>,
}

impl GridColumn {
    /// A column of texts, which may be shortened.
    pub(crate) fn text(head: impl Into<Cow<'static, str>>) -> Self {
        Self {
            head: head.into(),
            is_number: false,
            rank: 0,
            place: None,
        }
    }

    /// A column of numbers, which are aligned at the right.
    pub(crate) fn number(head: impl Into<Cow<'static, str>>) -> Self {
        Self {
            is_number: true,
            ..Self::text(head)
        }
    }

    /// The same, dropped before columns of a lower rank.
    pub(crate) fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The same, with a place on a narrow terminal.
    pub(crate) fn place(self, place: u8) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }
}

/// How a cell stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Warning,
    Bad,
    /// Of no interest.
    Faint,
    /// A sum.
    Strong,
}

/// A text and its tone.
#[derive(Debug, Clone)]
pub(crate) struct Cell(pub(crate) String, pub(crate) Tone);

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text, Tone::Plain)
    }
}

/// A table that is not drawn yet.
#[derive(Debug)]
pub(crate) struct Grid {
    columns: Vec<GridColumn>,
    rows: Vec<Vec<Cell>>,
}

/// Indices of columns that stand one above the other.
type Stack = Vec<usize>;

impl Grid {
    pub(crate) const fn new(columns: Vec<GridColumn>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn add<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Columns of a terminal that the whole table takes.
    pub(crate) fn width(&self) -> u16 {
        taken(&self.side_by_side(), &self.widths(), 1)
    }

    /// The table as text.
    pub(crate) fn draw(&self, medium: Medium) -> String {
        let mut widths = self.widths();
        let Some(limit) = medium.width else {
            return self.drawn(&self.side_by_side(), &widths, 1, medium.look);
        };
        let mut stacks = self.side_by_side();
        while taken(&stacks, &widths, 1) > limit && self.drop_one(&mut stacks) {}
        let can_stack = self.columns.iter().any(|column| column.place.is_some());
        if can_stack && (limit < NARROW || taken(&stacks, &widths, 0) > limit) {
            stacks = self.stacked();
            while taken(&stacks, &widths, 1) > limit && self.drop_one(&mut stacks) {}
        }
        // Blanks at the sides of cells are given up before texts are cut.
        let blanks = u16::from(taken(&stacks, &widths, 1) <= limit);
        while taken(&stacks, &widths, blanks) > limit {
            let texts = self.columns.iter().zip(&mut widths).enumerate();
            let texts = texts.filter(|(index, (column, _))| {
                !column.is_number && stacks.iter().flatten().any(|shown| shown == index)
            });
            let widest = texts.map(|(_, (_, width))| width).max();
            match widest.filter(|width| **width > SHORTEST) {
                Some(width) => *width -= 1,
                // Rather a line that is too long than a number that is cut.
                None => break,
            }
        }
        self.drawn(&stacks, &widths, blanks, medium.look)
    }

    fn side_by_side(&self) -> Vec<Stack> {
        (0..self.columns.len()).map(|index| vec![index]).collect()
    }

    fn stacked(&self) -> Vec<Stack> {
        let mut places: Vec<u8> = self.columns.iter().filter_map(|one| one.place).collect();
        places.sort_unstable();
        places.dedup();
        let columns = self.columns.iter().enumerate();
        let of = |place: u8| {
            let of_place = columns
                .clone()
                .filter(|(_, column)| column.place == Some(place));
            of_place.map(|(index, _)| index).collect()
        };
        places.into_iter().map(of).collect()
    }

    /// Drops the column that matters least; false if all that are left stay.
    fn drop_one(&self, stacks: &mut Vec<Stack>) -> bool {
        let rank = |stack: &Stack| {
            let columns = stack.iter().filter_map(|index| self.columns.get(*index));
            columns.map(|column| column.rank).min().unwrap_or(0)
        };
        let highest = stacks.iter().map(rank).max().unwrap_or(0);
        if highest > 0 {
            stacks.retain(|stack| rank(stack) != highest);
        }
        highest > 0
    }

    /// The width of each column's widest text.
    fn widths(&self) -> Vec<u16> {
        let columns = self.columns.iter().enumerate();
        let widest = |(index, column): (usize, &GridColumn)| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let cells = cells.map(|cell| width(&cell.0));
            cells.max().unwrap_or(0).max(width(&column.head))
        };
        columns.map(widest).collect()
    }

    fn drawn(&self, stacks: &[Stack], widths: &[u16], blanks: u16, look: Look) -> String {
        let mut table = Table::new();
        table.load_style(match look.is_unicode {
            true => UTF8_FULL_CONDENSED,
            false => ASCII_FULL_CONDENSED,
        });
        let fitting = |index: usize, text: &str| {
            let most = widths.get(index).copied().unwrap_or(u16::MAX);
            shortened(text, most)
        };
        let joined = |stack: &Stack, text: &dyn Fn(usize) -> String| {
            let lines: Vec<String> = stack.iter().map(|index| text(*index)).collect();
            plain(lines.join("\n"), look)
        };
        table.set_header(stacks.iter().map(|stack| {
            joined(stack, &|index| {
                let column = self.columns.get(index);
                column.map_or_else(String::new, |column| fitting(index, &column.head))
            })
        }));
        for row in &self.rows {
            table.add_row(stacks.iter().map(|stack| {
                let text = joined(stack, &|index| {
                    row.get(index)
                        .map_or_else(String::new, |cell| fitting(index, &cell.0))
                });
                let mut tones = stack.iter().filter_map(|index| Some(row.get(*index)?.1));
                // Of cells one above the other the first that stands out decides.
                let tone = tones.find(|tone| *tone != Tone::Plain);
                styled(text, tone.filter(|_| look.has_color))
            }));
        }
        for (column, stack) in table.column_iter_mut().zip(stacks) {
            column.set_padding((blanks, blanks));
            let first = stack.first().and_then(|index| self.columns.get(*index));
            if first.is_some_and(|column| column.is_number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{table}\n")
    }
}

/// Columns of a terminal that a table takes, with its lines and `blanks` at both sides of each
/// cell.
fn taken(stacks: &[Stack], widths: &[u16], blanks: u16) -> u16 {
    let widest = |stack: &Stack| {
        let widths = stack.iter().filter_map(|index| widths.get(*index));
        widths.copied().max().unwrap_or(0)
    };
    let one = |stack| widest(stack).saturating_add(2 * blanks + 1);
    stacks.iter().map(one).fold(1, u16::saturating_add)
}

fn plain(text: String, look: Look) -> String {
    if look.is_unicode || text.is_ascii() {
        return text;
    }
    let ascii = |character: char| match character.is_ascii() {
        true => character,
        false => ascii(character.encode_utf8(&mut [0; 4])),
    };
    text.chars().map(ascii).collect()
}

fn styled(text: String, tone: Option<Tone>) -> comfy_table::Cell {
    let cell = comfy_table::Cell::new(text);
    match tone {
        None | Some(Tone::Plain) => cell,
        Some(Tone::Good) => cell.fg(Color::Green),
        Some(Tone::Warning) => cell.fg(Color::Yellow),
        Some(Tone::Bad) => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Some(Tone::Faint) => cell.fg(Color::DarkGrey),
        Some(Tone::Strong) => cell.add_attribute(Attribute::Bold),
    }
}
