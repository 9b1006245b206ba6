//! Where watched inverters are asked: a bus that is opened again whenever it got lost.

use crate::address::{Address, Addresses};
use crate::kaco::bus::Bus;
use crate::kaco::connect::{Connect, LinkError};
use crate::kaco::poll::Poller;
use crate::observation::Polled;
use chrono::{DateTime, FixedOffset};
use std::error::Error;

/// Asks inverters by name.
pub trait Source {
    /// `kaco` or `kstar`.
    fn protocol(&self) -> &'static str;

    /// The inverters there are at the start.
    fn names(&self) -> Vec<String>;

    /// Asks these once. Those that are awake and silent now get a second chance; those asleep do not. `report` hears of each
    /// inverter as soon as it is decided.
    ///
    /// # Errors
    /// When the way to all of them is gone; the next round tries to open it again.
    fn round(
        &mut self,
        awake: &[String],
        asleep: &[String],
        report: &mut dyn FnMut(&str, Polled),
    ) -> impl Future<Output = Result<(), Box<dyn Error>>>;
}

/// Makes a link to the bus, as often as it is needed, and prepares the bus.
pub trait MakeBus {
    /// The link.
    type Link: Connect;

    /// Opens the bus.
    ///
    /// # Errors
    /// As the link says.
    fn open(&self) -> impl Future<Output = Result<Bus<Self::Link>, LinkError>>;
}

/// KACO inverters on a bus.
pub struct BusSource<M: MakeBus> {
    make: M,
    addresses: Addresses,
    counters: bool,
    clock: fn() -> DateTime<FixedOffset>,
    /// `None` after the link was lost.
    poller: Option<Poller<M::Link>>,
}

impl<M: MakeBus> BusSource<M> {
    /// A source that opens its bus at once.
    ///
    /// # Errors
    /// As the link says: what can't be opened at the start is a mistake that a person must hear of.
    pub async fn open(
        make: M,
        addresses: Addresses,
        counters: bool,
        clock: fn() -> DateTime<FixedOffset>,
    ) -> Result<Self, LinkError> {
        let poller = Some(Poller::new(make.open().await?, counters, clock));
        Ok(Self {
            make,
            addresses,
            counters,
            clock,
            poller,
        })
    }

    async fn ask(
        &mut self,
        awake: &[String],
        asleep: &[String],
        report: &mut dyn FnMut(&str, Polled),
    ) -> Result<(), LinkError> {
        let poller = match &mut self.poller {
            Some(poller) => poller,
            lost => lost.insert(Poller::new(
                self.make.open().await?,
                self.counters,
                self.clock,
            )),
        };
        let mut report = |address: Address, polled| report(&address.to_string(), polled);
        poller.round(&addresses(awake), &mut report).await?;
        poller.once(&addresses(asleep), &mut report).await
    }
}

impl<M: MakeBus> Source for BusSource<M> {
    fn protocol(&self) -> &'static str {
        "kaco"
    }

    fn names(&self) -> Vec<String> {
        self.addresses
            .as_slice()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    async fn round(
        &mut self,
        awake: &[String],
        asleep: &[String],
        report: &mut dyn FnMut(&str, Polled),
    ) -> Result<(), Box<dyn Error>> {
        let outcome = self.ask(awake, asleep, report).await;
        if outcome.is_err() {
            self.poller = None;
        }
        Ok(outcome?)
    }
}

fn addresses(names: &[String]) -> Vec<Address> {
    names
        .iter()
        .filter_map(|name| name.parse().ok().and_then(Address::new))
        .collect()
}
