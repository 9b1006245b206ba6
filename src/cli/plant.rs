//! `--plant FILE`: a plant file gives the values that were not typed.
//!
//! What is typed counts before the file, the file before the environment. A DEVICE that is typed
//! counts before a plant file that the environment names.

use super::kaco::{Log, Read, Watch, Watching};
use super::polling::{Asking, BusArguments, PollingOptions};
use super::publishing::Publishing;
use super::pushing::Pushing;
use crate::escape::shell_word;
use crate::history::names::{Name, Names};
use crate::inverter::InverterId;
use crate::kaco::timing::Timing;
use crate::link::Device;
use crate::plant_file::{self, PlantFile};
use crate::source::{SourcePlan, kaco, kstar};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why there is no plan: the program exits with 2.
#[derive(Debug)]
pub(super) enum Refusal {
    /// What was typed makes no sense.
    Usage(String),
    /// A plant file can't be read or has mistakes.
    File(plant_file::Unusable),
}

impl Refusal {
    /// What is wrong, for a message.
    pub(super) fn text(self) -> String {
        match self {
            Self::Usage(text) => text,
            Self::File(unusable) => unusable.to_string(),
        }
    }
}

/// The arguments of a command that were typed, by the names that they have in the program.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed(BTreeSet<String>);

impl Typed {
    /// What was typed after the command.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let Some((_, command)) = matches.subcommand() else {
            return Self::default();
        };
        let ids = command.ids().map(|id| id.as_str());
        let is_typed = |id: &&str| command.value_source(id) == Some(ValueSource::CommandLine);
        Self(ids.filter(is_typed).map(str::to_owned).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Takes the value of the file, unless `name` was typed.
    fn fill<T>(&self, name: &str, place: &mut T, said: Option<T>) {
        if let Some(said) = said.filter(|_| !self.has(name)) {
            *place = said;
        }
    }

    /// As [`Self::fill`], for an option without a default.
    fn give<T: Clone>(&self, name: &str, place: &mut Option<T>, said: &Option<T>) {
        self.fill(name, place, said.clone().map(Some));
    }
}

/// Whether an argument that stands where DEVICE does can be DIR.
fn is_directory(device: &&Device) -> bool {
    match device {
        Device::Serial(path) if path.exists() => path.is_dir(),
        // It may be made by this run; below /dev it is rather an adapter that is not plugged in.
        Device::Serial(path) => !path.starts_with("/dev"),
        _ => false,
    }
}

/// Whether the environment names a plant file, and a DEVICE is typed.
pub(super) fn is_overruled(matches: &ArgMatches) -> bool {
    let Some((name, command)) = matches.subcommand() else {
        return false;
    };
    // Asked for an argument that the command does not have, `value_source` panics in debug builds.
    let source = |id| {
        command
            .try_get_raw(id)
            .ok()
            .and_then(|_| command.value_source(id))
    };
    let is_typed = |id| source(id) == Some(ValueSource::CommandLine);
    // `log DIR` with the plant file of the environment is typed as `log DEVICE` is.
    let can_be_directory = || {
        let device = command.get_one::<Device>("device");
        name == "log" && !is_typed("addresses") && device.as_ref().is_some_and(is_directory)
    };
    source("plant") == Some(ValueSource::EnvVariable) && is_typed("device") && !can_be_directory()
}

/// The program with nothing about plant files from the environment.
pub(super) fn without(program: Command) -> Command {
    program.mut_subcommands(|command| {
        command.mut_args(|argument| match argument.get_id() == "plant" {
            true => argument.env(None),
            false => argument,
        })
    })
}

impl BusArguments {
    /// The plant file, where one is in force.
    pub(super) fn plant_file(&self, typed: &Typed) -> Result<Option<PlantFile>, Refusal> {
        let Some(path) = &self.plant else {
            return Ok(None);
        };
        for (name, shown) in [
            ("device", "DEVICE"),
            ("addresses", "ADDRESSES"),
            ("name", "--bus"),
        ] {
            if typed.has(name) {
                let file = path.display();
                return Err(Refusal::Usage(format!(
                    "{shown} can't be used with --plant: {file} says what is polled"
                )));
            }
        }
        read(path).map(Some)
    }
}

