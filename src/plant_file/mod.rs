//! The plant file: several buses and KSTAR inverters, described in one TOML file.
//!
//! | module | does |
//! |---|---|
//! | `mistake` | what is wrong with a file, by line |
//! | `section` | the keys of each table, and how their values are read |
//! | `conflict` | what fits alone, but not together |

mod conflict;
mod mistake;
mod section;

pub(crate) use mistake::Mistakes;

use crate::address::{Address, Addresses};
use crate::inverter::BusName;
use crate::link::Device;
use crate::reading::Decimal;
use crate::sink::influx::Database;
use crate::sink::mqtt::{Broker, CertificateFiles, topic};
use chrono::NaiveDate;
use mistake::Notes;
use section::{At, BUS, INFLUX, KSTAR, MQTT, PLANT, Section, TableKind};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// A prefix, for messages.
const PREFIX: &str = "plants/roof";

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

/// `[mqtt]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttSection {
    /// The broker; never with a password.
    pub broker: Broker,
    pub(crate) password_file: Option<PathBuf>,
    /// In front of all topics of states and availability.
    pub(crate) prefix: Option<String>,
    /// 0 or 1.
    pub(crate) qos: Option<u8>,
    /// Certificates to trust.
    pub(crate) ca: Option<PathBuf>,
    /// The certificate to show, and its key.
    pub(crate) identity: Option<CertificateFiles>,
    /// Whether inverters are announced to Home Assistant.
    pub(crate) discovery: Option<bool>,
    /// How long Home Assistant takes a reading for the present.
    pub(crate) expire_after: Option<Duration>,
}

/// `[influx]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InfluxSection {
    /// The database; never with a password.
    pub(crate) database: Database,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates to trust.
    pub(crate) ca: Option<PathBuf>,
    /// First day of an inverter that was never pushed.
    pub(crate) since: Option<NaiveDate>,
}

/// What stands in a plant file, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlantFile {
    /// Title of pages and pictures.
    pub(crate) name: Option<String>,
    /// The directory of the CSV files.
    pub(crate) log: Option<PathBuf>,
    /// Time from one round to the next.
    pub(crate) every: Option<Duration>,
    /// A file of Prometheus metrics.
    pub(crate) textfile: Option<PathBuf>,
    /// Where SunSpec is served.
    pub(crate) sunspec: Option<SocketAddr>,
    /// Where pages are served.
    pub(crate) http: Option<SocketAddr>,
    /// Whether an inverter without reading is a failure.
    pub(crate) strict: Option<bool>,
    /// One line per change instead of the live page.
    pub(crate) silent: Option<bool>,
    /// The broker.
    pub mqtt: Option<MqttSection>,
    pub(crate) influx: Option<InfluxSection>,
    /// The buses, at least one or a KSTAR inverter.
    pub buses: Vec<BusSection>,
    /// The KSTAR inverters.
    pub kstars: Vec<KstarSection>,
}

/// Bytes of the longest file that is read.
const LONGEST: u64 = 1 << 20;

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}

/// Reads and parses a file.
pub(crate) fn read(path: &Path) -> Result<PlantFile, Unusable> {
    let shown = path.display().to_string();
    let unreadable = |reason: &dyn fmt::Display| {
        let shown = shown.escape_debug();
        Unusable::Unreadable(format!("can't read the plant file {shown}: {reason}"))
    };
    let mut text = String::new();
    // One byte more shows that it is longer, without reading all of it.
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > LONGEST => Err(unreadable(&"it is longer than 1 MB")),
        Ok(_) => Ok(PlantFile::parse(&shown, &text)?),
        Err(error) => Err(unreadable(&error)),
    }
}

impl PlantFile {
    /// Parses a file. `path`: what messages call it. The error holds all mistakes, not only the
    /// first.
    pub fn parse(path: &str, text: &str) -> Result<Self, Mistakes> {
        let mut notes = Notes::new(path, text);
        let parsed = match DeTable::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                // Its message repeats nothing of the text, in which there may be a secret.
                let line = notes.line(&error.span().unwrap_or_default());
                notes.add(line, format!("this is not TOML: {}", error.message()));
                return notes.end(Self::default());
            }
        };
        let plant = plant(parsed.get_ref(), &mut notes);
        notes.end(plant)
    }
}

