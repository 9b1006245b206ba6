//! The pages: their links lead somewhere, what is made by the program is what it makes today
//! (`UPDATE=1` writes it anew), and what a page tells to type works.

mod ardexa;
pub mod cli;
mod commands;
mod german;
mod guarantees;

mod inverters;
mod json;
mod troubleshooting;
mod watch_picture;

use kaco_ardexa::kaco::layouts::{COUNTERS, READINGS};
use kaco_ardexa::kstar::layout::KSTAR;
use kaco_ardexa::reading::{Field, Kind, Layout, Plausible};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// README, everything in docs, and the pages of the packages.
pub fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "docs",
        "docs/consumers",
        "docs/de",
        "packaging",
        "packaging/home-assistant",
    ];
    let docs = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let mut pages: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    let readme = ["README.md", "README.de.md"].map(|name| root.join(name));
    pages.extend(readme.into_iter().filter(|readme| readme.exists()));
    pages.sort();
    pages
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text).filter(|link| !link.contains("://")) {
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let leads = match (anchor, fs::read_to_string(&target)) {
                ("", _) => target.exists(),
                (anchor, Ok(text)) => anchors(&text).iter().any(|found| found == anchor),
                (_, Err(_)) => false,
            };
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "links to nowhere:\n{}",
        broken.join("\n")
    );
    assert!(count > 20, "only {count} links were found");
}

#[test]
fn every_file_that_a_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Files that the reader of an example makes.
    let is_made = |name: &str| {
        ["solarcloud", "sma", "NAME"]
            .iter()
            .any(|of| name.contains(of))
    };
    let mut missing = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for line in prose(&text) {
            let names = line
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|name| is_path(name));
            for name in names.filter(|name| !is_made(name)) {
                count += 1;
                if !root.join(name).exists() {
                    missing.push(format!("{}: {name}", page.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "missing:\n{}", missing.join("\n"));
    assert!(count > 100, "only {count} files are named");
}

/// Whether this is one file or folder of the project.
fn is_path(name: &str) -> bool {
    let is_ours = ["src/", "tests/", "packaging/", "docs/", "benches/"]
        .iter()
        .any(|folder| name.starts_with(folder));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    is_ours && name.chars().all(is_plain)
}

/// The lines of a page that are not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The lines of its examples.
fn examples(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let lines = text.lines().map(str::trim).filter(move |line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        is_code && !is_fence
    });
    lines.collect()
}

/// A page of docs.
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The targets of all `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| {
        let targets = line.split("](").skip(1);
        targets.filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
    })
}

/// What the headings of a page are called in links: lower case, blanks as `-`, nothing but letters,
/// digits, `-` and `_`.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let anchor = |heading: &str| -> String {
        let heading = heading.trim().to_lowercase().replace(' ', "-");
        let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_');
        heading.chars().filter(is_kept).collect()
    };
    headings.map(anchor).collect()
}

/// Fails unless the file is this; with `UPDATE=1` it is written.
#[track_caller]
pub fn expect_file(name: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let differs = found
        .lines()
        .zip(expected.lines())
        .find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{name} differs from what the program makes (UPDATE=1 cargo test writes it), first here: {differs:?}"
    );
}

#[test]
fn the_page_of_columns_is_what_the_tables_say() {
    expect_file("docs/columns.md", &columns());
}

const INTRODUCTION: &str = "\
# All columns

This page is generated from the tables in `src/kaco/layouts/` and `src/kstar/layout.rs`: `UPDATE=1 cargo test` writes it. Do not
edit it by hand.

A log has the column `datetime` first, then those of the inverter's layout in this order. The shape of the reply picks the layout;
`kaco_ardexa read DEVICE ADDRESS --format json` names it. With `--counters`, the columns of [counters](#counters) follow at the end.
Readings as JSON have the same values under the keys, see [json.md](json.md). A value that could not be read is an empty cell, and `null` in JSON.

An implausible value is written unchanged, with a warning. Ranges are wide, and powers may differ by a quarter of the greater one
and 100 W more, as the values of one reply are not measured at the same instant.

| holds | means |
|---|---|
";

const KINDS: [Kind; 8] = [
    Kind::Status,
    Kind::Measurement,
    Kind::Total,
    Kind::PowerFactor,
    Kind::PowerFactorKind,
    Kind::TypeCode,
    Kind::Mode,
    Kind::Code,
];

/// What a column holds, in a word or two, and what that means.
const fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Status => (
            "state",
            "a text; the number of the state where no text is known",
        ),
        Kind::Measurement => ("measurement", "a number that goes up and down"),
        Kind::Total => (
            "total",
            "a number that only rises, until a new day or a reset takes it to zero",
        ),
        Kind::PowerFactor => ("power factor", "cos phi, the number alone"),
        Kind::PowerFactorKind => (
            "kind of power factor",
            "the letter sent with cos phi: `i` inductive, `c` capacitive, `o`, or nothing",
        ),
        Kind::TypeCode => ("type", "the inverter's type code, without padding"),
        Kind::Mode => (
            "mode",
            "a word; the number of the mode where no word is known",
        ),
        Kind::Code => (
            "code",
            "a number that stands for something: an error, a setting",
        ),
    }
}

/// The whole page.
fn columns() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (word, meaning) in KINDS.map(words) {
        writeln!(page, "| {word} | {meaning} |").unwrap();
    }
    for layout in READINGS.into_iter().chain([&COUNTERS, &KSTAR]) {
        section(&mut page, layout);
    }
    page
}

fn section(page: &mut String, layout: &Layout) {
    let (first, rest) = layout.about.split_at(1);
    let about = first.to_uppercase() + rest;
    writeln!(page, "\n## {}\n\n{about}.\n", layout.name).unwrap();
    writeln!(
        page,
        "| column | JSON key | unit | holds | plausible |\n|---|---|---|---|---|"
    )
    .unwrap();
    for field in layout.fields {
        let Field { label, unit, .. } = field;
        let (key, holds) = (field.key(), words(field.kind).0);
        let (unit, plausible) = (unit.symbol(), rule(field.plausible));
        writeln!(
            page,
            "| {label} | `{key}` | {unit} | {holds} | {plausible} |"
        )
        .unwrap();
    }
}

/// What a number is like when nothing went wrong.
fn rule(plausible: Plausible) -> String {
    match plausible {
        Plausible::Any => String::new(),
        Plausible::Within(low, high) => format!("{low} to {high}"),
        Plausible::Product(voltage, current) => format!("about {voltage} × {current}"),
        Plausible::Sum(labels) => format!("about {}", labels.join(" + ")),
        Plausible::Apparent(pairs, thousandths) => {
            let products = pairs
                .iter()
                .map(|[voltage, current]| format!("{voltage} × {current}"));
            let sum = products.collect::<Vec<_>>().join(" + ");
            match thousandths {
                1000 => format!("at most {sum}"),
                _ => format!(
                    "at most {}.{:03} × ({sum})",
                    thousandths / 1000,
                    thousandths % 1000
                ),
            }
        }
    }
}

#[test]
fn every_kind_has_words_of_its_own() {
    for (index, kind) in KINDS.into_iter().enumerate() {
        let others = KINDS.iter().skip(index + 1);
        assert!(
            others.clone().all(|other| words(*other).0 != words(kind).0),
            "{kind:?}"
        );
    }
    let layouts = READINGS.into_iter().chain([&COUNTERS, &KSTAR]);
    let used = |kind: &Kind| {
        layouts
            .clone()
            .any(|layout| layout.fields.iter().any(|field| field.kind == *kind))
    };
    assert!(KINDS.iter().all(used));
}
