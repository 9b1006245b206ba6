//! `docs/inverters.md`: every type, and why the program is believed to read it. Made from the
//! tables and the captures.

use super::expect_file;
use crate::support::captures;
use crate::support::program::{run, text};
use kaco_ardexa::kaco::layouts::{READINGS, THREE_UNITS, UNIT};
use kaco_ardexa::kaco::types::{InverterType, TYPES, find};
use kaco_ardexa::kstar::layout::KSTAR;
use kaco_ardexa::reading::Layout;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// Where the bytes of a capture come from; the better the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Real,
    LikelyReal,
    Note,
}

const ORIGINS: [(Origin, &str, &str); 3] = [
    (
        Origin::Real,
        "real reply",
        "a reply of a real inverter is a test of the program",
    ),
    (
        Origin::LikelyReal,
        "likely a real reply",
        "the same, but its publication does not state where it was captured",
    ),
    (
        Origin::Note,
        "maker's note",
        "the example in the maker's application note is a test of the program",
    ),
];

const TABLE_ONLY: &str = "table only";

/// Readings that are among the tests.
struct Capture {
    name: String,
    origin: Origin,
    layout: String,
    type_code: Option<String>,
}

/// Every capture that reads as readings, in order. Its first line says where it is from, the
/// program what it reads as.
fn readings() -> Vec<Capture> {
    let layouts: BTreeSet<&str> = READINGS
        .into_iter()
        .chain([&UNIT, &KSTAR])
        .map(|layout| layout.name)
        .collect();
    let mut found = Vec::new();
    for name in captures::names() {
        let path = captures::directory().join(format!("{name}.hex"));
        let source = fs::read_to_string(&path).unwrap();
        let decoded = run(&["decode", "--format", "json", &text(&path)]).stdout;
        for line in decoded.lines() {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            let layout = object["layout"].as_str().unwrap_or_default();
            if layouts.contains(layout) {
                found.push(Capture {
                    origin: origin(&source),
                    layout: layout.to_owned(),
                    type_code: object["type"].as_str().map(str::to_owned),
                    name: name.clone(),
                });
            }
        }
    }
    found
}

/// `# 3600xi, genuine, from …`
fn origin(source: &str) -> Origin {
    let word = source.split(", ").nth(1).unwrap_or_default();
    match word {
        "genuine" => Origin::Real,
        "likely genuine" => Origin::LikelyReal,
        "manual" => Origin::Note,
        other => panic!("a capture says where it is from: {other:?} in {source}"),
    }
}

/// `real reply: G4-14, G4-17; maker's note: ST-13`
fn evidence<'a>(captures: impl Iterator<Item = &'a Capture> + Clone) -> String {
    let by_origin = ORIGINS.iter().filter_map(|(origin, words, _)| {
        let names: BTreeSet<&str> = captures
            .clone()
            .filter(|capture| capture.origin == *origin)
            .map(|capture| capture.name.as_str())
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        (!names.is_empty()).then(|| format!("{words}: {}", names.join(", ")))
    });
    let found = by_origin.collect::<Vec<_>>().join("; ");
    if found.is_empty() {
        TABLE_ONLY.to_owned()
    } else {
        found
    }
}

fn is_of(capture: &Capture, layout: &Layout) -> bool {
    // A 000xi is read in three replies, one for each of its parts.
    capture.layout == layout.name || (layout == &THREE_UNITS && capture.layout == UNIT.name)
}

/// The captures of a type; the table and the wire may differ in upper and lower case.
fn of_type<'a>(
    captures: &'a [Capture],
    code: &'a str,
) -> impl Iterator<Item = &'a Capture> + Clone {
    captures.iter().filter(move |capture| {
        let found = capture.type_code.as_deref();
        found.is_some_and(|found| found.eq_ignore_ascii_case(code))
    })
}

const INTRODUCTION: &str = "\
# Inverters