fn plant(table: &DeTable<'_>, notes: &mut Notes<'_>) -> PlantFile {
    let top = Section::new(&PLANT, table, 1, notes);
    let polling = polling(&top, notes);
    let buses = sections(&top, "bus", &BUS, notes);
    let buses: Vec<At<BusSection>> = buses
        .iter()
        .filter_map(|section| bus(section, &polling, notes))
        .collect();
    let kstars = sections(&top, "kstar", &KSTAR, notes);
    let kstars: Vec<At<KstarSection>> = kstars
        .iter()
        .filter_map(|section| kstar(section, notes))
        .collect();
    if top.raw("bus").is_none() && top.raw("kstar").is_none() {
        notes.add(
            1,
            "there is neither a [[bus]] nor a [[kstar]]: nothing would be polled",
        );
    }
    let socket = |value: &DeValue<'_>| {
        let text = section::text(value, "0.0.0.0:502")?;
        let wrong = |_| format!("`{text}` is not ADDRESS:PORT; write for example 0.0.0.0:502");
        text.parse::<SocketAddr>().map_err(wrong)
    };
    let sunspec = top.get("sunspec", socket, notes);
    let http = top.at("http", socket, notes);
    conflict::check(&buses, &kstars, sunspec.is_some(), notes);
    conflict::check_ports(sunspec, http.as_ref(), notes);
    PlantFile {
        name: top.get("name", section::name, notes),
        log: top.get("log", section::path, notes),
        every: top.get("every", section::positive, notes),
        textfile: top.get("textfile", section::path, notes),
        sunspec,
        http: http.map(|http| http.value),
        strict: top.get("strict", section::boolean, notes),
        silent: top.get("silent", section::boolean, notes),
        mqtt: mqtt(&top, notes),
        influx: influx(&top, notes),
        buses: buses.into_iter().map(|bus| bus.value).collect(),
        kstars: kstars.into_iter().map(|kstar| kstar.value).collect(),
    }
}

/// The tables of `[[key]]`.
fn sections<'a>(
    top: &Section<'a>,
    key: &str,
    kind: &'static TableKind,
    notes: &mut Notes<'_>,
) -> Vec<Section<'a>> {
    let Some(value) = top.raw(key) else {
        return Vec::new();
    };
    let line = notes.line(&value.span());
    let mut sections = Vec::new();
    let entries = match value.get_ref() {
        DeValue::Array(entries) => entries.iter(),
        _ => [].iter(),
    };
    for entry in entries {
        if let DeValue::Table(table) = entry.get_ref() {
            let line = notes.line(&entry.span());
            sections.push(Section::new(kind, table, line, notes));
        }
    }
    if sections.is_empty() {
        notes.add(
            line,
            format!("key '{key}': write {} in two brackets", kind.title),
        );
    }
    sections
}

fn polling(section: &Section<'_>, notes: &mut Notes<'_>) -> PollingKeys {
    let attempts = |value: &DeValue<'_>| section::whole(value, 1, 100);
    PollingKeys {
        pace: section.get("pace", section::time, notes),
        timeout: section.get("timeout", section::positive, notes),
        gap: section.get("gap", section::positive, notes),
        attempts: section.get("attempts", attempts, notes),
        counters: section.get("counters", section::boolean, notes),
        record: section.get("record", section::path, notes),
    }
}