/// Reads a plant file.
pub(super) fn read(path: &Path) -> Result<PlantFile, Refusal> {
    plant_file::read(path).map_err(Refusal::File)
}

impl Log {
    /// DIR alone is typed where DEVICE stands else.
    ///
    /// # Errors
    /// [`Refusal`] if it can be either.
    pub(super) fn place_directory(&mut self, typed: &mut Typed) -> Result<(), Refusal> {
        if self.bus.plant.is_none() || !typed.has("device") || typed.has("addresses") {
            return Ok(());
        }
        match &self.bus.device {
            Some(device @ Device::Serial(path)) if is_directory(&device) => {
                self.directory = Some(path.clone());
                // Otherwise the plant file would be refused, and DIR be taken from it.
                typed.0.remove("device");
                typed.0.insert("directory".to_owned());
            }
            Some(Device::Serial(path)) if !path.exists() => {
                let path = path.display();
                let make = format!("mkdir -p {}", shell_word(&path.to_string()));
                return Err(Refusal::Usage(format!(
                    "{path} does not exist: below /dev it is taken for DEVICE, which can't be used \
                     with --plant; if it is DIR, make it first: `{make}`"
                )));
            }
            _ => {}
        }
        Ok(())
    }

    /// The keys of the file that are options of this command.
    pub(super) fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        typed.give("directory", &mut self.directory, &file.log);
        typed.give("textfile", &mut self.textfile, &file.textfile);
        self.polling.fill(file, typed);
        self.publishing.fill(file, typed);
        self.pushing.fill(file, typed);
    }
}

impl Read {
    /// See [`Log::fill`].
    pub(super) fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        self.polling.fill(file, typed);
        self.publishing.fill(file, typed);
    }
}

impl Watch {
    /// See [`Log::fill`].
    pub(super) fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        self.watching.fill(file, typed);
    }
}

impl PollingOptions {
    fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        typed.fill("strict", &mut self.strict, file.strict);
    }
}

impl Watching {
    fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        typed.fill("every", &mut self.every, file.every);
        typed.give("log", &mut self.log, &file.log);
        typed.give("textfile", &mut self.textfile, &file.textfile);
        typed.give("sunspec", &mut self.sunspec, &file.sunspec);
        typed.give("http", &mut self.http, &file.http);
        typed.fill("silent", &mut self.silent, file.silent);
        self.publishing.fill(file, typed);
        self.pushing.fill(file, typed);
    }
}

impl Publishing {
    fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        let Some(mqtt) = &file.mqtt else { return };
        typed.give("broker", &mut self.broker, &Some(mqtt.broker.clone()));
        typed.fill("mqtt_qos", &mut self.mqtt_qos, mqtt.qos);
        let password_file = &mut self.login.mqtt_password_file;
        typed.give("mqtt_password_file", password_file, &mqtt.password_file);
        typed.give("mqtt_ca", &mut self.login.mqtt_ca, &mqtt.ca);
        typed.give("mqtt_prefix", &mut self.mqtt_prefix, &mqtt.prefix);
        if let Some(identity) = mqtt.identity.clone() {
            let (certificate, key) = (Some(identity.certificate), Some(identity.key));
            typed.give("mqtt_cert", &mut self.login.mqtt_cert, &certificate);
            typed.give("mqtt_key", &mut self.login.mqtt_key, &key);
        }
        let no_discovery = mqtt.discovery.map(|discovery| !discovery);
        typed.fill("no_discovery", &mut self.no_discovery, no_discovery);
        typed.fill("expire_after", &mut self.expire_after, mqtt.expire_after);
    }
}

