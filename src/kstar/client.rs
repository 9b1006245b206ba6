//! One inverter at a known address: wakes its module, sends a request, and takes the reply out of
//! whatever else comes. Every wait has an end.

use super::discovery;
use super::identity::{self, Identity};
use super::interpret;
use super::socket::{Packet, Socket};
use super::timing::KstarTiming;
use super::wire::{self, KstarRequest};
use crate::escape::hex;
use crate::observation::Outcome;
use crate::reading::Reading;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::{debug, info};

/// An address that nothing can be sent to or received from.
#[derive(Debug, thiserror::Error)]
#[error("{} can't be reached: {source}", name(.ip))]
pub struct NetworkError {
    /// The address; 0.0.0.0 stands for all.
    pub(crate) ip: Ipv4Addr,
    pub(crate) source: io::Error,
}

impl NetworkError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self.source.kind() {
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown => {
                Some("is this machine connected to the network? `ip addr` and `ip route` show it")
            }
            io::ErrorKind::PermissionDenied => Some(
                "the system forbids it: a firewall of this machine, or what runs the container",
            ),
            _ => None,
        }
    }
}

fn name(ip: &Ipv4Addr) -> String {
    if ip.is_unspecified() {
        "the network".to_owned()
    } else {
        ip.to_string()
    }
}

/// Talks to one inverter.
#[derive(Debug)]
pub(crate) struct Client {
    ip: Ipv4Addr,
    timing: KstarTiming,
    /// Whether the module saw the search packet, without which it serves no data.
    awake: bool,
    /// Where requests leave; after an error a new one is made.
    socket: Option<Socket>,
}

impl Client {
    /// A client for the inverter at `ip`; `awake` if its module was just found by a search.
    pub(crate) const fn new(ip: Ipv4Addr, timing: KstarTiming, awake: bool) -> Self {
        Self {
            ip,
            timing,
            awake,
            socket: None,
        }
    }

    /// Requests the readings; a reading has neither time nor sender yet.
    pub(crate) async fn readings(&mut self) -> Result<Outcome<Reading>, NetworkError> {
        self.request(
            KstarRequest::Readings,
            self.timing.attempts,
            interpret::reading,
        )
        .await
    }

    /// The identity that the inverter reports; `None` if it does not, or if nothing can be sent:
    /// its readings are valid without.
    pub(crate) async fn identity(&mut self) -> Option<Identity> {
        let attempts = self.timing.identity_attempts;
        let identity = self.request(KstarRequest::Identity, attempts, identity::identity);
        let reason = match identity.await {
            Ok(Outcome::Read { answer, .. }) => return Some(answer),
            Ok(Outcome::Garbled(reason)) => reason,
            Ok(_) => "no reply".to_owned(),
            Err(error) => error.to_string(),
        };
        let ip = self.ip;
        info!("inverter {ip} does not report its serial number: {reason}");
        None
    }

    /// Sends a request until there is a reply or no attempt left.
    async fn request<T>(
        &mut self,
        request: KstarRequest,
        attempts: u32,
        answer: fn(&[u8]) -> T,
    ) -> Result<Outcome<T>, NetworkError> {
        let mut garbled = None;
        let mut failure = None;
        for attempt in 1..=attempts {
            // The packet that wakes it may be the one that was lost.
            if attempt > 1 || !self.awake {
                self.wake().await;
            }
            let start = Instant::now();
            match self.attempt(request, answer, &mut garbled).await {
                Ok(Some(answer)) => {
                    let first_byte = start.elapsed();
                    return Ok(Outcome::Read { answer, first_byte });
                }
                // The network works again: what counts is that the inverter is silent.
                Ok(None) => failure = None,
                Err(error) => {
                    info!("{}: attempt {attempt} failed: {error}", self.ip);
                    // It is bound to an address that this machine may not have any more.
                    self.socket = None;
                    failure = Some(error);
                    if attempt < attempts {
                        // Errors come at once: without a wait all tries would be over in a moment.
                        sleep_until(start + self.timing.reply).await;
                    }
                }
            }
        }
        match (garbled, failure) {
            // It sent something, so it is there, also if the network failed afterwards.
            (Some(reason), _) => Ok(Outcome::Garbled(reason)),
            (None, None) => Ok(Outcome::Silent),
            (None, Some(source)) => Err(NetworkError {
                ip: self.ip,
                source,
            }),
        }
    }

