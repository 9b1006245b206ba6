//! One file a command: asks a source for readings, hands them to outputs.

mod bus;
mod completions;
mod decode;
mod document;
pub mod history;
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
mod stop;
mod watch;

pub use outcome::{Exit, Failure};
pub use stop::Signal;

use crate::cli::{Command, Simulate};
use stop::Stop;

/// Runs a command to its end.
///
/// # Errors
/// [`Failure`] with what to tell the user.
pub async fn run(command: Command) -> Result<Exit, Failure> {
    let outcome = match command {
        Command::Log(arguments) => Stop::listen()?.interrupts(log::run(arguments)).await,
        Command::Read(arguments) => Stop::listen()?.interrupts(read::run(arguments)).await,
        Command::Scan(arguments) => Stop::listen()?.interrupts(scan::run(arguments)).await,
        Command::Watch(arguments) => watch::run(arguments, Stop::listen()?).await,
        Command::Listen(arguments) => Stop::listen()?.ends(listen::run(arguments)).await,
        Command::Kstar(command) => kstar::run(command, Stop::listen()?).await,
        Command::Simulate(Simulate::Kaco(arguments)) => {
            Stop::listen()?.ends(simulate::kaco(arguments)).await
        }
        Command::Simulate(Simulate::Kstar(arguments)) => {
            Stop::listen()?.ends(simulate::kstar(arguments)).await
        }
        // These wait for nobody; a signal ends them as it ends any program.
        Command::Decode(arguments) => decode::run(&arguments),
        Command::History(arguments) => history::run(&arguments.plan()),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man => man::run(),
    };
    outcome.or_else(Failure::unless_unread)
}
