//! What was typed about the network, and what it means.

use crate::cli::Network;
use crate::kstar::interfaces::broadcast_addresses;
use std::net::Ipv4Addr;

/// Who is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Targets {
    /// Inverters whose address was given, each once.
    pub(super) known: Vec<Ipv4Addr>,
    /// Where others are searched; empty if nobody is.
    pub(super) searched: Vec<Ipv4Addr>,
}

impl Targets {
    /// An address of 0.0.0.0, or none at all, means to search.
    pub(super) fn new(network: &Network) -> Self {
        let mut known = Vec::new();
        for &ip in network.ip.iter().filter(|ip| !ip.is_unspecified()) {
            if !known.contains(&ip) {
                known.push(ip);
            }
        }
        let searches = known.is_empty() || network.ip.iter().any(Ipv4Addr::is_unspecified);
        let searched = match searches {
            false => Vec::new(),
            true if network.broadcast.is_empty() => broadcast_addresses(),
            true => network.broadcast.clone(),
        };
        Self { known, searched }
    }

    /// All addresses that the search packet goes to.
    pub(super) fn all(&self) -> Vec<Ipv4Addr> {
        self.known.iter().chain(&self.searched).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const ANY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
    const EVERYBODY: Ipv4Addr = Ipv4Addr::new(10, 255, 255, 255);

    #[test]
    fn addresses_are_asked_and_others_searched() {
        let targets = |ip: &[Ipv4Addr]| {
            let targets = Targets::new(&Network {
                ip: ip.to_vec(),
                broadcast: vec![EVERYBODY],
            });
            (targets.known, targets.searched)
        };
        assert_eq!(targets(&[]), (vec![], vec![EVERYBODY]));
        assert_eq!(targets(&[ANY]), (vec![], vec![EVERYBODY]));
        assert_eq!(targets(&[OTHER, ONE, OTHER]), (vec![OTHER, ONE], vec![]));
        assert_eq!(targets(&[ONE, ANY]), (vec![ONE], vec![EVERYBODY]));
    }
}
