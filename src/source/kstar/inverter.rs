//! One inverter of a network: its readings, and the identity that stays known between them.

use crate::clock::Clock;
use crate::kstar::client::{Client, NetworkError};
use crate::kstar::identity::Identity;
use crate::kstar::timing::KstarTiming;
use crate::observation::Outcome;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// How often an inverter's serial number is requested again: a router can give its address away.
const IDENTITY_EVERY: Duration = Duration::from_secs(3600);

/// One inverter, and what is known of it.
pub(super) struct KnownInverter {
    pub(super) ip: Ipv4Addr,
    client: Client,
    /// The identity that it reported, and when.
    identity: Option<(Identity, Instant)>,
    /// The serial number that was reported last at this address.
    last_serial: Option<String>,
    /// Whether it did not answer when it was polled last.
    pub(super) was_silent: bool,
}

impl KnownInverter {
    /// One that was not polled yet; `is_awake` if its module has just answered a search.
    pub(super) fn new(ip: Ipv4Addr, is_awake: bool) -> Self {
        Self {
            ip,
            client: Client::new(ip, KstarTiming::default(), is_awake),
            identity: None,
            last_serial: None,
            was_silent: false,
        }
    }

    /// Notes the outcome of a poll; returns the serial number by which it is known.
    pub(super) fn note(&mut self, outcome: &Outcome) -> Option<String> {
        self.was_silent = matches!(outcome, Outcome::Silent | Outcome::Unreachable(_));
        if self.was_silent {
            // Its address may be another inverter's when it answers again.
            self.identity = None;
        }
        match outcome {
            Outcome::Read { answer, .. } => self.note_serial(answer.inverter.serial()),
            // It is silent as the inverter that it was.
            _ => self.last_serial.clone(),
        }
    }

    /// Takes the serial number of a reading; another one than before is reported.
    fn note_serial(&mut self, serial: Option<&str>) -> Option<String> {
        let new = serial?.to_owned();
        if let Some(old) = self.last_serial.replace(new.clone())
            && old != new
        {
            let ip = self.ip;
            warn!("another inverter answers at {ip}: {new} instead of {old}");
        }
        Some(new)
    }

    /// Its readings, signed with its identity.
    pub(super) async fn poll(&mut self, clock: Clock) -> Result<Outcome, NetworkError> {
        let (mut answer, first_byte) = match self.client.readings().await? {
            Outcome::Read { answer, first_byte } => (answer, first_byte),
            other => return Ok(other.map(Box::new)),
        };
        answer.time = Some(clock());
        // After the readings, which count also without it.
        let identity = self.identity().await;
        let answer = Box::new(identity.sign(answer, Some(IpAddr::V4(self.ip))));
        Ok(Outcome::Read { answer, first_byte })
    }

    /// Its identity; requested until it answers, and again once an hour. The identity is optional:
    /// whatever goes wrong, the readings count.
    async fn identity(&mut self) -> Identity {
        if let Some((identity, reported)) = &self.identity
            && reported.elapsed() < IDENTITY_EVERY
        {
            return identity.clone();
        }
        let reported = self.client.identity().await;
        match (reported, &self.identity) {
            (Some(identity), _) => {
                self.identity = Some((identity.clone(), Instant::now()));
                identity
            }
            (None, Some((identity, _))) => identity.clone(),
            (None, None) => Identity::default(),
        }
    }
}
