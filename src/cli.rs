//! What can be typed, and the checked plan that it becomes. Every environment variable is resolved
//! here.

mod check;
mod document;
mod environment;
mod forget;
mod history;
mod kstar;
mod plan;
mod plant;
mod publishing;
mod pushing;
mod url;
mod version;

pub use environment::{explain, parse};

use crate::address::{AddressError, Addresses};
use crate::duration;
use crate::inverter::BusName;
use crate::link::Device;
use crate::sim::kaco::Mood;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Arg, ArgAction, Args, Parser, Subcommand, ValueEnum};
use environment::Lazy;
use history::History;
use kstar::{Kstar, SimulateKstar};
use publishing::Publishing;
use pushing::Pushing;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Polls KACO inverters over RS485 and KSTAR inverters over WiFi, and logs their readings.
///
/// Each inverter gets a folder with one CSV file a day and `latest.csv`. The program only ever
/// reads: no command changes anything in an inverter.
///
/// What log, read and watch are given can also stand in the environment: KACO_ARDEXA_DEVICE,
/// KACO_ARDEXA_PACE and so on.
#[derive(Debug, Parser)]
#[command(name = "kaco_ardexa", version = version::version(), max_term_width = 100)]
#[command(after_help = "Without hardware: kaco_ardexa read sim: 2,4-7")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,

    /// Print more: -v what happens, -vv every exchange, -vvv everything.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,

    /// Print errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Contact each inverter and log the latest readings
    ///
    /// Appends one row for each inverter to DIR/02/2026-11-20.csv (address, date) and shows the
    /// same in DIR/02/latest.csv. Prints nothing when all is well, except on a terminal.
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
    /// Measure how well inverters are heard
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
    /// Check a plant file, and show what it has polled
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
    /// Ask a running watch --http whether it is well
    ///
    /// Prints nothing and exits with 0 if rounds end and every link is there, else with 1 and the
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
    #[arg(long, value_name = "ADDR:PORT")]
    pub http: Option<SocketAddr>,
}

/// Has ADDRESSES say that they come before DIR, which is easily typed in their place.
fn before_directory(argument: Arg) -> Arg {
    let addresses = |text: &str| {
        text.parse::<Addresses>().map_err(|error| match error {
            AddressError::NotANumber(_) => format!("{error}; ADDRESSES come before DIR"),
            error => error.to_string(),
        })
    };
    match argument.get_id() == "addresses" {
        true => argument.value_parser(addresses),
        false => argument,
    }
}

/// `log DEVICE ADDRESSES DIR`
#[derive(Debug, Args)]
#[command(mut_args(before_directory))]
pub(crate) struct Log {
    /// The bus and its inverters.
    #[command(flatten)]
    pub bus: Bus,

    /// Directory for the CSV files; it is made if it is missing
    #[arg(value_name = "DIR", value_parser = directory(), required_unless_present = "plant")]
    pub directory: Option<PathBuf>,

    /// Also write the readings to FILE, as Prometheus metrics
    ///
    /// After each run, exchanged whole; silent inverters stand there too. For the textfile
    /// collector of node_exporter the name has to end in .prom.
    #[arg(long, value_name = "FILE")]
    pub textfile: Option<PathBuf>,

    /// How to ask.
    #[command(flatten)]
    pub polling: Polling,

    /// Where else the readings go.
    #[command(flatten)]
    pub publishing: Publishing,

    /// Which database gets the rows.
    #[command(flatten)]
    pub pushing: Pushing,
}

/// `read DEVICE ADDRESSES`
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// The bus and its inverters.
    #[command(flatten)]
    pub bus: Bus,

    /// How the readings are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Print all values of each inverter, not one row per inverter
    ///
    /// Of a single inverter the table always has all values.
    #[arg(long)]
    pub details: bool,

    /// How to ask.
    #[command(flatten)]
    pub polling: Polling,

    /// Where else the readings go.
    #[command(flatten)]
    pub publishing: Publishing,
}

/// `scan DEVICE [ADDRESSES]`
#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Serial port, such as /dev/ttyUSB0; tcp://host:port; replay:FILE; or sim:
    #[arg(value_name = "DEVICE")]
    pub device: Device,

    /// Addresses to ask, such as 1-9; the maker's 1-32 if there are none
    #[arg(value_name = "ADDRESSES")]
    pub addresses: Option<Addresses>,

    /// How the inverters are printed
    #[arg(long, value_enum, default_value_t = ScanFormat::Table)]
    pub format: ScanFormat,

    /// How to ask.
    #[command(flatten)]
    pub asking: Asking,

    /// Exit with 3 if any inverter gave no reading; with ADDRESSES, if one is missing
    #[arg(long)]
    pub strict: bool,
}

/// `ping DEVICE ADDRESSES`
#[derive(Debug, Args)]
pub(crate) struct Ping {
    /// Serial port, such as /dev/ttyUSB0; tcp://host:port; replay:FILE; or sim:
    #[arg(value_name = "DEVICE")]
    pub device: Device,

