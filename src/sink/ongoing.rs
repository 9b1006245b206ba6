//! What sinks do only while `watch` goes on: they stay connected and serve, take other inverters
//! after a reload, and note links that are lost.

use super::health::SinkHealth;
use super::http::Http;
use super::{Sink, SinkPlan, Sinks, mqtt};
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::reading::Reading;
use std::time::Duration;

impl Sinks {
    /// Reports there, from the connection on, what the broker has acknowledged.
    pub(crate) fn report_to(&mut self, acknowledged: &mqtt::Acknowledged) {
        for sink in &mut self.sinks {
            if let Sink::Mqtt(mqtt) = sink {
                mqtt.report_to(acknowledged.clone());
            }
        }
    }

    /// Keeps one connection to the broker from now on, instead of one at the end, and serves
    /// SunSpec clients. Faults are reported by `watch`, not by the log. A broker that is away
    /// is not an error: it may come.
    pub(crate) fn stay_connected(&mut self, inverters: &[InverterId]) -> Result<(), Failure> {
        for sink in &mut self.sinks {
            match sink {
                Sink::Mqtt(mqtt) => mqtt.stay_connected(inverters)?,
                Sink::Influx(influx) => influx.stay_connected(),
                Sink::Sunspec(sunspec) => sunspec.start(inverters)?,
                Sink::CsvLog(log) => log.without_faults(),
                _ => {}
            }
        }
        Ok(())
    }

    /// A message for the start: where SunSpec clients find which unit.
    pub(crate) fn announcement(&self) -> Option<String> {
        self.sinks.iter().find_map(|sink| match sink {
            Sink::Sunspec(sunspec) => sunspec.announcement(),
            _ => None,
        })
    }

    /// Serves HTTP from now on, if a port was given; `every` is the time between rounds.
    pub(crate) fn serve(
        &mut self,
        inverters: &[InverterId],
        every: Duration,
    ) -> Result<(), Failure> {
        for sink in &mut self.sinks {
            if let Sink::Http(http) = sink {
                http.serve(inverters, every)?;
            }
        }
        Ok(())
    }

    /// From now on these inverters are polled, and no others; what is known of those that stay is
    /// kept. `plan`: their names, and their SunSpec units.
    pub(crate) fn exchange(&mut self, inverters: &[InverterId], plan: &SinkPlan) {
        let before = std::mem::take(&mut self.latest);
        let places = std::mem::take(&mut self.places);
        let known = |inverter: &InverterId| before.get(*places.get(&inverter.place())?);
        let is_new = |inverter: &&InverterId| known(inverter).is_none();
        let new: Vec<InverterId> = inverters.iter().filter(is_new).cloned().collect();
        for inverter in inverters {
            let observation = match known(inverter) {
                Some(known) => {
                    // The place is the same, so only the name can differ.
                    let name = inverter.name().map(str::to_owned);
                    let named = known.inverter.clone().named(name);
                    Observation::new(named, known.outcome.clone()).at(known.time)
                }
                None => Observation::new(inverter.clone(), Outcome::NotPolled),
            };
            self.note(&observation);
        }
        for gone in before {
            if !self.places.contains_key(&gone.inverter.place()) {
                self.troubles.forget(&gone.inverter);
            }
        }
        self.begin(&new);
        for sink in &mut self.sinks {
            match sink {
                Sink::Http(http) => http.exchange(&self.latest, &plan.names),
                Sink::Sunspec(served) => served.exchange(plan.sunspec.clone(), &self.latest),
                Sink::Mqtt(mqtt) => {
                    mqtt.exchange(inverters, &self.memory.total(self.latest.iter()));
                }
                Sink::CsvLog(_) | Sink::Stdout(_) | Sink::Textfile(_) | Sink::Influx(_) => {}
            }
        }
    }

    /// The link of a source is lost for a reason, or back.
    pub(crate) fn link(&self, source: usize, lost: Option<&str>) {
        self.http()
            .for_each(|http| http.change(|state| state.link(source, lost)));
    }

