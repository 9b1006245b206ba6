//! `completions SHELL`: what a shell needs to complete command lines.

use super::document::print;
use super::{Exit, Failure};
use crate::cli::{Cli, Completions};
use clap::CommandFactory;

/// Prints the script.
///
/// # Errors
/// [`Failure`] if the output can't be written.
pub(super) fn run(arguments: &Completions) -> Result<Exit, Failure> {
    let mut cli = Cli::command();
    let name = cli.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut cli, name, &mut script);
    print(&script)
}
