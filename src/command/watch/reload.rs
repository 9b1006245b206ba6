//! SIGHUP: the plant file is read again, and sources that differ are stopped and started.

use super::super::plan::WatchPlan;
use super::tasks::SourceTask;
use super::{Watcher, time};
use crate::exit::Failure;
use crate::sink::SinkPlan;
use std::time::Duration;
use tracing::{error, warn};

/// The settings that can't change while the run goes on.
pub(super) struct InForce {
    pub(super) sinks: SinkPlan,
    every: Duration,
    silent: bool,
}

impl InForce {
    pub(super) fn of(plan: &WatchPlan) -> Self {
        Self {
            sinks: plan.sinks.clone(),
            every: plan.every,
            silent: plan.silent,
        }
    }

    /// The keys whose values differ in a new plan.
    fn changed(&self, new: &WatchPlan) -> Vec<&'static str> {
        let (old, sinks) = (&self.sinks, &new.sinks);
        // Of SunSpec only the address: its units and names are exchanged while it serves.
        let bind = |plan: &SinkPlan| plan.sunspec.as_ref().map(|options| options.bind);
        let changes = [
            ("name", old.names.title != sinks.names.title),
            ("log", old.log != sinks.log),
            ("every", self.every != new.every),
            ("silent", self.silent != new.silent),
            ("textfile", old.textfile != sinks.textfile),
            ("sunspec", bind(old) != bind(sinks)),
            ("http", old.http != sinks.http),
            ("[mqtt]", old.mqtt != sinks.mqtt),
            ("[influx]", old.influx != sinks.influx),
        ];
        let changed = changes.into_iter().filter(|(_, is_changed)| *is_changed);
        changed.map(|(key, _)| key).collect()
    }
}

impl Watcher<'_> {
    /// Applies a new plan; keeps the old one if the file has mistakes.
    pub(super) async fn reload(&mut self, plan: Result<WatchPlan, String>) {
        match plan {
            Ok(plan) => self.exchange(plan).await,
            Err(mistakes) => {
                error!("the plant file is not used, what was polled before still is:\n{mistakes}");
            }
        }
    }

    async fn exchange(&mut self, plan: WatchPlan) {
        let changed = self.in_force.changed(&plan);
        if !changed.is_empty() {
            let keys = changed.join(", ");
            warn!("a change of {keys} in the plant file takes a restart");
        }
        let order = plan.sources;
        let mut plans = order.clone();
        // Before the new ones start: a device may have moved to another section of the file.
        let stopped = self.tasks.stop_others(&mut plans).await;
        let chosen = self.view.chosen(&self.plant);
        self.forget(&stopped);
        let is_same = stopped.is_empty() && plans.is_empty();
        match self.tasks.start(plans, false) {
            Ok(failures) => self.report(failures),
            Err(error) => {
                let failure = Failure::from(error);
                self.worst = self.worst.max(failure.exit);
                warn!("{failure}");
            }
        }
        self.place_sources();
        let polled = self.tasks.in_order(&order);
        let numbers: Vec<usize> = polled.iter().map(|one| one.number).collect();
        let inverters: Vec<_> = polled
            .iter()
            .flat_map(|one| one.inverters.clone())
            .collect();
        let titles: Vec<&str> = polled.iter().map(|one| one.title.as_str()).collect();
        self.plant.arrange(&numbers);
        self.view.choose(chosen, &self.plant);
        self.sinks.exchange(&inverters, &plan.sinks);
        let outcome = match is_same {
            true => "no bus has changed".to_owned(),
            false => format!("polling {}", titles.join(", ")),
        };
        self.say(&format!("the plant file was read again: {outcome}"));
    }

    /// Forgets sources that are no longer polled.
    fn forget(&mut self, stopped: &[SourceTask]) {
        // A round that was interrupted ends here: with the next one's, its readings would be those
        // of a second inverter with the same serial number.
        if stopped.iter().any(|one| one.is_network) {
            self.sinks.settle();
        }
        for number in stopped.iter().map(|one| one.number) {
            self.plant.remove(number);
            self.logged.forget(number);
            self.sinks.link(number, None);
            self.not_recorded.retain(|(source, _)| *source != number);
        }
    }

    /// Adds the sources that the page does not have yet.
    pub(super) fn place_sources(&mut self) {
        for task in self.tasks.all() {
            let number = task.number;
            if self.plant.source(number).is_some() {
                continue;
            }
            self.plant.add_source(number, task.title.clone(), time());
            for inverter in &task.inverters {
                self.plant.add(number, inverter);
                if inverter.folder().is_none() {
                    continue;
                }
                let now = time();
                self.logged.load(number, inverter, now, |reading| {
                    self.plant.remember(number, inverter, reading, now);
                    self.sinks.remember(reading);
                });
            }
        }
    }
}
