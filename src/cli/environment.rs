//! Arguments and options out of the environment, as services and containers are configured. Each has
//! the variable that its name says; some have those of the C# console `kstar.sharp` too.

use super::{Cli, check};
use crate::command::plan::Plan;
use crate::escape::without_passwords;
use crate::sink::influx;
use crate::sink::mqtt::login::Environment;
use crate::sink::secret::Password;
use crate::watch::look::Look;
use clap::builder::{BoolishValueParser, StyledStr};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command, CommandFactory, Error, FromArgMatches};
use std::env;
use std::ffi::OsString;
use std::io::{Write, stderr};
use std::process::ExitCode;

/// In front of all variables.
const PREFIX: &str = "KACO_ARDEXA_";

/// The commands that machines start, of both families. Others are typed: a search for inverters is
/// not to be led by the configuration of a service.
const COMMANDS: [&str; 3] = ["log", "read", "watch"];

/// Further variables of an option, as the C# console `kstar.sharp` had them; the first that is not
/// empty counts. They hold for every command.
const LEGACY: [(&str, [&str; 2]); 3] = [
    ("ip", ["IP_ADDRESS_INVERTER", "IP"]),
    ("mqtt", ["MQTT_CONNECTION_STRING", "MQTT"]),
    ("silent", ["SILENT_MODE", "SILENT"]),
];

/// The variables of `--mqtt`, for its error.
pub(super) const BROKER_VARIABLES: &str = "KACO_ARDEXA_MQTT, MQTT_CONNECTION_STRING or MQTT";

/// What was typed and what the environment says, as a plan.
#[derive(Debug)]
pub struct Invocation {
    /// How many times `-v` was given.
    pub verbose: u8,
    /// Whether only errors are printed.
    pub quiet: bool,
    /// What is to be done.
    pub plan: Plan,
}

/// What was typed, and what the environment says where nothing was.
///
/// # Errors
/// What is wrong with it, or the help that was asked for.
pub fn parse() -> Result<Invocation, Error> {
    let mut program = with_variables(Cli::command());
    let matches = program
        .try_get_matches_from_mut(env::args_os())
        .map_err(explained)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut program))?;
    check::check(&cli.command, &mut program)?;
    Ok(Invocation {
        verbose: cli.verbose,
        quiet: cli.quiet,
        plan: cli.command.plan(),
    })
}

/// Prints a usage error, or the help that was asked for; passwords in URLs are left out.
pub fn explain(error: &Error) -> ExitCode {
    let rendered = error.render().to_string();
    let masked = without_passwords(&rendered);
    if masked == rendered {
        // A message that can't be printed can't be reported either.
        let _ = error.print();
    } else {
        let _ = write!(stderr(), "{masked}");
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The login of the broker, where its URL has none.
pub(super) fn login() -> Environment {
    Environment {
        user: user("MQTT_USERNAME"),
        password: password("MQTT_PASSWORD"),
    }
}

/// The login of the database, where its URL has none.
pub(super) fn database_login() -> influx::login::Environment {
    influx::login::Environment {
        user: user("INFLUX_USERNAME"),
        password: password("INFLUX_PASSWORD"),
        token: password("INFLUX_TOKEN"),
    }
}

fn user(name: &str) -> Option<String> {
    value(name).map(|user| user.to_string_lossy().into_owned())
}

fn password(name: &str) -> Option<Password> {
    value(name).and_then(|password| Password::new(password.into_encoded_bytes()))
}

/// What the terminal can show.
pub(super) fn look() -> Look {
    let text = |name| value(name).map(|value| value.to_string_lossy().into_owned());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(text);
    let has_no_color = value("NO_COLOR").is_some();
    Look::of(has_no_color, text("TERM").as_deref(), locale.as_deref())
}

/// An empty variable is as good as none: lists of variables often name more than they set.
fn value(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The program with the variables of its arguments, in help too.
pub(super) fn with_variables(command: Command) -> Command {
    let is_started = COMMANDS.contains(&command.get_name());
    command
        .mut_args(|argument| with_variable(argument, is_started))
        .mut_subcommands(with_variables)
}

fn with_variable(argument: Arg, is_started: bool) -> Arg {
    let names = variables(&argument, is_started);
    if names.is_empty() {
        return argument;
    }
    let argument = with_help(argument, &names.join(", "));
    let Some(name) = names.into_iter().find(|name| value(name).is_some()) else {
        return argument;
    };
    let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
    let argument = argument.env(name).hide_env(true);
    if is_switch {
        argument.value_parser(BoolishValueParser::new())
    } else {
        argument
    }
}

fn with_help(argument: Arg, names: &str) -> Arg {
    let more = |help: &StyledStr| format!("{help} [env: {names}]");
    let short = argument.get_help().map(more);
    let long = argument.get_long_help().map(more);
    let argument = match short {
        Some(help) => argument.help(help),
        None => argument,
    };
    match long {
        Some(help) => argument.long_help(help),
        None => argument,
    }
}

/// The variables of an argument, the first that is set counts.
fn variables(argument: &Arg, is_started: bool) -> Vec<String> {
    let own = own_variable(argument).filter(|_| is_started && !argument.is_global_set());
    let legacy = LEGACY
        .iter()
        .find(|(option, _)| argument.get_long() == Some(option));
    let legacy = legacy.into_iter().flat_map(|(_, names)| names);
    own.into_iter()
        .chain(legacy.map(|name| (*name).to_owned()))
        .collect()
}

/// Named after the option, except that DIR is DIR everywhere: `log` and `watch --log` can have the
/// same environment.
fn own_variable(argument: &Arg) -> Option<String> {
    let value = argument.get_value_names().and_then(<[_]>::first);
    let value = value.map(|name| name.as_str());
    let name = value.filter(|name| *name == "DIR");
    name.or(argument.get_long()).or(value).map(named)
}

fn named(name: &str) -> String {
    PREFIX.to_owned() + &name.to_uppercase().replace('-', "_")
}

/// The error; if it is about a value that a variable holds, it names the variable.
fn explained(mut error: Error) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    // `<DEVICE>` or `--pace <DURATION>`
    let argument = text(ContextKind::InvalidArg).split(' ').next();
    let option = argument.unwrap_or_default().trim_matches(['-', '<', '>']);
    let wrong = text(ContextKind::InvalidValue);
    let legacy = LEGACY.iter().find(|(name, _)| *name == option);
    let legacy = legacy.into_iter().flat_map(|(_, names)| names);
    let mut names = std::iter::once(named(option)).chain(legacy.map(|name| (*name).to_owned()));
    let holds = |name: &String| {
        value(name).is_some_and(|held| !wrong.is_empty() && held.to_string_lossy().contains(wrong))
    };
    if let Some(name) = names.find(holds) {
        let tip = StyledStr::from(format!("the environment variable {name} holds this value"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}
