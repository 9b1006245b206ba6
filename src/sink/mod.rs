//! Sinks: what takes observations. [`Sinks`] owns them all; none of them knows a family.
//!
//! | module | takes observations to |
//! |---|---|
//! | [`csv_log`] | the CSV files of a log directory |
//! | [`stdout`] | standard output, in the format that was typed |
//! | [`textfile`] | a file of Prometheus metrics, replaced as a whole |
//! | `http` | browsers, Prometheus and other clients of HTTP |
//! | [`mqtt`] | an MQTT broker |
//! | [`influx`] | a database that takes InfluxDB's line protocol |
//! | [`sunspec`] | SunSpec clients, over Modbus TCP |
//!
//! | module | does for them |
//! |---|---|
//! | [`health`] | whether a sink works now |
//! | [`look`] | checks whether sinks could work, without opening them |
//! | `plan` | which sinks a run has, and how |
//! | `ongoing` | what they do only while `watch` goes on |
//! | `trouble` | reports of trouble: once, and its end |
//! | [`secret`], `certificates` | passwords and tokens; certificates and keys |
//! | `random`, `lock` | random numbers; locks |

#[cfg(feature = "tls")]
mod certificates;
pub mod csv_log;
pub(crate) mod health;
mod http;
pub(crate) mod influx;
mod lock;
pub(crate) mod look;
pub mod mqtt;
mod ongoing;
mod plan;
mod random;
pub(crate) mod secret;
pub(crate) mod stdout;
pub mod sunspec;
pub(crate) mod textfile;
mod trouble;

pub use plan::SinkPlan;
pub(crate) use plan::{http_at, sunspec_at};

use crate::exit::{Exit, Failure};
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::plant_total::Memory;
use csv_log::CsvLog;
use http::{Http, State};
use influx::Influx;
use mqtt::Mqtt;
use std::collections::HashMap;
use stdout::Stdout;
use sunspec::Sunspec;
use textfile::Textfile;
use tracing::warn;
use trouble::Troubles;

/// What takes observations.
enum Sink {
    CsvLog(CsvLog),
    Stdout(Stdout),
    Textfile(Textfile),
    Mqtt(Box<Mqtt>),
    Influx(Box<Influx>),
    Sunspec(Box<Sunspec>),
    Http(Http),
}

impl Sink {
    /// Its name where its health is shown.
    const fn name(&self) -> &'static str {
        match self {
            Self::CsvLog(_) => "log",
            Self::Stdout(_) => "output",
            Self::Textfile(_) => "metrics",
            Self::Mqtt(_) => "MQTT",
            Self::Influx(_) => "database",
            Self::Sunspec(_) => "SunSpec",
            Self::Http(_) => "HTTP",
        }
    }
}

/// All sinks of a run, and the one place that reports their trouble.
pub struct Sinks {
    sinks: Vec<Sink>,
    /// The last observation of every inverter, in the order in which they were named or found.
    latest: Vec<Observation>,
    /// Index of an inverter in it, by place.
    places: HashMap<String, usize>,
    /// Observations of this round of inverters that name themselves: which of two has a serial
    /// number is known at the end of the round.
    waiting: Vec<Observation>,
    /// What totals need of earlier rounds.
    memory: Memory,
    troubles: Troubles,
}

impl Sinks {
    /// Opens the sinks. Directories are taken before anything is polled: two runs never write to
    /// one. The error is that of the first sink that can't be opened.
    pub fn open(plan: SinkPlan) -> Result<Self, Failure> {
        for failure in plan.exposed() {
            warn!("{failure}");
        }
        // Observations are delivered in this order: a row is on the disk before it is printed or
        // published.
        let mut sinks = Vec::new();
        if let Some(path) = &plan.log {
            sinks.push(Sink::CsvLog(CsvLog::open(path)?));
        }
        if let Some(path) = plan.textfile {
            sinks.push(Sink::Textfile(Textfile::new(path)));
        }
        if let Some(printed) = plan.print {
            sinks.push(Sink::Stdout(Stdout::new(printed, plan.log.clone())));
        }
        if let Some(options) = plan.mqtt {
            sinks.push(Sink::Mqtt(Box::new(Mqtt::once(options))));
        }
        if let Some(options) = &plan.influx {
            let influx = Influx::open(options, plan.log.clone())?;
            sinks.push(Sink::Influx(Box::new(influx)));
        }
        if let Some(address) = plan.http {
            sinks.push(Sink::Http(Http::open(
                address,
                plan.names,
                plan.log.clone(),
            )?));
        }
        if let Some(options) = plan.sunspec {
            let sunspec = Sunspec::open(options, plan.log)?;
            sinks.push(Sink::Sunspec(Box::new(sunspec)));
        }
        Ok(Self {
            sinks,
            latest: Vec::new(),
            places: HashMap::new(),
            waiting: Vec::new(),
            memory: Memory::default(),
            troubles: Troubles::default(),
        })
    }

