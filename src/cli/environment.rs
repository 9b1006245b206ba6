//! Arguments and options from the environment, as services and containers are configured. Each has
//! a variable named after it; some also have those of the C# console `kstar.sharp`.

use super::Cli;
use crate::escape::printable;
use crate::format::look::{Look, Medium};
use crate::sink::influx;
use crate::sink::mqtt::login::LoginVariables;
use crate::sink::secret::Password;
use clap::builder::{BoolishValueParser, Resettable, StyledStr};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory, Error, FromArgMatches};
use crossterm::terminal;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

/// The prefix of all variables.
const PREFIX: &str = "KACO_ARDEXA_";

/// Read when the program is built: see [`super::version`].
const COMMIT: &str = "KACO_ARDEXA_COMMIT";

/// The commands that machines start, of both families. Others are typed: a search for inverters is
/// not to be led by the configuration of a service.
pub(super) const COMMANDS: [&str; 4] = ["log", "read", "watch", "health"];

/// Further variables of an option, as the C# console `kstar.sharp` had them; the first that is not
/// empty counts. They hold for every command.
const LEGACY: [(&str, [&str; 2]); 3] = [
    ("ip", ["IP_ADDRESS_INVERTER", "IP"]),
    ("mqtt", ["MQTT_CONNECTION_STRING", "MQTT"]),
    ("silent", ["SILENT_MODE", "SILENT"]),
];

/// The variables of `--mqtt`, for its error.
pub(super) const BROKER_VARIABLES: &str = "KACO_ARDEXA_MQTT, MQTT_CONNECTION_STRING or MQTT";

