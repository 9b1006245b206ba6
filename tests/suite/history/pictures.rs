//! The pictures of `docs/history.md`: a year of simulated logs, read and drawn by the program.
//! `UPDATE=1` writes them anew.

use super::history;
use crate::docs::expect_file;
use crate::support::logs::{day_shown, write_year};
use crate::support::program::text;
use std::fs;
use tempfile::TempDir;

#[test]
fn the_pictures_of_the_page_are_what_the_program_draws() {
    let home = TempDir::new().unwrap();
    let logs = home.path().join("logs");
    write_year(&logs);
    let day = day_shown().to_string();
    let pictures = [
        ("day", &["--day", &day][..]),
        ("month", &["--month", "2026-05"]),
        ("year", &["--year", "2026"]),
        ("compare", &["--compare"]),
    ];
    for (name, options) in pictures {
        let file = home.path().join("picture.svg");
        history(&logs, &[options, &["-o", &text(&file)]].concat()).expect_silence();
        let picture = fs::read_to_string(file).unwrap();
        expect_file(&format!("docs/pictures/history-{name}.svg"), &picture);
    }
    // The same year in detail.
    if let Some(directory) = std::env::var_os("KEEP_LOGS") {
        write_year(directory.as_ref());
    }
}
