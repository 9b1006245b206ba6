//! Hints at what may have led to a usage error.

use super::environment::{COMMANDS, legacy_variables, named, unknown_variables, value};
use crate::address::Addresses;
use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::env;
use std::net::Ipv4Addr;

/// The error, with what may have led to it: the variable that holds a wrong value, a variable that
/// is misspelt, addresses with blanks between them.
pub(super) fn explained(mut error: Error, takes_plant: bool) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    // `[DEVICE]` or `--pace <DURATION>`
    let argument = text(ContextKind::InvalidArg);
    let option = argument.split(' ').next().unwrap_or_default();
    let option = option.trim_matches(['-', '<', '>', '[', ']']);
    // An argument that only a plant file stands in for is shown as what it is: needed.
    let is_needed = takes_plant && argument.starts_with('[');
    let needed = is_needed.then(|| format!("<{option}>"));
    let wrong = text(ContextKind::InvalidValue);
    let mut names = std::iter::once(named(option)).chain(legacy_variables(option));
    // Of a list the parser names the part that is wrong, so the variable can hold more.
    let holds = |name: &String| {
        value(name).is_some_and(|held| !wrong.is_empty() && held.to_string_lossy().contains(wrong))
    };
    let tips = match error.kind() {
        ErrorKind::MissingRequiredArgument if is_started() => unknown_variables(),
        ErrorKind::UnknownArgument if !argument.starts_with('-') => {
            meant(argument).into_iter().collect()
        }
        _ => Vec::from_iter(names.find(holds).map(|name| {
            // Only a switch is shown without a value.
            let choice = if argument.contains('<') || argument.contains('[') {
                ""
            } else {
                "; write yes or no"
            };
            format!("the environment variable {name} holds this value{choice}")
        })),
    };
    if !tips.is_empty() {
        let tips = tips.into_iter().map(StyledStr::from).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    if let Some(needed) = needed {
        error.insert(ContextKind::InvalidArg, ContextValue::String(needed));
    }
    error
}

fn typed() -> impl Iterator<Item = String> {
    env::args_os().map(|word| word.to_string_lossy().into_owned())
}

/// Whether the command is one that has variables.
fn is_started() -> bool {
    typed().any(|word| COMMANDS.contains(&word.as_str()))
}

/// How a word that no argument takes was probably meant: addresses with blanks between them,
/// `2 4-7` or `2, 4`, the address of a KSTAR inverter, the directory of a watch.
fn meant(word: &str) -> Option<String> {
    let typed: Vec<String> = typed().collect();
    let has = |name: &str| typed.iter().any(|word| word == name);
    let is_address = |word: &String| word.parse::<Addresses>().is_ok();
    let mut runs = typed.chunk_by(|one, next| is_address(one) && is_address(next));
    let run = runs.find(|run| run.len() > 1);
    match run.and_then(|run| run.join(",").parse::<Addresses>().ok()) {
        Some(joined) => Some(format!("addresses are written without blanks: {joined}")),
        None if has("kstar") && word.parse::<Ipv4Addr>().is_ok() => {
            Some(format!("an inverter is named with --ip {word}"))
        }
        None => has("watch").then(|| format!("rows are logged with --log {word}")),
    }
}
