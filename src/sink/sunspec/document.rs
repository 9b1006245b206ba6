//! The part of docs/sunspec.md that comes from the tables.

use super::model::{Content, Point, Scale};
use super::state::{EVENTS, STATES};
use super::tables::{COMMON, INVERTER, METER, NAMEPLATE, STORAGE, TRACKER, TRACKERS};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

const BEGIN: &str = "<!-- begin: made from the tables -->\n";
const END: &str = "<!-- end: made from the tables -->\n";

/// The models in the order of the map, with the offset of the first point: behind ID and length, or
/// within the group.
const MODELS: [(&str, usize, &[Point]); 7] = [
    ("Model 1: the device", 2, COMMON),
    (
        "Model 101 (one phase) or 103 (three phases): the inverter",
        2,
        INVERTER,
    ),
    ("Model 120: the rating", 2, NAMEPLATE),
    ("Model 160: the DC inputs", 2, TRACKERS),
    ("Model 160, once per DC input", 0, TRACKER),
    ("Model 124: the battery (KSTAR)", 2, STORAGE),
    (
        "Model 201 (one phase) or 203 (three phases): the meter (KSTAR)",
        2,
        METER,
    ),
];

fn scale(point: &Point) -> String {
    match point.content {
        Content::Number(_, scale) | Content::Tracker(_, scale) | Content::Scale(scale) => {
            match scale {
                Scale::Fixed(exponent) => exponent.to_string(),
                Scale::Power => "by rating".to_owned(),
            }
        }
        _ => String::new(),
    }
}

fn generated() -> String {
    let mut text = String::new();
    for (title, first, points) in MODELS {
        let _ = writeln!(text, "\n### {title}\n");
        text += "| offset | point | type | scale | what is served |\n|---|---|---|---|---|\n";
        let mut offset = first;
        let mut not_served = Vec::new();
        for point in points {
            if matches!(point.content, Content::NotServed) {
                not_served.push(point.name);
            } else {
                let (name, form, scale, about) =
                    (point.name, point.form.name(), scale(point), point.about);
                let _ = writeln!(text, "| {offset} | {name} | {form} | {scale} | {about} |");
            }
            offset += point.form.size();
        }
        if !not_served.is_empty() {
            let _ = writeln!(text, "\nNever served: {}.", not_served.join(", "));
        }
    }
    text += "\n### Operating state (`St`)\n\n| St | status codes of KACO inverters |\n|---|---|\n";
    for (state, name, codes) in &STATES {
        let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "| {state} {name} | {} |", codes.join(", "));
    }
    text += "| 7 FAULT | every fault |\n";
    text += "\n### Events (`Evt1`)\n\n| bit | set by the states and errors |\n|---|---|\n";
    for (bit, name, texts) in &EVENTS {
        let _ = writeln!(text, "| {bit} {name} | {} |", texts.join(", "));
    }
    text + "\n"
}

/// `UPDATE=1 cargo test sunspec_page` writes it again.
#[test]
fn sunspec_page_shows_the_tables() -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sunspec.md");
    let page = fs::read_to_string(&path)?;
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or(io::ErrorKind::InvalidData)?;
    let due = format!("{before}{BEGIN}{}{END}{after}", generated());
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &due)?;
    }
    assert!(
        fs::read_to_string(&path)? == due,
        "UPDATE=1 writes docs/sunspec.md again"
    );
    Ok(())
}
