//! Variables that look like ours and are not: a typing error would pass unnoticed.

use super::environment::{self, COMMANDS, PREFIX};
use crate::escape::printable;
use clap::Command;
use std::collections::BTreeSet;
use std::env;

/// Read when the program is built: see [`super::version`].
const COMMIT: &str = "KACO_ARDEXA_COMMIT";

/// A warning for each variable with our prefix that no option has.
pub(super) fn variables(program: &Command) -> Vec<String> {
    let known = known_variables(program, false);
    let set = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut unknown: Vec<String> = set
        .filter(|name| name.starts_with(PREFIX) && name != COMMIT && !known.contains(name))
        .collect();
    unknown.sort();
    let warning = |name: String| {
        let nearest = known
            .iter()
            .map(|one| (strsim::damerau_levenshtein(one, &name), one))
            .filter(|(distance, _)| *distance <= 3)
            .min();
        let meant = nearest.map(|(_, one)| format!("; did you mean {one}"));
        let name = printable(name.as_bytes());
        format!(
            "no option has the environment variable {name}{}",
            meant.unwrap_or_default()
        )
    };
    unknown.into_iter().map(warning).collect()
}

/// The variables of all options, here and below.
fn known_variables(command: &Command, is_started: bool) -> BTreeSet<String> {
    let own = command
        .get_arguments()
        .flat_map(|argument| environment::variables(argument, is_started));
    let below = command.get_subcommands().flat_map(|below| {
        let is_started = COMMANDS.contains(&below.get_name());
        known_variables(below, is_started)
    });
    own.chain(below).collect()
}
