//! What a watch reports: troubles and their end, implausible values, the health of its sources and
//! sinks; each in the place where it is seen.

use super::super::now;
use super::Watcher;
use crate::observation::Observation;
use crate::plausible::warnings;
use crate::sink::health::{NOT_YET, SinkHealth};
use crate::source::Failures;
use std::io::{Write, stdout};
use tracing::warn;

impl Watcher<'_> {
    /// Recordings that can't be written, or not any more.
    pub(super) fn report(&mut self, failures: Failures) {
        for (source, failure) in failures {
            self.worst = self.worst.max(failure.exit);
            warn!("{failure}");
            let health = SinkHealth {
                name: "recording".to_owned(),
                trouble: Some((now(), failure.message().to_owned())),
            };
            self.not_recorded.push((source, health));
        }
    }

    /// Whether messages name their source.
    pub(super) fn has_several(&self) -> bool {
        self.tasks.all().len() > 1
    }

    /// A message about a source, which is named where there are several.
    pub(super) fn of(&self, source: usize, text: &str) -> String {
        match self.plant.source(source) {
            Some(named) if self.has_several() => format!("{}: {text}", named.title),
            _ => text.to_owned(),
        }
    }

    /// Reports warnings about a reading when they begin, not at each poll.
    pub(super) fn report_warnings(&mut self, observation: &Observation) {
        let Some(reading) = observation.reading() else {
            return;
        };
        let inverter = &observation.inverter;
        let warnings = warnings(reading);
        let persists = |about: &String| warnings.iter().any(|warning| warning.about == *about);
        self.warned
            .retain(|(warned, about)| warned != inverter || persists(about));
        for warning in warnings {
            let warned = (inverter.clone(), warning.about.clone());
            if self.warned.insert(warned) {
                warn!("{}: {warning}", inverter.subject());
            }
        }
    }

    /// A line on standard output, or a message on the page.
    pub(super) fn say(&self, text: &str) {
        if self.has_page {
            return self.messages.note(text);
        }
        let time = now().format("%F %T");
        // Rows are logged also when the reader of these lines has gone.
        let _ = writeln!(stdout(), "{time} {text}");
    }

    /// The health of sources and sinks; a sink whose trouble is over is reported.
    pub(super) fn health(&mut self) -> Vec<SinkHealth> {
        let health = self.sinks.health();
        for (before, now) in self.health.iter().zip(&health) {
            // A sink that had not connected yet did not come back: this is its beginning.
            let was_lost = before
                .trouble
                .as_ref()
                .is_some_and(|(_, why)| why != NOT_YET);
            if was_lost && now.trouble.is_none() {
                self.say(&format!("{} is back", now.name));
            }
        }
        self.health.clone_from(&health);
        let links = self.plant.health();
        let recordings = self.not_recorded.iter().map(|(_, health)| health.clone());
        links.chain(recordings).chain(health).collect()
    }
}
