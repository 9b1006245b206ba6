//! Inverters: the families there are, and the one identity that an inverter has in the program.
//!
//! Every spelling of an inverter (folder, topic, label, tag, name in a message) is made here.

use crate::address::Address;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;

/// What all inverters of one protocol share.
#[derive(Debug)]
pub(crate) struct Family {
    /// The name in JSON, topics, tags and labels.
    pub(crate) protocol: &'static str,
    /// The name that people read.
    pub(crate) title: &'static str,
    /// The manufacturer, as Home Assistant and SunSpec clients show it.
    pub(crate) maker: &'static str,
    /// What messages put in front of an inverter's label.
    noun: &'static str,
}

/// KACO inverters on an RS485 bus, known by their address.
pub(crate) static KACO: Family = Family {
    protocol: "kaco",
    title: "KACO",
    maker: "KACO new energy",
    noun: "address",
};

/// KSTAR hybrid inverters on the network, known by their serial number or IP address.
pub(crate) static KSTAR: Family = Family {
    protocol: "kstar",
    title: "KSTAR",
    maker: "KSTAR",
    noun: "inverter",
};

/// The name of a bus: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusName(String);

/// A text that is not the name of a bus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a bus is named with 1 to 32 letters, digits, `-` and `_`, for example roof")]
pub struct BusNameError;

impl FromStr for BusName {
    type Err = BusNameError;

    fn from_str(text: &str) -> Result<Self, BusNameError> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if (1..=32).contains(&text.len()) && text.bytes().all(is_fit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BusNameError)
        }
    }
}

