//! What can be typed after `kstar`, and after `simulate kstar`.

use super::environment;
use super::environment::Lazy;
use super::formats::{Printing, TypedListFormat};
use super::outputs::{directory, logging, once, printing};
use super::publishing::{PlainTopics, Publishing};
use super::pushing::Pushing;
use super::watching::Watching;
use crate::command::plan::{self, Plan};
use crate::source::SourcePlan;
use crate::source::kstar::{NetworkPlan, Search};
use clap::{Args, Subcommand};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// The commands for KSTAR inverters.
#[derive(Debug, Subcommand)]
pub(crate) enum Kstar {
    /// Find the inverters on the network
    ///
    /// Searches by broadcast and prints each inverter that answers within two seconds: address,
    /// hardware address and name of the WiFi module; serial number and model where the inverter
    /// reports them.
    #[command(after_help = "Example: kaco_ardexa kstar discover --broadcast 192.168.1.255")]
    Discover(Lazy<KstarDiscover>),
    /// Contact each inverter and print the latest readings
    #[command(after_help = "Example: kaco_ardexa kstar read --ip 192.168.1.50 --format json")]
    Read(Lazy<KstarRead>),
    /// Contact each inverter and log the latest readings
    ///
    /// Appends one row for each inverter to DIR/E4000K1234567890/2026-11-20.csv (serial number,
    /// date) and shows the same in DIR/E4000K1234567890/latest.csv. An inverter that does not
    /// report its serial number is logged under its IP address. Prints nothing when all is well,
    /// except on a terminal.
    #[command(
        after_help = "Example: kaco_ardexa kstar log /opt/ardexa/kstar/logs --ip 192.168.1.50"
    )]
    Log(Lazy<KstarLog>),
    /// Keep polling: a live page on a terminal, a line for each change elsewhere
    ///
    /// Without --ip the network is searched once a minute. Keys: ? shows them all, q quits.
    #[command(after_help = "Example: kaco_ardexa kstar watch --ip 192.168.1.50 --every 30s")]
    Watch(Lazy<KstarWatch>),
}

/// The inverters, by address or by search.
#[derive(Debug, Args)]
pub(crate) struct Network {
    /// Address of an inverter; without it, all that answer a broadcast are polled
    ///
    /// Can be given several times. Where broadcast does not get through, as from a container, this
    /// is needed: give the inverter a fixed address in the router. 0.0.0.0 means to search.
    #[arg(
        long,
        value_name = "ADDRESS",
        value_delimiter = ',',
        value_parser = inverter
    )]
    pub(crate) ip: Vec<Ipv4Addr>,

    /// Where to search
    ///
    /// Can be given several times. Without it: 255.255.255.255 and the broadcast address of each
    /// network interface.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', value_parser = ipv4)]
    pub(crate) broadcast: Vec<Ipv4Addr>,
}

/// `kstar watch`
#[derive(Debug, Args)]
pub(crate) struct KstarWatch {
    /// The inverters to poll.
    #[command(flatten)]
    pub(crate) network: Network,

    /// The outputs.
    #[command(flatten)]
    pub(crate) watching: Watching,

    /// The plain topics.
    #[command(flatten)]
    pub(crate) topics: PlainTopics,
}

/// `kstar discover`
#[derive(Debug, Args)]
pub(crate) struct KstarDiscover {
    /// Where to look.
    #[command(flatten)]
    pub(crate) network: Network,

    /// How they are printed
    #[arg(long, value_enum, default_value_t = TypedListFormat::Table)]
    pub(crate) format: TypedListFormat,
}

/// `kstar read`
#[derive(Debug, Args)]
pub(crate) struct KstarRead {
    /// The inverters to poll.
    #[command(flatten)]
    pub(crate) network: Network,

    /// What is printed.
    #[command(flatten)]
    pub(crate) printing: Printing,

    /// Exit with 3 if any inverter gave no reading
    #[arg(long)]
    pub(crate) strict: bool,

    /// Where else the readings go.
    #[command(flatten)]
    pub(crate) publishing: Publishing,

    /// The plain topics.
    #[command(flatten)]
    pub(crate) topics: PlainTopics,
}

/// `kstar log DIR`
#[derive(Debug, Args)]
pub(crate) struct KstarLog {
    /// Directory for the CSV files; it is made if it is missing
    #[arg(value_name = "DIR", value_parser = directory())]
    pub(crate) directory: PathBuf,

    /// Also write the readings to FILE, as Prometheus metrics
    ///
    /// Replaced in one step after each run, with silent inverters in it too if --ip names them. For
    /// the textfile collector of node_exporter the name has to end in .prom.
    #[arg(long, value_name = "FILE")]
    pub(crate) textfile: Option<PathBuf>,

    /// The inverters to poll.
    #[command(flatten)]
    pub(crate) network: Network,

