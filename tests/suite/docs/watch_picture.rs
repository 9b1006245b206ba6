//! `docs/pictures/watch.svg`: what `watch` shows on a terminal. The rows of an hour before are in
//! its log, so that the curve is full. `UPDATE=1` writes the picture.

use crate::support::logs::fill;
use crate::watch::{Terminal, until};
use std::fmt::Write;
use std::num::NonZero;
use std::path::Path;
use std::{env, fs};
use tempfile::TempDir;

const WATCH: &str = "watch sim:fault 2,4-8 --pace 0s --every 2s";
const COLUMNS: u16 = 96;
const ROWS: u16 = 18;

/// Size of a character, px: rows are as high as characters, so that bars have no gaps.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 16.4;
const MARGIN: f64 = 16.0;

/// The page once every inverter is on it.
fn page(log: &Path) -> vt100::Parser {
    let log = log.display().to_string();
    let arguments: Vec<&str> = WATCH
        .split(' ')
        .chain(["--timeout", "10s", "--log", &log])
        .collect();
    let terminal = Terminal::start(&arguments, COLUMNS, ROWS);
    let size = [ROWS, COLUMNS].map(|size| NonZero::new(size).unwrap());
    let mut page = vt100::Parser::new(size[0], size[1], 0);
    until("a page with all inverters", || {
        page.process(&std::mem::take(&mut *terminal.screen.lock().unwrap()));
        is_plausible(&page.screen().contents())
    });
    terminal.stop();
    page
}

/// Clouds, then sun.
fn share(minutes: i32) -> f64 {
    0.8 - 0.3 * (f64::from(minutes) / 9.0).sin().abs()
}

/// Whether inverters feed in and one reports a fault.
fn is_plausible(text: &str) -> bool {
    text.matches("mpp-track").count() >= 4 && text.contains("pv-over")
}

/// A colour on a dark background.
fn paint(color: vt100::Color) -> &'static str {
    match color {
        vt100::Color::Idx(1 | 9) => "#ff7b72",
        vt100::Color::Idx(2 | 10) => "#56d364",
        vt100::Color::Idx(3 | 11) => "#e3b341",
        vt100::Color::Idx(8) => "#8b949e",
        _ => "#e6edf3",
    }
}

/// The picture: one text for neighbours of the same look, as wide as its columns in any font.
fn picture(screen: &vt100::Screen) -> String {
    let width = f64::from(COLUMNS).mul_add(WIDTH, 2.0 * MARGIN);
    let height = f64::from(ROWS).mul_add(HEIGHT, 2.0 * MARGIN);
    let font = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace";
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" font-family="{font}" font-size="14">
<rect width="100%" height="100%" rx="10" fill="#0d1117"/>
"##
    );
    for row in 0..ROWS {
        let (mut x, y) = (MARGIN, f64::from(row).mul_add(HEIGHT, MARGIN + 13.0));
        let cells = (0..COLUMNS).map(|column| screen.cell(row, column).unwrap());
        let look = |cell: &vt100::Cell| (cell.contents().trim() == "", cell.fgcolor(), cell.bold());
        for same in cells
            .collect::<Vec<_>>()
            .chunk_by(|one, next| look(one) == look(next))
        {
            let length = WIDTH * f64::from(u16::try_from(same.len()).unwrap());
            let text: String = same.iter().map(|cell| cell.contents()).collect();
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let (is_blank, color, is_bold) = look(same[0]);
            if !is_blank {
                let (fill, weight) = (paint(color), if is_bold { "bold" } else { "normal" });
                writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" textLength="{length:.1}" lengthAdjust="spacingAndGlyphs" fill="{fill}" font-weight="{weight}">{text}</text>"#).unwrap();
            }
            x += length;
        }
    }
    svg + "</svg>\n"
}

#[test]
fn the_picture_of_watch_shows_a_plant() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures/watch.svg");
    let log = TempDir::new().unwrap();
    page(log.path());
    fill(log.path(), 60, 1, share);
    let drawn = picture(page(log.path()).screen());
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, &drawn).unwrap();
    }
    for svg in [drawn, fs::read_to_string(file).unwrap()] {
        assert!(is_plausible(&svg) && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains("#ff7b72"), "the fault is red: {svg}");
    }
}
