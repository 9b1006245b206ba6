//! Inverter by day, a character each; as many of the last days as fit.

use super::{CellLook, GREY, print};
use crate::format::look::{shortened, width};
use crate::history::compare::{Compared, Comparison};
use crate::history::date;
use crate::picture::figures::comparison_title;
use crate::picture::levels::{CLASS_LABELS, CLASSES, of_deviation};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

/// Characters of a label.
const LONGEST: u16 = 20;

const SHADES: [Color; CLASSES] = [
    Color::Indexed(166),
    Color::Indexed(208),
    Color::Indexed(222),
    Color::Indexed(240),
    Color::Indexed(117),
    Color::Indexed(74),
    Color::Indexed(25),
];

/// Without colours, also for colour-blind readers: far below, below, a little below, as the others,
/// above.
const SIGNS: [&str; CLASSES] = ["=", "-", "~", ".", "'", "+", "*"];

/// Inverters, and MPP trackers, beside their siblings.
pub(crate) fn compare(comparison: &Comparison, look: CellLook) -> String {
    let rows = u16::try_from(comparison.shown().count()).unwrap_or(u16::MAX);
    // Every row, however many there are: it is printed, not paged.
    let area = Rect::new(0, 0, look.area(8).width, rows.saturating_add(4).min(400));
    let mut buffer = Buffer::empty(area);
    Rows { comparison, look }.render(area, &mut buffer);
    print(&buffer, look)
}

struct Rows<'a> {
    comparison: &'a Comparison,
    look: CellLook,
}

impl Rows<'_> {
    fn row(&self, compared: &Compared, days: usize) -> Line<'static> {
        let skipped = compared.deviation.len().saturating_sub(days);
        let cells = compared.deviation.iter().skip(skipped);
        let cells = cells.map(|deviation| match deviation {
            None => Span::raw(" "),
            Some(part) => self.sign(of_deviation(*part)),
        });
        cells.collect()
    }

    fn sign(&self, class: usize) -> Span<'static> {
        let sign = SIGNS.get(class).copied().unwrap_or(" ");
        let color = SHADES.get(class).copied().unwrap_or(Color::Reset);
        // The middle stays a dot: what differs stands out.
        let is_block = self.look.has_color && self.look.has_unicode && class != CLASSES / 2;
        let style = Style::new().fg(self.look.color(color));
        Span::styled(if is_block { "█" } else { sign }, style)
    }

    fn legend(&self) -> Line<'static> {
        let mut spans = Vec::new();
        for (class, label) in CLASS_LABELS.iter().enumerate() {
            let label = label
                .replace(" and below", "")
                .replace(" and above", "")
                .replace("within 5 %", "as the others");
            spans.extend([self.sign(class), Span::raw(format!(" {label}  "))]);
        }
        Line::from(spans)
    }
}

impl Widget for Rows<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let grey = Style::new().fg(self.look.color(GREY));
        let title = shortened(&comparison_title(self.comparison), area.width);
        buffer.set_string(area.x, area.y, title, Style::new().bold());
        let labels = self.comparison.shown();
        let labels = labels.map(|compared| width(&shortened(&compared.title, LONGEST)));
        let left = labels.max().unwrap_or(0) + 2;
        let days = usize::from(area.width.saturating_sub(left)).min(self.comparison.count);
        let skipped = self.comparison.count - days;
        let date = |day: usize| date(self.comparison.first, day);
        let ends = date(skipped).zip(date(self.comparison.count.saturating_sub(1)));
        if let Some((first, last)) = ends.filter(|_| days > 0) {
            buffer.set_string(area.x + left, area.y + 1, first.to_string(), grey);
            if days > 22 {
                let x = left + u16::try_from(days).unwrap_or(0) - 10;
                buffer.set_string(area.x + x, area.y + 1, last.to_string(), grey);
            }
        }
        let mut y = area.y + 2;
        let rows = usize::from(area.height.saturating_sub(4));
        for compared in self.comparison.shown().take(rows) {
            let style = match compared.finding {
                Some(_) => Style::new().bold(),
                None => Style::new(),
            };
            buffer.set_string(area.x, y, shortened(&compared.title, LONGEST), style);
            let row = self.row(compared, days);
            buffer.set_line(area.x + left, y, &row, area.width.saturating_sub(left));
            y += 1;
        }
        buffer.set_line(area.x, y + 1, &self.legend(), area.width);
    }
}
