//! All that one inverter is asked for a reading: the values, and who it is.

use super::client::{Client, NetworkError};
use super::identity::Identity;
use super::timing::Timing;
use crate::outcome::{Outcome, Polled};
use chrono::{DateTime, FixedOffset};
use std::net::{IpAddr, Ipv4Addr};
use tracing::info;

/// Reads the inverter at `ip`; `awake` if its module was just found by a search. `clock`: the local time.
///
/// # Errors
/// [`NetworkError`] if nothing could be sent there at all.
pub async fn poll(
    ip: Ipv4Addr,
    awake: bool,
    timing: Timing,
    clock: fn() -> DateTime<FixedOffset>,
) -> Result<Polled, NetworkError> {
    let mut client = Client::new(ip, timing, awake);
    Ok(match client.readings().await? {
        Outcome::Read {
            mut answer,
            first_byte,
        } => {
            answer.time = Some(clock());
            Polled::Read {
                reading: Box::new(
                    identity(&mut client, ip)
                        .await
                        .sign(answer, Some(IpAddr::V4(ip))),
                ),
                first_byte,
            }
        }
        Outcome::Garbled(reason) => Polled::Garbled(reason),
        Outcome::Silent => Polled::Silent,
    })
}

/// Asks the inverter at `ip`, whose module was just found by a search, who it is; nothing is known if it does not say so.
pub async fn identify(ip: Ipv4Addr, timing: Timing) -> Identity {
    identity(&mut Client::new(ip, timing, true), ip).await
}

/// The identity is optional: whatever goes wrong, the readings count.
async fn identity(client: &mut Client, ip: Ipv4Addr) -> Identity {
    let reason = match client.identity().await {
        Ok(Outcome::Read { answer, .. }) => return answer,
        Ok(Outcome::Garbled(reason)) => reason,
        Ok(Outcome::Silent) => "no reply".to_owned(),
        Err(error) => error.to_string(),
    };
    info!("inverter {ip} does not tell its serial number: {reason}");
    Identity::default()
}
