//! UDP sockets that can send nothing but what this program may send: searches and requests for
//! reading.

use super::interfaces::local_address;
use super::timing::SEND_LIMIT;
use super::wire::{DISCOVERY, DISCOVERY_PORT, KstarRequest, PORT};
use std::borrow::Cow;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tracing::debug;

/// More than the longest payload of a UDP datagram, 65507 bytes: a smaller buffer would cut
/// datagrams without a word.
const LONGEST_DATAGRAM: usize = 65_536;

/// More datagrams than the system keeps for a socket: a faster sender can't hold up a request.
const MOST_UNASKED: usize = 1000;

/// All that is ever sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packet {
    /// The search packet; it also wakes a module.
    Search,
    /// A request to an inverter.
    KstarRequest(KstarRequest),
}

impl Packet {
    fn bytes(self) -> Cow<'static, [u8]> {
        match self {
            Self::Search => Cow::Borrowed(DISCOVERY),
            Self::KstarRequest(request) => Cow::Owned(request.bytes()),
        }
    }

    /// The port where it is waited for. The known driver sends it from the same port on its own
    /// side (protocol note).
    pub(super) const fn port(self) -> u16 {
        match self {
            Self::Search => DISCOVERY_PORT,
            Self::KstarRequest(_) => PORT,
        }
    }

    /// Where it goes when it goes to `ip`.
    pub(super) const fn to(self, ip: Ipv4Addr) -> SocketAddrV4 {
        SocketAddrV4::new(ip, self.port())
    }
}

/// A UDP socket, with room for any datagram.
#[derive(Debug)]
pub(super) struct Socket {
    udp: UdpSocket,
    buffer: Vec<u8>,
}

impl Socket {
    /// A socket on this address of this machine; on that port if it is free, else on any.
    pub(super) async fn open(local: Ipv4Addr, port: u16) -> io::Result<Self> {
        let udp = match UdpSocket::bind((local, port)).await {
            Ok(udp) => udp,
            Err(error) => {
                debug!(
                    "UDP port {port} on {local} is unavailable ({error}); using an ephemeral port"
                );
                UdpSocket::bind((local, 0)).await?
            }
        };
        // Only searches may go to all: a request is for one inverter.
        udp.set_broadcast(port == Packet::Search.port())?;
        Ok(Self {
            udp,
            buffer: vec![0; LONGEST_DATAGRAM],
        })
    }

    /// A socket for talking to `ip`, on the address of this machine that lies in its direction:
    /// other networks can't reach it, and other programs keep the port on other addresses.
    pub(super) async fn towards(ip: Ipv4Addr, port: u16) -> io::Result<Self> {
        let local = local_address(ip).await?;
        // An inverter simulated on this very address: from the same port, a socket would hear
        // itself.
        let port = if local == ip { 0 } else { port };
        Self::open(local, port).await
    }

    /// Sends the packet to its port at `ip`.
    pub(super) async fn send(&self, packet: Packet, ip: Ipv4Addr) -> io::Result<()> {
        let bytes = packet.bytes();
        timeout(SEND_LIMIT, self.udp.send_to(&bytes, packet.to(ip))).await??;
        Ok(())
    }

    /// Waits for a datagram.
    pub(super) async fn receive(&mut self) -> io::Result<(SocketAddrV4, &[u8])> {
        loop {
            let (length, sender) = self.udp.recv_from(&mut self.buffer).await?;
            // An IPv4 socket receives from no other addresses.
            if let SocketAddr::V4(sender) = sender {
                let datagram = self.buffer.get(..length).unwrap_or_default();
                return Ok((sender, datagram));
            }
        }
    }

    /// Throws away what came until now: it answers no request from here on.
    pub(super) fn drain(&mut self) {
        for _ in 0..MOST_UNASKED {
            let Ok((length, sender)) = self.udp.try_recv_from(&mut self.buffer) else {
                return;
            };
            debug!("{sender}: {length} bytes came unasked and are dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_reads_can_be_sent() {
        // Without a wildcard: a new kind of packet has to be looked at here.
        for packet in [
            Packet::Search,
            Packet::KstarRequest(KstarRequest::Readings),
            Packet::KstarRequest(KstarRequest::Identity),
        ] {
            let due: &[u8] = match packet {
                Packet::Search => b"WIFIKIT-214028-READ",
                Packet::KstarRequest(KstarRequest::Readings) => {
                    b"\xaa\x55\xb0\x7f\x01\x06\x00\x02\x35"
                }
                Packet::KstarRequest(KstarRequest::Identity) => {
                    b"\xaa\x55\xb0\x7f\x01\x02\x00\x02\x31"
                }
            };
            assert_eq!(*packet.bytes(), *due);
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_replaced() -> io::Result<()> {
        let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = taken.local_addr()?.port();
        let socket = Socket::open(Ipv4Addr::LOCALHOST, port).await?;
        assert_ne!(socket.udp.local_addr()?.port(), port);
        drop(taken);
        let socket = Socket::open(Ipv4Addr::LOCALHOST, port).await?;
        assert_eq!(socket.udp.local_addr()?.port(), port);
        Ok(())
    }

    #[tokio::test]
    async fn socket_towards_its_own_address_does_not_hear_itself() -> io::Result<()> {
        let packet = Packet::KstarRequest(KstarRequest::Readings);
        let mut socket = Socket::towards(Ipv4Addr::LOCALHOST, packet.port()).await?;
        socket.send(packet, Ipv4Addr::LOCALHOST).await?;
        let own = socket.udp.local_addr()?.port();
        assert_ne!(own, packet.port());
        // What was sent to this machine is there already.
        assert!(socket.udp.try_recv_from(&mut socket.buffer).is_err());
        Ok(())
    }

    #[tokio::test]
    async fn the_longest_datagram_is_whole_and_old_ones_are_dropped() -> io::Result<()> {
        let mut socket = Socket::open(Ipv4Addr::LOCALHOST, 0).await?;
        let to = socket.udp.local_addr()?;
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        sender.send_to(b"old", to).await?;
        socket.udp.readable().await?;
        socket.drain();
        sender.send_to(&[7; 65_507], to).await?;
        assert_eq!(socket.receive().await?.1.len(), 65_507);
        Ok(())
    }
}
