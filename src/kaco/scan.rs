//! Which inverters are on the bus: each address is polled, and an inverter there is queried for
//! what it is.

use super::connect::{Connect, LinkError};
use super::interpret;
use super::overheard::Strays;
use super::poll::Poller;
use super::wire::Command;
use crate::address::Address;
use crate::observation::Outcome;
use crate::reading::Reading;
use std::cell::Cell;
use std::time::Duration;

/// Inverters that start their reply within this need no second pass: a silent address would have
/// answered too. The slowest first byte that was measured came after 430 ms.
const FAST: Duration = Duration::from_millis(500);

/// An inverter that was late once is waited for twice as long, but at most this long.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(10);

/// An inverter that was found.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub address: Address,
    /// Its readings; they hold layout, type, firmware and serial number.
    pub reading: Box<Reading>,
    /// From the request to the first byte of the reply.
    pub first_byte: Duration,
    /// Something came behind its reply: another inverter has the same address.
    pub is_shared: bool,
    /// Its reply came after the time in which a poll waits for it.
    pub is_late: bool,
}

/// What is at an address.
#[derive(Debug)]
pub enum ScanOutcome {
    /// An inverter.
    Found(Box<Found>),
    /// Bytes, but no reply; with the reason.
    Garbled(String),
    /// Nothing.
    Silent,
}

impl<C: Connect> Poller<C> {
    /// Polls every address once, and the silent ones a second time unless the bus has shown that it
    /// is fast. `report` is called with each address; with silent ones once in each pass, and again
    /// if a late reply comes. A lost link is an error.
    pub async fn scan(
        &mut self,
        addresses: &[Address],
        mut report: impl FnMut(Address, ScanOutcome),
    ) -> Result<(), LinkError> {
        self.bus.overhear();
        let slowest = Cell::new(None);
        let mut report = |address, outcome: ScanOutcome| {
            slowest.set(match &outcome {
                ScanOutcome::Found(found) => slowest.get().max(Some(found.first_byte)),
                // Where replies are damaged, requests are too: then silence may be one that was not
                // understood.
                ScanOutcome::Garbled(_) => Some(Duration::MAX),
                ScanOutcome::Silent => slowest.get(),
            });
            report(address, outcome);
        };
        let silent = self.pass(addresses, &mut report).await?;
        if slowest.get().is_some_and(|slowest| slowest <= FAST) || silent.is_empty() {
            return Ok(());
        }
        self.pass(&silent, &mut report).await?;
        Ok(())
    }

    /// What passed on the bus that no request explains.
    pub(crate) fn strays(&mut self) -> Strays {
        self.bus.strays()
    }

    /// Polls every address once; returns the silent ones.
    async fn pass(
        &mut self,
        addresses: &[Address],
        report: &mut impl FnMut(Address, ScanOutcome),
    ) -> Result<Vec<Address>, LinkError> {
        let mut silent = Vec::new();
        for &address in addresses {
            let outcome = self.query_address(address).await?;
            let is_silent = matches!(outcome, ScanOutcome::Silent);
            report(address, outcome);
            self.poll_late(&mut silent, report).await?;
            if is_silent {
                silent.push(address);
            }
        }
        // While another address was polled, there was time for a late reply; behind the last there
        // is none.
        if silent.last() == addresses.last() {
            self.bus.late_reply().await?;
            self.poll_late(&mut silent, report).await?;
        }
        Ok(silent)
    }

    /// Takes inverters off the list whose reply came late, and polls them again with a longer
    /// timeout.
    async fn poll_late(
        &mut self,
        silent: &mut Vec<Address>,
        report: &mut impl FnMut(Address, ScanOutcome),
    ) -> Result<(), LinkError> {
        let overheard = self.bus.overheard.as_ref();
        let reply = |address: &Address| Some((*address, overheard?.reply(*address)?.clone()));
        let late: Vec<_> = silent.iter().filter_map(reply).collect();
        for (address, reply) in late {
            silent.retain(|silent| *silent != address);
            let longer = (reply.first_byte * 2).min(LONGEST_TIMEOUT);
            let timeout = self.bus.set_timeout(longer);
            let again = self.query_address(address).await;
            self.bus.set_timeout(timeout);
            let found = match again? {
                ScanOutcome::Found(found) => Some(found),
                // It did answer once, so it is found, also if it is silent this time.
                _ => interpret::frame(&reply.frame).ok().map(|reading| {
                    Box::new(Found {
                        address,
                        reading: Box::new(reading),
                        first_byte: reply.first_byte,
                        is_shared: false,
                        is_late: true,
                    })
                }),
            };
            if let Some(mut found) = found {
                found.is_late = true;
                found.first_byte = found.first_byte.max(reply.first_byte);
                report(address, ScanOutcome::Found(found));
            }
        }
        Ok(())
    }

    /// Polls one address, and queries an inverter there for what it is.
    async fn query_address(&mut self, address: Address) -> Result<ScanOutcome, LinkError> {
        let (mut reading, first_byte) = match self.inverter(address).await? {
            Outcome::Read { answer, first_byte } => (answer, first_byte),
            Outcome::Garbled(reason) => return Ok(ScanOutcome::Garbled(reason)),
            _ => return Ok(ScanOutcome::Silent),
        };
        self.bus.rest().await?;
        let overheard = self.bus.overheard.as_ref();
        let is_shared = overheard.is_some_and(|overheard| overheard.has_second_reply());
        // A reply may end behind its checksum; command 9 gives the type with a checksum of its own.
        if reading.type_code.is_none() {
            let named = self.query(address, Command::TypeCode).await?;
            reading.type_code = named.as_ref().and_then(|named| named.type_code.clone());
            reading.model = named.and_then(|named| named.model);
        }
        reading.facts = self.facts(address).await?;
        Ok(ScanOutcome::Found(Box::new(Found {
            address,
            reading,
            first_byte,
            is_shared,
            is_late: false,
        })))
    }
}