This page is generated from the tables in `src/kaco/types.rs`, `src/kaco/layouts/` and `src/kstar/layout.rs` and from the captures in
`tests/captures`: `UPDATE=1 cargo test` writes it. Do not edit it by hand.

Search for the type code that `kaco_ardexa scan` prints, or for the model on the type plate.

**Yours is not listed?** It is read nevertheless if its reply has one of the [layouts](#layouts): they are recognised by the shape of the
reply, not by the type. Only the model stays empty. If it is refused, or a value is wrong, one recorded reply is enough to add it:
[new-inverter.md](new-inverter.md).

| evidence | means |
|---|---|
";

/// The whole page.
fn page() -> String {
    let captures = readings();
    let mut page = INTRODUCTION.to_owned();
    for (_, words, meaning) in ORIGINS {
        writeln!(page, "| {words} | {meaning} |").unwrap();
    }
    writeln!(
        page,
        "| {TABLE_ONLY} | the maker's documents or other programs name it; there is no recorded reply yet |"
    )
    .unwrap();
    page += "\nThe evidence ends with the names of the captures. A layout's columns are in [columns.md](columns.md).\n";
    layouts(&mut page, &captures);
    read(&mut page, &captures);
    named(&mut page, &captures);
    page
}

fn layouts(page: &mut String, captures: &[Capture]) {
    *page += "\n## Layouts\n\n| layout | inverters | evidence |\n|---|---|---|\n";
    for layout in READINGS.into_iter().chain([&KSTAR]) {
        let seen = captures.iter().filter(|capture| is_of(capture, layout));
        let Layout { name, about, .. } = layout;
        let anchor = name.replace(' ', "-");
        let evidence = evidence(seen);
        writeln!(
            page,
            "| [{name}](columns.md#{anchor}) | {about} | {evidence} |"
        )
        .unwrap();
    }
}

/// The types of which there is a reply, in the order of the table; those that no table knows are
/// the last.
fn read(page: &mut String, captures: &[Capture]) {
    *page += "\n## Types with a reply among the tests\n\n| type | model | layout | evidence |\n|---|---|---|---|\n";
    let mut unknown: BTreeSet<&str> = captures
        .iter()
        .filter_map(|capture| capture.type_code.as_deref())
        .collect();
    unknown.retain(|code| find(code).is_none());
    let codes = TYPES.iter().map(|row| (row.code, row.model));
    for (code, model) in codes.chain(unknown.into_iter().map(|code| (code, ""))) {
        let seen = of_type(captures, code);
        let Some(first) = seen.clone().next() else {
            continue;
        };
        let layout = READINGS.into_iter().find(|layout| is_of(first, layout));
        let layout = layout.map_or("", |layout| layout.name);
        writeln!(page, "| {code} | {model} | {layout} | {} |", evidence(seen)).unwrap();
    }
    let kstar = captures.iter().filter(|capture| is_of(capture, &KSTAR));
    let evidence = evidence(kstar);
    writeln!(page, "| | {} | {} | {evidence} |", KSTAR.about, KSTAR.name).unwrap();
}

/// The types that are known by name only.
fn named(page: &mut String, captures: &[Capture]) {
    *page += "\n## Types that the tables name\n\nTheir layout follows from the first reply. \
              The maker never published the status texts of XP inverters: these are logged as numbers.\n\n\
              | type | model | state | evidence |\n|---|---|---|---|\n";
    let unseen = |row: &&InverterType| of_type(captures, row.code).next().is_none();
    for row in TYPES.iter().filter(unseen) {
        let state = if row.status_published {
            "text"
        } else {
            "number"
        };
        writeln!(
            page,
            "| {} | {} | {state} | {TABLE_ONLY} |",
            row.code, row.model
        )
        .unwrap();
    }
}

#[test]
fn the_page_of_inverters_is_what_tables_and_captures_say() {
    expect_file("docs/inverters.md", &page());
}
