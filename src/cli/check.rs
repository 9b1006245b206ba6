//! What is wrong with a command line although each of its parts is right.

use super::{Command, Explain, Simulate};
use crate::escape;
use crate::format::explain;
use clap::error::ErrorKind;

/// Checks a command.
///
/// # Errors
/// Wrong usage, in words.
pub(super) fn check(command: &Command, program: &mut clap::Command) -> Result<(), clap::Error> {
    if let Command::Explain(asked) = command
        && let Err(unknown) = explained(asked)
    {
        let asked = escape::printable(asked.asked.join(" ").as_bytes());
        let text = format!("can't explain '{asked}': {unknown}");
        return Err(program.error(ErrorKind::InvalidValue, text));
    }
    if let Command::Simulate(Simulate::Plants(plants)) = command
        && plants.publishing.broker.is_none()
        && plants.pushing.database.is_none()
    {
        let text = "nobody would get the readings: give --mqtt or --influx";
        return Err(program.error(ErrorKind::MissingRequiredArgument, text));
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
