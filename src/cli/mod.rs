//! The command line, and the checked plan that is made of it. Every environment variable is
//! resolved here.

mod check;
mod document;
mod environment;
mod filling;
mod forget;
mod formats;
mod hints;
mod history;
mod kaco;
mod kstar;
mod outputs;
mod parse;
mod plan;
mod plant;
mod polling;
mod publishing;
mod pushing;
mod simulate;
mod url;
mod version;
mod watching;

pub use parse::{explain, parse};

use crate::sink::http_at;
use clap::{ArgAction, Args, Parser, Subcommand};
use environment::Lazy;
use formats::TypedListFormat;
use history::History;
use kaco::{Listen, Log, Ping, Read, Scan, Watch};
use kstar::Kstar;
use simulate::Simulate;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Polls KACO inverters over RS485 and KSTAR inverters over WiFi, and logs their readings.
///
/// Each inverter gets a folder with one CSV file a day and `latest.csv`. The program only ever
/// reads: no command changes anything in an inverter.
///
/// Arguments and options of log, read and watch can also be environment variables:
/// KACO_ARDEXA_DEVICE, KACO_ARDEXA_PACE and so on.
#[derive(Debug, Parser)]
#[command(name = "kaco_ardexa", version = version::version(), max_term_width = 100)]
#[command(after_help = "Without hardware: kaco_ardexa read sim: 2,4-7")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: CliCommand,

    /// Print more: -v what happens, -vv every exchange, -vvv everything.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,

    /// Print errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Contact each inverter and log the latest readings
    ///
    /// Appends one row for each inverter to DIR/02/2026-11-20.csv (address, date) and shows the
    /// same in DIR/02/latest.csv. Prints nothing when all is well, except on a terminal.
    // The parser's own usage shows what a plant file can replace as optional, [DEVICE] [ADDRESSES].
    #[command(
        override_usage = "kaco_ardexa log [OPTIONS] <DEVICE> <ADDRESSES> <DIR>\n\
            \x20      kaco_ardexa log [OPTIONS] --plant <FILE> [DIR]"
    )]
    #[command(after_help = "Example: kaco_ardexa log /dev/ttyUSB0 2,4-7 /opt/ardexa/kaco/logs")]
    Log(Lazy<Log>),
    /// Contact each inverter and print the latest readings
    #[command(override_usage = "kaco_ardexa read [OPTIONS] <DEVICE> <ADDRESSES>\n\
            \x20      kaco_ardexa read [OPTIONS] --plant <FILE>")]
    #[command(after_help = "Example: kaco_ardexa read /dev/ttyUSB0 2 --format json")]
    Read(Lazy<Read>),
    /// Find the inverters on a bus
    ///
    /// Polls every address and queries each inverter that answers for type, model, firmware and
    /// serial number. If none answers, it prints what to check.
    #[command(after_help = "Example: kaco_ardexa scan /dev/ttyUSB0")]
    Scan(Lazy<Scan>),
    /// Measure how reliably inverters reply
    ///
    /// Requests the readings of each inverter --count times, without a second attempt. Prints how
    /// many replies were good, garbled, missing or late, how long they took, and what that means;
    /// after Ctrl-C too.
    #[command(after_help = "Example: kaco_ardexa ping /dev/ttyUSB0 2,4-7 --count 50")]
    Ping(Lazy<Ping>),
    /// Keep polling: a live page on a terminal, a line for each change elsewhere
    ///
    /// Silent inverters are polled once a minute until they wake. A device that is missing is
    /// waited for. Keys: ? shows them all, q quits. Exits with 1 if anything failed meanwhile, as
    /// `log` does.
    #[command(override_usage = "kaco_ardexa watch [OPTIONS] <DEVICE> <ADDRESSES>\n\
            \x20      kaco_ardexa watch [OPTIONS] --plant <FILE>")]
    #[command(
        after_help = "Example: kaco_ardexa watch /dev/ttyUSB0 2,4-7 --log /opt/ardexa/kaco/logs"
    )]
    Watch(Lazy<Watch>),
    /// Check a plant file, and show what it polls
    ///
    /// Buses, inverters, folders, topics, SunSpec units, and how long a round takes. Looks at
    /// devices, directories, password and certificates of this machine, and opens no bus. Exits
    /// with 2 for mistakes in the file, with 1 for what is wrong on the machine: run it as the user
    /// of the service.
    #[command(after_help = "Example: kaco_ardexa check /etc/kaco_ardexa/plant.toml")]
    Check(Lazy<Check>),
    /// Show what passes on the bus, sending nothing
    ///
    /// Requests of another master, replies decoded, everything else as bytes, with times. Until
    /// Ctrl-C, which prints counts per address. Into a file or pipe, lines of replies end with
    /// their bytes, for decode.
    #[command(after_help = "Example: kaco_ardexa listen /dev/ttyUSB0")]
    Listen(Lazy<Listen>),
    /// KSTAR hybrid inverters, over the network
    #[command(subcommand)]
    Kstar(Kstar),
    /// Show the logs: days, months, years, inverters compared
    ///
    /// Numbers, and on a terminal a picture; with -o as a file. Reads the CSV files of log, watch
    /// and the Python program, and changes nothing in DIR: it can run beside a log or watch.
    #[command(after_help = "Example: kaco_ardexa history /opt/ardexa/kaco/logs --month 2026-05")]
    History(Lazy<History>),
    /// Check that a running watch --http is healthy
    ///
    /// Prints nothing and exits with 0 if rounds end and every link works, else with 1 and the
    /// reason. Without an address there is nothing to check, and it exits with 0.
    #[command(after_help = "Example: kaco_ardexa health --http 127.0.0.1:8080")]
    Health(Lazy<Health>),
    /// Decode captured replies, one per line: hex, recordings, what listen printed
    ///
    /// Replies of KACO and KSTAR inverters, and answers of WiFi modules; each is recognised by what
    /// it is. Lines can be hex, JSON lines of --record, or lines that listen wrote into a file.
    /// Lines that are empty or start with `#`, and requests, are skipped. Exits with 1 if a line is
    /// not a valid reply.
    #[command(after_help = "Example: echo 0a2a3031392036343030786920af0d | kaco_ardexa decode")]
    Decode(Lazy<Decode>),
    /// Remove the Home Assistant announcements of inverters that are gone
    ///
    /// Removes the retained announcements of these inverters from the broker; Home Assistant
    /// removes their entities at once. A later run with --mqtt announces an inverter again.
    #[command(after_help = "Example: kaco_ardexa mqtt-forget --mqtt host 02 simulated")]
    MqttForget(Lazy<forget::Forget>),
    /// Play inverters, to try out everything around the program
    #[command(subcommand)]
    Simulate(Simulate),
    /// Explain a status code, a status text or a KSTAR error, and what to do
    ///
    /// All of them without an argument. `kstar 513` is the number in the column Error Codes of a
    /// KSTAR inverter.
    #[command(after_help = "Example: kaco_ardexa explain 19")]
    Explain(Lazy<Explain>),
    /// Print a script that completes command lines in a shell
    #[command(
        after_help = "Example: mkdir -p ~/.local/share/bash-completion/completions && \
            kaco_ardexa completions bash > ~/.local/share/bash-completion/completions/kaco_ardexa"
    )]
    Completions(Lazy<Completions>),
    /// Print the manual page
    ///
    /// All commands on one page; with COMMAND the page of that command.
    #[command(after_help = "Example: kaco_ardexa man kstar log | man -l -")]
    Man(Lazy<Manual>),
}

/// `health --http ADDR:PORT`
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The address that watch was given with --http
    #[arg(long, value_name = "ADDR:PORT", value_parser = http_at)]
    pub http: Option<SocketAddr>,
}

/// `decode [FILE]`
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// File with the captured replies; standard input if there is none
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// How the readings are printed
    #[arg(long, value_enum, default_value_t = TypedListFormat::Table)]
    pub format: TypedListFormat,
}

/// `check FILE`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The plant file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `explain [CODE or TEXT]`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code such as 19, a text such as insulation-error, or a KSTAR error
    #[arg(value_name = "CODE or TEXT")]
    pub words: Vec<String>,
}

/// `completions SHELL`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub(crate) struct Manual {
    /// The command, such as `log` or `kstar log`
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}