    /// Addresses of the inverters, such as 2,4-7
    #[arg(value_name = "ADDRESSES")]
    pub addresses: Addresses,

    /// Requests to each inverter
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..=10_000),
        default_value_t = 10
    )]
    pub count: u32,

    /// How to ask.
    #[command(flatten)]
    pub waits: Waits,

    /// Append every exchange to FILE, as JSON lines; DEVICE replay:FILE plays it again
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Exit with 3 if any inverter gave no good reply
    #[arg(long)]
    pub strict: bool,
}

/// `watch DEVICE ADDRESSES`
#[derive(Debug, Clone, Args)]
pub(crate) struct Watch {
    /// The bus and its inverters.
    #[command(flatten)]
    pub bus: Bus,

    /// What becomes of the readings.
    #[command(flatten)]
    pub watching: Watching,

    /// How to ask.
    #[command(flatten)]
    pub asking: Asking,

    /// Also ask for the counters: peak power, total yield, hours
    ///
    /// Adds six columns at the end. One more request for each inverter; a 000xi has none.
    #[arg(long)]
    pub counters: bool,
}

/// The options of whatever watches.
#[derive(Debug, Clone, Args)]
pub(crate) struct Watching {
    /// Time from one round to the next; longer if the inverters need it
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration::parse_positive,
        default_value = "10s"
    )]
    pub every: Duration,

    /// Also log the readings, as `log` does
    #[arg(long, value_name = "DIR", value_parser = directory())]
    pub log: Option<PathBuf>,

    /// Also write the readings to FILE after each round, as Prometheus metrics
    #[arg(long, value_name = "FILE")]
    pub textfile: Option<PathBuf>,

    /// Serve the inverters as SunSpec devices over Modbus TCP: 0.0.0.0:502, 127.0.0.1:1502
    ///
    /// For energy managers: Victron GX, evcc, OpenEMS and others. They can read, never write. Unit
    /// 126 is the plant, an inverter has its address as unit. Turns --counters on; they are then
    /// read at most once in five minutes.
    #[arg(long, value_name = "ADDR:PORT")]
    pub sunspec: Option<SocketAddr>,

    /// Serve a page, metrics and JSON over HTTP at this address, such as 127.0.0.1:8080
    ///
    /// Without any login: 0.0.0.0:8080 shows the readings to the whole network.
    #[arg(long, value_name = "ADDR:PORT")]
    pub http: Option<SocketAddr>,

    /// Print one line per change instead of the live page
    #[arg(long)]
    pub silent: bool,

    /// Where readings are published.
    #[command(flatten)]
    pub publishing: Publishing,

    /// Which database gets the rows.
    #[command(flatten)]
    pub pushing: Pushing,
}

/// `listen DEVICE`
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Serial port, such as /dev/ttyUSB0; tcp://host:port
    #[arg(value_name = "DEVICE")]
    pub device: Device,

    /// Idle time after which received bytes are printed, complete or not
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration::parse_positive,
        default_value = "400ms"
    )]
    pub gap: Duration,

    /// Stop after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse_positive)]
    pub duration: Option<Duration>,

    /// Append what is heard to FILE, as JSON lines; decode reads it, DEVICE replay:FILE plays it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// DEVICE and ADDRESSES
#[derive(Debug, Clone, Args)]
pub(crate) struct Bus {
    /// Serial port, such as /dev/ttyUSB0; tcp://host:port; replay:FILE; or sim:
    ///
    /// /dev/ttyUSB0, or better its name in /dev/serial/by-id/; tcp://host:port for a raw serial
    /// gateway (ser2net, Elfin EW11, USR-TCP232); sim:, sim:night, sim:noisy for simulated
    /// inverters; replay:FILE for a recording.
    #[arg(value_name = "DEVICE", required_unless_present = "plant")]
    pub device: Option<Device>,

    /// Addresses of the inverters, such as 2,4-7
    #[arg(value_name = "ADDRESSES", required_unless_present = "plant")]
    pub addresses: Option<Addresses>,

    /// Poll what this file describes: several buses and KSTAR inverters, side by side
    ///
    /// Instead of DEVICE and ADDRESSES. Arguments take precedence over the file, the file over the
    /// environment.
    #[arg(long, value_name = "FILE")]
    pub plant: Option<PathBuf>,

    /// Name of the bus, so that two buses can share a broker or a database
    ///
    /// Letters, digits, - and _. It stands in folders (DIR/NAME/02), topics (kaco/NAME_02/state),
    /// labels, tags and JSON.
    #[arg(long = "bus", value_name = "NAME")]
    pub name: Option<BusName>,
}

/// How long a bus is waited for.
#[derive(Debug, Clone, Args)]
pub(crate) struct Waits {
    /// Least time between the starts of two requests
    ///
    /// A second is the maker's minimum. Durations are written 1s, 250ms, 1.5s, or as plain seconds.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "1s")]
    pub pace: Duration,

