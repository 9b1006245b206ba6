//! Stacked columns with a scale at the left: what day, month and year share.

use super::{CellLook, GREY, cells, print, series_color};
use crate::format::look::{shortened, width};
use crate::picture::axis;
use crate::picture::figures::scale;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

/// Columns for the numbers of the scale.
const SCALE: u16 = 7;

/// Columns of values, each a stack.
pub(super) struct Chart<'a> {
    pub(super) title: String,
    pub(super) unit: &'static str,
    /// Per column: nothing where there is no data, else the height of each series.
    pub(super) columns: Vec<Option<Vec<f64>>>,
    /// Cells of a column, and blanks after it.
    pub(super) wide: u16,
    pub(super) gap: u16,
    /// Texts below the columns, each with its column.
    pub(super) labels: Vec<(usize, String)>,
    /// Columns with a mark below.
    pub(super) marks: Vec<usize>,
    /// Names of the series; none are shown for a single one.
    pub(super) names: Vec<&'a str>,
    pub(super) look: CellLook,
}

/// Columns of the plot in a terminal of this look.
pub(super) fn room(look: CellLook) -> u16 {
    look.area(24).width.saturating_sub(SCALE + 1)
}

impl Chart<'_> {
    pub(super) fn print(self, height: u16) -> String {
        let look = self.look;
        let mut buffer = Buffer::empty(look.area(height));
        let area = buffer.area;
        self.render(area, &mut buffer);
        print(&buffer, look)
    }

    /// The lines of the legend: as many names as fit, then how many more there are.
    fn legend(&self, most: u16) -> Vec<Line<'static>> {
        // Without colours the series of a column can't be told apart.
        if self.names.len() < 2 || !self.look.has_color {
            return Vec::new();
        }
        let mut spans = Vec::new();
        let mut used = SCALE + 1;
        for (number, name) in self.names.iter().enumerate() {
            let name = shortened(name, 16);
            used += width(&name) + 3;
            // Room for the number of those that are left out.
            if used + 10 > most && number + 1 < self.names.len() {
                spans.push(format!("and {} more", self.names.len() - number).into());
                break;
            }
            let style = Style::new().fg(series_color(number));
            spans.push(Span::styled(self.look.sign("█", "#"), style));
            spans.push(format!(" {name} ").into());
        }
        spans.insert(0, " ".repeat(usize::from(SCALE) + 1).into());
        vec![Line::from(spans)]
    }

    /// How many cells each series reaches up, counted in eighths.
    fn heights(&self, values: &[f64], high: f64, rows: u16) -> Vec<usize> {
        let mut sum = 0.0;
        let heights = values.iter().map(|value| {
            sum += value.max(0.0);
            (sum / high * f64::from(rows) * 8.0).round() as usize
        });
        heights.collect()
    }

    fn column(&self, values: &[f64], high: f64, plot: Rect, x: u16, buffer: &mut Buffer) {
        let heights = self.heights(values, high, plot.height);
        let top = heights.last().copied().unwrap_or(0);
        for row in 0..plot.height {
            let base = usize::from(row) * 8;
            if top <= base {
                break;
            }
            let filled = (top - base).min(8);
            // The series at the foot of the cell, and the one that is highest in it.
            let foot = heights.iter().position(|height| *height > base);
            let head = heights.iter().position(|height| *height >= base + filled);
            let (foot, head) = (foot.unwrap_or(0), head.unwrap_or(0));
            let border = heights.get(foot).map_or(0, |height| height - base);
            let mut style = Style::new().fg(self.look.color(series_color(head)));
            let mut eighths = filled;
            if self.look.has_color && self.look.has_unicode && filled == 8 && border < 8 {
                // A whole cell of two colours.
                eighths = border;
                style = Style::new().fg(series_color(foot)).bg(series_color(head));
            }
            let y = plot.bottom().saturating_sub(row + 1);
            for x in x..(x + self.wide).min(plot.right()) {
                buffer.set_string(x, y, self.look.bar(eighths), style);
            }
        }
    }
}

/// Where the parts of a chart lie.
struct ChartPlot {
    area: Rect,
    /// The columns.
    inside: Rect,
    /// The value at their upper end.
    high: f64,
}