impl fmt::Display for BusName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

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

    /// Whether it is played by the program itself.
    pub(crate) const fn is_simulated(&self) -> bool {
        self.is_simulated
    }

    /// Whether it has an address on a bus, whether that is known or not.
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

    /// `02`, a serial number or an IP address, with `roof/` in front on a named bus; empty if
    /// nothing is known.
    pub fn label(&self) -> String {
        self.on_bus(&self.short(), "/")
    }

    /// The label, with the name behind it where the inverter has one: for tables and pages.
    pub(crate) fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.label()),
            None => self.label(),
        }
    }

    /// The label without the bus.
    pub(crate) fn short(&self) -> String {
        match &self.mark {
            Mark::Address(address) => address
                .map(|address| format!("{address:02}"))
                .unwrap_or_default(),
            Mark::Network {
                serial: Some(serial),
                ..
            } => serial.clone(),
            Mark::Network { ip, .. } => ip.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }

    /// Where it is polled: a label that stays the same when its serial number becomes known.
    pub(crate) fn place(&self) -> String {
        match self.ip() {
            Some(ip) => ip.to_string(),
            None => self.label(),
        }
    }

    /// `address 02`, `roof: address 02` or `inverter E4000K`: the start of a message.
    pub(crate) fn subject(&self) -> String {
        let subject = format!("{} {}", self.family.noun, self.short());
        self.on_bus(&subject, ": ")
    }

    /// The folder of its logs, `02` or `roof/02`; `None` if that depends on what is there already,
    /// because the inverter names itself.
    pub(crate) fn folder(&self) -> Option<String> {
        matches!(self.mark, Mark::Address(Some(_))).then(|| self.label())
    }

    /// The one key that identifies it on its bus, as in databases: `address`, `serial` or `ip`.
    /// `None` for captured replies without any.
    pub(crate) fn key(&self) -> Option<(&'static str, String)> {
        match &self.mark {
            Mark::Address(address) => address.map(|address| ("address", address.to_string())),
            Mark::Network {
                serial: Some(serial),
                ..
            } => Some(("serial", serial.clone())),
            Mark::Network { ip, .. } => ip.map(|ip| ("ip", ip.to_string())),
        }
    }

    /// `kaco_02`, `kaco_roof_02` or `sim_kaco_02`: one word of letters, digits, `_` and `-`, for
    /// discovery topics and unique ids. `None` if nothing is known that identifies it.
    pub(crate) fn node(&self) -> Option<String> {
        let simulated = if self.is_simulated { "sim_" } else { "" };
        let protocol = self.family.protocol;
        Some(format!("{simulated}{protocol}_{}", self.topic_level()?))
    }

    /// `kaco/02/state`, `kaco/roof_02/state` or `sim/kaco/02/state`.
    pub(crate) fn state_topic(&self) -> Option<String> {
        let simulated = if self.is_simulated { "sim/" } else { "" };
        let protocol = self.family.protocol;
        Some(format!(
            "{simulated}{protocol}/{}/state",
            self.topic_level()?
        ))
    }

    fn topic_level(&self) -> Option<String> {
        // Without a key it would share its topic with every other such inverter.
        self.key()?;
        Some(self.on_bus(&reduced(&self.short()), "_"))
    }

    /// `text`, with the bus in front where buses are named.
    pub(crate) fn on_bus(&self, text: &str, between: &str) -> String {
        match &self.bus {
            Some(bus) => format!("{bus}{between}{text}"),
            None => text.to_owned(),
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

/// What topics and Home Assistant take: letters, digits, `_` and `-`; `_` for everything else.
/// Nothing is left out: 192.168.1.50 and 192.168.15.0 are two inverters.
pub(crate) fn reduced(text: &str) -> String {
    let fit = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => character,
        _ => '_',
    };
    text.chars().map(fit).collect()
}

/// A number that stands for a text, the same in every version and on every machine: FNV-1a.
pub(crate) fn fingerprint(text: &str) -> u64 {
    // Brokers and SunSpec clients know ids made of it; hashes of the standard library may change.
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kstar(serial: Option<&str>, ip: Option<&str>) -> InverterId {
        let ip = ip.and_then(|ip| ip.parse().ok());
        InverterId::kstar(serial.map(str::to_owned), ip)
    }

    #[test]
    fn each_inverter_has_one_key() {
        let key = |id: &InverterId| id.key().map(|(key, value)| format!("{key}={value}"));
        let ip = Some("127.0.0.1");
        for (id, due) in [
            (InverterId::kaco(Some(4)), Some("address=4")),
            (InverterId::kaco(None), None),
            (kstar(Some("E4000K"), ip), Some("serial=E4000K")),
            (kstar(None, ip), Some("ip=127.0.0.1")),
        ] {
            assert_eq!(key(&id).as_deref(), due);
        }
    }

    #[test]
    fn topics_hold_letters_digits_and_underscores() {
        let node = |id: InverterId| id.node().unwrap_or_default();
        assert_eq!(
            InverterId::kaco(Some(2)).state_topic().as_deref(),
            Some("kaco/02/state")
        );
        assert_eq!(InverterId::kaco(None).state_topic(), None);
        for (id, due) in [
            (
                kstar(Some("E4000K-12"), Some("10.0.0.1")),
                "kstar_E4000K-12",
            ),
            (kstar(Some("#/+ ä"), None), "kstar______"),
            (kstar(None, Some("192.168.1.50")), "kstar_192_168_1_50"),
            (kstar(None, Some("fe80::1")), "kstar_fe80__1"),
            (kstar(None, None), ""),
        ] {
            assert_eq!(node(id), due);
        }
    }

    #[test]
    fn a_named_bus_is_part_of_every_spelling() {
        let id = InverterId::kaco(Some(2)).on("roof".parse().ok());
        assert_eq!(id.label(), "roof/02");
        assert_eq!(id.folder().as_deref(), Some("roof/02"));
        assert_eq!(id.subject(), "roof: address 02");
        assert_eq!(id.node().as_deref(), Some("kaco_roof_02"));
        assert_eq!(id.state_topic().as_deref(), Some("kaco/roof_02/state"));
        assert_ne!(id, InverterId::kaco(Some(2)));
        for wrong in ["", "a b", "../x", "ä", &"x".repeat(33)] {
            assert_eq!(wrong.parse::<BusName>(), Err(BusNameError), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_shown_and_never_identity() {
        let id = InverterId::kaco(Some(2));
        assert_eq!(id, id.clone().named(Some("south left".to_owned())));
        let named = id.clone().named(Some("south left".to_owned()));
        assert_eq!(
            (named.shown().as_str(), named.label().as_str()),
            ("02 south left", "02")
        );
        assert_ne!(id, id.clone().simulated(true));
        let simulated = id.simulated(true);
        assert_eq!(simulated.node().as_deref(), Some("sim_kaco_02"));
        assert_eq!(
            simulated.state_topic().as_deref(),
            Some("sim/kaco/02/state")
        );
    }
}
