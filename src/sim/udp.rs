//! The UDP ports of a KSTAR inverter and its WiFi module: takes datagrams and plays answers.

use super::kstar;
use crate::clock;
use crate::escape::hex;
use crate::kstar::interfaces::local_address;
use crate::kstar::wire::{DISCOVERY_PORT, PORT};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep};
use tracing::debug;

/// Longer than any request.
const LONGEST_REQUEST: usize = 256;

/// A client holds the same ports on its own side for up to this time.
const OTHERS_NEED: Duration = Duration::from_secs(6);

/// Time between two attempts to take a port.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// A piece of what a client receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatagramPlay {
    /// Nothing for a while.
    Wait(Duration),
    /// A datagram from the port that the request was sent to.
    Send(Vec<u8>),
    /// A datagram from another address or port.
    SendFrom(Ipv4Addr, u16, Vec<u8>),
}

/// A received datagram.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// The port of the WiFi module or that of the inverter.
    pub port: u16,
    /// The client.
    pub sender: SocketAddr,
    /// The address under which the client knows the inverter.
    pub(crate) ip: Ipv4Addr,
    /// Its payload.
    pub bytes: &'a [u8],
}

/// Both ports of one address.
#[derive(Debug)]
pub struct Player {
    address: Ipv4Addr,
    module: UdpSocket,
    data: UdpSocket,
}

impl Player {
    /// Takes the ports of `address`, 0.0.0.0 for all of this machine. The error names the port.
    pub async fn open(address: Ipv4Addr) -> Result<Self, (u16, io::Error)> {
        let taken = |port| move |error| (port, error);
        Ok(Self {
            address,
            module: bind(address, DISCOVERY_PORT)
                .await
                .map_err(taken(DISCOVERY_PORT))?,
            data: bind(address, PORT).await.map_err(taken(PORT))?,
        })
    }

    /// Plays a simulated inverter until a socket fails.
    pub(crate) async fn run(self) -> io::Result<()> {
        let own = self.address;
        self.play(|request| {
            let answer = match request.port {
                DISCOVERY_PORT => kstar::module_answer(own, request.ip, request.bytes),
                _ => kstar::reply(own, request.bytes, clock::now().naive_local()),
            };
            answer.map(DatagramPlay::Send).into_iter().collect()
        })
        .await
    }

    /// Plays what `answer` returns for each datagram, one after the other, until a socket fails.
    pub async fn play(
        self,
        mut answer: impl FnMut(Datagram<'_>) -> Vec<DatagramPlay>,
    ) -> io::Result<()> {
        let (mut search, mut request) = ([0; LONGEST_REQUEST], [0; LONGEST_REQUEST]);
        loop {
            let (socket, port, buffer, received) = tokio::select! {
                came = self.module.recv_from(&mut search) => {
                    (&self.module, DISCOVERY_PORT, &search, came)
                }
                came = self.data.recv_from(&mut request) => (&self.data, PORT, &request, came),
            };
            let (length, sender) = received?;
            let bytes = buffer.get(..length).unwrap_or_default();
            debug!("{sender}: {}", hex(bytes));
            let ip = self.seen_from(sender).await;
            for play in answer(Datagram {
                port,
                sender,
                ip,
                bytes,
            }) {
                // A datagram that can't be sent is lost, as any datagram can be.
                let sent = match play {
                    DatagramPlay::Wait(time) => {
                        sleep(time).await;
                        continue;
                    }
                    DatagramPlay::Send(bytes) => socket.send_to(&bytes, sender).await,
                    DatagramPlay::SendFrom(ip, port, bytes) => {
                        bind(ip, port).await?.send_to(&bytes, sender).await
                    }
                };
                debug!("{sender}: answered: {sent:?}");
            }
        }
    }

    async fn seen_from(&self, sender: SocketAddr) -> Ipv4Addr {
        match sender.ip() {
            // A module names its own address: of 0.0.0.0, the one that lies towards the client.
            IpAddr::V4(ip) if self.address.is_unspecified() => {
                local_address(ip).await.unwrap_or(self.address)
            }
            _ => self.address,
        }
    }
}

/// Waits a little while the port is taken.
async fn bind(address: Ipv4Addr, port: u16) -> io::Result<UdpSocket> {
    let end = Instant::now() + OTHERS_NEED;
    loop {
        match UdpSocket::bind((address, port)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < end => {
                sleep(TRY_EVERY).await;
            }
            socket => return socket,
        }
    }
}
