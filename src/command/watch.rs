//! `watch` of every family: keeps polling; a live page on a terminal, a line per change elsewhere.

use super::now;
use super::plan::Watch;
use super::stop::{Ended, Stop};
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::logging::Messages;
use crate::observation::Observation;
use crate::plausible::oddities;
use crate::sink::Sinks;
use crate::source::{Lifetime, Source};
use crate::watch::keeper::{Event, keep};
use crate::watch::page::Surroundings;
use crate::watch::plant::Plant;
use crate::watch::screen::{Screen, Wish};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch::{Sender, channel};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// How often the page is drawn: its clock shows seconds.
const DRAW_EVERY: Duration = Duration::from_millis(500);

/// Watches the inverters until the user or the system ends it.
///
/// # Errors
/// [`Failure`] if a sink, a source or the terminal can't be prepared.
pub(super) async fn run(
    plan: Watch,
    mut stop: Stop,
    messages: &Messages,
) -> Result<Ended, Failure> {
    let mut sinks = Sinks::open(plan.sinks)?;
    let source = |plan| Source::new(plan, Lifetime::Watch, now);
    let sources: Result<Vec<Source>, _> = plan.sources.into_iter().map(source).collect();
    let sources = sources?;
    let inverters: Vec<InverterId> = sources.iter().flat_map(Source::inverters).collect();
    sinks.begin(&inverters);
    sinks.stay_connected(&inverters)?;
    sinks.serve(&inverters, now, plan.every)?;
    let names: Vec<String> = sources.iter().map(Source::title).collect();
    let (pause, paused) = channel(false);
    let (sender, events) = unbounded_channel();
    let tasks = LocalSet::new();
    for (index, source) in sources.into_iter().enumerate() {
        let sender = sender.clone();
        let tell = move |event| drop(sender.send((index, event)));
        tasks.spawn_local(keep(source, plan.every, paused.clone(), tell));
    }
    let mut plant = Plant::default();
    for inverter in &inverters {
        plant.add(inverter, Instant::now());
    }
    let has_page = !plan.silent && stdout().is_terminal() && stdin().is_terminal();
    let mut watcher = Watcher {
        sinks,
        plant,
        names,
        pause,
        has_page,
        messages,
        odd: BTreeSet::new(),
    };
    let ended = tasks.run_until(watcher.watch(events, &mut stop)).await;
    let exit = watcher.sinks.finish().await;
    ended.map(|()| Ended::Exit(exit))
}

/// Hands observations to the sinks, reports what changes, shows the page.
struct Watcher<'a> {
    sinks: Sinks,
    plant: Plant,
    /// What the sources are called.
    names: Vec<String>,
    pause: Sender<bool>,
    has_page: bool,
    messages: &'a Messages,
    /// Inverters whose last reading had something odd.
    odd: BTreeSet<String>,
}

impl Watcher<'_> {
    async fn watch(
        &mut self,
        mut events: UnboundedReceiver<(usize, Event)>,
        stop: &mut Stop,
    ) -> Result<(), Failure> {
        let mut screen = self.screen()?;
        loop {
            self.draw(screen.as_mut())?;
            tokio::select! {
                Some((source, event)) = events.recv() => self.take(source, event),
                wish = wish(&mut screen) => match wish {
                    Wish::Quit => return Ok(()),
                    Wish::Pause => self.pause.send_modify(|is_paused| *is_paused = !*is_paused),
                    Wish::Draw => {}
                },
                _ = stop.heard() => return Ok(()),
                () = sleep(DRAW_EVERY), if self.has_page => {}
            }
        }
    }

    fn screen(&self) -> Result<Option<(Screen, crate::logging::Held)>, Failure> {
        if !self.has_page {
            return Ok(None);
        }
        let held = self.messages.hold();
        let screen = Screen::start().map_err(lost_terminal)?;
        Ok(Some((screen, held)))
    }

    fn take(&mut self, source: usize, event: Event) {
        match event {
            Event::Observed(observation) => self.observe(observation),
            Event::Lost(failure) => {
                let reason = self.of(source, &failure.to_string());
                self.sinks.link(source, Some(&reason));
                warn!("{reason}; trying again until it is back");
            }
            Event::Back => {
                self.sinks.link(source, None);
                self.say(&self.of(source, "the connection is back"));
            }
            Event::NotRecorded(failure) => warn!("{failure}"),
            Event::RoundDone => self.sinks.round_done(),
        }
    }

    /// A message about a source, which is named where there are several.
    fn of(&self, source: usize, text: &str) -> String {
        match self.names.get(source) {
            Some(name) if self.names.len() > 1 => format!("{name}: {text}"),
            _ => text.to_owned(),
        }
    }

    fn observe(&mut self, observation: Observation) {
        self.report_oddities(&observation);
        let change = self.plant.take(&observation, Instant::now());
        self.sinks.observe(observation);
        if let Some(change) = change {
            self.say(&change.to_string());
        }
    }

    /// What is odd is reported when it begins, not at each poll.
    fn report_oddities(&mut self, observation: &Observation) {
        let Some(reading) = observation.reading() else {
            return;
        };
        let subject = observation.inverter.subject();
        let oddities = oddities(reading);
        if oddities.is_empty() {
            self.odd.remove(&subject);
        } else if self.odd.insert(subject.clone()) {
            for oddity in oddities {
                warn!("{subject}: {oddity}");
            }
        }
    }

    /// A line on standard output, or a message on the page.
    fn say(&self, text: &str) {
        if self.has_page {
            info!("{text}");
            return self.messages.note(text);
        }
        let time = now().format("%F %T");
        let _ = writeln!(stdout(), "{time} {text}");
    }

    fn draw(&mut self, screen: Option<&mut (Screen, crate::logging::Held)>) -> Result<(), Failure> {
        let Some((screen, _)) = screen else {
            return Ok(());
        };
        self.plant.advance(Instant::now());
        let surroundings = Surroundings {
            source: self.names.join(", "),
            time: now().format("%F %T").to_string(),
            is_paused: *self.pause.borrow(),
            news: self.messages.last(),
        };
        screen
            .draw(&self.plant, &surroundings)
            .map_err(lost_terminal)
    }
}

/// What the user wants; never comes without a page.
async fn wish(screen: &mut Option<(Screen, crate::logging::Held)>) -> Wish {
    match screen {
        Some((screen, _)) => screen.wish().await,
        None => std::future::pending().await,
    }
}

fn lost_terminal(error: std::io::Error) -> Failure {
    Failure::new(
        format!("the terminal can't show the page: {error}"),
        Some("`--silent` prints a line per change instead"),
    )
}
