//! The plant file: several buses and KSTAR inverters, described in one TOML file.
//!
//! | module | does |
//! |---|---|
//! | `mistake` | the mistakes of a file, by line |
//! | `section` | the keys of each table |
//! | `value` | the values of keys |
//! | `polled` | `[[bus]]` and `[[kstar]]` |
//! | `published` | `[mqtt]` and `[influx]` |
//! | `conflict` | values that conflict with each other |

mod conflict;
mod mistake;
mod polled;
mod published;
mod section;
mod value;

pub(crate) use mistake::Mistakes;
pub use polled::{BusSection, KstarSection};
pub use published::MqttSection;

use crate::sink::{http_at, sunspec_at};
use mistake::Notes;
use polled::{bus, kstar, polling};
use published::{InfluxSection, influx, mqtt};
use section::{At, BUS, KSTAR, PLANT, Section, TableKind};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// The content of a plant file, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlantFile {
    /// Title of pages and pictures.
    pub(crate) name: Option<String>,
    /// The directory of the CSV files.
    pub(crate) log: Option<PathBuf>,
    /// Time from one round to the next.
    pub(crate) every: Option<Duration>,
    /// The file of Prometheus metrics.
    pub(crate) textfile: Option<PathBuf>,
    /// Where SunSpec is served.
    pub(crate) sunspec: Option<SocketAddr>,
    /// Where pages are served.
    pub(crate) http: Option<SocketAddr>,
    /// Whether an inverter without reading is a failure.
    pub(crate) strict: Option<bool>,
    /// One line per change instead of the live page.
    pub(crate) silent: Option<bool>,
    /// `[mqtt]`
    pub mqtt: Option<MqttSection>,
    /// `[influx]`
    pub(crate) influx: Option<InfluxSection>,
    /// `[[bus]]`, as often as it is there.
    pub buses: Vec<BusSection>,
    /// `[[kstar]]`, as often as it is there. There is at least one bus or KSTAR inverter.
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
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(unreadable(&"it is not UTF-8; save it with this encoding"))
        }
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
    let sunspec = |value: &DeValue<'_>| sunspec_at(value::text(value, "0.0.0.0:502")?);
    let sunspec = top.get("sunspec", sunspec, notes);
    let http = |value: &DeValue<'_>| http_at(value::text(value, "127.0.0.1:8080")?);
    let http = top.at("http", http, notes);
    conflict::check(&buses, &kstars, sunspec.is_some(), notes);
    conflict::check_ports(sunspec, http.as_ref(), notes);
    PlantFile {
        name: top.get("name", value::name, notes),
        log: top.get("log", value::path, notes),
        every: top.get("every", value::positive, notes),
        textfile: top.get("textfile", value::path, notes),
        sunspec,
        http: http.map(|http| http.value),
        strict: top.get("strict", value::boolean, notes),
        silent: top.get("silent", value::boolean, notes),
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
    let mistake = format!("key '{key}': write {} in two brackets", kind.title);
    let entries = match value.get_ref() {
        DeValue::Array(entries) => entries.iter(),
        _ => [].iter(),
    };
    if entries.as_slice().is_empty() {
        notes.add(notes.line(&value.span()), &mistake);
    }
    let mut sections = Vec::new();
    for entry in entries {
        let line = notes.line(&entry.span());
        match entry.get_ref() {
            DeValue::Table(table) => sections.push(Section::new(kind, table, line, notes)),
            _ => notes.add(line, &mistake),
        }
    }
    sections
}

#[cfg(test)]
mod tests;