    /// Makes inverters known that will be polled, and repairs what a power cut left of their files.
    pub(crate) fn begin(&mut self, inverters: &[InverterId]) {
        for inverter in inverters {
            self.note(&Observation::new(inverter.clone(), Outcome::NotPolled));
        }
        for sink in &mut self.sinks {
            self.troubles.set_sink(sink.name());
            match sink {
                Sink::CsvLog(log) => log.repair(inverters, &mut self.troubles),
                Sink::Influx(influx) => {
                    for inverter in inverters {
                        influx.begin(inverter, &mut self.troubles);
                    }
                }
                Sink::Stdout(_)
                | Sink::Textfile(_)
                | Sink::Mqtt(_)
                | Sink::Sunspec(_)
                | Sink::Http(_) => {}
            }
        }
    }

    /// Gives a reading without a type the layout that its inverter has in its log.
    pub(crate) fn recognise(&self, observation: &mut Observation) {
        for sink in &self.sinks {
            if let Sink::CsvLog(log) = sink {
                log.recognise(observation);
            }
        }
    }

    /// Takes an observation.
    pub fn observe(&mut self, observation: Observation) {
        let names_itself = observation.inverter.folder().is_none();
        if names_itself && observation.reading().is_some() {
            self.waiting.push(observation);
        } else {
            self.deliver(&observation);
        }
    }

    /// Ends a round of the inverters that name themselves: which of two has a serial number can be
    /// decided.
    pub(crate) fn settle(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        for sink in &mut self.sinks {
            if let Sink::CsvLog(log) = sink {
                log.identify(&mut waiting);
            }
        }
        for observation in &waiting {
            self.deliver(observation);
        }
    }

    /// Ends a round: everything that was due has been observed.
    pub(crate) fn round_done(&mut self) {
        for sink in &mut self.sinks {
            self.troubles.set_sink(sink.name());
            match sink {
                Sink::Textfile(file) => file.write(&self.latest, &mut self.troubles),
                Sink::Stdout(stdout) => stdout.round_done(&self.latest, &mut self.troubles),
                Sink::CsvLog(log) => log.round_done(&self.latest),
                Sink::Http(http) => http.change(State::round_done),
                Sink::Influx(influx) => influx.round_done(),
                Sink::Mqtt(mqtt) => mqtt.round_done(self.memory.total(self.latest.iter())),
                Sink::Sunspec(_) => {}
            }
        }
    }

    /// Ends a round that gave nothing to log: metrics and lines for programs report all inverters
    /// as down.
    pub(crate) fn round_failed(&mut self) {
        for sink in &mut self.sinks {
            self.troubles.set_sink(sink.name());
            match sink {
                Sink::Textfile(file) => file.write(&self.latest, &mut self.troubles),
                Sink::Stdout(stdout) => stdout.round_failed(&self.latest, &mut self.troubles),
                Sink::CsvLog(_)
                | Sink::Mqtt(_)
                | Sink::Influx(_)
                | Sink::Sunspec(_)
                | Sink::Http(_) => {}
            }
        }
    }

    /// Ends the run: waits until everything is delivered, and returns the worst exit code.
    pub(crate) async fn finish(mut self) -> Exit {
        // A signal ends a `watch` in the middle of a round: what was read is logged all the same.
        self.settle();
        for sink in self.sinks {
            self.troubles.set_sink(sink.name());
            match sink {
                Sink::Mqtt(mqtt) => mqtt.finish(&mut self.troubles).await,
                Sink::Influx(influx) => influx.finish(&mut self.troubles).await,
                _ => {}
            }
        }
        self.troubles.exit()
    }

    fn deliver(&mut self, observation: &Observation) {
        self.memory.note(observation);
        self.note(observation);
        self.prepare(observation);
        for sink in &mut self.sinks {
            self.troubles.set_sink(sink.name());
            match sink {
                Sink::CsvLog(log) => log.observe(observation, &mut self.troubles),
                Sink::Stdout(stdout) => stdout.observe(observation, &mut self.troubles),
                Sink::Mqtt(mqtt) => mqtt.observe(observation),
                Sink::Sunspec(sunspec) => sunspec.observe(observation),
                Sink::Http(http) => http.observe(observation),
                Sink::Textfile(_) | Sink::Influx(_) => {}
            }
        }
    }

    /// Announces a row to the database sink, which reads it from the log, before it is there.
    fn prepare(&mut self, observation: &Observation) {
        let influx = self.sinks.iter().find_map(|sink| match sink {
            Sink::Influx(influx) => Some((influx, sink.name())),
            _ => None,
        });
        let Some((influx, name)) = influx else {
            return;
        };
        let folder = self.sinks.iter().find_map(|sink| match sink {
            Sink::CsvLog(log) => log.folder(&observation.inverter),
            _ => None,
        });
        self.troubles.set_sink(name);
        influx.observe(observation, folder, &mut self.troubles);
    }

    fn note(&mut self, observation: &Observation) {
        let place = observation.inverter.place();
        let known = self.places.get(&place).copied();
        match known.and_then(|known| self.latest.get_mut(known)) {
            Some(latest) => *latest = observation.clone(),
            None => {
                self.places.insert(place, self.latest.len());
                self.latest.push(observation.clone());
            }
        }
    }
}