/// Warnings about variables with our prefix that no option has: a misspelt one has no effect.
pub(super) fn unknown_variables() -> Vec<String> {
    let set = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let ours = set.filter(|name| name.starts_with(PREFIX) && name != COMMIT);
    let mut unknown: Vec<String> = ours.collect();
    if unknown.is_empty() {
        // The arguments of all commands need not be defined.
        return unknown;
    }
    let known = all_variables(&Cli::command(), false);
    unknown.retain(|name| !known.contains(name));
    unknown.sort_unstable();
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
fn all_variables(command: &Command, is_started: bool) -> BTreeSet<String> {
    let own = command
        .get_arguments()
        .flat_map(|argument| variables(argument, is_started));
    let below = command.get_subcommands().flat_map(|below| {
        let is_started = COMMANDS.contains(&below.get_name());
        all_variables(below, is_started)
    });
    own.chain(below).collect()
}

/// The login of the broker, where its URL has none.
pub(super) fn login() -> LoginVariables {
    LoginVariables {
        user: user("MQTT_USERNAME"),
        password: password("MQTT_PASSWORD"),
    }
}

/// The login of the database, where its URL has none.
pub(super) fn database_login() -> influx::login::DatabaseVariables {
    influx::login::DatabaseVariables {
        user: user("INFLUX_USERNAME"),
        password: password("INFLUX_PASSWORD"),
        token: password("INFLUX_TOKEN"),
    }
}

fn user(name: &str) -> Option<String> {
    let user = value(name)?;
    // As at the end of a line of a file of Windows; so below.
    let user = user.to_string_lossy().trim_end_matches('\r').to_owned();
    Some(user).filter(|user| !user.is_empty())
}

fn password(name: &str) -> Option<Password> {
    // A password can be any bytes: what is not UTF-8 must not be replaced.
    let mut bytes = value(name)?.into_encoded_bytes();
    bytes.pop_if(|byte| *byte == b'\r');
    Password::new(bytes)
}

/// What the terminal can show.
pub(super) fn look() -> Look {
    let text = |name| value(name).map(|value| value.to_string_lossy().into_owned());
    // The order of POSIX.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(text);
    let has_no_color = value("NO_COLOR").is_some();
    Look::of(has_no_color, text("TERM").as_deref(), locale.as_deref())
}

/// The width and look of the terminal on standard output; no width if it is not a terminal.
pub(super) fn medium() -> Medium {
    if !stdout().is_terminal() {
        return Medium::default();
    }
    let typed = value("COLUMNS").and_then(|columns| columns.to_str()?.trim().parse().ok());
    let size = || Some(terminal::size().ok()?.0);
    // A serial console does not know its width and reports 0.
    let is_wide = |width: &u16| *width > 0;
    let width = typed.filter(is_wide).or_else(|| size().filter(is_wide));
    let look = look();
    Medium {
        width: Some(width.unwrap_or(80)),
        look: Look {
            // A table without colours is plain text.
            is_unicode: look.is_unicode && look.has_color,
            ..look
        },
    }
}

/// An empty variable counts as unset: lists of variables often name more than they set.
pub(super) fn value(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Set while the program is defined to parse a command line.
pub(super) static IS_PARSING: AtomicBool = AtomicBool::new(false);

/// The arguments of one command. To parse a command line they are defined, with their variables,
/// for the command at hand only: those of all commands would be a twentieth of the memory of a run.
#[derive(Debug)]
pub(crate) struct Lazy<T>(pub(crate) T);

impl<T: Args> Args for Lazy<T> {
    fn augment_args(command: Command) -> Command {
        if !IS_PARSING.load(Ordering::Relaxed) {
            return T::augment_args(command);
        }
        command.defer(|command| {
            // The command's own, which its arguments would replace by theirs.
            let about = Resettable::from(command.get_about().cloned());
            let long_about = Resettable::from(command.get_long_about().cloned());
            let command = T::augment_args(command).about(about);
            with_variables(command.long_about(long_about))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Lazy<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// The command with the variables of its arguments, in help too.
fn with_variables(command: Command) -> Command {
    let is_started = COMMANDS.contains(&command.get_name());
    command.mut_args(|argument| with_variable(argument, is_started))
}

fn with_variable(argument: Arg, is_started: bool) -> Arg {
    let names = variables(&argument, is_started);
    if names.is_empty() {
        return argument;
    }
    let argument = with_help(argument, &names.join(", "));
    // The parser takes one variable per argument: it gets the first that is set.
    let Some(name) = names.into_iter().find(|name| value(name).is_some()) else {
        return argument;
    };
    let is_switch = matches!(argument.get_action(), ArgAction::SetTrue);
    // Hidden: the parser would print its value too, which may be a password. The help above names
    // it.
    let argument = argument.env(name).hide_env(true);
    if is_switch {
        // The usual parser of a switch takes no other words than true and false.
        argument.value_parser(BoolishValueParser::new())
    } else {
        argument
    }
}

fn with_help(argument: Arg, names: &str) -> Arg {
    let more = |help: &StyledStr| StyledStr::from(format!("{} [env: {names}]", help.ansi()));
    let short = Resettable::from(argument.get_help().map(more));
    let long = Resettable::from(argument.get_long_help().map(more));
    argument.help(short).long_help(long)
}

/// The variables of an argument, the first that is set counts.
fn variables(argument: &Arg, is_started: bool) -> Vec<String> {
    let own = own_variable(argument).filter(|_| is_started && !argument.is_global_set());
    let legacy = argument.get_long().into_iter().flat_map(legacy_variables);
    own.into_iter().chain(legacy).collect()
}

/// The further variables of an option.
pub(super) fn legacy_variables(option: &str) -> impl Iterator<Item = String> + use<> {
    let names = LEGACY.iter().find(|(name, _)| *name == option);
    let names = names.into_iter().flat_map(|(_, names)| names);
    names.map(|name| (*name).to_owned())
}

/// Named after the option, except that DIR is DIR everywhere: `log` and `watch --log` can have the
/// same environment.
fn own_variable(argument: &Arg) -> Option<String> {
    let value = argument.get_value_names().and_then(<[_]>::first);
    let value = value.map(|name| name.as_str());
    let name = value.filter(|name| *name == "DIR");
    name.or(argument.get_long()).or(value).map(named)
}

/// The variable of an option.
pub(super) fn named(name: &str) -> String {
    PREFIX.to_owned() + &name.to_uppercase().replace('-', "_")
}
