//! `watch` of every family: keeps polling; a live page on a terminal, a line per change elsewhere.

mod moved;
mod reload;
mod reports;
mod tasks;
mod terminal;

use super::now;
use super::plan::{Reload, WatchPlan};
use super::service::{self, Hangup, Watchdog};
use super::stop::{Ended, Stop};
use crate::clock::Now;
use crate::exit::{Exit, Failure};
use crate::format::look::Look;
use crate::inverter::InverterId;
use crate::logging::Messages;
use crate::observation::{Observation, Outcome};
use crate::sink::Sinks;
use crate::sink::health::SinkHealth;
use crate::watch::logged::Logged;
use crate::watch::plant::Plant;
use crate::watch::poller::Event;
use crate::watch::view::{View, Wish};
use reload::InForce;
use std::collections::BTreeSet;
use std::io::{IsTerminal, stdin, stdout};
use std::time::Duration;
use tasks::{Events, SourceTasks};
use terminal::{hung_up, input, lost_terminal};
use tokio::sync::watch::{Sender, channel};
use tokio::task::LocalSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::warn;

/// Time between drawings of the page, whose clock shows seconds. Keys draw it at once.
const DRAW_EVERY: Duration = Duration::from_millis(500);

/// The longest time from the end of a terminal to the signal about it.
const HANG_UP: Duration = Duration::from_millis(500);

/// Watches the inverters until a key or a signal ends it. A missing device is waited for.
pub(super) async fn run(
    plan: WatchPlan,
    stop: Stop,
    messages: &Messages,
) -> Result<Ended, Failure> {
    LocalSet::new()
        .run_until(run_here(plan, stop, messages))
        .await
}

/// [`run`], inside the set of local tasks.
async fn run_here(plan: WatchPlan, mut stop: Stop, messages: &Messages) -> Result<Ended, Failure> {
    messages.show_times();
    let has_page = !plan.silent && stdout().is_terminal() && stdin().is_terminal();
    let is_shown = has_page || plan.sinks.http.is_some();
    let log = plan.sinks.log.clone().filter(|_| is_shown);
    let in_force = InForce::of(&plan);
    let title = plan.sinks.names.title.clone();
    let mut sinks = Sinks::open(plan.sinks)?;
    let (pause, paused) = channel(false);
    // They begin at the first wait, in `watch` below: all sinks are ready before they observe.
    let (mut tasks, mut events) = SourceTasks::new(plan.every, paused);
    let failures = tasks.start(plan.sources, true)?;
    let inverters = tasks.inverters();
    sinks.begin(&inverters);
    sinks.stay_connected(&inverters)?;
    sinks.serve(&inverters, plan.every)?;
    let mut watcher = Watcher {
        health: sinks.health(),
        sinks,
        tasks,
        in_force,
        plant: Plant::new(Vec::new(), plan.every, time()),
        logged: Logged::new(log),
        view: View::default(),
        look: plan.look,
        pause,
        has_page,
        messages,
        warned: BTreeSet::new(),
        not_recorded: Vec::new(),
        worst: Exit::Done,
    };
    watcher.plant.title = title;
    watcher.place_sources();
    watcher.report(failures);
    if let Some(announcement) = watcher.sinks.announcement() {
        watcher.say(&announcement);
    }
    let mut ended = watcher.watch(&mut events, &mut stop, plan.reload).await;
    service::stopping();
    watcher.tasks.stop();
    // A signal may come before these are taken: what was read is logged all the same.
    while let Ok((source, event)) = events.try_recv() {
        ended = ended.and(watcher.take(source, event));
    }
    let exit = watcher.sinks.finish().await.max(watcher.worst);
    ended.map(|()| Ended::Exit(exit))
}

/// The time on both clocks.
fn time() -> Now {
    Now {
        instant: Instant::now(),
        local: now(),
    }
}

/// Hands observations to the sinks, reports changes, draws the page.
struct Watcher<'a> {
    sinks: Sinks,
    tasks: SourceTasks,
    in_force: InForce,
    /// Health of the sinks when the page was drawn last.
    health: Vec<SinkHealth>,
    plant: Plant,
    logged: Logged,
    view: View,
    look: Look,
    pause: Sender<bool>,
    has_page: bool,
    messages: &'a Messages,
    /// What the last reading of each inverter had warnings about.
    warned: BTreeSet<(InverterId, String)>,
    /// Recordings that ended before their time, with the numbers of their sources.
    not_recorded: Vec<(usize, SinkHealth)>,
    /// The worst exit code of the sources; trouble that is over counts too.
    worst: Exit,
}

