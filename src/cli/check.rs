//! What is wrong with a command line although each of its parts is right.

use super::environment::Lazy;
use super::{Command, Explain};
use crate::escape;
use crate::format::explain;
use clap::error::ErrorKind;

/// Checks a command.
///
/// # Errors
/// Wrong usage, in words.
pub(super) fn check(command: &Command, program: &mut clap::Command) -> Result<(), clap::Error> {
    if let Command::Explain(Lazy(asked)) = command
        && let Err(unknown) = explained(asked)
    {
        let asked = escape::printable(asked.asked.join(" ").as_bytes());
        let text = format!("can't explain '{asked}': {unknown}");
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
