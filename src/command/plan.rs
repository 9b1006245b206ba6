//! What the commands are told: plain values, checked before anything runs.

use crate::address::Addresses;
use crate::inverter::BusName;
use crate::link::Device;
use crate::sim::kaco::Mood;
use crate::sink::SinkPlan;
use crate::sink::mqtt;
use crate::source::{SourcePlan, kaco, kstar};
use crate::watch::look::Look;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

/// What is to be done.
#[derive(Debug)]
pub enum Plan {
    /// `log`, `read`, `kstar log`, `kstar read`
    Once(Once),
    /// `watch`, `kstar watch`
    Watch(Watch),
    /// `scan`
    Scan(Scan),
    /// `kstar discover`
    Discover(Discover),
    /// `mqtt-forget`
    Forget(Forget),
    /// `listen`
    Listen(Listen),
    /// `decode`
    Decode(Decode),
    /// `history`
    History(Box<super::history::Plan>),
    /// `simulate kaco`
    SimulateKaco(SimulateKaco),
    /// `simulate kstar`: the address to answer at.
    SimulateKstar(Ipv4Addr),
    /// `simulate plants`
    SimulatePlants(Box<SimulatePlants>),
    /// A text that was made of the command line's definition: completions, the manual.
    Text(String),
}

/// One round over all sources.
#[derive(Debug)]
pub struct Once {
    /// What is polled.
    pub sources: Vec<SourcePlan>,
    /// Where the readings go.
    pub sinks: SinkPlan,
    /// Whether an inverter without reading is a failure.
    pub strict: bool,
}

/// Rounds until it is stopped.
#[derive(Debug)]
pub struct Watch {
    /// What is polled.
    pub sources: Vec<SourcePlan>,
    /// Where the readings go.
    pub sinks: SinkPlan,
    /// Time from one round to the next.
    pub every: Duration,
    /// One line per change instead of the live page.
    pub silent: bool,
    /// What the terminal can show.
    pub look: Look,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// A table for people.
    Table,
    /// One JSON object per line.
    Json,
}

/// The inverters of a bus are searched.
#[derive(Debug)]
pub struct Scan {
    /// The bus and the addresses to poll.
    pub bus: kaco::Plan,
    /// How the inverters are printed.
    pub format: ListFormat,
    /// Whether finding none is a failure.
    pub strict: bool,
}

/// The inverters of a network are searched.
#[derive(Debug)]
pub struct Discover {
    /// Where.
    pub network: kstar::Plan,
    /// How the inverters are printed.
    pub format: ListFormat,
}

/// A bus is listened to.
#[derive(Debug)]
pub struct Listen {
    /// The bus.
    pub device: Device,
    /// Idle time after which received bytes are printed, complete or not.
    pub gap: Duration,
    /// When to stop; `None` for never.
    pub duration: Option<Duration>,
}

/// Captured replies are decoded.
#[derive(Debug)]
pub struct Decode {
    /// The file; standard input if there is none.
    pub file: Option<PathBuf>,
    /// How the readings are printed.
    pub format: ListFormat,
}

/// KACO inverters are played.
#[derive(Debug)]
pub struct SimulateKaco {
    /// Addresses that answer.
    pub addresses: Addresses,
    /// A symbolic link to the pseudo-terminal.
    pub link: Option<PathBuf>,
    /// How they answer.
    pub mood: Mood,
}

/// The traffic of many plants is made.
#[derive(Debug)]
pub struct SimulatePlants {
    /// How many.
    pub plants: u16,
    /// How many inverters each of them has.
    pub inverters: u8,
    /// Time from one round of a plant to the next.
    pub every: Duration,
    /// Where the readings of all plants go; a prefix is that of all of them.
    pub sinks: SinkPlan,
}

/// Announcements of inverters are taken back.
#[derive(Debug)]
pub struct Forget {
    /// The broker, and how messages reach it.
    pub options: mqtt::Options,
    /// Whose announcements.
    pub targets: Vec<mqtt::forget::Target>,
    /// The bus that the inverters were announced with.
    pub bus: Option<BusName>,
}
