//! Writes the elements of one document.

use super::{COLORS, DEFINITIONS, Embedding, HATCHES, style};
use crate::escape::markup as escaped;
use crate::format::look::{shortened, width};
use std::fmt::Write;

/// Width of every picture.
pub(super) const WIDTH: f64 = 960.0;
/// Room beside the plot.
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = 24.0;
/// Where the plot begins, below the title.
pub(super) const TOP: f64 = 72.0;
/// Where the title stands.
const TITLE: f64 = 34.0;

/// An average character of 13 px, and one that is wide.
// A guess, as the reader's font is unknown here.
const CHARACTER: f64 = 8.0;

/// Between two lines of text.
pub(super) const LINE: f64 = 20.0;

/// Characters of a name in a legend.
const LONGEST: u16 = 28;

/// Elements, one after the other.
pub(super) struct Canvas {
    body: String,
}

impl Canvas {
    pub(super) const fn new() -> Self {
        Self {
            body: String::new(),
        }
    }

    /// The document, with its title as the text that a screen reader reads.
    pub(super) fn finish(self, height: f64, title: &str, embedding: Embedding) -> String {
        // HTML knows the namespace, and a page has the style once for all pictures.
        let own = if embedding == Embedding::Alone {
            let xmlns = " xmlns=\"http://www.w3.org/2000/svg\"";
            (xmlns, format!("<style>{}</style>{DEFINITIONS}", style()))
        } else {
            ("", String::new())
        };
        let title = escaped(title);
        format!(
            "<svg{xmlns} class=\"hp\" role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} \
            {height}\" width=\"{WIDTH}\" \
             height=\"{height}\"><title>{title}</title>{style}<rect class=\"bg\" width=\"{WIDTH}\" \
             height=\"{height}\"/>\
             <text class=\"t\" x=\"20\" y=\"{TITLE}\">{title}</text>{body}</svg>\n",
            xmlns = own.0,
            style = own.1,
            body = self.body,
        )
    }

    pub(super) fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = escaped(text);
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        );
    }

    pub(super) fn rect(&mut self, [x, y, width, height]: [f64; 4], class: &str, title: &str) {
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
            height=\"{height:.1}\""
        );
        self.close("rect", title);
    }

    pub(super) fn path(&mut self, d: &str, class: &str, title: &str) {
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{d}\"");
        self.close("path", title);
    }

    fn close(&mut self, element: &str, title: &str) {
        self.body += &if title.is_empty() {
            "/>".to_owned()
        } else {
            format!("><title>{}</title></{element}>", escaped(title))
        };
    }

    /// Horizontal lines with numbers at the left, and the unit above them.
    pub(super) fn scale(
        &mut self,
        ticks: &[f64],
        y: impl Fn(f64) -> f64,
        label: impl Fn(f64) -> String,
        unit: &str,
    ) {
        let right = WIDTH - RIGHT;
        for tick in ticks {
            let y = y(*tick);
            let class = if *tick == 0.0 { "axis" } else { "grid" };
            self.path(&format!("M{LEFT} {y:.1}H{right}"), class, "");
            self.text(LEFT - 8.0, y + 4.0, "n e w", &label(*tick));
        }
        self.text(LEFT - 8.0, TOP - 14.0, "e w", unit);
    }

    /// Swatches with names, in as many lines as they need, from `y` on; gives the height.
    pub(super) fn legend(&mut self, y: f64, entries: &[(Swatch, String)]) -> f64 {
        let (mut x, mut line) = (LEFT, 0.0);
        for (swatch, name) in entries {
            let name = shortened(name, LONGEST);
            let room = 20.0 + wide(&name) + 14.0;
            if x + room > WIDTH - RIGHT && x > LEFT {
                (x, line) = (LEFT, line + LINE);
            }
            let base = y + line;
            match swatch {
                Swatch::Series(number) => {
                    self.series_rect([x, base - 11.0, 13.0, 13.0], *number, "")
                }
                Swatch::Class(class) => self.rect([x, base - 11.0, 13.0, 13.0], class, ""),
                Swatch::Line(class) => {
                    self.path(&format!("M{x:.1} {:.1}h15", base - 4.5), class, "")
                }
                Swatch::Mark => self.mark(x + 6.0, base - 10.0, ""),
                Swatch::Small => self.small([x, base - 11.0, 13.0, 13.0], ""),
            }
            self.text(x + 20.0, base, "", &name);
            x += room;
        }
        line + LINE
    }

    /// A rectangle in the colour, and with the hatch, of a series.
    pub(super) fn series_rect(&mut self, place: [f64; 4], number: usize, title: &str) {
        self.rect(place, &color(number), title);
        // Over the colour, and out of the pointer's way: the title is that of the colour.
        if let Some(hatch) = hatch(number) {
            self.rect(place, &hatch, "");
        }
    }

    /// The same for an area.
    pub(super) fn series_path(&mut self, d: &str, number: usize, title: &str) {
        self.path(d, &color(number), title);
        if let Some(hatch) = hatch(number) {
            self.path(d, &hatch, "");
        }
    }

    /// A small triangle.
    pub(super) fn mark(&mut self, x: f64, y: f64, title: &str) {
        self.path(&format!("M{x:.1} {y:.1}l5 9h-10z"), "fault", title);
    }

    /// A small square in the middle of a place: no data.
    pub(super) fn small(&mut self, [x, y, width, height]: [f64; 4], title: &str) {
        let side = (width.min(height) / 3.0).max(1.0);
        self.rect(
            [
                x + (width - side) / 2.0,
                y + (height - side) / 2.0,
                side,
                side,
            ],
            "none",
            title,
        );
    }
}

/// The sign of an entry in a legend.
pub(super) enum Swatch {
    Series(usize),
    Class(String),
    Line(String),
    Mark,
    Small,
}

fn color(number: usize) -> String {
    format!("s{}", number % COLORS)
}

fn hatch(number: usize) -> Option<String> {
    let hatch = number / COLORS % HATCHES;
    (hatch > 0).then(|| format!("o h{hatch}"))
}

/// The width of a text, about.
pub(super) fn wide(text: &str) -> f64 {
    f64::from(width(text)) * CHARACTER
}
