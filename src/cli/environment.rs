//! Arguments and options out of the environment, as services and containers are told what to do. Each has the variable that
//! its name says, so none is listed here.

use super::Cli;
use clap::builder::{FalseyValueParser, StyledStr};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command, CommandFactory, Error, FromArgMatches};
use std::env;

/// In front of all variables.
const PREFIX: &str = "KACO_ARDEXA_";

/// The commands that machines start, of both families. Others are typed: a search for inverters is not to be led by what a
/// service knows.
const COMMANDS: [&str; 3] = ["log", "read", "watch"];

/// What was typed, and what the environment says where nothing was.
///
/// # Errors
/// What is wrong with it, or the help that was asked for.
pub fn parse() -> Result<Cli, Error> {
    let mut program = with_variables(Cli::command());
    let matches = program
        .try_get_matches_from_mut(env::args_os())
        .map_err(explained)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
}

fn with_variables(command: Command) -> Command {
    let command = if COMMANDS.contains(&command.get_name()) {
        command.mut_args(with_variable)
    } else {
        command
    };
    command.mut_subcommands(with_variables)
}

/// An empty variable is as good as none: lists of variables often name more than they set.
fn with_variable(argument: Arg) -> Arg {
    let is_set = |name: &String| env::var_os(name).is_some_and(|value| !value.is_empty());
    let Some(name) = variable(&argument).filter(is_set) else {
        return argument;
    };
    let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
    let argument = argument.env(name).hide_env(true);
    if is_switch {
        argument.value_parser(FalseyValueParser::new())
    } else {
        argument
    }
}

/// The variable of an argument. Named after the option, except that DIR is DIR everywhere: `log` and `watch --log` can have
/// the same environment.
fn variable(argument: &Arg) -> Option<String> {
    let value = argument.get_value_names().and_then(<[_]>::first);
    let value = value.map(|name| name.as_str());
    let name = value.filter(|name| *name == "DIR");
    name.or(argument.get_long()).or(value).map(named)
}

fn named(name: &str) -> String {
    PREFIX.to_owned() + &name.to_uppercase().replace('-', "_")
}

/// The error; if it is about a value that a variable holds, it says so.
fn explained(mut error: Error) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    // `<DEVICE>` or `--pace <DURATION>`
    let argument = text(ContextKind::InvalidArg).split(' ').next();
    let name = named(argument.unwrap_or_default().trim_matches(['-', '<', '>']));
    let value = text(ContextKind::InvalidValue);
    if env::var(&name).is_ok_and(|held| !value.is_empty() && held.contains(value)) {
        let tip = StyledStr::from(format!("the environment variable {name} says so"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}