impl PollingKeys {
    /// These, and of `other` what is missing here.
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

fn bus(section: &Section<'_>, top: &PollingKeys, notes: &mut Notes<'_>) -> Option<At<BusSection>> {
    let name = section.get("name", |value| section::parsed(value, "roof"), notes);
    let own = polling(section, notes);
    let device = |value: &DeValue<'_>| section::parsed(value, "/dev/ttyUSB0");
    let device = section.need("device", "\"/dev/ttyUSB0\"", device, notes);
    let addresses = section.need("addresses", "\"2,4-7\"", addresses, notes);
    let names = section.at("names", names, notes);
    let kwp = |value: &DeValue<'_>| section::by_address(value, "9.9", section::kwp);
    let kwp = section.at("kwp", kwp, notes);
    // With the largest offset, address 1 is unit 247, the last one.
    let offset = |value: &DeValue<'_>| section::whole(value, 0, 246).map(|offset| offset as u16);
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
    let text = section::text(value, "2,4-7")?;
    let addresses: Addresses = text.parse().map_err(|error| format!("{error}"))?;
    // The parser drops repeats, which are harmless in a command; in a file that is kept, one is a
    // slip.
    let mut seen = Vec::new();
    for element in text.split(',').filter(|element| !element.trim().is_empty()) {
        let listed: Addresses = element.parse().map_err(|error| format!("{error}"))?;
        for address in listed.as_slice() {
            if seen.contains(address) {
                return Err(format!("address {address} stands there twice; remove one"));
            }
            seen.push(*address);
        }
    }
    Ok(addresses)
}

/// What inverters are called, each otherwise.
fn names(value: &DeValue<'_>) -> Result<BTreeMap<Address, String>, String> {
    let names = section::by_address(value, "\"south\"", section::name)?;
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

fn kstar(section: &Section<'_>, notes: &mut Notes<'_>) -> Option<At<KstarSection>> {
    let name = section.get("name", section::name, notes);
    let ip = |value: &DeValue<'_>| {
        let text = section::text(value, "192.168.1.50")?;
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

/// The table of `[key]`, which has to have a URL in it.
fn with_url<'a>(
    top: &Section<'a>,
    key: &str,
    kind: &'static TableKind,
    notes: &mut Notes<'_>,
) -> Option<Section<'a>> {
    let value = top.raw(key)?;
    let line = notes.line(&value.span());
    let DeValue::Table(table) = value.get_ref() else {
        let title = kind.title;
        notes.add(
            line,
            format!("key '{key}': write the table {title}, with the key 'url' in it"),
        );
        return None;
    };
    Some(Section::new(kind, table, line, notes))
}

fn influx(top: &Section<'_>, notes: &mut Notes<'_>) -> Option<InfluxSection> {
    let section = with_url(top, "influx", &INFLUX, notes)?;
    let password_file = section.get("password-file", section::path, notes);
    let token_file = section.get("token-file", section::path, notes);
    let ca = section.get("ca", section::path, notes);
    let since = section.get("since", section::day, notes);
    let example = "\"http://host:8086/write?db=solar\"";
    let database = |value: &DeValue<'_>| {
        let database: Database = section::parsed(value, "http://host:8086/write?db=solar")?;
        without_password(database.password.is_some(), database)
    };
    let url = section.need("url", example, database, notes)?;
    Some(InfluxSection {
        database: url.value,
        password_file,
        token_file,
        ca,
        since,
    })
}

/// What a URL says, unless there is a password in it.
fn without_password<T>(has_password: bool, said: T) -> Result<T, String> {
    const WRONG: &str = "there is a password in it, and secrets do not stand in this file; \
        write it to a file of its own and name that with 'password-file'";
    match has_password {
        true => Err(WRONG.to_owned()),
        false => Ok(said),
    }
}

fn mqtt(top: &Section<'_>, notes: &mut Notes<'_>) -> Option<MqttSection> {
    let section = with_url(top, "mqtt", &MQTT, notes)?;
    let prefix = |value: &DeValue<'_>| topic::checked(section::text(value, PREFIX)?, PREFIX);
    let qos = |value: &DeValue<'_>| section::whole(value, 0, 1);
    let password_file = section.get("password-file", section::path, notes);
    let prefix = section.get("prefix", prefix, notes);
    let qos = section.get("qos", qos, notes);
    let ca = section.get("ca", section::path, notes);
    let identity = identity(&section, notes);
    let discovery = section.get("discovery", section::boolean, notes);
    let expire_after = section.get("expire-after", section::time, notes);
    let broker = |value: &DeValue<'_>| {
        let broker: Broker = section::parsed(value, "mqtt://user@host")?;
        without_password(broker.password.is_some(), broker)
    };
    let url = section.need("url", "\"mqtt://user@host\"", broker, notes)?;
    Some(MqttSection {
        broker: url.value,
        password_file,
        prefix,
        qos: qos.map(|qos| u8::from(qos > 0)),
        ca,
        identity,
        discovery,
        expire_after,
    })
}

/// A certificate with its key: one alone is noted.
fn identity(section: &Section<'_>, notes: &mut Notes<'_>) -> Option<CertificateFiles> {
    let certificate = section.at("cert", section::path, notes);
    let key = section.at("key", section::path, notes);
    let (alone, missing) = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            return Some(CertificateFiles {
                certificate: certificate.value,
                key: key.value,
            });
        }
        (Some(certificate), None) if section.raw("key").is_none() => (certificate, "key"),
        (None, Some(key)) if section.raw("cert").is_none() => (key, "cert"),
        _ => return None,
    };
    notes.add(
        alone.line,
        format!(
            "key '{missing}' is missing in [mqtt]: a certificate and its key are named together; \
             write for example {missing} = \"/etc/kaco_ardexa/{missing}.pem\""
        ),
    );
    None
}

#[cfg(test)]
mod tests;