    /// One request and the time for its reply: the answer, or nothing. `garbled` gets the reason
    /// why something that came from the inverter was not a valid reply.
    async fn attempt<T>(
        &mut self,
        request: KstarRequest,
        answer: fn(&[u8]) -> T,
        garbled: &mut Option<String>,
    ) -> io::Result<Option<T>> {
        let packet = Packet::KstarRequest(request);
        let inverter = packet.to(self.ip);
        let socket = match &mut self.socket {
            Some(socket) => socket,
            none => none.insert(Socket::towards(self.ip, packet.port()).await?),
        };
        socket.drain();
        socket.send(packet, self.ip).await?;
        let deadline = Instant::now() + self.timing.reply;
        while let Ok(received) = timeout_at(deadline, socket.receive()).await {
            let (sender, datagram) = received?;
            // Hex is made for the log alone: strangers may send a flood.
            let dropped = |why: &str| debug!("{sender} {why}, dropped: {}", hex(datagram));
            if sender != inverter {
                dropped("is not the inverter that is polled");
                continue;
            }
            match wire::parse(datagram) {
                Ok(frame) if frame.answers() == request => {
                    debug!("{inverter}: {} -> {}", hex(&request.bytes()), hex(datagram));
                    return Ok(Some(answer(frame.payload())));
                }
                Ok(_) => dropped("answers another request"),
                Err(error) => {
                    debug!("{sender}: {error}, dropped: {}", hex(datagram));
                    *garbled = Some(error.to_string());
                }
            }
        }
        debug!("{inverter}: {} -> no answer", hex(&request.bytes()));
        Ok(None)
    }

    /// Sends the packet that a module wants to see before it serves data. The first time its answer
    /// is waited for; some do not give one. An error is left to the request that follows: it meets
    /// the same.
    async fn wake(&mut self) {
        let patience = match self.awake {
            true => Duration::ZERO,
            false => self.timing.wake,
        };
        self.awake = true;
        match wake(self.ip, patience).await {
            Ok(true) => debug!("{}: awake", self.ip),
            Ok(false) => {}
            Err(error) => debug!("{}: the packet to wake it was not sent: {error}", self.ip),
        }
    }
}

/// Whether a module answered in time.
async fn wake(ip: Ipv4Addr, patience: Duration) -> io::Result<bool> {
    let mut socket = Socket::towards(ip, Packet::Search.port()).await?;
    socket.send(Packet::Search, ip).await?;
    let answer = async {
        loop {
            let (sender, datagram) = socket.receive().await?;
            if *sender.ip() == ip && discovery::parse(datagram).is_some() {
                return Ok(true);
            }
        }
    };
    timeout(patience, answer).await.unwrap_or(Ok(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over in no time.
    const QUICK: KstarTiming = KstarTiming {
        search: Duration::from_millis(20),
        searches: 2,
        wake: Duration::from_millis(5),
        reply: Duration::from_millis(10),
        attempts: 3,
        identity_attempts: 1,
    };

    #[tokio::test]
    async fn silence_ends() {
        let start = Instant::now();
        let mut client = Client::new(Ipv4Addr::new(127, 0, 13, 7), QUICK, false);
        assert!(matches!(client.readings().await, Ok(Outcome::Silent)));
        assert_eq!(client.identity().await, None);
        assert!(start.elapsed() >= QUICK.wake + QUICK.reply * 4);
    }

    #[tokio::test]
    async fn an_address_where_nothing_can_be_sent_is_an_error() {
        let start = Instant::now();
        // Requests never go to all: the system refuses broadcasts unless they are enabled.
        let mut client = Client::new(Ipv4Addr::BROADCAST, QUICK, true);
        let outcome = client.readings().await;
        let message = outcome.err().map(|error| error.to_string());
        assert!(
            message
                .is_some_and(|message| message.starts_with("255.255.255.255 can't be reached: "))
        );
        assert!(
            start.elapsed() >= QUICK.reply * 2,
            "the network gets its time to come up"
        );
        assert!(
            client.socket.is_none(),
            "the next attempt makes a new socket"
        );
    }
}
