//! How well an inverter replies: single requests, each with its own outcome.

use super::bus::Bus;
use super::connect::{Connect, LinkError};
use super::wire::{Command, Request};
use crate::address::Address;
use crate::observation::Outcome;
use std::time::Duration;

/// The outcome of a single request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PingOutcome {
    /// A good reply; the time until it began.
    Good(Duration),
    /// A good reply that began after the time in which a poll waits for it.
    Late(Duration),
    /// Bytes came, but no good reply.
    Garbled,
    Silent,
}

impl<C: Connect> Bus<C> {
    /// Requests the readings of an inverter once. Where no reply comes in time, a late one is
    /// waited for.
    pub(crate) async fn ping(&mut self, address: Address) -> Result<PingOutcome, LinkError> {
        self.overhear();
        let command = Command::Readings;
        // Not `request`, which tries again: here the outcome of every single request counts.
        let outcome = self
            .exchange_or_reopen(Request { address, command })
            .await?;
        Ok(match outcome {
            Outcome::Read { first_byte, .. } => PingOutcome::Good(first_byte),
            Outcome::Garbled(_) => PingOutcome::Garbled,
            _ => match self.late_reply().await? {
                Some(first_byte) => PingOutcome::Late(first_byte),
                None => PingOutcome::Silent,
            },
        })
    }
}