impl Pushing {
    fn fill(&mut self, file: &PlantFile, typed: &Typed) {
        let Some(influx) = &file.influx else { return };
        typed.give(
            "database",
            &mut self.database,
            &Some(influx.database.clone()),
        );
        let password_file = &mut self.influx_password_file;
        typed.give("influx_password_file", password_file, &influx.password_file);
        let token_file = &mut self.influx_token_file;
        typed.give("influx_token_file", token_file, &influx.token_file);
        typed.give("influx_ca", &mut self.influx_ca, &influx.ca);
        typed.give("influx_since", &mut self.influx_since, &influx.since);
    }
}

/// What is polled of a plant. `counters_last`: how long counters are used that only SunSpec clients
/// want.
pub(super) fn sources(
    file: &PlantFile,
    asking: &Asking,
    counters: bool,
    counters_last: Option<Duration>,
    typed: &Typed,
) -> Vec<SourcePlan> {
    let bus = |bus: &plant_file::BusSection| {
        let mut asking = asking.clone();
        let said = &bus.polling;
        typed.fill("pace", &mut asking.waits.pace, said.pace);
        typed.fill("timeout", &mut asking.waits.timeout, said.timeout);
        typed.fill("gap", &mut asking.waits.gap, said.gap);
        typed.fill("attempts", &mut asking.attempts, said.attempts);
        typed.give("record", &mut asking.record, &said.record);
        let mut counters = counters;
        typed.fill("counters", &mut counters, said.counters);
        SourcePlan::Kaco(kaco::BusPlan {
            device: bus.device.clone(),
            addresses: bus.addresses.clone(),
            timing: timing(&asking),
            counters: counters || counters_last.is_some(),
            // What the user asked for is read in each round.
            counters_last: counters_last.filter(|_| !counters).unwrap_or_default(),
            record: asking.record,
            bus: bus.name.clone(),
            names: bus.names.clone(),
        })
    };
    let kstars = &file.kstars;
    let name = |kstar: &plant_file::KstarSection| Some((kstar.ip, kstar.name.clone()?));
    // All of them together: which of two inverters has a serial number is decided at once.
    let network = (!kstars.is_empty()).then(|| {
        SourcePlan::Kstar(kstar::NetworkPlan {
            known: kstars.iter().map(|kstar| kstar.ip).collect(),
            search: None,
            names: kstars.iter().filter_map(name).collect(),
        })
    });
    file.buses.iter().map(bus).chain(network).collect()
}

/// What a file adds to the logs for their readers: names and installed powers.
pub(super) fn names(file: &PlantFile) -> Names {
    let mut names = Names {
        title: file.name.clone(),
        inverters: BTreeMap::new(),
    };
    for bus in &file.buses {
        for address in bus.addresses.as_slice() {
            let id = InverterId::kaco(Some(address.number())).on(bus.name.clone());
            let name = Name {
                name: bus.names.get(address).cloned(),
                kwp: bus.kwp.get(address).and_then(ToPrimitive::to_f64),
            };
            names.inverters.insert(id.label(), name);
        }
    }
    for kstar in &file.kstars {
        let name = Name {
            name: kstar.name.clone(),
            kwp: None,
        };
        // Of its folder only if it has no serial number.
        names.inverters.insert(kstar.ip.to_string(), name);
    }
    names
}

/// How a bus is polled.
pub(super) fn timing(asking: &Asking) -> Timing {
    Timing {
        pace: asking.waits.pace,
        first_byte: asking.waits.timeout,
        gap: asking.waits.gap,
        attempts: asking.attempts,
    }
}

/// The directory of a `log`.
pub(super) fn directory(log: Option<PathBuf>, plant: Option<&Path>) -> Result<PathBuf, Refusal> {
    log.ok_or_else(|| {
        Refusal::Usage(match plant {
            Some(file) => format!(
                "{} has no key 'log': write it there, log = \"/opt/ardexa/kaco/logs\", or type DIR",
                file.display()
            ),
            None => missing("<DIR>"),
        })
    })
}

/// In the wording of the parser.
pub(super) fn missing(argument: &str) -> String {
    format!("the following required arguments were not provided:\n  {argument}")
}
