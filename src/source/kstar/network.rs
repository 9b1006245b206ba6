//! Which inverters of a network are polled, and what to check if none answers.

use super::super::SourceError;
use crate::inverter::InverterId;
use crate::kstar::interfaces::broadcast_addresses;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

/// Which inverters, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkPlan {
    /// Inverters whose address was given, each once.
    pub(crate) known: Vec<Ipv4Addr>,
    /// Where others are searched; `None` if they are not.
    pub(crate) search: Option<Search>,
    /// Names that are shown, of inverters whose address was given.
    pub(crate) names: HashMap<Ipv4Addr, String>,
}

impl NetworkPlan {
    /// The inverters whose address was given, in their order.
    pub(crate) fn inverters(&self) -> Vec<InverterId> {
        self.known
            .iter()
            .map(|ip| self.inverter(*ip, None))
            .collect()
    }

    pub(super) fn inverter(&self, ip: Ipv4Addr, serial: Option<String>) -> InverterId {
        InverterId::kstar(serial, Some(IpAddr::V4(ip))).named(self.names.get(&ip).cloned())
    }

    /// All addresses that a search packet goes to.
    pub(crate) fn targets(&self) -> Vec<Ipv4Addr> {
        let searched = self.search.iter().flat_map(Search::addresses);
        self.known.iter().copied().chain(searched).collect()
    }

    /// The error when no inverter gave a reading; `answered` are those that sent something.
    pub(crate) fn no_answer(&self, answered: &[String]) -> SourceError {
        if answered.is_empty() {
            return SourceError::NoAnswer {
                message: format!("no KSTAR inverter answered; {}", self.polled()),
                hint: self.checklist(),
            };
        }
        SourceError::NoAnswer {
            message: format!(
                "{} did not send readings that can be understood",
                answered.join(", ")
            ),
            hint: "is it a KSTAR inverter, and its WiFi dongle an old one? Newer dongles speak \
                Solarman V5 or Modbus; `-vv` shows what came"
                .to_owned(),
        }
    }

    fn polled(&self) -> String {
        let mut polled = Vec::new();
        if !self.known.is_empty() {
            polled.push(format!("polled {}", listed(&self.known)));
        }
        if let Some(search) = &self.search {
            polled.push(format!("searched {}", listed(&search.addresses())));
        }
        polled.join(", ")
    }

    /// What is usually wrong, the likeliest first.
    fn checklist(&self) -> String {
        let mut lines = vec!["check:".to_owned()];
        if let Some(ip) = self.known.first() {
            lines.push(format!(
                "- is the inverter's WiFi dongle on, and in reach of this machine? `ping {ip}`"
            ));
            lines.push(
                "- is that still its address? The router shows it, and can make it a fixed one"
                    .to_owned(),
            );
        }
        if self.search.is_some() {
            lines.push(
                "- is the inverter's WiFi dongle on, and in the same network as this machine?"
                    .to_owned(),
            );
            lines.push(
                "- does broadcast get there? Not from a container, a VPN or another subnet: give \
                 the address by --ip, or another broadcast address by --broadcast"
                    .to_owned(),
            );
        }
        lines.push("- does a firewall drop UDP from port 8899 or 48899?".to_owned());
        lines.push(
            "- does the dongle speak this protocol? Newer ones speak Solarman V5 or Modbus and \
             stay silent here"
                .to_owned(),
        );
        lines.join("\n  ")
    }
}

/// Where inverters are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    /// 255.255.255.255 and the broadcast address of each network interface.
    AllInterfaces,
    /// These addresses.
    At(Vec<Ipv4Addr>),
}

impl Search {
    /// The addresses that a search packet goes to now: interfaces come and go.
    pub(crate) fn addresses(&self) -> Vec<Ipv4Addr> {
        match self {
            Self::AllInterfaces => broadcast_addresses(),
            Self::At(addresses) => addresses.clone(),
        }
    }
}

fn listed(addresses: &[Ipv4Addr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
