//! The sources of a run, each polled by a task of its own.

use super::super::now;
use crate::inverter::InverterId;
use crate::source::Lifetime;
use crate::source::{Failures, Source, SourceError, SourcePlan, prepared};
use crate::watch::poller::{Event, poll_rounds};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch::Receiver;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep;

/// Events, each with the number of its source.
pub(super) type Events = UnboundedReceiver<(usize, Event)>;

/// Pause before a bus is polled under a new plan: a reply to its last request may still come.
const PAUSE: Duration = Duration::from_secs(1);

/// The sources that are polled.
pub(super) struct SourceTasks {
    every: Duration,
    paused: Receiver<bool>,
    sender: UnboundedSender<(usize, Event)>,
    all: Vec<SourceTask>,
    /// The number of the next source. None is given again: events of a source that was stopped may
    /// still be on their way.
    next: usize,
}

/// One source, and the task that polls it.
pub(super) struct SourceTask {
    pub(super) number: usize,
    plan: SourcePlan,
    pub(super) title: String,
    /// The inverters that were known when it was started.
    pub(super) inverters: Vec<InverterId>,
    /// Whether its inverters name themselves.
    pub(super) is_network: bool,
    /// Whether nothing was polled before it.
    pub(super) is_first: bool,
    handle: JoinHandle<()>,
}

impl SourceTasks {
    /// No tasks yet, and the channel of their events.
    pub(super) fn new(every: Duration, paused: Receiver<bool>) -> (Self, Events) {
        let (sender, events) = unbounded_channel();
        let tasks = Self {
            every,
            paused,
            sender,
            all: Vec::new(),
            next: 0,
        };
        (tasks, events)
    }

    /// Starts to poll; returns failures by the number of the source. `is_first`: nothing was polled
    /// before. The error is that of a source that is alone.
    pub(super) fn start(
        &mut self,
        plans: Vec<SourcePlan>,
        is_first: bool,
    ) -> Result<Failures, SourceError> {
        // After a reload errors are reported only: a run that goes on does not end by its file.
        let is_alone = is_first && plans.len() == 1;
        let (sources, mut failures) = prepared(plans.clone(), is_alone, Lifetime::Watch, now)?;
        failures
            .iter_mut()
            .for_each(|(place, _)| *place += self.next);
        for (plan, source) in plans.into_iter().zip(sources) {
            self.spawn(plan, source, is_first);
        }
        Ok(failures)
    }

    fn spawn(&mut self, plan: SourcePlan, source: Source, is_first: bool) {
        let number = self.next;
        self.next += 1;
        let sender = self.sender.clone();
        let report = move |event| drop(sender.send((number, event)));
        let (every, paused) = (self.every, self.paused.clone());
        let (title, inverters) = (source.title(), source.inverters());
        let is_network = source.is_network();
        let pause = if is_first { Duration::ZERO } else { PAUSE };
        let handle = spawn_local(async move {
            sleep(pause).await;
            poll_rounds(source, every, paused, report).await;
        });
        self.all.push(SourceTask {
            number,
            plan,
            title,
            inverters,
            is_network,
            is_first,
            handle,
        });
    }

    /// Stops the sources that are not among `plans`, and returns them; those that stay are taken
    /// out of `plans`.
    pub(super) async fn stop_others(&mut self, plans: &mut Vec<SourcePlan>) -> Vec<SourceTask> {
        let mut stopped = Vec::new();
        for mut one in std::mem::take(&mut self.all) {
            if let Some(same) = plans.iter().position(|plan| *plan == one.plan) {
                plans.remove(same);
                self.all.push(one);
            } else {
                one.handle.abort();
                // Its device is free then.
                let _ = (&mut one.handle).await;
                stopped.push(one);
            }
        }
        stopped
    }

    /// The sources that are polled.
    pub(super) fn all(&self) -> &[SourceTask] {
        &self.all
    }

    /// The source with this number, if it is still polled.
    pub(super) fn get(&self, number: usize) -> Option<&SourceTask> {
        self.all.iter().find(|one| one.number == number)
    }

    /// The inverters of all sources that are polled, as far as they were known at the start.
    pub(super) fn inverters(&self) -> Vec<InverterId> {
        let inverters = |one: &SourceTask| one.inverters.clone();
        self.all.iter().flat_map(inverters).collect()
    }

    /// The sources that are polled, in the order of these plans: after a reload they have the order
    /// of the file, as after a start.
    pub(super) fn in_order(&self, plans: &[SourcePlan]) -> Vec<&SourceTask> {
        let of = |plan: &SourcePlan| self.all.iter().find(|one| one.plan == *plan);
        plans.iter().filter_map(of).collect()
    }

    /// Stops all of them.
    pub(super) fn stop(&self) {
        for one in &self.all {
            one.handle.abort();
        }
    }
}
