//! Inverters: the families there are, and the one identity that an inverter has in the program.

mod bus_name;
mod family;
mod spelling;

pub use bus_name::{BusName, BusNameError};
pub(crate) use family::{Family, KACO, KSTAR};
pub(crate) use spelling::{fingerprint, reduced};

use crate::address::Address;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

/// What identifies an inverter on its bus or network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Mark {
    /// A KACO address; missing in captured replies that carry none.
    Address(Option<u8>),
    /// Serial number and IP address, where they are known. The serial number counts if there is
    /// one: a router gives the address to another inverter from time to time.
    Network {
        serial: Option<String>,
        ip: Option<IpAddr>,
    },
}

/// The identity of an inverter.
///
/// Two identities are equal if protocol, bus and address (or serial number and IP address) are; the
/// display name does not count.
#[derive(Debug, Clone)]
pub struct InverterId {
    family: &'static Family,
    bus: Option<BusName>,
    mark: Mark,
    is_simulated: bool,
    name: Option<String>,
}

impl InverterId {
    /// The KACO inverter at an address of an unnamed bus; `None` for a captured reply without one.
    pub fn kaco(address: Option<u8>) -> Self {
        Self::new(&KACO, Mark::Address(address))
    }

    /// The KSTAR inverter with this serial number at this IP address, as far as they are known.
    pub fn kstar(serial: Option<String>, ip: Option<IpAddr>) -> Self {
        Self::new(&KSTAR, Mark::Network { serial, ip })
    }

    fn new(family: &'static Family, mark: Mark) -> Self {
        Self {
            family,
            bus: None,
            mark,
            is_simulated: false,
            name: None,
        }
    }

    /// The same inverter on a named bus.
    #[must_use]
    pub fn on(self, bus: Option<BusName>) -> Self {
        Self { bus, ..self }
    }

    /// The same inverter with a name that is shown beside its identity and never replaces it.
    #[must_use]
    pub(crate) fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// The same inverter, marked as simulated: it never has the topics of a real one.
    #[must_use]
    pub fn simulated(self, is_simulated: bool) -> Self {
        Self {
            is_simulated,
            ..self
        }
    }

    /// The same inverter with another serial number.
    #[must_use]
    pub(crate) fn with_serial(self, serial: Option<String>) -> Self {
        let mark = match self.mark {
            Mark::Network { ip, .. } => Mark::Network { serial, ip },
            mark @ Mark::Address(_) => mark,
        };
        Self { mark, ..self }
    }

    pub(crate) const fn family(&self) -> &'static Family {
        self.family
    }

    /// Its bus, where buses are named.
    pub(crate) const fn bus(&self) -> Option<&BusName> {
        self.bus.as_ref()
    }

    /// Its name, for people only.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// True if it is simulated by the program itself.
    pub(crate) const fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// True if it is identified by an address on a bus, whether that is known or not.
    pub const fn has_address(&self) -> bool {
        matches!(self.mark, Mark::Address(_))
    }

    /// Its address on the bus.
    pub(crate) fn address(&self) -> Option<Address> {
        match self.mark {
            Mark::Address(address) => address.and_then(Address::new),
            Mark::Network { .. } => None,
        }
    }

    /// The address in its captured reply, 0..=99.
    pub(crate) const fn raw_address(&self) -> Option<u8> {
        match self.mark {
            Mark::Address(address) => address,
            Mark::Network { .. } => None,
        }
    }

    /// Its serial number, if it identifies itself by one.
    pub(crate) fn serial(&self) -> Option<&str> {
        match &self.mark {
            Mark::Network { serial, .. } => serial.as_deref(),
            Mark::Address(_) => None,
        }
    }

    /// The IP address that it answers from.
    pub(crate) const fn ip(&self) -> Option<IpAddr> {
        match self.mark {
            Mark::Network { ip, .. } => ip,
            Mark::Address(_) => None,
        }
    }

    fn identity(&self) -> (&'static str, Option<&BusName>, &Mark, bool) {
        let protocol = self.family.protocol;
        (protocol, self.bus.as_ref(), &self.mark, self.is_simulated)
    }
}

impl PartialEq for InverterId {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for InverterId {}

impl PartialOrd for InverterId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InverterId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for InverterId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}
