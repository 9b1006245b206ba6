//! Checks a command line whose arguments are valid one by one.

use super::environment::Lazy;
use super::simulate::Simulate;
use super::{CliCommand, Explain, document};
use crate::escape;
use crate::format::explain;
use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;

/// An option, and those that have no effect without it; variables may set these all the same.
const PARTS: [(&str, &str, &[&str]); 2] = [
    (
        "broker",
        "--mqtt",
        &["mqtt_password_file", "mqtt_ca", "mqtt_cert", "mqtt_prefix"],
    ),
    (
        "database",
        "--influx",
        &[
            "influx_password_file",
            "influx_token_file",
            "influx_ca",
            "influx_since",
        ],
    ),
];

/// Checks a command.
pub(super) fn check(
    command: &CliCommand,
    matches: &ArgMatches,
    program: &mut clap::Command,
) -> Result<(), clap::Error> {
    // One file of variables can serve commands with a broker and without: only what is typed is
    // wrong.
    let is_typed = |id: &str| {
        // Without this check the parser panics in debug builds at an option that the command lacks.
        let is_option = matches.try_contains_id(id).is_ok_and(|is_set| is_set);
        is_option && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    // A plant file may name broker and database.
    let is_set = |id| matches.try_contains_id(id).is_ok_and(|is_set| is_set);
    for (whole, shown, parts) in PARTS {
        let has_it = [whole, "plant"].into_iter().any(is_set);
        if let Some(id) = parts.iter().find(|id| is_typed(id) && !has_it) {
            let option = id.replace('_', "-");
            let text = format!("--{option} has no effect without {shown} URL");
            return Err(program.error(ErrorKind::MissingRequiredArgument, text));
        }
    }
    // Several words make one text, of which the parser of a value sees one.
    if let CliCommand::Explain(Lazy(explain)) = command
        && let Err(unknown) = explained(explain)
    {
        let words = escape::printable(explain.words.join(" ").as_bytes());
        let text = format!("can't explain '{words}': {unknown}");
        return Err(program.error(ErrorKind::InvalidValue, text));
    }
    if let CliCommand::Simulate(Simulate::Plants(plants)) = command
        && plants.0.publishing.broker.is_none()
        && plants.0.pushing.database.is_none()
    {
        let text = "the readings would go nowhere: give --mqtt or --influx";
        return Err(program.error(ErrorKind::MissingRequiredArgument, text));
    }
    if let CliCommand::Man(Lazy(manual)) = command
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
    match explain.words.join(" ") {
        words if words.trim().is_empty() => Ok(explain::all()),
        words => explain::explain(&words),
    }
}