impl Chart<'_> {
    /// The scale at the left, with its unit at the uppermost tick.
    fn draw_scale(&self, plot: &ChartPlot, ticks: &[f64], buffer: &mut Buffer) {
        let (factor, unit) = scale(plot.high, self.unit);
        let wide = usize::from(SCALE);
        for (number, tick) in ticks.iter().enumerate() {
            let row = cells(tick / plot.high * f64::from(plot.inside.height));
            let y = plot.inside.bottom().saturating_sub(row);
            let y = y.max(plot.inside.y);
            let mut text = axis::label(*tick, factor);
            if number + 1 == ticks.len() {
                text = format!("{text} {unit}");
            }
            if y < plot.inside.bottom() {
                buffer.set_string(plot.area.x, y, format!("{text:>wide$}"), self.grey());
            }
        }
    }

    fn draw_columns(&self, plot: &ChartPlot, buffer: &mut Buffer) {
        let ChartPlot { inside, high, .. } = *plot;
        let columns = (0..).map(|column| self.x(plot, column)).zip(&self.columns);
        for (x, values) in columns.take_while(|(x, _)| *x < inside.right()) {
            match values {
                Some(values) => self.column(values, high, inside, x, buffer),
                None if self.gap > 0 => {
                    let y = inside.bottom().saturating_sub(1);
                    buffer.set_string(x, y, self.look.sign("·", "."), self.grey());
                }
                None => {}
            }
        }
    }

    /// As many labels as have room.
    fn draw_labels(&self, plot: &ChartPlot, y: u16, buffer: &mut Buffer) {
        let mut free = 0;
        for (column, text) in &self.labels {
            let x = self.x(plot, *column);
            let end = x.saturating_add(u16::try_from(text.chars().count()).unwrap_or(u16::MAX));
            if x >= free && end <= plot.inside.right() {
                buffer.set_string(x, y, text, self.grey());
                free = end + 1;
            }
        }
    }

    fn draw_marks(&self, plot: &ChartPlot, y: u16, buffer: &mut Buffer) {
        let wide = usize::from(SCALE);
        buffer.set_string(plot.area.x, y, format!("{:>wide$}", "faults"), self.grey());
        let style = Style::new().fg(self.look.color(series_color(4)));
        let marks = self.marks.iter().map(|column| self.x(plot, *column));
        for x in marks.filter(|x| *x < plot.inside.right()) {
            buffer.set_string(x, y, self.look.sign("▲", "^"), style);
        }
    }

    /// Where a column begins.
    fn x(&self, plot: &ChartPlot, column: usize) -> u16 {
        let before = column * usize::from(self.wide + self.gap);
        let before = u16::try_from(before).unwrap_or(u16::MAX);
        plot.inside.x.saturating_add(before)
    }

    fn grey(&self) -> Style {
        Style::new().fg(self.look.color(GREY))
    }
}

impl Widget for Chart<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let legend = self.legend(area.width);
        let legend_height = u16::try_from(legend.len()).unwrap_or(0);
        let below = 1 + u16::from(!self.marks.is_empty()) + legend_height;
        let inside = Rect {
            x: area.x + SCALE + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(SCALE + 1),
            height: area.height.saturating_sub(1 + below),
        };
        let columns = self.columns.iter().flatten();
        let sums = columns.map(|values| values.iter().sum::<f64>());
        // A tick for each third line: numbers on adjacent lines are hard to read.
        let count = usize::from(inside.height / 3).max(2);
        let ticks = axis::ticks(0.0, sums.fold(0.0, f64::max), count);
        let high = ticks.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
        let plot = ChartPlot { area, inside, high };

        let title = shortened(&self.title, area.width);
        buffer.set_string(area.x, area.y, title, Style::new().bold());
        self.draw_scale(&plot, &ticks, buffer);
        self.draw_columns(&plot, buffer);
        let mut y = inside.bottom();
        self.draw_labels(&plot, y, buffer);
        if !self.marks.is_empty() {
            y += 1;
            self.draw_marks(&plot, y, buffer);
        }
        for line in legend {
            y += 1;
            buffer.set_line(area.x, y, &line, area.width);
        }
    }
}
