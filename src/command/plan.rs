//! The plans of the commands: plain values, checked before anything runs.

use crate::address::Addresses;
use crate::format::look::{Look, Medium};
use crate::inverter::BusName;
use crate::link::Device;
use crate::sim::kaco::Mood;
use crate::sink::SinkPlan;
use crate::sink::mqtt;
use crate::source::{SourcePlan, kaco, kstar};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug)]
pub enum Plan {
    /// `log`, `read`, `kstar log`, `kstar read`
    Once(OncePlan),
    /// `watch`, `kstar watch`
    Watch(WatchPlan),
    Check(CheckPlan),
    Scan(ScanPlan),
    Ping(PingPlan),
    /// `kstar discover`
    Discover(DiscoverPlan),
    /// `mqtt-forget`
    Forget(ForgetPlan),
    Listen(ListenPlan),
    Decode(DecodePlan),
    /// `health`: the address of a `watch --http`.
    Health(Option<SocketAddr>),
    History(Box<super::history::HistoryPlan>),
    SimulateKaco(SimulateKacoPlan),
    /// `simulate kstar`: the address to reply at.
    SimulateKstar(Ipv4Addr),
    SimulatePlants(Box<SimulatePlantsPlan>),
    /// A text to print: completions, the manual, an explanation.
    Text(String),
}

/// Polls all sources once.
#[derive(Debug)]
pub struct OncePlan {
    pub(crate) sources: Vec<SourcePlan>,
    pub(crate) sinks: SinkPlan,
    /// Whether an inverter without a reading is a failure.
    pub(crate) strict: bool,
}

/// Polls round after round until it is stopped.
#[derive(Debug)]
pub struct WatchPlan {
    pub(crate) sources: Vec<SourcePlan>,
    pub(crate) sinks: SinkPlan,
    /// Time from one round to the next.
    pub(crate) every: Duration,
    /// One line per change instead of the live page.
    pub(crate) silent: bool,
    pub(crate) look: Look,
    /// Makes the plan again from its plant file.
    pub(crate) reload: Option<Reload>,
}

/// Makes the plan of a run again from its plant file.
pub(crate) struct Reload(Box<dyn Fn() -> Result<WatchPlan, String>>);

impl Reload {
    /// `plan` reads the file.
    pub(crate) fn new(plan: impl Fn() -> Result<WatchPlan, String> + 'static) -> Self {
        Self(Box::new(plan))
    }

    /// The plan of the file as it is now.
    pub(crate) fn plan(&self) -> Result<WatchPlan, String> {
        (self.0)()
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reload")
    }
}

/// Checks a plant file.
#[derive(Debug)]
pub struct CheckPlan {
    pub(crate) sources: Vec<SourcePlan>,
    pub(crate) sinks: SinkPlan,
    pub(crate) every: Duration,
    pub(crate) look: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListFormat {
    Table,
    Json,
}

/// How inverters that were found on a bus are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScanFormat {
    List(ListFormat),
    /// The bus, as a plant file has it.
    Toml,
}

/// Searches the inverters of a bus.
#[derive(Debug)]
pub struct ScanPlan {
    pub(crate) bus: kaco::BusPlan,
    pub(crate) format: ScanFormat,
    pub(crate) medium: Medium,
    /// Whether the addresses were typed, so that an inverter is expected at each.
    pub(crate) are_named: bool,
    /// Whether an inverter without a reading is a failure.
    pub(crate) strict: bool,
}

/// Measures how reliably inverters reply.
#[derive(Debug)]
pub struct PingPlan {
    pub(crate) bus: kaco::BusPlan,
    /// Requests to each inverter.
    pub(crate) count: u32,
    /// Whether an inverter without a good reply is a failure.
    pub(crate) strict: bool,
}

/// Searches the inverters of a network.
#[derive(Debug)]
pub struct DiscoverPlan {
    pub(crate) network: kstar::NetworkPlan,
    pub(crate) format: ListFormat,
    pub(crate) medium: Medium,
}

/// Listens to a bus.
#[derive(Debug)]
pub struct ListenPlan {
    pub(crate) device: Device,
    /// Idle time after which received bytes are printed, complete or not.
    pub(crate) gap: Duration,
    /// When to stop; `None` for never.
    pub(crate) duration: Option<Duration>,
    /// A file to which what is received is appended, as exchanges.
    pub(crate) record: Option<PathBuf>,
    /// Whether lines of replies end with the bytes: in files and pipes, which `decode` reads.
    pub(crate) with_bytes: bool,
}

/// Decodes captured replies.
#[derive(Debug)]
pub struct DecodePlan {
    /// The file; standard input if there is none.
    pub(crate) file: Option<PathBuf>,
    pub(crate) format: ListFormat,
    pub(crate) medium: Medium,
}

/// Simulates KACO inverters on a pseudo-terminal.
#[derive(Debug)]
pub struct SimulateKacoPlan {
    /// Addresses that answer.
    pub(crate) addresses: Addresses,
    /// A symbolic link to the pseudo-terminal.
    pub(crate) link: Option<PathBuf>,
    pub(crate) mood: Mood,
}

/// Makes the traffic of many plants.
#[derive(Debug)]
pub struct SimulatePlantsPlan {
    pub(crate) plants: u16,
    pub(crate) inverters: u8,
    /// Time from one round of a plant to the next.
    pub(crate) every: Duration,
    /// Where the readings of all plants go.
    pub(crate) sinks: SinkPlan,
}

/// Removes announcements of inverters from a broker.
#[derive(Debug)]
pub struct ForgetPlan {
    pub(crate) options: mqtt::MqttPlan,
    pub(crate) targets: Vec<mqtt::forget::ForgetTarget>,
    /// The bus that the inverters were announced with.
    pub(crate) bus: Option<BusName>,
}
