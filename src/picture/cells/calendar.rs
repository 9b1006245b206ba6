//! A year: bars per month, and below a character per day.

use super::{CellLook, GREY, bars, print};
use crate::history::highest;
use crate::history::period::{Bars, Yields, month_name};
use crate::picture::axis;
use crate::picture::levels::{STEPS, of_energy, step, upper};
use chrono::Datelike;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

/// Names of the days at the left.
const LEFT: u16 = 8;

/// From zero to the highest class.
const SHADES: [Color; STEPS + 1] = [
    GREY,
    Color::Indexed(58),
    Color::Indexed(136),
    Color::Indexed(172),
    Color::Indexed(214),
    Color::Indexed(229),
];
const BLOCKS: [&str; STEPS + 1] = ["○", "■", "■", "■", "■", "■"];
const PLAIN: [&str; STEPS + 1] = ["0", "1", "2", "3", "4", "5"];

/// A bar per month, stacked by inverter, and the calendar below. `yields` holds the days of the
/// year.
pub(crate) fn year(months: &Bars, yields: &Yields, look: CellLook) -> String {
    let area = Rect::new(0, 0, look.area(10).width, 10);
    let mut buffer = Buffer::empty(area);
    Calendar { yields, look }.render(area, &mut buffer);
    // The two share the height of the terminal.
    let (width, height) = look.size;
    let above = CellLook {
        size: (width, height.saturating_sub(10)),
        ..look
    };
    bars(months, above) + &print(&buffer, look)
}

struct Calendar<'a> {
    yields: &'a Yields,
    look: CellLook,
}

impl Calendar<'_> {
    fn sign(&self, class: usize) -> (&'static str, Style) {
        // Blocks differ by their colour alone.
        let signs = if self.look.has_color && self.look.has_unicode {
            BLOCKS
        } else {
            PLAIN
        };
        let color = SHADES.get(class).copied().unwrap_or(Color::Reset);
        (
            signs.get(class).copied().unwrap_or(" "),
            Style::new().fg(self.look.color(color)),
        )
    }

    fn none(&self) -> (&'static str, Style) {
        let style = Style::new().fg(self.look.color(GREY));
        (self.look.sign("·", "."), style)
    }

    fn legend(&self, step: f64) -> Line<'static> {
        let (sign, style) = self.none();
        let mut spans = vec![
            Span::raw(" ".repeat(usize::from(LEFT))),
            Span::styled(sign, style),
            Span::raw(" no data"),
        ];
        for class in 0..=STEPS {
            let (sign, style) = self.sign(class);
            let text = match class {
                0 => "0".to_owned(),
                STEPS => "more".to_owned(),
                class => axis::label(upper(class, step), 1.0),
            };
            spans.extend([
                Span::raw("  "),
                Span::styled(sign, style),
                Span::raw(format!(" {text}")),
            ]);
        }
        spans.push(Span::raw(" kWh"));
        Line::from(spans)
    }
}

impl Widget for Calendar<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let grey = Style::new().fg(self.look.color(GREY));
        let totals = self.yields.totals();
        let step = step(highest(&totals));
        for (row, name) in (1..).zip(["Mon", "", "Wed", "", "Fri", "", "Sun"]) {
            buffer.set_string(area.x, area.y + row, format!("{name:>7}"), grey);
        }
        let first = self.yields.first.weekday().num_days_from_monday();
        // Two cells a week where there is room; a year touches 54 weeks at most.
        let pitch = if area.width >= LEFT + 2 * 54 { 2 } else { 1 };
        for (number, (date, total)) in (first..).zip(self.yields.dates().zip(&totals)) {
            let week = u16::try_from(number / 7).unwrap_or(u16::MAX);
            let left = area.x.saturating_add(LEFT);
            let x = left.saturating_add(week.saturating_mul(pitch));
            if x >= area.right() {
                break;
            }
            if date.day() == 1 {
                // A month that begins late in a week is named above its first whole one.
                let shift = if number % 7 > 0 { pitch } else { 0 };
                let x = (x + shift).min(area.right() - 1);
                buffer.set_stringn(x, area.y, month_name(date), 3, grey);
            }
            let row = 1 + u16::try_from(number % 7).unwrap_or(0);
            let (sign, style) = match total {
                Some(total) => self.sign(of_energy(*total, step)),
                None => self.none(),
            };
            buffer.set_string(x, area.y + row, sign, style);
        }
        buffer.set_line(area.x, area.y + 9, &self.legend(step), area.width);
    }
}
