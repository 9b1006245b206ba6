//! The keys of a plant file that are options: each gives the value of an option that was not typed.

use super::kaco::{Log, Read, Watch};
use super::plant::Typed;
use super::polling::{PollingOptions, RequestOptions};
use super::publishing::Publishing;
use super::pushing::Pushing;
use super::watching::Watching;
use crate::history::names::{Name, Names};
use crate::inverter::InverterId;
use crate::plant_file::{self, PlantFile};
use crate::source::{SourcePlan, kaco, kstar};
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeMap;
use std::time::Duration;

impl Log {
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
    requests: &RequestOptions,
    counters: bool,
    counters_last: Option<Duration>,
    typed: &Typed,
) -> Vec<SourcePlan> {
    let bus = |bus: &plant_file::BusSection| {
        let mut requests = requests.clone();
        let keys = &bus.polling;
        typed.fill("pace", &mut requests.waits.pace, keys.pace);
        typed.fill("timeout", &mut requests.waits.timeout, keys.timeout);
        typed.fill("gap", &mut requests.waits.gap, keys.gap);
        typed.fill("attempts", &mut requests.attempts, keys.attempts);
        typed.give("record", &mut requests.record, &keys.record);
        let mut counters = counters;
        typed.fill("counters", &mut counters, keys.counters);
        let (device, addresses) = (bus.device.clone(), bus.addresses.clone());
        let is_counted = counters || counters_last.is_some();
        SourcePlan::Kaco(kaco::BusPlan {
            // With --counters they are read in each round.
            counters_last: counters_last.filter(|_| !counters).unwrap_or_default(),
            names: bus.names.clone(),
            ..requests.bus(device, addresses, bus.name.clone(), is_counted)
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
        names.inverters.insert(kstar.ip.to_string(), name);
    }
    names
}
