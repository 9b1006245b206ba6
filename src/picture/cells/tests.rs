//! What holds of every picture in a terminal, and what each of them shows.

use super::*;
use crate::history::period;
use crate::picture::{examples, series};

const SIZES: [(u16, u16); 4] = [(80, 24), (200, 60), (20, 5), (40, 10)];

fn look(size: (u16, u16), has_color: bool, has_unicode: bool) -> CellLook {
    CellLook {
        size,
        has_color,
        has_unicode,
    }
}

/// Every picture.
fn all(look: CellLook) -> Vec<String> {
    let series = examples::series().into_iter();
    series.map(|series| series::cells(&series, look)).collect()
}

/// The text without sequences for colours.
fn plain(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.map(|piece| piece.split_once('m').map_or("", |(_, rest)| rest));
    first + &rest.collect::<String>()
}

#[test]
fn every_picture_fits_and_keeps_to_what_the_terminal_can() {
    for size in SIZES {
        for (has_color, has_unicode) in [(true, true), (false, true), (true, false), (false, false)]
        {
            for picture in all(look(size, has_color, has_unicode)) {
                assert!(has_color || !picture.contains('\x1b'), "{picture}");
                assert!(has_unicode || plain(&picture).is_ascii(), "{picture}");
                let width = plain(&picture)
                    .lines()
                    .map(|line| line.chars().count())
                    .max();
                let most = usize::from(size.0).max(60);
                assert!(width <= Some(most), "{width:?} of {most}:\n{picture}");
            }
        }
    }
}

#[test]
fn a_screen_holds_the_picture() {
    let high = |picture: &str| picture.lines().count();
    for size in [(80, 24), (200, 60)] {
        let look = look(size, true, true);
        let yields = examples::yields(3, 2024);
        assert!(high(&day(&examples::day(31, 5), look)) < usize::from(size.1));
        assert!(high(&bars(&period::month(&yields), look)) < usize::from(size.1));
        assert!(high(&year(&period::year(&yields), &yields, look)) <= usize::from(size.1));
    }
}

#[test]
fn years_that_do_not_fit_leave_the_last_ones_whole() {
    let years: Vec<_> = (2010..2026)
        .map(|year| period::year(&examples::yields(1, year)))
        .collect();
    let picture = bars(&period::years(&years), look((80, 24), true, true));
    let picture = plain(&picture);
    for due in ["2010 to 2025, the last 5 of them", " Jan ", " Dec"] {
        assert!(picture.contains(due), "{due}: {picture}");
    }
}

#[test]
fn a_day_without_colours_is_a_shape() {
    let picture = day(&examples::day(1, 15), look((60, 16), false, false));
    let expected = "\
Roof & barn, 2026-05-03: 80.0 kWh, peak 10.00 kW at 13:00";
    assert!(picture.starts_with(expected), "{picture}");
    let hours: Vec<&str> = picture
        .lines()
        .filter(|line| line.contains("12:00"))
        .collect();
    assert_eq!(hours.len(), 1, "{picture}");
    assert!(
        picture.contains("faults") && picture.contains('^'),
        "{picture}"
    );
}

#[test]
fn a_hole_stays_a_hole() {
    let picture = day(&examples::day(1, 5), look((200, 20), false, true));
    // In the lowest row every step that has a power is filled.
    let lowest = picture
        .lines()
        .rev()
        .find(|line| line.contains('█'))
        .unwrap_or_default();
    let inside = lowest
        .trim()
        .trim_matches(|c: char| !"▁▂▃▄▅▆▇█".contains(c));
    assert!(inside.contains("    "), "{picture}");
}

#[test]
fn a_name_does_not_steer_the_terminal() {
    let mut series = examples::day(2, 5);
    for inverter in &mut series.inverters {
        inverter.title = "a\x1b[2Jb\u{9b}".to_owned();
    }
    let picture = day(&series, look((80, 24), true, true));
    assert!(!picture.contains("\x1b[2J") && !picture.contains('\u{9b}'));
}

#[test]
fn a_wide_character_takes_two_columns() {
    let mut series = examples::comparison(2, 61);
    for inverter in &mut series.inverters {
        inverter.title += " 屋根";
    }
    for has_unicode in [true, false] {
        let picture = compare(&series, look((80, 24), false, has_unicode));
        let row = picture.lines().find(|line| line.starts_with("01 "));
        assert_eq!(row.map(width), Some(3 + 4 + 2 + 61), "{picture}");
        assert_eq!(picture.contains("01 屋根  "), has_unicode, "{picture}");
    }
}

#[test]
fn a_name_as_wide_as_the_terminal_leaves_no_room_for_days() {
    let mut series = examples::comparison(2, 61);
    for inverter in &mut series.inverters {
        inverter.title += " above the cow shed";
    }
    let picture = compare(&series, look((20, 5), false, false));
    assert!(picture.contains("01 above the cow sh"), "{picture}");
}

#[test]
fn signs_tell_what_colours_tell() {
    let picture = compare(&examples::comparison(4, 61), look((80, 24), false, false));
    let row = picture
        .lines()
        .find(|line| line.starts_with("02"))
        .unwrap_or_default();
    assert!(row.contains(['-', '=']), "{picture}");
    let other = picture
        .lines()
        .find(|line| line.starts_with("01"))
        .unwrap_or_default();
    assert!(!other.contains(['-', '=']), "{picture}");
}