impl Watcher<'_> {
    async fn watch(
        &mut self,
        events: &mut Events,
        stop: &mut Stop,
        plant_file: Option<Reload>,
    ) -> Result<(), Failure> {
        // With neither page nor plant file the signal ends the program as it ends any other.
        let is_heard = self.has_page || plant_file.is_some();
        let mut hangup = is_heard.then(Hangup::listen).transpose()?;
        let mut watchdog = Watchdog::new();
        service::ready();
        let mut page = self.page()?;
        let mut draw = interval(DRAW_EVERY);
        // After a stop by Ctrl-Z the page is drawn once, not once for each tick that was missed.
        draw.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let drawn = tokio::select! {
                Some((source, event)) = events.recv() => {
                    self.take(source, event)?;
                    continue;
                }
                input = input(&mut page) => {
                    if self.press(input) == Wish::Quit {
                        return Ok(());
                    }
                    self.draw(&mut page)
                }
                _ = stop.signal() => return Ok(()),
                is_over = hung_up(&mut hangup) => {
                    let Some(file) = plant_file.as_ref().filter(|_| !is_over) else {
                        return Ok(());
                    };
                    service::reloading();
                    self.reload(file.plan()).await;
                    service::ready();
                    continue;
                }
                () = watchdog.beat() => continue,
                _ = draw.tick(), if self.has_page => self.draw(&mut page),
            };
            if let Err(error) = drawn {
                // Mostly its terminal was closed, and a signal reports that too.
                return match timeout(HANG_UP, hung_up(&mut hangup)).await {
                    Ok(_) => Ok(()),
                    Err(_) => Err(lost_terminal(error)),
                };
            }
        }
    }

    fn take(&mut self, source: usize, event: Event) -> Result<(), Failure> {
        // A reload stopped it while this was on its way.
        let Some(task) = self.tasks.get(source) else {
            return Ok(());
        };
        let (is_network, is_first) = (task.is_network, task.is_first);
        match event {
            Event::Observed(observation) => self.observe(source, observation),
            // Another run watches this device: at the start that is an error, and not waited for.
            Event::Lost(failure) if failure.exit == Exit::Busy && is_first && self.is_alone() => {
                return Err(failure);
            }
            Event::Lost(failure) => self.link_lost(source, &failure),
            Event::Back => {
                self.sinks.link(source, None);
                self.plant.link_back(source, time());
                self.say(&self.of(source, "the connection is back"));
            }
            Event::NotRecorded(failure) => {
                let failure = match self.plant.source(source) {
                    Some(named) if self.has_several() => failure.of(&named.title),
                    _ => failure,
                };
                self.report(vec![(source, failure)]);
            }
            Event::RoundDone => {
                self.plant.round_done(source, time());
                // Readings that wait for the end of the round are part of it.
                if is_network {
                    self.sinks.settle();
                }
                self.sinks.lose(self.plant.lost(source));
                self.sinks.round_done();
            }
        }
        Ok(())
    }

    fn link_lost(&mut self, source: usize, failure: &Failure) {
        self.worst = self.worst.max(failure.exit);
        let reason = self.of(source, &failure.to_string());
        self.sinks.link(source, Some(&reason));
        self.plant
            .link_lost(source, failure.message().to_owned(), time());
        let what = self.of(source, failure.message());
        let cure = failure.hint().map(|hint| format!("\n  {hint}"));
        let cure = cure.unwrap_or_default();
        warn!("{what}; trying again until it is back{cure}");
    }

    /// Whether there is one source, and nothing was polled yet.
    fn is_alone(&self) -> bool {
        let mut latest = self.sinks.latest().iter();
        !self.has_several() && latest.all(|one| matches!(one.outcome, Outcome::NotPolled))
    }

    fn observe(&mut self, source: usize, mut observation: Observation) {
        if self.has_moved(source, &observation) {
            return;
        }
        self.sinks.recognise(&mut observation);
        self.report_warnings(&observation);
        let time = time();
        let id = &observation.inverter;
        if observation.reading().is_some() {
            self.logged.load(source, id, time, |reading| {
                self.plant.remember(source, id, reading, time);
                self.sinks.remember(reading);
            });
        }
        let change = self.plant.take(source, &observation, time);
        self.sinks.observe(observation);
        if let Some(change) = change {
            self.say(&change.to_string());
        }
    }
}
