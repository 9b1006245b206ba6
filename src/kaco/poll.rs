//! From addresses to readings: which requests an inverter needs, and in which order they are sent.

use super::bus::Bus;
use super::connect::{Connect, LinkError};
use super::wire::{Command, Request, UnitNumber};
use super::{interpret, layouts, units, untyped};
use crate::address::Address;
use crate::clock::Clock;
use crate::observation::{Attempts, Outcome};
use crate::reading::{Cells, Facts, Missing, Reading, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;
use tracing::info;

/// Counters as they were read, and why they are empty if a reply was garbled.
type Counted = (Cells, Option<Missing>);

/// Polls the inverters of one bus, and remembers what it learns about them.
pub struct Poller<C: Connect> {
    pub(super) bus: Bus<C>,
    counters: bool,
    /// How long counters are used before they are read again.
    counters_last: Duration,
    /// The counters of each inverter, and when they were read.
    counted: BTreeMap<Address, (Counted, Instant)>,
    clock: Clock,
    /// These replied that their units are to be polled.
    three_units: BTreeSet<Address>,
    /// These sent replies of the generic protocol, which has serial numbers.
    generic: BTreeSet<Address>,
    /// These sent replies of XP inverters. One that loses its type does not make another inverter
    /// of them.
    xp: BTreeSet<Address>,
}

impl<C: Connect> Poller<C> {
    /// `counters`: request them too. `clock`: the local time.
    pub const fn new(bus: Bus<C>, counters: bool, clock: Clock) -> Self {
        Self {
            bus,
            counters,
            counters_last: Duration::ZERO,
            counted: BTreeMap::new(),
            clock,
            three_units: BTreeSet::new(),
            generic: BTreeSet::new(),
            xp: BTreeSet::new(),
        }
    }

    /// The same, but counters are used for this long before they are read again.
    #[must_use]
    pub fn counters_last(self, counters_last: Duration) -> Self {
        Self {
            counters_last,
            ..self
        }
    }

    /// Closes a link that was lost, and keeps what is known of the inverters; `connector` leads to
    /// it again.
    pub(crate) fn hang_up(&mut self, connector: C) {
        self.bus.hang_up(connector);
    }

    /// Opens the link if there is none.
    pub(crate) async fn connect(&mut self) -> Result<(), LinkError> {
        self.bus.connect().await
    }

    /// Reads each inverter once; the silent ones get one more chance after the others. `report` is
    /// called for each inverter as soon as it is decided, with the requests that it needed. After
    /// an error, that of a lost link, what was reported until then stands.
    pub async fn round(
        &mut self,
        addresses: &[Address],
        mut report: impl FnMut(Address, Outcome, Attempts),
    ) -> Result<(), LinkError> {
        // Many gateways hang up whenever nothing was sent for a while, as between two rounds.
        self.bus.reopened = false;
        let mut silent = Vec::new();
        for &address in addresses {
            match self.poll(address).await? {
                (Outcome::Silent, attempts) => silent.push((address, attempts)),
                (outcome, attempts) => report(address, outcome, attempts),
            }
        }
        for (address, before) in silent {
            let (outcome, attempts) = self.poll(address).await?;
            report(address, outcome, before.and(attempts));
        }
        Ok(())
    }

    /// Reads each inverter once, without a second chance: for those that were silent before.
    pub(crate) async fn once(
        &mut self,
        addresses: &[Address],
        mut report: impl FnMut(Address, Outcome, Attempts),
    ) -> Result<(), LinkError> {
        for &address in addresses {
            let (outcome, attempts) = self.poll(address).await?;
            report(address, outcome, attempts);
        }
        Ok(())
    }

    /// Reads an inverter, and counts the requests.
    async fn poll(&mut self, address: Address) -> Result<(Outcome, Attempts), LinkError> {
        self.bus.attempts = Attempts::default();
        let outcome = self.inverter(address).await?;
        Ok((outcome, self.bus.attempts))
    }

    /// All requests that one inverter needs.
    pub(super) async fn inverter(&mut self, address: Address) -> Result<Outcome, LinkError> {
        // Of a known 000xi the `4` is not requested again: that saves a request and its pace.
        if self.three_units.contains(&address) {
            return self.units(address).await;
        }
        let (mut reading, first_byte) = match self.request(address, Command::Readings).await? {
            Outcome::Read { answer, first_byte } => (answer, first_byte),
            other => return Ok(other.map(Box::new)),
        };
        if reading.cells.layout == &layouts::PARTS {
            self.three_units.insert(address);
            return self.units(address).await;
        }
        // The last reply decides about both sets: while `watch` runs, an inverter can be exchanged
        // for one of another kind.
        if let Some(xp) = untyped::as_xp(&reading).filter(|_| self.xp.contains(&address)) {
            reading = xp;
        }
        if reading.cells.layout == &layouts::XP {
            self.xp.insert(address);
        } else {
            self.xp.remove(&address);
        }
        if layouts::is_generic(reading.cells.layout) {
            self.generic.insert(address);
        } else {
            self.generic.remove(&address);
        }
        if self.counters {
            let (counters, missing) = self.recent_counters(address, &reading).await?;
            reading.further = Some(counters);
            reading.missing.extend(missing);
        }
        Ok(Outcome::Read {
            answer: Box::new(reading),
            first_byte,
        })
    }

    /// Requests firmware and serial number; of an inverter that was not read yet the firmware
    /// alone: only inverters of the generic protocol report a serial number.
    pub(crate) async fn facts(&mut self, address: Address) -> Result<Facts, LinkError> {
        let firmware = self.query(address, Command::Firmware).await?;
        let serial = if self.generic.contains(&address) {
            self.query(address, Command::SerialNumber).await?
        } else {
            None
        };
        Ok(Facts {
            firmware: firmware.as_ref().and_then(text),
            serial: serial.as_ref().and_then(text),
        })
    }

    /// The reply to a request about the inverter itself; many inverters send none.
    pub(super) async fn query(
        &mut self,
        address: Address,
        command: Command,
    ) -> Result<Option<Reading>, LinkError> {
        Ok(self.request(address, command).await?.answer())
    }

    /// One request; its reply as a reading with the time at which the reply was complete.
    async fn request(
        &mut self,
        address: Address,
        command: Command,
    ) -> Result<Outcome<Reading>, LinkError> {
        let outcome = self.bus.request(Request { address, command }).await?;
        let time = Some((self.clock)());
        Ok(outcome.try_map(|frame| {
            let reading = interpret::frame(&frame).map_err(|fault| fault.to_string())?;
            Ok(Reading { time, ..reading })
        }))
    }

    /// The three units of a 000xi; a silent unit gets one more chance after the others. An address
    /// where no unit was read is polled as any other from then on: the reply that made a 000xi of
    /// it has no checksum, it may have been a damaged one.
    async fn units(&mut self, address: Address) -> Result<Outcome, LinkError> {
        let mut units = [const { Outcome::Silent }; 3];
        for (unit, outcome) in UnitNumber::ALL.into_iter().zip(&mut units) {
            *outcome = self.request(address, Command::Unit(unit)).await?;
        }
        for (unit, outcome) in UnitNumber::ALL.into_iter().zip(&mut units) {
            if *outcome == Outcome::Silent {
                *outcome = self.request(address, Command::Unit(unit)).await?;
            }
        }
        let outcome = units::together(address, units);
        if !matches!(outcome, Outcome::Read { .. }) {
            self.three_units.remove(&address);
        }
        Ok(outcome)
    }

    /// The counters' cells, as they were read lately or as they are now.
    async fn recent_counters(
        &mut self,
        address: Address,
        reading: &Reading,
    ) -> Result<Counted, LinkError> {
        let before = self.counted.get(&address);
        if let Some((counted, read)) = before
            && read.elapsed() < self.counters_last
        {
            return Ok(counted.clone());
        }
        let counted = self.counters(address, reading).await?;
        let is_empty = |(cells, _): &Counted| cells.values.iter().all(Option::is_none);
        let before = self.counted.get(&address);
        // An inverter without counters costs its timeout once in this time, not in each round. One
        // that had some is polled again in the next round.
        if !is_empty(&counted) || before.is_none_or(|(before, _)| is_empty(before)) {
            let last = (counted.clone(), Instant::now());
            self.counted.insert(address, last);
        }
        Ok(counted)
    }

    /// The counters' cells, empty where they could not be read.
    async fn counters(
        &mut self,
        address: Address,
        reading: &Reading,
    ) -> Result<Counted, LinkError> {
        // Counters without a header carry no address: this yield shows whether they are its own.
        let daily_yield = reading.figure(Role::DailyYield).map(|(number, _)| number);
        let silent = self.bus.attempts.silent;
        let outcome = self.request(address, Command::Counters { daily_yield });
        let outcome = outcome.await?;
        self.bus.attempts.silent = silent; // not every inverter has counters
        let missing = match outcome {
            Outcome::Read { answer, .. } => return Ok((answer.cells, None)),
            Outcome::Garbled(reason) => Some(Missing {
                part: "counters".to_owned(),
                text: format!("no counters: {reason}"),
            }),
            _ => {
                let bus = &self.bus.title;
                info!("{bus}address {address}: no counters: no reply to command 3");
                None
            }
        };
        Ok((Cells::empty(&layouts::COUNTERS), missing))
    }
}

/// The only cell of a reply of one text.
fn text(reading: &Reading) -> Option<String> {
    let (_, value) = reading.columns().next()?;
    value.map(ToString::to_string)
}
