//! `docs/pictures/watch.svg`: the live page of `watch`, drawn by the program's own page code for a plant that is always the
//! same, and written as a picture.

use super::expect_file;
use kaco_ardexa::kaco::layouts::{MPPT2, MPPT3, STANDARD, THREE_UNITS};
use kaco_ardexa::outcome::Polled;
use kaco_ardexa::reading::{Cells, Decimal, Kind, Layout, Reading, Role, Sender, Value};
use kaco_ardexa::watch::page::{Surroundings, draw};
use kaco_ardexa::watch::plant::Plant;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;
use tokio::time::Instant;

/// An inverter of the plant: address, layout, power at noon in W, yield of the day in Wh, temperature in tenths of °C, and
/// the time of its replies in ms.
type Row = (u8, &'static Layout, i64, i64, i64, u64);

const PLANT: [Row; 5] = [
    (2, &MPPT3, 19_810, 62_870, 464, 268),
    (4, &STANDARD, 3_376, 10_710, 470, 139),
    (5, &MPPT2, 5_603, 17_780, 471, 342),
    (6, &THREE_UNITS, 25_974, 82_410, 478, 84),
    (7, &MPPT2, 8_480, 26_910, 459, 98),
];

/// Answers no more.
const SILENT: &str = "08";

/// How much sun there was in each of the last sixty minutes, percent: a morning with some clouds.
const SUN: [i64; 60] = [
    61, 62, 62, 63, 64, 64, 65, 58, 41, 37, 44, 60, 67, 68, 68, 69, 70, 70, 71, 71, 72, 73, 73, 74,
    66, 52, 63, 75, 76, 76, 77, 78, 78, 79, 79, 80, 80, 81, 82, 70, 55, 48, 46, 57, 78, 84, 85, 85,
    86, 86, 87, 88, 90, 91, 92, 94, 95, 97, 98, 100,
];

fn reading((address, layout, power, energy, temperature, _): Row, sun: i64) -> Reading {
    let count = |role| {
        let has_role = |field: &&kaco_ardexa::reading::Field| field.role == Some(role);
        i64::try_from(layout.fields.iter().filter(has_role).count()).unwrap()
    };
    let mut cells = Cells::empty(layout);
    for (field, value) in layout.fields.iter().zip(&mut cells.values) {
        let number = |number, digits| Some(Value::Number(Decimal::new(number, digits)));
        *value = match (field.role, field.kind) {
            (Some(Role::Power), _) => number(power * sun / 100 / count(Role::Power), 0),
            (Some(Role::DailyYield), _) => number(energy / count(Role::DailyYield), 0),
            (Some(Role::Temperature), _) => number(temperature, 1),
            (_, Kind::Status) => Some(Value::Text(Cow::Borrowed("mpp-track"))),
            _ => None,
        };
    }
    let sender = InverterId::kaco(Some(address));
    Reading::of(sender, cells)
}

/// An hour of the plant.
fn plant() -> Plant {
    let start = Instant::now();
    let mut plant = Plant::new(Duration::from_secs(10));
    for (address, ..) in PLANT {
        plant.add(&format!("{address:02}"), start);
    }
    plant.add(SILENT, start);
    for (minute, sun) in (0..).zip(SUN) {
        let now = start + Duration::from_secs(60) * minute;
        for row in PLANT {
            let polled = Polled::Read {
                reading: Box::new(reading(row, sun)),
                first_byte: Duration::from_millis(row.5),
            };
            plant.take(&format!("{:02}", row.0), polled, now, now);
        }
        // Two garbled replies in the hour; the silence is the last that is heard of it.
        let silent = match minute {
            13 | 40 => Polled::Garbled("the reply stops in the middle".to_owned()),
            _ => Polled::Silent,
        };
        plant.take(SILENT, silent, now, now);
    }
    plant
}

const COLUMNS: u16 = 96;
const ROWS: u16 = 17;

/// The page as a terminal of that size shows it.
fn page() -> Buffer {
    let surroundings = Surroundings {
        source: "/dev/ttyUSB0".to_owned(),
        time: "2026-06-21 11:32:46".to_owned(),
        is_paused: false,
        news: "08: silent".to_owned(),
    };
    let plant = plant();
    let mut terminal = Terminal::new(TestBackend::new(COLUMNS, ROWS)).unwrap();
    terminal
        .draw(|frame| draw(frame, &plant, &surroundings))
        .unwrap();
    terminal.backend().buffer().clone()
}

/// Size of a character, px.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;

/// Around the page: a frame, and a bar with the command at the top.
const MARGIN: f64 = 16.0;
const BAR: f64 = 36.0;

const FONT: &str = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace";

/// What a terminal with a dark background shows for the colours that the page uses.
fn paint(color: Color) -> &'static str {
    match color {
        Color::Reset => "#e6edf3",
        Color::DarkGray => "#8b949e",
        Color::Yellow => "#e3b341",
        Color::Green => "#56d364",
        Color::Red => "#ff7b72",
        other => panic!("the picture has no paint for {other:?}"),
    }
}

