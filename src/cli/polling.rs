//! The arguments and options of commands that poll a bus.

use crate::address::Addresses;
use crate::duration;
use crate::inverter::BusName;
use crate::kaco::timing::Timing;
use crate::link::Device;
use crate::source::kaco::BusPlan;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// DEVICE and ADDRESSES
#[derive(Debug, Clone, Args)]
pub(crate) struct BusArguments {
    /// Serial port, such as /dev/ttyUSB0; tcp://host:port; replay:FILE; or sim:
    ///
    /// /dev/ttyUSB0, or better its name in /dev/serial/by-id/; tcp://host:port for a raw serial
    /// gateway (ser2net, Elfin EW11, USR-TCP232); sim:, sim:night, sim:noisy, sim:fault for
    /// simulated inverters; replay:FILE for a recording.
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
    /// Letters, digits, - and _. It is part of folders (DIR/NAME/02), topics (kaco/NAME_02/state),
    /// labels, tags and JSON.
    #[arg(long = "bus", value_name = "NAME")]
    pub name: Option<BusName>,
}

/// The pace of requests, and how long to wait for replies.
#[derive(Debug, Clone, Args)]
pub(crate) struct Waits {
    /// Least time between the starts of two requests
    ///
    /// A second is the maker's minimum. Durations are written 1s, 250ms, 1.5s, or as plain seconds.
    // The reasons for the defaults are at `Timing::default`.
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

/// The options of commands that send requests on a bus.
#[derive(Debug, Clone, Args)]
pub(crate) struct RequestOptions {
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

impl RequestOptions {
    /// The plan of a bus that is polled with these options.
    pub(super) fn bus(
        self,
        device: Device,
        addresses: Addresses,
        bus: Option<BusName>,
        counters: bool,
    ) -> BusPlan {
        BusPlan {
            device,
            addresses,
            timing: Timing {
                pace: self.waits.pace,
                first_byte: self.waits.timeout,
                gap: self.waits.gap,
                attempts: self.attempts,
            },
            counters,
            counters_last: Duration::ZERO,
            record: self.record,
            bus,
            names: BTreeMap::new(),
        }
    }
}

/// The options of commands that read the inverters of a bus once.
#[derive(Debug, Args)]
pub(crate) struct PollingOptions {
    /// How to poll.
    #[command(flatten)]
    pub requests: RequestOptions,

    /// Also read the counters: peak power, total yield, hours
    ///
    /// Adds six columns at the end. One more request for each inverter; a 000xi has none.
    #[arg(long)]
    pub counters: bool,

    /// Exit with 3 if any inverter gave no reading
    #[arg(long)]
    pub strict: bool,
}
