//! The sources of a run, each polled by a task of its own.

use super::super::now;
use crate::inverter::InverterId;
use crate::source::Lifetime;
use crate::source::{Failures, Source, SourceError, SourcePlan, prepared};
use crate::watch::keeper::{Event, keep};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch::Receiver;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep;

/// News of a source, with its number.
pub(super) type Events = UnboundedReceiver<(usize, Event)>;

/// Before a bus is polled that was polled under another plan: a reply to its last request may still
/// come.
const PAUSE: Duration = Duration::from_secs(1);

/// The sources that are polled.
pub(super) struct Keepers {
    every: Duration,
    paused: Receiver<bool>,
    sender: UnboundedSender<(usize, Event)>,
    kept: Vec<Kept>,
    /// The number of the next source. None is given again: news of a source that was stopped may
    /// still be on their way.
    next: usize,
}

/// One source.
pub(super) struct Kept {
    pub(super) number: usize,
    plan: SourcePlan,
    /// What it is called.
    pub(super) title: String,
    /// The inverters that it knew when it was started.
    pub(super) inverters: Vec<InverterId>,
    /// Whether its inverters name themselves.
    pub(super) is_network: bool,
    task: JoinHandle<()>,
}

impl Keepers {
    /// No keepers yet, and the channel of their news.
    pub(super) fn new(every: Duration, paused: Receiver<bool>) -> (Self, Events) {
        let (sender, events) = unbounded_channel();
        let keepers = Self {
            every,
            paused,
            sender,
            kept: Vec::new(),
            next: 0,
        };
        (keepers, events)
    }

    /// Starts to poll; gives what failed of that, by the number of the source. `is_first`: nothing
    /// was polled before. Fails only with the error of a source that is alone.
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
            self.keep(plan, source, if is_first { Duration::ZERO } else { PAUSE });
        }
        Ok(failures)
    }

    fn keep(&mut self, plan: SourcePlan, source: Source, pause: Duration) {
        let number = self.next;
        self.next += 1;
        let sender = self.sender.clone();
        let tell = move |event| drop(sender.send((number, event)));
        let (every, paused) = (self.every, self.paused.clone());
        let (title, inverters) = (source.title(), source.inverters());
        let is_network = source.is_network();
        let task = spawn_local(async move {
            sleep(pause).await;
            keep(source, every, paused, tell).await;
        });
        self.kept.push(Kept {
            number,
            plan,
            title,
            inverters,
            is_network,
            task,
        });
    }

    /// Stops the sources that are not among `plans`, and gives them; those that stay are taken out
    /// of `plans`.
    pub(super) async fn stop_others(&mut self, plans: &mut Vec<SourcePlan>) -> Vec<Kept> {
        let mut stopped = Vec::new();
        for mut kept in std::mem::take(&mut self.kept) {
            if let Some(same) = plans.iter().position(|plan| *plan == kept.plan) {
                plans.remove(same);
                self.kept.push(kept);
            } else {
                kept.task.abort();
                // Its device is free then.
                let _ = (&mut kept.task).await;
                stopped.push(kept);
            }
        }
        stopped
    }

    /// The sources that are polled.
    pub(super) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// The inverters of all sources that are polled, as far as they were known at the start.
    pub(super) fn inverters(&self) -> Vec<InverterId> {
        let inverters = |kept: &Kept| kept.inverters.clone();
        self.kept.iter().flat_map(inverters).collect()
    }

    /// The sources that are polled, in the order of these plans: after a reload they have the order
    /// of the file, as after a start.
    pub(super) fn in_order(&self, plans: &[SourcePlan]) -> Vec<&Kept> {
        let of = |plan: &SourcePlan| self.kept.iter().find(|kept| kept.plan == *plan);
        plans.iter().filter_map(of).collect()
    }

    /// Polls nothing any more.
    pub(super) fn end(&self) {
        for kept in &self.kept {
            kept.task.abort();
        }
    }

    /// Whether a source is polled still.
    pub(super) fn is_kept(&self, number: usize) -> bool {
        self.kept.iter().any(|kept| kept.number == number)
    }

    /// Whether its inverters name themselves.
    pub(super) fn is_network(&self, number: usize) -> bool {
        let mut kept = self.kept.iter();
        kept.any(|kept| kept.number == number && kept.is_network)
    }
}
