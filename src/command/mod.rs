//! One file a command: asks a source for readings, hands them to outputs.

mod bus;
mod completions;
mod decode;
mod document;
mod kstar;
mod listen;
mod log;
mod man;
mod metrics;
mod outcome;
mod poll;
mod print;
mod progress;
mod publish;
mod read;
mod round;
mod rows;
mod scan;
mod simulate;
mod watch;

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
        Command::Scan(arguments) => scan::run(arguments).await,
        Command::Watch(arguments) => watch::run(arguments).await,
        Command::Listen(arguments) => listen::run(arguments).await,
        Command::Kstar(command) => kstar::run(command).await,
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Simulate(Simulate::Kaco(arguments)) => simulate::kaco(arguments).await,
        Command::Simulate(Simulate::Kstar(arguments)) => simulate::kstar(arguments).await,
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man => man::run(),
    };
    outcome.or_else(Failure::unless_unread)
}
