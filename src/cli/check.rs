//! What is wrong with a command line although each of its parts is right.

use super::{Command, Explain, document};
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
    if let Command::Man(manual) = command
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
