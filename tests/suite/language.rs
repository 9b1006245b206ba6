//! The mechanical rules of the language: words that the code and the pages do not use, and the
//! width of the source lines.

use crate::support::sources::sources;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Words for persons, used for machines, and phrases with a plainer equivalent.
const FORBIDDEN: [&str; 15] = [
    "whoever",
    "nobody",
    "somebody",
    "can't be had",
    "in place of",
    "takes the place of",
    "take the place of",
    "takes its place",
    "puts right",
    "puts it right",
    "to put right",
    "a row each",
    "a line each",
    "one row each",
    "one line each",
];

/// Words behind `is no` that need it.
const AFTER_NO: [&str; 4] = ["longer", "more", "less", "better"];

/// The most columns of a source line.
const WIDTH: usize = 100;

fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || "_'-".contains(character)
}

/// The text in one line and in lower case, without the signs of comments.
fn prose(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches(['/', '!']));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").to_lowercase()
}

/// Where these words stand on their own: the text before and the text behind.
fn places<'text>(
    text: &'text str,
    words: &'text str,
) -> impl Iterator<Item = (&'text str, &'text str)> {
    let around = text.match_indices(words).map(|(start, words)| {
        let (before, behind) = text.split_at(start);
        (before, behind.strip_prefix(words).unwrap())
    });
    around.filter(|(before, behind)| !before.ends_with(is_letter) && !behind.starts_with(is_letter))
}

/// `an inverter is no master`, but not `there is no master` or `it is no longer one`.
fn is_odd_negation((before, behind): &(&str, &str)) -> bool {
    let there = before.trim_end().rsplit(' ').next();
    let next = behind
        .trim_start()
        .split(|letter| !is_letter(letter))
        .next();
    !there.is_some_and(|word| word.ends_with("there"))
        && !next.is_some_and(|word| AFTER_NO.contains(&word))
}

/// What breaks the rules in a text, with the words around it.
fn offences(text: &str, forbidden: &[&str]) -> Vec<String> {
    let text = prose(text);
    let plain = forbidden
        .iter()
        .flat_map(|words| places(&text, words).map(move |place| (*words, place)));
    let negations = ["is no", "are no", "was no", "were no"]
        .into_iter()
        .flat_map(|words| places(&text, words).map(move |place| (words, place)))
        .filter(|(_, place)| is_odd_negation(place));
    let shown = |(words, (before, behind)): (&str, (&str, &str))| {
        let start = before
            .char_indices()
            .rev()
            .nth(30)
            .map_or(0, |(start, _)| start);
        let end = behind
            .char_indices()
            .nth(30)
            .map_or(behind.len(), |(end, _)| end);
        let [before, behind] = [before.get(start..), behind.get(..end)].map(Option::unwrap);
        format!("`{words}` in `{before}{words}{behind}`")
    };
    plain.chain(negations).map(shown).collect()
}

/// A page without its blocks of code, which may quote anything.
fn without_code(page: &str) -> String {
    let outside = page.split("```").step_by(2);
    outside.collect()
}

#[test]
fn offences_are_found_and_plain_words_are_not() {
    for text in [
        "/// Asks\n/// whoever answers.",
        "An inverter is no master",
        "These\nare no replies",
        "the port can't be had",
        "in place\n    // of the file",
    ] {
        assert_eq!(offences(text, &FORBIDDEN).len(), 1, "{text}");
    }
    for text in [
        "if there is no reply",
        "There are no rows",
        "it is no longer there",
        "instead of the file, in place",
        "is none, is not one, is nowhere",
    ] {
        assert_eq!(offences(text, &FORBIDDEN), [""; 0], "{text}");
    }
}

/// Fails if one of these texts breaks the rules; names all places.
#[track_caller]
fn expect_plain_words(texts: impl Iterator<Item = (PathBuf, String)>, forbidden: &[&str]) {
    let offences: Vec<String> = texts
        .flat_map(|(path, text)| {
            let offences = offences(&text, forbidden).into_iter();
            offences.map(move |offence| format!("{}: {offence}", path.display()))
        })
        .collect();
    assert!(offences.is_empty(), "{offences:#?}");
}

fn read(path: PathBuf) -> (PathBuf, String) {
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

#[test]
fn code_is_written_in_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut forbidden = FORBIDDEN.to_vec();
    // In pages these can be persons.
    forbidden.extend(["who", "whom"]);
    expect_plain_words(sources(&root).into_iter().map(read), &forbidden);
}

#[test]
fn pages_are_written_in_plain_words() {
    let is_german =
        |path: &PathBuf| path.ends_with("README.de.md") || path.iter().any(|part| part == "de");
    let mut pages = crate::docs::pages();
    pages.retain(|page| !is_german(page));
    let texts = pages.into_iter().map(read);
    let prose = texts.map(|(path, page)| (path, without_code(&page)));
    expect_plain_words(prose, &FORBIDDEN);
}

/// The name of the type that a line begins to define.
fn defined_type(line: &str) -> Option<&str> {
    let behind = match line.strip_prefix("pub(") {
        Some(scope) => scope.split_once(") ")?.1,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let (kind, rest) = behind.split_once(' ')?;
    let name = rest
        .split(|letter: char| !letter.is_alphanumeric())
        .next()?;
    ["struct", "enum", "trait", "type"]
        .contains(&kind)
        .then_some(name)
}

#[test]
fn a_name_of_a_type_is_used_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources(&root).into_iter().map(read) {
        // What is indented belongs to a trait, a function or a module of tests.
        for name in text.lines().filter_map(defined_type) {
            let place = path.strip_prefix(&root).unwrap().display().to_string();
            places.entry(name.to_owned()).or_default().push(place);
        }
    }
    assert!(places.len() > 300, "only {} types", places.len());
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn names_of_functions_are_plain_words_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "tests/suite", "tests/faults"];
    let files = folders
        .iter()
        .flat_map(|folder| sources(&root.join(folder)));
    let persons = ["who", "whom", "whoever", "nobody", "somebody", "everybody"];
    let mut named = Vec::new();
    for (path, text) in files.map(read) {
        for (before, behind) in places(&text, "fn") {
            let is_code = before.ends_with([' ', '\n']) && behind.starts_with(' ');
            let name = behind
                .trim_start()
                .split(|letter| !is_letter(letter))
                .next();
            let words = name.into_iter().flat_map(|name| name.split('_'));
            if is_code && words.into_iter().any(|word| persons.contains(&word)) {
                named.push(format!("{}: {}", path.display(), name.unwrap()));
            }
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn source_lines_are_at_most_100_columns_wide() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wide = Vec::new();
    for path in sources(&root) {
        let text = fs::read_to_string(&path).unwrap();
        let mut is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        for (line, number) in text.lines().zip(1..) {
            is_test |= line.trim() == "#[cfg(test)]";
            // Captures and expected texts are compared more easily in one piece.
            let is_literal = is_test && line.contains('"');
            if !is_literal && line.chars().count() > WIDTH {
                wide.push(format!("{}:{number}", path.display()));
            }
        }
    }
    assert!(wide.is_empty(), "{wide:#?}");
}
