//! From addresses to readings: which requests an inverter needs, and in which order they are asked.

use super::bus::Bus;
use super::connect::{Connect, LinkError};
use super::reply::Outcome;
use super::wire::{Body, Command, Counters, Fault, Frame, Part, Readings, Request};
use super::{interpret, layouts};
use crate::address::Address;
pub use crate::observation::Polled;
use crate::reading::{Cells, Decimal, Reading, Role};
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeSet;
use tracing::{info, warn};

/// The daily yield of counters without an address may be this much above that of the readings before them, Wh. They are
/// asked for seconds later, and a 10 kW inverter makes 3 Wh a second.
const YIELD_BETWEEN: Decimal = Decimal::from_parts(30, 0, 0, false, 0);

/// Polls the inverters of one bus, and remembers what it learns about them.
pub struct Poller<C: Connect> {
    pub(super) bus: Bus<C>,
    counters: bool,
    clock: fn() -> DateTime<FixedOffset>,
    /// These answered that their parts are to be asked.
    three_units: BTreeSet<Address>,
}

impl<C: Connect> Poller<C> {
    /// `counters`: ask for them too. `clock`: the local time.
    pub const fn new(bus: Bus<C>, counters: bool, clock: fn() -> DateTime<FixedOffset>) -> Self {
        Self {
            bus,
            counters,
            clock,
            three_units: BTreeSet::new(),
        }
    }

    /// Reads each inverter once; the silent ones get one more chance after the others. `report` hears of each inverter as
    /// soon as it is decided.
    ///
    /// # Errors
    /// [`LinkError`] when the link is gone for good; what was reported until then stands.
    pub async fn round(
        &mut self,
        addresses: &[Address],
        mut report: impl FnMut(Address, Polled),
    ) -> Result<(), LinkError> {
        let mut silent = Vec::new();
        for &address in addresses {
            match self.inverter(address).await? {
                Polled::Silent => silent.push(address),
                polled => report(address, polled),
            }
        }
        self.once(&silent, report).await
    }

    /// Reads each inverter once, without a second chance: for those that were silent before.
    ///
    /// # Errors
    /// As [`Self::round`].
    pub async fn once(
        &mut self,
        addresses: &[Address],
        mut report: impl FnMut(Address, Polled),
    ) -> Result<(), LinkError> {
        for &address in addresses {
            let polled = self.inverter(address).await?;
            report(address, polled);
        }
        Ok(())
    }

    /// All requests that one inverter needs.
    pub(super) async fn inverter(&mut self, address: Address) -> Result<Polled, LinkError> {
        if self.three_units.contains(&address) {
            return self.parts(address).await;
        }
        let clock = self.clock;
        let request = Request {
            address,
            command: Command::Readings,
        };
        let outcome = self.bus.ask(request, |frame| match &frame.body {
            Body::Parts => Some(Ok(None)),
            Body::Readings(Readings { part: None, .. }) | Body::Generic(_) => {
                Some(timed(frame, clock).map(Some))
            }
            _ => None,
        });
        match outcome.await? {
            Outcome::Read {
                answer: Some(mut reading),
                first_byte,
            } => {
                if self.counters {
                    reading.further = Some(self.counters(address, &reading).await?);
                }
                Ok(Polled::Read {
                    reading: Box::new(reading),
                    first_byte,
                })
            }
            Outcome::Read { answer: None, .. } => {
                self.three_units.insert(address);
                self.parts(address).await
            }
            Outcome::Garbled(reason) => Ok(Polled::Garbled(reason)),
            Outcome::Silent => Ok(Polled::Silent),
        }
    }

    /// The three parts of a 000xi; a silent part gets one more chance after the others. An address where no part was read
    /// is asked anew from then on: the reply that made a 000xi of it has no checksum, it may have been a damaged one.
    async fn parts(&mut self, address: Address) -> Result<Polled, LinkError> {
        let mut parts = [const { Outcome::Silent }; 3];
        for (part, outcome) in Part::ALL.into_iter().zip(&mut parts) {
            *outcome = self.part(address, part).await?;
        }
        for (part, outcome) in Part::ALL.into_iter().zip(&mut parts) {
            if *outcome == Outcome::Silent {
                *outcome = self.part(address, part).await?;
            }
        }
        let polled = together(address, parts);
        if !matches!(polled, Polled::Read { .. }) {
            self.three_units.remove(&address);
        }
        Ok(polled)
    }

    async fn part(&mut self, address: Address, part: Part) -> Result<Outcome<Reading>, LinkError> {
        let clock = self.clock;
        let number = part.number();
        let request = Request {
            address,
            command: Command::Part(part),
        };
        let accept = |frame: &Frame<'_>| match &frame.body {
            Body::Readings(readings) if readings.part == Some(number) => Some(timed(frame, clock)),
            _ => None,
        };
        self.bus.ask(request, accept).await
    }

    /// The counters' cells, empty where they could not be read.
    async fn counters(&mut self, address: Address, reading: &Reading) -> Result<Cells, LinkError> {
        let request = Request {
            address,
            command: Command::Counters,
        };
        let outcome = self.bus.ask(request, |frame| match &frame.body {
            Body::Counters(counters) if frame.address.is_some() || fits(counters, reading) => {
                Some(Ok(interpret::counters_cells(counters)))
            }
            _ => None,
        });
        match outcome.await? {
            Outcome::Read { answer, .. } => return Ok(answer),
            Outcome::Garbled(reason) => warn!("address {address}: no counters: {reason}"),
            Outcome::Silent => info!("address {address}: no counters: no reply to command 3"),
        }
        Ok(Cells::empty(&layouts::COUNTERS))
    }
}

/// A reading with the time of now: its reply is complete.
fn timed(frame: &Frame<'_>, clock: fn() -> DateTime<FixedOffset>) -> Result<Reading, Fault> {
    let mut reading = interpret::frame(frame)?;
    reading.time = Some(clock());
    Ok(reading)
}

/// One reading of three parts. A part that is missing leaves its cells empty: the others count.
fn together(address: Address, parts: [Outcome<Reading>; 3]) -> Polled {
    let mut reason = None;
    let mut first = None;
    let mut time = None;
    let readings = parts.map(|part| match part {
        Outcome::Read { answer, first_byte } => {
            first.get_or_insert(first_byte);
            time = answer.time;
            Some(answer)
        }
        Outcome::Garbled(fault) => {
            reason = Some(fault);
            None
        }
        Outcome::Silent => None,
    });
    let Some(first_byte) = first else {
        return reason.map_or(Polled::Silent, Polled::Garbled);
    };
    for (part, _) in Part::ALL
        .iter()
        .zip(&readings)
        .filter(|(_, reading)| reading.is_none())
    {
        let why = reason.as_deref().unwrap_or("it did not answer");
        warn!(
            "address {address}: part {} was not read, its columns stay empty: {why}",
            part.number()
        );
    }
    let mut reading = interpret::three_units(address.number(), readings);
    reading.time = time;
    Polled::Read {
        reading: Box::new(reading),
        first_byte,
    }
}

/// Whether counters without an address belong to the inverter that was just read.
fn fits(counters: &Counters<'_>, reading: &Reading) -> bool {
    let Some((before, _)) = reading.figure(Role::DailyYield) else {
        return false;
    };
    let now = counters.daily_yield_number().map(Decimal::from);
    now.is_some_and(|now| (before..=before + YIELD_BETWEEN).contains(&now))
}
