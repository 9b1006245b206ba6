//! One file a command: asks a source for readings, hands them to outputs.

mod decode;
mod log;
mod outcome;
mod poll;
mod read;
mod simulate;

pub use outcome::{Exit, Failure};

use crate::cli::{Command, Simulate};

/// Runs a command to its end.
///
/// # Errors
/// [`Failure`] with what to tell the user.
pub async fn run(command: Command) -> Result<Exit, Failure> {
    let outcome = match command {
        Command::Log(arguments) => log::run(arguments).await,
        Command::Read(arguments) => read::run(arguments).await,
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Simulate(Simulate::Kaco(arguments)) => simulate::kaco(arguments).await,
    };
    outcome.or_else(Failure::unless_unread)
}
