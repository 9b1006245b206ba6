//! The commands that work with a bus of KACO inverters.

use super::environment;
use super::formats::{Printing, TypedScanFormat};
use super::outputs::directory;
use super::polling::{BusArguments, PollingOptions, RequestOptions, Waits};
use super::publishing::Publishing;
use super::pushing::Pushing;
use super::watching::Watching;
use crate::address::{Address, AddressError, Addresses};
use crate::command::plan;
use crate::duration;
use crate::inverter::BusName;
use crate::link::Device;
use clap::{Arg, Args};
use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::time::Duration;

/// Adds to the error of ADDRESSES that they come before DIR: the two are easily swapped.
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
    pub bus: BusArguments,

    /// Directory for the CSV files; it is made if it is missing
    #[arg(value_name = "DIR", value_parser = directory(), required_unless_present = "plant")]
    pub directory: Option<PathBuf>,

    /// Also write the readings to FILE, as Prometheus metrics
    ///
    /// Replaced in one step after each run, with silent inverters in it too. For the textfile
    /// collector of node_exporter the name has to end in .prom.
    #[arg(long, value_name = "FILE")]
    pub textfile: Option<PathBuf>,

    /// How to poll.
    #[command(flatten)]
    pub polling: PollingOptions,

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
    pub bus: BusArguments,

    /// What is printed.
    #[command(flatten)]
    pub printing: Printing,

    /// How to poll.
    #[command(flatten)]
    pub polling: PollingOptions,

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

    /// Addresses to poll, such as 1-9; the maker's 1-32 if there are none
    #[arg(value_name = "ADDRESSES")]
    pub addresses: Option<Addresses>,

    /// How the inverters are printed
    #[arg(long, value_enum, default_value_t = TypedScanFormat::Table)]
    pub format: TypedScanFormat,

    /// Name of the bus, for JSON, the plant file and the advice how to log
    #[arg(long = "bus", value_name = "NAME")]
    pub name: Option<BusName>,

    /// How to poll.
    #[command(flatten)]
    pub requests: RequestOptions,

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

    /// How to poll.
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
    pub bus: BusArguments,

    /// The outputs.
    #[command(flatten)]
    pub watching: Watching,

    /// How to poll.
    #[command(flatten)]
    pub requests: RequestOptions,

    /// Also read the counters: peak power, total yield, hours
    ///
    /// Adds six columns at the end. One more request for each inverter; a 000xi has none.
    #[arg(long)]
    pub counters: bool,
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

    /// Append what is received to FILE, as JSON lines; decode reads it, DEVICE replay:FILE plays it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

impl Scan {
    pub(super) fn plan(self) -> plan::ScanPlan {
        let usual = || Addresses::from_range(Address::MAKERS);
        let are_named = self.addresses.is_some();
        let addresses = self.addresses.unwrap_or_else(usual);
        plan::ScanPlan {
            bus: self.requests.bus(self.device, addresses, self.name, false),
            format: self.format.into(),
            medium: environment::medium(),
            are_named,
            strict: self.strict,
        }
    }
}

impl Ping {
    pub(super) fn plan(self) -> plan::PingPlan {
        let requests = RequestOptions {
            waits: self.waits,
            // A second attempt would hide the reply that failed, and failed replies are what ping
            // counts.
            attempts: 1,
            record: self.record,
        };
        plan::PingPlan {
            bus: requests.bus(self.device, self.addresses, None, false),
            count: self.count,
            strict: self.strict,
        }
    }
}

impl Listen {
    pub(super) fn plan(self) -> plan::ListenPlan {
        plan::ListenPlan {
            device: self.device,
            gap: self.gap,
            duration: self.duration,
            record: self.record,
            // `decode` takes them from a file or pipe; on a terminal the values are enough.
            with_bytes: !stdout().is_terminal(),
        }
    }
}
