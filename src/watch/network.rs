//! Watched KSTAR inverters, asked over the network one after the other.

use super::source::Source;
use crate::kstar::client::{Client, NetworkError};
use crate::kstar::identity::Identity;
use crate::kstar::timing::Timing;
use crate::observation::{Outcome, Polled};
use crate::reading::Reading;
use chrono::{DateTime, FixedOffset};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tracing::info;

/// KSTAR inverters at known addresses.
pub struct NetworkSource {
    inverters: Vec<Inverter>,
    clock: fn() -> DateTime<FixedOffset>,
}

struct Inverter {
    ip: Ipv4Addr,
    client: Client,
    /// Who it is, once it told; it is asked until then.
    identity: Option<Identity>,
}

impl NetworkSource {
    /// The inverters at these addresses, in this order.
    pub fn new(ips: &[Ipv4Addr], clock: fn() -> DateTime<FixedOffset>) -> Self {
        let inverter = |&ip| Inverter {
            ip,
            client: Client::new(ip, Timing::default(), false),
            identity: None,
        };
        Self {
            inverters: ips.iter().map(inverter).collect(),
            clock,
        }
    }
}

impl Source for NetworkSource {
    fn protocol(&self) -> &'static str {
        "kstar"
    }

    fn names(&self) -> Vec<String> {
        self.inverters
            .iter()
            .map(|inverter| inverter.ip.to_string())
            .collect()
    }

    async fn round(
        &mut self,
        awake: &[String],
        asleep: &[String],
        report: &mut dyn FnMut(&str, Polled),
    ) -> Result<(), Box<dyn Error>> {
        let mut failure = None;
        let mut reached = false;
        for inverter in &mut self.inverters {
            let name = inverter.ip.to_string();
            if !awake.contains(&name) && !asleep.contains(&name) {
                continue;
            }
            match inverter.read(self.clock).await {
                Ok(polled) => {
                    reached = true;
                    report(&name, polled);
                }
                Err(error) => {
                    info!("{error}");
                    failure = Some(error);
                    report(&name, Polled::Silent);
                }
            }
        }
        // One that can't be reached is silent; if none can, the network is gone.
        failure
            .filter(|_| !reached)
            .map_or(Ok(()), |failure| Err(failure.into()))
    }
}

impl Inverter {
    async fn read(&mut self, clock: fn() -> DateTime<FixedOffset>) -> Result<Polled, NetworkError> {
        Ok(match self.client.readings().await? {
            Outcome::Read { answer, first_byte } => {
                let time = Some(clock());
                self.signed(Reading { time, ..answer }, first_byte).await
            }
            Outcome::Garbled(reason) => Polled::Garbled(reason),
            Outcome::Silent => Polled::Silent,
        })
    }

    /// The reading with who it is from.
    async fn signed(&mut self, reading: Reading, first_byte: Duration) -> Polled {
        if self.identity.is_none()
            && let Ok(Outcome::Read { answer, .. }) = self.client.identity().await
        {
            self.identity = Some(answer);
        }
        let identity = self.identity.clone().unwrap_or_default();
        let reading = Box::new(identity.sign(reading, Some(IpAddr::V4(self.ip))));
        Polled::Read {
            reading,
            first_byte,
        }
    }
}
