//! Every command that a page tells to type is one that the program understands.

use super::{examples, pages, prose};
use clap::Parser;
use clap::error::ErrorKind;
use kaco_ardexa::cli::Cli;
use std::fs;

/// Words that stand for something to put in their place.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("DEVICE", "/dev/ttyUSB0"),
    ("ADDRESSES", "2,4-7"),
    ("ADDRESS", "2"),
    ("COMMAND", "log"),
];

/// What stands in front of the program's name.
const BEFORE: [&str; 6] = [
    "$ ",
    "sudo ",
    "/usr/local/bin/",
    "/usr/bin/",
    "target/release/",
    "ExecStart=",
];

/// The command lines in a line of a shell: what is between pipes and other signs, if it is the
/// program.
pub fn commands(line: &str) -> Vec<Vec<String>> {
    let line = line.replace("cargo run --release --", "kaco_ardexa");
    let line = line.split(" #").next().unwrap_or_default();
    let line = line.replace("2>&1", "").replace('\\', "");
    let pieces = line.split(['|', ';', '>', '\'', '"']).map(str::trim);
    pieces.filter_map(command).collect()
}

fn command(piece: &str) -> Option<Vec<String>> {
    let mut rest = piece
        .trim_start_matches("*/5 * * * * ")
        .trim_start_matches("*/5 5-22 * * * ");
    while let Some(next) = BEFORE.iter().find_map(|before| rest.strip_prefix(before)) {
        rest = next;
    }
    let mut words = rest.split_whitespace();
    if words.next() != Some("kaco_ardexa") {
        return None;
    }
    let placed = |word: &str| {
        let placed = PLACEHOLDERS.iter().find(|(name, _)| *name == word);
        placed.map_or(word, |(_, value)| value).to_owned()
    };
    let words: Vec<String> = words.filter(|word| *word != "…").map(placed).collect();
    (!words.is_empty()).then_some(words)
}

/// What stands between single backticks.
fn spans(text: &str) -> Vec<&str> {
    prose(text)
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

fn is_understood(words: &[String]) -> Result<(), clap::Error> {
    // As a shell does, at the start of a word only.
    let at_home = |word: &String| match word.strip_prefix("~/") {
        Some(rest) => format!("/home/pi/{rest}"),
        None => word.clone(),
    };
    let typed = ["kaco_ardexa".to_owned()]
        .into_iter()
        .chain(words.iter().map(at_home));
    let Err(error) = Cli::try_parse_from(typed) else {
        return Ok(());
    };
    // A command that is only named, or that has its arguments from variables.
    let is_bare = words
        .iter()
        .all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        ErrorKind::MissingRequiredArgument if is_bare => Ok(()),
        _ => Err(error),
    }
}

#[test]
fn every_command_is_understood() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let lines = examples(&text).into_iter().chain(spans(&text));
        for words in lines.flat_map(commands) {
            count += 1;
            if let Err(error) = is_understood(&words) {
                wrong.push(format!("{}: {}: {error}", page.display(), words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 60, "only {count} commands were found");
}