    fn http(&self) -> impl Iterator<Item = &Http> {
        self.sinks.iter().filter_map(|sink| match sink {
            Sink::Http(http) => Some(http),
            _ => None,
        })
    }

    /// Takes a row that was logged today before this run.
    pub(crate) fn remember(&mut self, reading: &Reading) {
        self.memory.remember(reading);
        self.http()
            .for_each(|http| http.change(|state| state.remember(reading)));
    }

    /// The link to these inverters is lost: earlier observations of them are outdated.
    pub(crate) fn lose<'a>(&mut self, inverters: impl Iterator<Item = &'a InverterId>) {
        for inverter in inverters {
            let lost = Observation::new(inverter.clone(), Outcome::NotPolled);
            self.note(&lost);
            self.memory.lose(inverter);
            for sink in &mut self.sinks {
                match sink {
                    Sink::Http(http) => http.change(|state| state.lose(inverter)),
                    Sink::Sunspec(served) => served.observe(&lost),
                    Sink::CsvLog(_)
                    | Sink::Stdout(_)
                    | Sink::Textfile(_)
                    | Sink::Mqtt(_)
                    | Sink::Influx(_) => {}
                }
            }
        }
    }

    /// Whether each sink works now, in the order in which they were opened.
    pub(crate) fn health(&self) -> Vec<SinkHealth> {
        let health = |sink: &Sink| SinkHealth {
            name: sink.name().to_owned(),
            trouble: match sink {
                // These two have tasks of their own, whose trouble is noted at the end of the run.
                Sink::Mqtt(mqtt) => mqtt.trouble(),
                Sink::Influx(influx) => influx.trouble(),
                _ => self.troubles.of(sink.name()),
            },
        };
        self.sinks.iter().map(health).collect()
    }

    /// The last observation of every inverter.
    pub(crate) fn latest(&self) -> &[Observation] {
        &self.latest
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::naming::examples::{read, reading};
    use crate::kaco::layouts::STANDARD;
    use crate::kstar::layout::KSTAR;
    use std::fs;
    use std::net::IpAddr;
    use std::path::Path;

    /// Sinks that log to this directory.
    fn logging(directory: &Path) -> (Sinks, SinkPlan) {
        let plan = SinkPlan {
            log: Some(directory.to_owned()),
            ..SinkPlan::default()
        };
        (Sinks::open(plan.clone()).unwrap(), plan)
    }

    #[test]
    fn trouble_with_an_inverter_goes_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let (mut sinks, plan) = logging(directory.path());
        let [gone, stays] = [4, 5].map(|address| InverterId::kaco(Some(address)));
        sinks.begin(&[gone, stays.clone()]);
        // In the place of its folder.
        fs::write(directory.path().join("04"), "").unwrap();
        sinks.observe(read(reading(&STANDARD, &[])));
        assert!(sinks.health().iter().all(|one| one.trouble.is_some()));
        sinks.exchange(&[stays], &plan);
        assert!(sinks.health().iter().all(|one| one.trouble.is_none()));
    }

    /// The folders of inverters with one serial number have the address behind it.
    #[test]
    fn trouble_with_an_inverter_goes_with_it_whatever_its_folder_is_called() {
        let directory = tempfile::tempdir().unwrap();
        let (mut sinks, plan) = logging(directory.path());
        fs::write(directory.path().join("E4000K_10.0.0.1"), "").unwrap();
        let inverters = [1, 2].map(|last| {
            let ip = IpAddr::from([10, 0, 0, last]);
            InverterId::kstar(Some("E4000K".to_owned()), Some(ip))
        });
        sinks.begin(&inverters);
        for inverter in &inverters {
            let mut reading = reading(&KSTAR, &[]);
            reading.inverter = inverter.clone();
            sinks.observe(read(reading));
        }
        sinks.settle();
        assert!(sinks.health().iter().all(|one| one.trouble.is_some()));
        let [_, stays] = inverters;
        sinks.exchange(&[stays], &plan);
        assert!(sinks.health().iter().all(|one| one.trouble.is_none()));
    }
}
