//! What holds of every picture, and what each of them shows.

use super::*;
use crate::history::period;
use crate::picture::examples;
use crate::picture::series::svg;

/// Every picture.
fn all(embedding: Embedding) -> Vec<String> {
    let series = examples::series().into_iter();
    series.map(|series| svg(&series, embedding)).collect()
}

/// Elements are closed in the order in which they were opened, attributes are quoted, nothing else
/// has a sign of XML.
fn is_well_formed(document: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for piece in document.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').ok_or(piece)?;
        if tag.matches('"').count() % 2 == 1 || text.contains('>') {
            return Err(piece.to_owned());
        }
        let name = tag.split(' ').next().unwrap_or_default();
        if let Some(name) = name.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}>"));
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(open.join(" "))
    }
}

#[test]
fn every_picture_is_well_formed_and_needs_nothing() {
    for picture in all(Embedding::Alone) {
        assert_eq!(is_well_formed(&picture), Ok(()));
        assert!(
            !picture.contains("NaN") && !picture.contains("inf"),
            "{picture}"
        );
        assert!(!picture.contains("<script") && !picture.contains("href"));
        assert_eq!(picture.matches("http").count(), 1, "the name space alone");
        assert!(picture.contains("prefers-color-scheme"));
    }
}

/// The numbers of an attribute in all elements that have it.
fn numbers(picture: &str, attribute: &str) -> Vec<f64> {
    let pieces = picture.split(attribute).skip(1);
    let numbers = pieces.filter_map(|piece| piece.split('"').next()?.parse().ok());
    numbers.collect()
}

#[test]
fn nothing_is_drawn_outside() {
    for picture in all(Embedding::Alone) {
        let height = numbers(&picture, " height=\"")
            .first()
            .copied()
            .unwrap_or(0.0);
        for (attribute, end) in [(" x=\"", 960.0), (" y=\"", height)] {
            for number in numbers(&picture, attribute) {
                assert!(
                    (0.0..=end).contains(&number),
                    "{attribute}{number} of {end}"
                );
            }
        }
    }
}

#[test]
fn a_part_of_a_page_leaves_style_and_hatches_to_it() {
    for picture in all(Embedding::Page) {
        assert!(
            !picture.contains("<style") && !picture.contains("<defs") && !picture.contains("xmlns")
        );
    }
}

#[test]
fn a_day_has_a_title_faults_and_a_hole() {
    let picture = day(&examples::day(2, 5), Embedding::Alone);
    assert!(
        picture.contains("Roof &amp; barn, 2026-05-03: 160.0 kWh, peak 20.00 kW at 13:00</text>"),
        "{picture}"
    );
    assert!(picture.contains("01: grid &lt;fault&gt; (14:00 to 15:00)"));
    // The first inverter in two pieces, the second in one; and the swatch of each.
    let areas = |class: &str| picture.matches(&format!("<path class=\"{class}\"")).count();
    assert_eq!((areas("s0"), areas("s1")), (2, 1));
}

#[test]
fn a_hybrid_has_lines_below_zero() {
    let picture = day(&examples::hybrid(), Embedding::Alone);
    for line in ["line l0", "line l1", "line l2"] {
        assert!(picture.matches(line).count() >= 2, "a line and a legend");
    }
    assert!(picture.contains(">-10</text>"), "{picture}");
}

#[test]
fn a_leap_year_has_a_square_per_day() {
    let yields = examples::yields(1, 2024);
    let picture = year(&period::year(&yields), &yields, Embedding::Alone);
    let titles = picture.split("<title>2024-").skip(1);
    // Those of the bars have the month alone.
    let is_day = |title: &&str| title.get(2..3) == Some("-");
    assert_eq!(titles.filter(is_day).count(), 366);
    assert_eq!(picture.matches(": no data</title>").count(), 7);
    assert!(picture.contains("<title>2024-02-29: "));
}

#[test]
fn names_are_harmless() {
    let mut series = examples::day(2, 5);
    for inverter in &mut series.inverters {
        inverter.title = "\u{1b}[2J</text><script>alert('1')</script>\"&".to_owned();
    }
    let picture = day(&series, Embedding::Alone);
    assert_eq!(is_well_formed(&picture), Ok(()));
    assert!(!picture.contains("<script") && !picture.contains('\u{1b}'));
}
