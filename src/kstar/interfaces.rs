//! The addresses of this machine on its networks: where searches go, and where packets leave.

use super::wire::DISCOVERY_PORT;
use if_addrs::{IfAddr, get_if_addrs};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::UdpSocket;
use tracing::info;

/// Where a search goes by default: 255.255.255.255, which leaves by one interface only, and the
/// broadcast address of each interface.
pub(crate) fn broadcast_addresses() -> Vec<Ipv4Addr> {
    let interfaces = get_if_addrs().unwrap_or_else(|error| {
        info!("the network interfaces can't be listed ({error}): searching by 255.255.255.255");
        Vec::new()
    });
    let mut addresses = vec![Ipv4Addr::BROADCAST];
    for interface in interfaces.iter().filter(|one| !one.is_loopback()) {
        if let IfAddr::V4(address) = &interface.addr
            && let Some(broadcast) = address.broadcast
            && !addresses.contains(&broadcast)
        {
            addresses.push(broadcast);
        }
    }
    addresses
}

/// The address of this machine in the direction of `ip`; nothing is sent to find out.
pub(crate) async fn local_address(ip: Ipv4Addr) -> io::Result<Ipv4Addr> {
    let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    // Without this the system refuses to connect towards a broadcast address.
    udp.set_broadcast(true)?;
    udp.connect((ip, DISCOVERY_PORT)).await?;
    match udp.local_addr()? {
        SocketAddr::V4(local) => Ok(*local.ip()),
        SocketAddr::V6(_) => Ok(Ipv4Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_search_goes_everywhere_once_and_not_to_this_machine() {
        let addresses = broadcast_addresses();
        assert_eq!(addresses.first(), Some(&Ipv4Addr::BROADCAST));
        let different: HashSet<_> = addresses.iter().collect();
        assert_eq!(different.len(), addresses.len());
        assert!(!addresses.iter().any(Ipv4Addr::is_loopback));
    }

    #[tokio::test]
    async fn this_machine_meets_itself_on_its_own_address() {
        let local = local_address(Ipv4Addr::new(127, 0, 0, 9)).await;
        assert_eq!(local.ok(), Some(Ipv4Addr::LOCALHOST));
    }
}
