//! Parses the command line and the environment into one checked plan, and prints what is wrong with
//! them.

use super::environment::{COMMANDS, IS_PARSING, unknown_variables};
use super::hints::explained;
use super::plant::{self, Refusal, Typed};
use super::{Cli, check};
use crate::command::plan::Plan;
use crate::command::print::written;
use crate::escape::without_passwords;
use crate::logging::fitted;
use crate::plant_file::Unusable;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command, CommandFactory, Error, FromArgMatches};
use std::env;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// The exit code for usage errors, as the parser defines it.
const WRONG_USAGE: u8 = 2;

/// The plan of a command line and the environment.
#[derive(Debug)]
pub struct Invocation {
    /// How many times `-v` was given.
    pub verbose: u8,
    /// Whether only errors are printed.
    pub quiet: bool,
    /// What looks wrong in the environment.
    pub warnings: Vec<String>,
    /// What is to be done.
    pub plan: Plan,
}

/// Why nothing is done: the help was requested, or the usage is wrong.
#[derive(Debug)]
pub enum Wrong {
    /// Of what was typed.
    Usage(Box<Error>),
    /// In a plant file: a line for each mistake, or why it can't be read.
    File(String),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Usage(Box::new(error))
    }
}

/// The arguments as typed, completed from the environment.
///
/// # Errors
/// What is wrong with it, or the help that was requested.
pub fn parse() -> Result<Invocation, Wrong> {
    IS_PARSING.store(true, Ordering::Relaxed);
    let mut program = Cli::command();
    // Manual pages, completions and the check of variables need the arguments of all commands.
    IS_PARSING.store(false, Ordering::Relaxed);
    let mut matches = matches(&mut program)?;
    // A typed DEVICE counts before the plant file of the environment; the two together are refused.
    if plant::is_overruled(&matches) {
        program = plant::without(program);
        matches = self::matches(&mut program)?;
    }
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))?;
    let (path, leaf) = leaf(&matches);
    check::check(&cli.command, leaf, &mut program)?;
    let warnings = match COMMANDS.contains(&path) {
        true => unknown_variables(),
        false => Vec::new(),
    };
    let plan = cli.command.plan(&Typed::of(&matches));
    let refused = |refusal| match refusal {
        // Without the usage of the command: the mistake is not in what was typed.
        Refusal::File(unusable) => Wrong::File(match unusable {
            Unusable::Unreadable(text) => format!("kaco_ardexa: error: {text}"),
            Unusable::Mistakes(mistakes) => mistakes.to_string(),
        }),
        Refusal::Usage(text) => {
            let name = matches.subcommand_name().unwrap_or_default();
            let command = program.find_subcommand_mut(name);
            let kind = ErrorKind::ValueValidation;
            Wrong::from(match command {
                Some(command) => command.error(kind, text),
                None => Error::raw(kind, text),
            })
        }
    };
    Ok(Invocation {
        warnings,
        verbose: cli.verbose,
        quiet: cli.quiet,
        plan: plan.map_err(refused)?,
    })
}

/// The arguments as typed.
fn matches(program: &mut Command) -> Result<ArgMatches, Error> {
    let matches = program.try_get_matches_from_mut(env::args_os());
    // Only now its command has its arguments: see [`Lazy`].
    matches.map_err(|error| explained(error, takes_plant(program)))
}

/// The command that was typed, and what was typed behind it.
fn leaf(matches: &ArgMatches) -> (&str, &ArgMatches) {
    let mut leaf = ("", matches);
    while let Some(below) = leaf.1.subcommand() {
        leaf = below;
    }
    leaf
}

/// Prints a usage error, or the help that was requested; passwords in URLs are left out.
pub fn explain(wrong: &Wrong) -> ExitCode {
    let error = match wrong {
        Wrong::Usage(error) => error,
        Wrong::File(text) => {
            let _ = write!(stderr(), "{}", fitted(&format!("{text}\n")));
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let rendered = error.render().to_string();
    // On a terminal it would hide what is before it.
    let masked = without_passwords(&rendered).replace('\r', "\\r");
    // Help, on standard output, has the width of the terminal already.
    let shown = match error.use_stderr() {
        true => fitted(&masked),
        false => masked.as_str().into(),
    };
    // The parser prints its own text, in colours; one that was changed here is plain.
    if shown == rendered {
        let printed = error.print().and_then(|()| stdout().flush());
        // A message that can't be printed can't be reported either.
        if !error.use_stderr()
            && let Err(failure) = written(printed)
        {
            let _ = writeln!(stderr(), "kaco_ardexa: error: {failure}");
            return ExitCode::FAILURE;
        }
    } else {
        let _ = write!(stderr(), "{shown}");
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Whether the command that is typed can have a plant file.
fn takes_plant(program: &Command) -> bool {
    // Parsing failed: there are no matches that name the command.
    let mut typed = env::args_os().skip(1);
    let command = typed.find_map(|word| program.find_subcommand(word));
    let mut arguments = command.into_iter().flat_map(Command::get_arguments);
    arguments.any(|argument| argument.get_id() == "plant")
}