    /// Exit with 3 if any inverter gave no reading
    #[arg(long)]
    pub(crate) strict: bool,

    /// Where else the readings go.
    #[command(flatten)]
    pub(crate) publishing: Publishing,

    /// The plain topics.
    #[command(flatten)]
    pub(crate) topics: PlainTopics,

    /// Which database gets the rows.
    #[command(flatten)]
    pub(crate) pushing: Pushing,
}

/// `simulate kstar`
#[derive(Debug, Args)]
pub(crate) struct SimulateKstar {
    /// Address of this machine to answer at
    ///
    /// The default is reachable from this machine only; any 127.x.x.x is another inverter. With
    /// 0.0.0.0, or the address of a network interface, the whole network can poll it; broadcasts
    /// are received with 0.0.0.0 only.
    #[arg(
        long,
        value_name = "ADDRESS",
        value_parser = ipv4,
        default_value_t = Ipv4Addr::LOCALHOST
    )]
    pub(crate) bind: Ipv4Addr,
}

fn ipv4(text: &str) -> Result<Ipv4Addr, String> {
    let wrong = |_| "it is not an IPv4 address such as 192.168.1.50".to_owned();
    text.parse().map_err(wrong)
}

/// An address that an inverter can have. An empty text, as of an empty variable, means 0.0.0.0.
fn inverter(text: &str) -> Result<Ipv4Addr, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Ipv4Addr::UNSPECIFIED);
    }
    let ip = ipv4(text)?;
    if ip.is_broadcast() || ip.is_multicast() {
        return Err(format!(
            "{ip} is not an address of an inverter; to search there, write --broadcast {ip}"
        ));
    }
    Ok(ip)
}

impl Kstar {
    pub(super) fn plan(self) -> Plan {
        match self {
            Self::Discover(Lazy(discover)) => Plan::Discover(plan::DiscoverPlan {
                network: NetworkPlan::from(&discover.network),
                format: discover.format.into(),
                medium: environment::medium(),
            }),
            Self::Read(Lazy(read)) => {
                let mqtt = read.topics.of(read.publishing.options());
                let sinks = printing(read.printing, mqtt);
                once(
                    vec![SourcePlan::Kstar(NetworkPlan::from(&read.network))],
                    sinks,
                    read.strict,
                )
            }
            Self::Log(Lazy(log)) => once(
                vec![SourcePlan::Kstar(NetworkPlan::from(&log.network))],
                logging(
                    log.directory,
                    log.textfile,
                    log.topics.of(log.publishing.options()),
                    log.pushing.options(),
                ),
                log.strict,
            ),
            Self::Watch(Lazy(watch)) => {
                let source = SourcePlan::Kstar(NetworkPlan::from(&watch.network));
                let mut plan = watch.watching.plan(vec![source]);
                plan.sinks.mqtt = watch.topics.of(plan.sinks.mqtt);
                Plan::Watch(plan)
            }
        }
    }
}

impl From<&Network> for NetworkPlan {
    /// An address of 0.0.0.0, or none at all, means to search.
    fn from(network: &Network) -> Self {
        let mut known = Vec::new();
        for &ip in network.ip.iter().filter(|ip| !ip.is_unspecified()) {
            if !known.contains(&ip) {
                known.push(ip);
            }
        }
        let searches = known.is_empty() || network.ip.iter().any(Ipv4Addr::is_unspecified);
        let search = match network.broadcast.as_slice() {
            [] => Search::AllInterfaces,
            broadcast => Search::At(broadcast.to_vec()),
        };
        Self {
            known,
            search: searches.then_some(search),
            names: HashMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const ANY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
    const ALL: Ipv4Addr = Ipv4Addr::new(10, 255, 255, 255);

    #[test]
    fn addresses_of_inverters_and_others() {
        let lan = Ipv4Addr::new(192, 168, 1, 50);
        assert_eq!(inverter("192.168.1.50"), Ok(lan));
        for nothing in ["", " ", "0.0.0.0"] {
            assert_eq!(inverter(nothing), Ok(Ipv4Addr::UNSPECIFIED), "{nothing:?}");
        }
        for wrong in [
            "255.255.255.255",
            "224.0.0.1",
            "inverter",
            "::1",
            "1.2.3",
            "1.2.3.4:8899",
        ] {
            assert!(inverter(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn named_inverters_are_polled_and_others_searched() {
        let plan = |ip: &[Ipv4Addr]| {
            let plan = NetworkPlan::from(&Network {
                ip: ip.to_vec(),
                broadcast: vec![ALL],
            });
            (plan.known, plan.search.is_some())
        };
        assert_eq!(plan(&[]), (vec![], true));
        assert_eq!(plan(&[ANY]), (vec![], true));
        assert_eq!(plan(&[OTHER, ONE, OTHER]), (vec![OTHER, ONE], false));
        assert_eq!(plan(&[ONE, ANY]), (vec![ONE], true));
    }
}
