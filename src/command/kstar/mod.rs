//! The commands for KSTAR inverters: `kstar discover`, `kstar read`, `kstar log`,
//! `kstar watch`.

mod discover;
mod log;
mod nobody;
mod poll;
mod read;
mod targets;
mod watch;

use super::{Exit, Failure};
use crate::cli::Kstar;

/// Runs a command to its end.
///
/// # Errors
/// [`Failure`] with what to tell the user.
pub(super) async fn run(command: Kstar) -> Result<Exit, Failure> {
    match command {
        Kstar::Discover(arguments) => discover::run(arguments).await,
        Kstar::Read(arguments) => read::run(arguments).await,
        Kstar::Log(arguments) => log::run(arguments).await,
        Kstar::Watch(arguments) => watch::run(arguments).await,
    }
}
