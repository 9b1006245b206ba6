//! Who is on the bus: each address is asked, and who answers is asked what it is.

use super::connect::{Connect, LinkError};
use super::poll::Poller;
use super::reply::SHORTEST_REPLY;
use super::wire::Command;
use crate::address::Address;
use crate::observation::Outcome;
use crate::reading::Reading;
use std::time::Duration;

/// Inverters that start their reply within this need no second pass: a silent address would have answered too. The
/// slowest first byte that was measured came after 430 ms.
const FAST: Duration = Duration::from_millis(500);

/// An inverter that was found.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub address: Address,
    /// Its readings; they tell layout, type, firmware and serial number.
    pub reading: Box<Reading>,
    /// From the request to the first byte of the reply.
    pub first_byte: Duration,
    /// Something came behind its reply: another inverter has the same address.
    pub is_shared: bool,
}

/// What is at an address.
#[derive(Debug)]
pub enum Heard {
    /// An inverter.
    Found(Box<Found>),
    /// Bytes, but no reply; with the reason.
    Garbled(String),
    /// Nothing.
    Silent,
}

impl<C: Connect> Poller<C> {
    /// Asks every address once, and the silent ones a second time unless the bus has shown that it is fast. `report` hears
    /// of each address; of silent ones once in each pass.
    ///
    /// # Errors
    /// [`LinkError`] when the link is gone for good.
    pub async fn scan(
        &mut self,
        addresses: &[Address],
        mut report: impl FnMut(Address, Heard),
    ) -> Result<(), LinkError> {
        let mut silent = Vec::new();
        let mut slowest = None;
        for &address in addresses {
            let heard = self.look(address).await?;
            match &heard {
                Heard::Found(found) => slowest = slowest.max(Some(found.first_byte)),
                Heard::Garbled(_) => slowest = Some(Duration::MAX),
                Heard::Silent => silent.push(address),
            }
            report(address, heard);
        }
        if slowest.is_some_and(|slowest| slowest <= FAST) {
            return Ok(());
        }
        for address in silent {
            let heard = self.look(address).await?;
            report(address, heard);
        }
        Ok(())
    }

    /// Asks one address, and an inverter there what it is.
    async fn look(&mut self, address: Address) -> Result<Heard, LinkError> {
        let (mut reading, first_byte) = match self.inverter(address).await? {
            Outcome::Read { answer, first_byte } => (answer, first_byte),
            Outcome::Garbled(reason) => return Ok(Heard::Garbled(reason)),
            _ => return Ok(Heard::Silent),
        };
        let is_shared = has_reply(&self.bus.rest().await?);
        if reading.type_code.is_none() {
            let told = self.tell(address, Command::TypeCode).await?;
            reading.type_code = told.as_ref().and_then(|told| told.type_code.clone());
            reading.model = told.and_then(|told| told.model);
        }
        reading.facts = self.facts(address).await?;
        Ok(Heard::Found(Box::new(Found {
            address,
            reading,
            first_byte,
            is_shared,
        })))
    }
}

/// Whether there is a reply, or the ruins of one, in what came behind a reply: NULs and stray bytes are not.
fn has_reply(bytes: &[u8]) -> bool {
    bytes.iter().filter(|&&byte| byte != 0).count() >= SHORTEST_REPLY
}
