//! The commands for KSTAR inverters: `kstar discover`, `kstar read`, `kstar log`,
//! `kstar watch`.

mod discover;
mod log;
mod nobody;
mod poll;
mod read;
mod targets;
mod watch;

use super::stop::Stop;
use super::{Exit, Failure};
use crate::cli::Kstar;

/// Runs a command to its end.
///
/// # Errors
/// [`Failure`] with what to tell the user.
pub(super) async fn run(command: Kstar, stop: Stop) -> Result<Exit, Failure> {
    match command {
        Kstar::Discover(arguments) => stop.interrupts(discover::run(arguments)).await,
        Kstar::Read(arguments) => stop.interrupts(read::run(arguments)).await,
        Kstar::Log(arguments) => stop.interrupts(log::run(arguments)).await,
        Kstar::Watch(arguments) => watch::run(arguments, stop).await,
    }
}