    /// Wait for the first byte of a reply
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration::parse_positive,
        default_value = "1s"
    )]
    pub timeout: Duration,

    /// Silence that ends a reply whose end is missing
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration::parse_positive,
        default_value = "400ms"
    )]
    pub gap: Duration,
}

/// The options of whatever polls a bus.
#[derive(Debug, Clone, Args)]
pub(crate) struct Asking {
    /// How long to wait.
    #[command(flatten)]
    pub waits: Waits,

    /// Tries while the replies of an inverter are garbled
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..=100),
        default_value_t = 3
    )]
    pub attempts: u32,

    /// Append every exchange to FILE, as JSON lines; DEVICE replay:FILE plays it again
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// The options of whatever reads the inverters of a bus once.
#[derive(Debug, Args)]
pub(crate) struct Polling {
    /// How to ask.
    #[command(flatten)]
    pub asking: Asking,

    /// Also ask for the counters: peak power, total yield, hours
    ///
    /// Adds six columns at the end. One more request for each inverter; a 000xi has none.
    #[arg(long)]
    pub counters: bool,

    /// Exit with 3 if any inverter gave no reading
    #[arg(long)]
    pub strict: bool,
}

/// How readings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people
    Table,
    /// One JSON object a line
    Json,
    /// One CSV table of all inverters, at the end
    Csv,
    /// InfluxDB's line protocol, one line per reading
    Influx,
    /// Prometheus metrics of all inverters, at the end
    Prometheus,
}

/// `decode [FILE]`
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// File with the captured replies; standard input if there is none
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// How the readings are printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}

/// How other things than the readings of a run are printed: decoded captures, inverters that were
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table for people
    Table,
    /// One JSON object a line, refused captures too
    Json,
}

/// How inverters that were found on a bus are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// A table for people
    Table,
    /// One JSON object a line
    Json,
    /// The bus as a plant file has it, to paste
    Toml,
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
    pub asked: Vec<String>,
}

/// `completions SHELL`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

/// What can be simulated.
#[derive(Debug, Subcommand)]
pub(crate) enum Simulate {
    /// Play KACO inverters on a pseudo-terminal, until stopped
    ///
    /// Prints the name of the terminal; any program can open it as a serial port.
    #[command(after_help = "Example: kaco_ardexa simulate kaco 2,4-7 --link /tmp/bus")]
    Kaco(Lazy<SimulateKaco>),
    /// Play a KSTAR inverter on the UDP ports 48899 and 8899, until stopped
    ///
    /// Prints the address at which it answers: ask it with kstar read --ip 127.0.0.1.
    #[command(after_help = "Example: kaco_ardexa simulate kstar --bind 127.0.0.2")]
    Kstar(Lazy<SimulateKstar>),
    /// Make the traffic of many plants, to load a broker or a database, until stopped
    ///
    /// Each plant has a connection of its own. Its topics are below plants/0001, plants/0002 and so
    /// on, its lines have the tag bus=0001. Prints each state that the broker has acknowledged,
    /// topic and time, with --mqtt-qos 1. The times of a plant are whole multiples of --every,
    /// counted from 1970: what is missing or twice can be counted by them.
    #[command(
        after_help = "Example: kaco_ardexa simulate plants 1000 --mqtt localhost --mqtt-qos 1"
    )]
    Plants(Box<Lazy<SimulatePlants>>),
}

/// `simulate plants NUMBER`
#[derive(Debug, Args)]
pub(crate) struct SimulatePlants {
    /// How many plants
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=9999))]
    pub plants: u16,

    /// Inverters of each plant
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u8).range(1..=31),
        default_value_t = 10
    )]
    pub inverters: u8,

    /// Time from one round of a plant to the next
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration::parse_positive,
        default_value = "10s"
    )]
    pub every: Duration,

    /// Where readings are published.
    #[command(flatten)]
    pub publishing: Publishing,

    /// Which database gets them.
    #[command(flatten)]
    pub pushing: Pushing,
}

/// `simulate kaco ADDRESSES`
#[derive(Debug, Args)]
pub(crate) struct SimulateKaco {
    /// Addresses that answer, such as 2,4-7
    #[arg(value_name = "ADDRESSES")]
    pub addresses: Addresses,

    /// Make a symbolic link of this name to the terminal
    #[arg(long, value_name = "PATH")]
    pub link: Option<PathBuf>,

    /// day: all answer well; night: all are silent; noisy: some replies are garbled, echoed or
    /// late; fault: the first reports a fault
    #[arg(long, value_name = "MOOD", default_value = "day", value_parser = mood)]
    pub mood: Mood,
}

fn mood(text: &str) -> Result<Mood, String> {
    Mood::named(text).ok_or_else(|| "there are day, night, noisy and fault".to_owned())
}

/// A path for logs; a URL is a mistake, and could be one with a password.
fn directory() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path.to_string_lossy().contains("://") {
            Err("it is not a directory but a URL; a broker is given by --mqtt")
        } else {
            Ok(path)
        }
    })
}

/// `man`
#[derive(Debug, Args)]
pub(crate) struct Manual {
    /// The command, such as `log` or `kstar log`
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}
