//! What is wrong with a command line although each of its parts is right.

use super::environment::Lazy;
use super::{Command, Explain, document};
use crate::escape;
use crate::format::explain;
use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;

/// Options that do nothing without `--mqtt`. In the environment they may stand all the same.
const OF_BROKER: [&str; 2] = ["mqtt_password_file", "mqtt_ca"];

/// Checks a command.
///
/// # Errors
/// Wrong usage, in words.
pub(super) fn check(
    command: &Command,
    matches: &ArgMatches,
    program: &mut clap::Command,
) -> Result<(), clap::Error> {
    let is_typed = |id: &str| {
        let is_option = matches.try_contains_id(id).is_ok_and(|is_set| is_set);
        is_option && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    // A plant file may name the broker.
    let is_set = |id| matches.try_contains_id(id).is_ok_and(|is_set| is_set);
    let has_broker = ["broker", "plant"].into_iter().any(is_set);
    if let Some(id) = OF_BROKER.into_iter().find(|id| is_typed(id) && !has_broker) {
        let option = id.replace('_', "-");
        let text = format!("--{option} has no effect without --mqtt URL");
        return Err(program.error(ErrorKind::MissingRequiredArgument, text));
    }
    if let Command::Explain(Lazy(asked)) = command
        && let Err(unknown) = explained(asked)
    {
        let asked = escape::printable(asked.asked.join(" ").as_bytes());
        let text = format!("can't explain '{asked}': {unknown}");
        return Err(program.error(ErrorKind::InvalidValue, text));
    }
    if let Command::Man(Lazy(manual)) = command
        && document::manual(&manual.command).is_none()
    {
        let named = escape::printable(manual.command.join(" ").as_bytes());
        let text = format!("there is no command '{named}'; `kaco_ardexa --help` lists them");
        return Err(program.error(ErrorKind::InvalidValue, text));
    }
    Ok(())
}

/// The text of `explain`.
pub(super) fn explained(explain: &Explain) -> Result<String, explain::Unknown> {
    match explain.asked.join(" ") {
        asked if asked.trim().is_empty() => Ok(explain::all()),
        asked => explain::explain(&asked),
    }
}
