//! `[[bus]]` and `[[kstar]]`: what is polled, and how.

use super::mistake::Notes;
use super::section::{At, Section};
use super::value;
use crate::address::{Address, Addresses};
use crate::inverter::BusName;
use crate::link::Device;
use crate::reading::Decimal;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// How a bus is polled, as far as the file sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PollingKeys {
    /// Least time between the starts of two requests.
    pub(crate) pace: Option<Duration>,
    /// Wait for the first byte.
    pub(crate) timeout: Option<Duration>,
    /// Idle time that ends a reply.
    pub(crate) gap: Option<Duration>,
    /// Tries while replies are garbled.
    pub(crate) attempts: Option<u32>,
    /// Whether the counters are polled too.
    pub(crate) counters: Option<bool>,
    /// A file that gets every exchange.
    pub(crate) record: Option<PathBuf>,
}

/// One `[[bus]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusSection {
    /// Its name; there is one as soon as there are two buses.
    pub name: Option<BusName>,
    pub(crate) device: Device,
    pub(crate) addresses: Addresses,
    /// The keys of this bus over those at the top.
    pub(crate) polling: PollingKeys,
    /// Names that are shown.
    pub(crate) names: BTreeMap<Address, String>,
    /// Installed peak power, kW.
    pub(crate) kwp: BTreeMap<Address, Decimal>,
    /// Added to an address, it is the SunSpec unit.
    pub(crate) sunspec_offset: u16,
}

/// One `[[kstar]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KstarSection {
    /// A name that is shown.
    pub(crate) name: Option<String>,
    /// Where it is.
    pub ip: Ipv4Addr,
}

pub(super) fn polling(section: &Section<'_>, notes: &mut Notes<'_>) -> PollingKeys {
    let attempts = |value: &DeValue<'_>| value::whole(value, 1, 100);
    PollingKeys {
        pace: section.get("pace", value::time, notes),
        timeout: section.get("timeout", value::positive, notes),
        gap: section.get("gap", value::positive, notes),
        attempts: section.get("attempts", attempts, notes),
        counters: section.get("counters", value::boolean, notes),
        record: section.get("record", value::path, notes),
    }
}

impl PollingKeys {
    /// These keys; those that are missing, from `other`.
    fn or(self, other: &Self) -> Self {
        Self {
            pace: self.pace.or(other.pace),
            timeout: self.timeout.or(other.timeout),
            gap: self.gap.or(other.gap),
            attempts: self.attempts.or(other.attempts),
            counters: self.counters.or(other.counters),
            record: self.record.or_else(|| other.record.clone()),
        }
    }
}

pub(super) fn bus(
    section: &Section<'_>,
    top: &PollingKeys,
    notes: &mut Notes<'_>,
) -> Option<At<BusSection>> {
    let name = section.get("name", |value| value::parsed(value, "roof"), notes);
    let own = polling(section, notes);
    let device = |value: &DeValue<'_>| value::parsed(value, "/dev/ttyUSB0");
    let device = section.need("device", "\"/dev/ttyUSB0\"", device, notes);
    let addresses = section.need("addresses", "\"2,4-7\"", addresses, notes);
    let names = section.at("names", names, notes);
    let kwp = |value: &DeValue<'_>| value::by_address(value, "9.9", value::kwp);
    let kwp = section.at("kwp", kwp, notes);
    // With the largest offset, address 1 is unit 247, the last one.
    let offset = |value: &DeValue<'_>| value::whole(value, 0, 246).map(|offset| offset as u16);
    let sunspec_offset = section.get("sunspec-offset", offset, notes);
    // All keys are read before this, so that one run shows all mistakes.
    let (device, addresses) = (device?.value, addresses?.value);
    let known = addresses.as_slice();
    on_bus("names", &names, known, notes);
    on_bus("kwp", &kwp, known, notes);
    Some(At {
        line: section.line,
        value: BusSection {
            name,
            device,
            addresses,
            polling: own.or(top),
            names: names.map(|names| names.value).unwrap_or_default(),
            kwp: kwp.map(|kwp| kwp.value).unwrap_or_default(),
            sunspec_offset: sunspec_offset.unwrap_or(0),
        },
    })
}

/// Addresses, each once.
fn addresses(value: &DeValue<'_>) -> Result<Addresses, String> {
    let text = value::text(value, "2,4-7")?;
    let addresses: Addresses = text.parse().map_err(|error| format!("{error}"))?;
    // The parser drops repeats, which are harmless in a command; in a file that is kept, one is a
    // slip.
    let mut seen = Vec::new();
    for element in text.split(',').filter(|element| !element.trim().is_empty()) {
        let listed: Addresses = element.parse().map_err(|error| format!("{error}"))?;
        for address in listed.as_slice() {
            if seen.contains(address) {
                return Err(format!("address {address} is listed twice; remove one"));
            }
            seen.push(*address);
        }
    }
    Ok(addresses)
}

/// Names of inverters, no two the same.
fn names(value: &DeValue<'_>) -> Result<BTreeMap<Address, String>, String> {
    let names = value::by_address(value, "\"south\"", value::name)?;
    let mut first = BTreeMap::new();
    for (address, name) in &names {
        if let Some(first) = first.insert(name, address) {
            return Err(format!(
                "{first} and {address} are both called '{name}'; give one another name"
            ));
        }
    }
    Ok(names)
}

/// Notes addresses that are not among those of the bus.
fn on_bus<T>(
    key: &str,
    values: &Option<At<BTreeMap<Address, T>>>,
    known: &[Address],
    notes: &mut Notes<'_>,
) {
    let Some(At { value, line }) = values else {
        return;
    };
    for address in value.keys().filter(|address| !known.contains(address)) {
        notes.add(
            *line,
            format!(
                "key '{key}': address {address} is not in 'addresses' of this bus; add it there"
            ),
        );
    }
}

pub(super) fn kstar(section: &Section<'_>, notes: &mut Notes<'_>) -> Option<At<KstarSection>> {
    let name = section.get("name", value::name, notes);
    let ip = |value: &DeValue<'_>| {
        let text = value::text(value, "192.168.1.50")?;
        let ip = text.parse::<Ipv4Addr>().ok();
        ip.filter(|ip| !ip.is_unspecified() && !ip.is_broadcast() && !ip.is_multicast())
            .ok_or_else(|| {
                format!("`{text}` is not the address of an inverter such as 192.168.1.50")
            })
    };
    let ip = section.need("ip", "\"192.168.1.50\"", ip, notes)?.value;
    let line = section.line;
    Some(At {
        line,
        value: KstarSection { name, ip },
    })
}
