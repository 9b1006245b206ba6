//! Polls one source, round after round: which inverters are due, and what to do while its link is
//! lost.

use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::source::Source;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep, sleep_until};

/// Pause before a lost link is tried again: doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// See [`FIRST_PAUSE`]. A plugged-in adapter is noticed within a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Silent inverters are polled this seldom until they answer: at night all are silent.
const SILENT_EVERY: Duration = Duration::from_secs(60);

/// What happens while a source is polled.
#[derive(Debug)]
pub enum Event {
    /// An inverter was polled.
    Observed(Observation),
    /// The link is lost.
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
pub async fn poll_rounds(
    mut source: Source,
    every: Duration,
    mut paused: Receiver<bool>,
    mut report: impl FnMut(Event),
) {
    let mut schedule = Schedule {
        every,
        due: BTreeMap::new(),
    };
    let mut pause = None;
    loop {
        let next = schedule.next(&source);
        tokio::select! {
            () = sleep_until(next) => {}
            () = source.decided() => {}
        }
        // An error means that the page is gone; then nothing pauses any more.
        let _ = paused.wait_for(|is_paused| !is_paused).await;
        let due = schedule.due(&source);
        let began = Instant::now();
        schedule.begin(&source, &due, began);
        let mut observed = |observation: Observation| {
            schedule.note(&observation, began);
            report(Event::Observed(observation));
        };
        match source.poll(&due, &mut observed).await {
            Ok(()) => {
                if pause.take().is_some() {
                    report(Event::Back);
                }
            }
            Err(error) => {
                if pause.is_none() {
                    report(Event::Lost(error.into()));
                }
                let now = pause.map_or(FIRST_PAUSE, |pause: Duration| {
                    (pause * 2).min(LONGEST_PAUSE)
                });
                pause = Some(now);
                // Outputs that are written per round show the lost link, too.
                report(Event::RoundDone);
                sleep(now).await;
                // When the link is back all are polled at once, also those that were silent before.
                schedule.due.clear();
                continue;
            }
        }
        if let Some(error) = source.recording_failure() {
            report(Event::NotRecorded(error.into()));
        }
        report(Event::RoundDone);
    }
}

/// The place in a schedule of searching for inverters that are not known.
const SEARCH: &str = "";

impl Schedule {
    /// A round begins. An inverter that it does not wait for is polled on: it is not due before the
    /// next one.
    fn begin(&mut self, source: &Source, due: &[InverterId], began: Instant) {
        let places = due.iter().map(InverterId::place);
        let search = source.is_searching().then(|| SEARCH.to_owned());
        let next = began + self.every;
        self.due
            .extend(places.chain(search).map(|place| (place, next)));
    }

    /// Notes when an inverter is due again: the time counts from the start of the round.
    fn note(&mut self, observation: &Observation, began: Instant) {
        let pause = match observation.outcome {
            Outcome::Silent | Outcome::Unreachable(_) => self.every.max(SILENT_EVERY),
            _ => self.every,
        };
        self.due.insert(observation.inverter.place(), began + pause);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::source::kstar::NetworkPlan;
    use crate::source::{Lifetime, SourcePlan};
    use std::net::Ipv4Addr;
    use tokio::sync::watch::channel;
    use tokio::time::timeout;

    /// The poll of an inverter that was silent before goes on behind its round.
    #[tokio::test(start_paused = true)]
    async fn silent_inverter_makes_no_further_rounds() {
        let plan = NetworkPlan {
            known: vec![Ipv4Addr::new(127, 77, 0, 9)],
            ..NetworkPlan::default()
        };
        let now = || clock::now().fixed_offset();
        let source = Source::new(SourcePlan::Kstar(plan), Lifetime::Watch, now).unwrap();
        let (_pause, paused) = channel(false);
        let (mut rounds, mut silences) = (0, 0);
        let polling = poll_rounds(
            source,
            Duration::from_secs(5),
            paused,
            |event| match event {
                Event::Observed(_) => silences += 1,
                Event::RoundDone => {
                    rounds += 1;
                    assert!(rounds < 20, "no time passes between rounds");
                }
                event => unreachable!("{event:?}"),
            },
        );
        // Once a minute: at once, and behind each of the next three minutes.
        assert!(timeout(Duration::from_secs(200), polling).await.is_err());
        assert_eq!((silences, rounds), (4, 7));
    }

    #[tokio::test(start_paused = true)]
    async fn an_inverter_that_cannot_be_reached_is_not_the_whole_network() {
        // Nothing may be sent to all without asking for it: an error of the system at once.
        let plan = NetworkPlan {
            known: vec![Ipv4Addr::new(127, 77, 0, 9), Ipv4Addr::BROADCAST],
            ..NetworkPlan::default()
        };
        let now = || clock::now().fixed_offset();
        let source = Source::new(SourcePlan::Kstar(plan), Lifetime::Watch, now).unwrap();
        let (_pause, paused) = channel(false);
        let mut unreachable = 0;
        let polling = poll_rounds(
            source,
            Duration::from_secs(5),
            paused,
            |event| match event {
                Event::Observed(observation) => {
                    unreachable +=
                        u32::from(matches!(observation.outcome, Outcome::Unreachable(_)));
                }
                Event::RoundDone => {}
                event => unreachable!("{event:?}"),
            },
        );
        assert!(timeout(Duration::from_secs(200), polling).await.is_err());
        assert_eq!(unreachable, 4);
    }
}
