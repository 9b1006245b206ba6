//! Plays a simulated KSTAR inverter on the UDP ports of a real one.

use super::kstar::Inverter;
use crate::escape::hex;
use crate::kstar::interfaces::local_address;
use crate::kstar::wire::{DISCOVERY_PORT, PORT};
use chrono::Local;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep};
use tracing::debug;

/// Longer than anything that is asked; a longer datagram is no request, cut or not.
const LONGEST_REQUEST: usize = 256;

/// A program that asks inverters holds their ports on its own side for up to this time; then they are free again.
const OTHERS_NEED: Duration = Duration::from_secs(6);

/// How often it is tried meanwhile.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// A simulated inverter at work.
#[derive(Debug)]
pub struct Player {
    address: Ipv4Addr,
    inverter: Inverter,
    /// The port of the WiFi module, and that of the inverter.
    module: UdpSocket,
    data: UdpSocket,
}

impl Player {
    /// Takes the ports of `address`, 0.0.0.0 for all of this machine.
    ///
    /// # Errors
    /// When the address is not one of this machine or its ports stay taken; with the port.
    pub async fn open(address: Ipv4Addr) -> Result<Self, (u16, io::Error)> {
        Ok(Self {
            address,
            inverter: Inverter::new(address),
            module: bind(address, DISCOVERY_PORT).await?,
            data: bind(address, PORT).await?,
        })
    }

    /// Answers until a socket fails, which none does while the system is well.
    ///
    /// # Errors
    /// What went wrong with it.
    pub async fn run(mut self) -> io::Result<()> {
        let mut asked = [0; LONGEST_REQUEST];
        let mut requested = [0; LONGEST_REQUEST];
        loop {
            tokio::select! {
                received = self.module.recv_from(&mut asked) => {
                    let (length, sender) = received?;
                    let datagram = asked.get(..length).unwrap_or_default();
                    let answer = self.inverter.module_answer(datagram, self.seen_from(sender).await);
                    send(&self.module, sender, datagram, answer).await;
                }
                received = self.data.recv_from(&mut requested) => {
                    let (length, sender) = received?;
                    let datagram = requested.get(..length).unwrap_or_default();
                    let answer = self.inverter.answer(datagram, Local::now().time());
                    send(&self.data, sender, datagram, answer).await;
                }
            }
        }
    }

    /// The address under which `sender` knows this inverter.
    async fn seen_from(&self, sender: SocketAddr) -> Ipv4Addr {
        match sender.ip() {
            IpAddr::V4(ip) if self.address.is_unspecified() => {
                local_address(ip).await.unwrap_or(self.address)
            }
            _ => self.address,
        }
    }
}

/// Waits a little for who has the port.
async fn bind(address: Ipv4Addr, port: u16) -> Result<UdpSocket, (u16, io::Error)> {
    let end = Instant::now() + OTHERS_NEED;
    loop {
        match UdpSocket::bind((address, port)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < end => {
                sleep(TRY_EVERY).await;
            }
            socket => return socket.map_err(|error| (port, error)),
        }
    }
}

/// An answer that can't be sent is lost, as any datagram can be.
async fn send(socket: &UdpSocket, to: SocketAddr, datagram: &[u8], answer: Option<Vec<u8>>) {
    let answer = answer.unwrap_or_default();
    debug!("{to}: {} -> {}", hex(datagram), hex(&answer));
    if !answer.is_empty()
        && let Err(error) = socket.send_to(&answer, to).await
    {
        debug!("{to}: not sent: {error}");
    }
}
