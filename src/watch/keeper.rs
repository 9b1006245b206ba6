//! Keeps polling one source: which inverters are due, and what to do while the way to them is gone.

use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::source::Source;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep, sleep_until};

/// Pause before a lost way is tried again: doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// See [`FIRST_PAUSE`]. A plugged-in adapter is noticed within a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Silent inverters are polled this seldom until they answer: at night all are silent.
const SILENT_EVERY: Duration = Duration::from_secs(60);

/// What a keeper reports.
#[derive(Debug)]
pub enum Event {
    /// What came of polling an inverter.
    Observed(Observation),
    /// The way to the inverters is gone.
    Lost(Failure),
    /// It is back.
    Back,
    /// The recording ended before its time.
    NotRecorded(Failure),
    /// Every inverter that was due has been polled.
    RoundDone,
}

/// When the inverters of a source are polled.
struct Schedule {
    every: Duration,
    /// By place; an inverter that is not in it is due.
    due: BTreeMap<String, Instant>,
}

/// Polls until it is dropped, and not while it is `paused`.
pub async fn keep(
    mut source: Source,
    every: Duration,
    mut paused: Receiver<bool>,
    mut tell: impl FnMut(Event),
) {
    let mut schedule = Schedule {
        every,
        due: BTreeMap::new(),
    };
    let mut pause = None;
    loop {
        sleep_until(schedule.next(&source)).await;
        // An error means that the page is gone; then nothing pauses any more.
        let _ = paused.wait_for(|is_paused| !is_paused).await;
        let due = schedule.due(&source);
        let began = Instant::now();
        let mut report = |observation: Observation| {
            schedule.note(&observation, began);
            tell(Event::Observed(observation));
        };
        let polled = source.poll(&due, &mut report).await;
        schedule.searched(&source, began);
        match polled {
            Ok(()) => {
                if pause.take().is_some() {
                    tell(Event::Back);
                }
            }
            Err(error) => {
                if pause.is_none() {
                    tell(Event::Lost(error.into()));
                }
                let now = pause.map_or(FIRST_PAUSE, |pause: Duration| {
                    (pause * 2).min(LONGEST_PAUSE)
                });
                pause = Some(now);
                // Outputs that are written per round show the lost link, too.
                tell(Event::RoundDone);
                sleep(now).await;
                // When the way is back all are polled at once, also those that were silent before.
                schedule.due.clear();
                continue;
            }
        }
        if let Some(error) = source.recording_failure() {
            tell(Event::NotRecorded(error.into()));
        }
        tell(Event::RoundDone);
    }
}

/// The place in a schedule of searching for inverters that are not known.
const SEARCH: &str = "";

impl Schedule {
    /// Notes when an inverter is due again: the time counts from the start of the round.
    fn note(&mut self, observation: &Observation, began: Instant) {
        let pause = match observation.outcome {
            Outcome::Silent | Outcome::Unreachable(_) => self.every.max(SILENT_EVERY),
            _ => self.every,
        };
        self.due.insert(observation.inverter.place(), began + pause);
    }

    /// Inverters that are not waited for are due again as soon as they were reported.
    fn searched(&mut self, source: &Source, began: Instant) {
        if source.is_searching() {
            self.due.insert(SEARCH.to_owned(), began + self.every);
        }
    }

    fn next(&self, source: &Source) -> Instant {
        let now = Instant::now();
        let due = |inverter: &InverterId| self.due.get(&inverter.place()).copied().unwrap_or(now);
        let search = source.is_searching().then(|| self.due.get(SEARCH).copied());
        let search = search.map(|due| due.unwrap_or(now));
        let next = source.inverters().iter().map(due).chain(search).min();
        next.unwrap_or(now + self.every)
    }

    fn due(&self, source: &Source) -> Vec<InverterId> {
        let now = Instant::now();
        let is_due = |inverter: &InverterId| {
            let due = self.due.get(&inverter.place());
            due.is_none_or(|due| *due <= now)
        };
        source.inverters().into_iter().filter(is_due).collect()
    }
}