/// The picture. Characters that draw lines and bars become shapes, so that no font can shift them.
fn picture(buffer: &Buffer) -> String {
    let (width, height) = (
        f64::from(COLUMNS) * WIDTH + 2.0 * MARGIN,
        f64::from(ROWS) * HEIGHT + BAR + 1.5 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" \
         aria-label=\"The live page of kaco_ardexa watch\" font-family=\"{FONT}\" font-size=\"14\">\n\
         <!-- Drawn by the program itself: UPDATE=1 cargo test writes it. -->\n\
         <rect x=\".5\" y=\".5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"10\" fill=\"#0d1117\" stroke=\"#3d444d\"/>\n\
         <g fill=\"#3d444d\"><circle cx=\"20\" cy=\"18\" r=\"5.5\"/><circle cx=\"38\" cy=\"18\" r=\"5.5\"/><circle cx=\"56\" cy=\"18\" r=\"5.5\"/></g>\n\
         <text x=\"{:.0}\" y=\"23\" text-anchor=\"middle\" fill=\"#8b949e\" font-size=\"13\">kaco_ardexa watch /dev/ttyUSB0 2,4-8</text>\n",
        width - 1.0,
        height - 1.0,
        width / 2.0,
    );
    let (mut lines, mut bars) = (String::new(), BTreeMap::<&str, String>::new());
    let mut texts = String::new();
    for row in 0..ROWS {
        let cells: Vec<&Cell> = (0..COLUMNS).map(|column| &buffer[(column, row)]).collect();
        let mut column = 0;
        for same in cells.chunk_by(|one, next| one == next) {
            let count = u16::try_from(same.len()).unwrap();
            let (x, y) = place(column, row);
            let wide = f64::from(count) * WIDTH;
            column += count;
            lines += &line(same[0].symbol(), x, y, wide).unwrap_or_default();
            if let Some(eighths) = eighths(same[0].symbol()) {
                let tall = HEIGHT * f64::from(eighths) / 8.0;
                let top = y + HEIGHT - tall;
                let bar = bars.entry(paint(same[0].fg)).or_default();
                write!(bar, "M{x:.1} {top:.1}h{wide:.1}v{tall:.1}h-{wide:.1}z").unwrap();
            }
        }
        texts += &text(&cells, row);
    }
    for (paint, path) in bars {
        writeln!(svg, "<path fill=\"{paint}\" d=\"{path}\"/>").unwrap();
    }
    let gray = paint(Color::DarkGray);
    writeln!(
        svg,
        "<path fill=\"none\" stroke=\"{gray}\" stroke-opacity=\".6\" d=\"{lines}\"/>"
    )
    .unwrap();
    svg + &texts + "</svg>\n"
}

/// The upper left corner of a character.
fn place(column: u16, row: u16) -> (f64, f64) {
    (
        f64::from(column).mul_add(WIDTH, MARGIN),
        f64::from(row).mul_add(HEIGHT, BAR),
    )
}

/// A piece of a frame, as a path; the same piece again and again is as wide as all of them.
fn line(symbol: &str, x: f64, y: f64, wide: f64) -> Option<String> {
    let (w, h) = (WIDTH / 2.0, HEIGHT / 2.0);
    let (middle, center) = (x + w, y + h);
    Some(match symbol {
        "─" => format!("M{x:.1} {center:.1}h{wide:.1}"),
        "│" => format!("M{middle:.1} {y:.1}v{HEIGHT}"),
        "╭" => format!("M{middle:.1} {:.1}q0-{h} {w}-{h}", y + HEIGHT),
        "╮" => format!("M{x:.1} {center:.1}q{w} 0 {w} {h}"),
        "╰" => format!("M{middle:.1} {y:.1}q0 {h} {w} {h}"),
        "╯" => format!("M{x:.1} {center:.1}q{w} 0 {w}-{h}"),
        _ => return None,
    })
}

/// How high a bar is.
fn eighths(symbol: &str) -> Option<u8> {
    let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    (1..)
        .zip(bars)
        .find_map(|(eighths, bar)| (bar == symbol).then_some(eighths))
}

/// The words of a row: what stands together in one style.
fn text(cells: &[&Cell], row: u16) -> String {
    let is_word = |cell: &Cell| {
        let symbol = cell.symbol();
        symbol != " " && eighths(symbol).is_none() && line(symbol, 0.0, 0.0, 0.0).is_none()
    };
    let mut words: Vec<(u16, String, &Cell)> = Vec::new();
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| is_word(cell)) {
        match words.last_mut() {
            Some((start, word, first))
                if usize::from(column - *start) == word.chars().count()
                    && (first.fg, first.modifier) == (cell.fg, cell.modifier) =>
            {
                word.push_str(cell.symbol());
            }
            _ => words.push((column, cell.symbol().to_owned(), cell)),
        }
    }
    words
        .iter()
        .fold(String::new(), |mut svg, (column, word, cell)| {
            let (x, y) = place(*column, row);
            let length = f64::from(u16::try_from(word.chars().count()).unwrap()) * WIDTH;
            let bold = if cell.modifier.contains(Modifier::BOLD) {
                " font-weight=\"bold\""
            } else {
                ""
            };
            writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" fill=\"{}\"{bold}>{}</text>",
            y + 13.0,
            paint(cell.fg),
            word.replace('&', "&amp;").replace('<', "&lt;")
        )
        .unwrap();
            svg
        })
}

#[test]
fn the_picture_of_watch_is_what_the_page_draws() {
    expect_file("docs/pictures/watch.svg", &picture(&page()));
}
