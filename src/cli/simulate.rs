//! What can be simulated.

use super::environment::Lazy;
use super::kstar::SimulateKstar;
use super::publishing::Publishing;
use super::pushing::Pushing;
use crate::address::Addresses;
use crate::command::plan;
use crate::duration;
use crate::sim::kaco::Mood;
use crate::sink::SinkPlan;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// `simulate`
#[derive(Debug, Subcommand)]
pub(crate) enum Simulate {
    /// Play KACO inverters on a pseudo-terminal, until stopped
    ///
    /// Prints the name of the terminal; any program can open it as a serial port.
    #[command(after_help = "Example: kaco_ardexa simulate kaco 2,4-7 --link /tmp/bus")]
    Kaco(Lazy<SimulateKaco>),
    /// Play a KSTAR inverter on the UDP ports 48899 and 8899, until stopped
    ///
    /// Prints the address at which it answers: poll it with kstar read --ip 127.0.0.1.
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
    // Topics and tags number the plants by four digits.
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

    /// day: all reply well; night: all are silent; noisy: some replies are garbled, echoed or
    /// late; fault: the first reports a fault
    #[arg(long, value_name = "MOOD", default_value = "day", value_parser = mood)]
    pub mood: Mood,
}

fn mood(text: &str) -> Result<Mood, String> {
    Mood::named(text).ok_or_else(|| "there are day, night, noisy and fault".to_owned())
}

impl SimulatePlants {
    pub(super) fn plan(&self) -> plan::SimulatePlantsPlan {
        plan::SimulatePlantsPlan {
            plants: self.plants,
            inverters: self.inverters,
            every: self.every,
            sinks: SinkPlan {
                mqtt: self.publishing.options(),
                influx: self.pushing.options(),
                ..SinkPlan::default()
            },
        }
    }
}

impl SimulateKaco {
    pub(super) fn plan(self) -> plan::SimulateKacoPlan {
        plan::SimulateKacoPlan {
            addresses: self.addresses,
            link: self.link,
            mood: self.mood,
        }
    }
}
