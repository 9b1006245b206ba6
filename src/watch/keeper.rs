//! Goes on asking: who is due, what came, what changed; and what to do while the way to the inverters is gone.

use super::plant::{Change, Health, Plant};
use super::source::Source;
use crate::observation::Polled;
use crate::reading::Reading;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Pause before a lost way is tried again: doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// See [`FIRST_PAUSE`]. A plugged-in adapter is noticed within half a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often a pause by the user is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// What the keeper has to tell.
#[derive(Debug)]
pub enum Event<'a> {
    /// A reading came in from the inverter of this name.
    Reading(&'a str, &'a Reading),
    /// An inverter's health changed.
    Changed(Change),
    /// Everybody who was due was asked.
    RoundDone,
    /// The way to the inverters is gone; in words.
    Lost(String),
    /// It is back.
    Back,
}

/// What is shared between who asks and who shows.
#[derive(Debug)]
pub struct Shared {
    /// The inverters.
    pub plant: Plant,
    /// Whether nobody is to be asked.
    pub is_paused: bool,
}

/// Asks until it is dropped.
pub async fn keep(
    mut source: impl Source,
    shared: Rc<RefCell<Shared>>,
    mut tell: impl FnMut(Event<'_>),
) {
    for name in source.names() {
        shared.borrow_mut().plant.add(&name, Instant::now());
    }
    let mut pause = None;
    loop {
        wait_for_due(&shared).await;
        let (awake, asleep) = due(&shared.borrow().plant);
        let began = Instant::now();
        let outcome = source
            .round(&awake, &asleep, &mut |name, polled| {
                take(&shared, name, polled, began, &mut tell)
            })
            .await;
        match outcome {
            Ok(()) => {
                if pause.take().is_some() {
                    tell(Event::Back);
                }
            }
            Err(error) => {
                if pause.is_none() {
                    tell(Event::Lost(error.to_string()));
                }
                let now = pause.map_or(FIRST_PAUSE, |pause: Duration| {
                    (pause * 2).min(LONGEST_PAUSE)
                });
                pause = Some(now);
                sleep(now).await;
                shared.borrow_mut().plant.all_due(Instant::now());
            }
        }
        tell(Event::RoundDone);
    }
}

/// Sleeps until somebody is due and nobody has pressed pause.
async fn wait_for_due(shared: &RefCell<Shared>) {
    loop {
        let (is_paused, next) = {
            let shared = shared.borrow();
            (shared.is_paused, shared.plant.next_due())
        };
        match next {
            Some(next) if !is_paused && next <= Instant::now() => return,
            Some(next) if !is_paused => sleep_until(next).await,
            _ => sleep(GLANCE).await,
        }
    }
}

/// The names of those who are due: those who answer or were never asked, and those who were silent.
fn due(plant: &Plant) -> (Vec<String>, Vec<String>) {
    let (asleep, awake): (Vec<_>, Vec<_>) = plant
        .due(Instant::now())
        .partition(|inverter| inverter.health == Health::Silent);
    let names = |inverters: Vec<&super::plant::Inverter>| {
        inverters
            .into_iter()
            .map(|inverter| inverter.name.clone())
            .collect()
    };
    (names(awake), names(asleep))
}

fn take(
    shared: &RefCell<Shared>,
    name: &str,
    polled: Polled,
    began: Instant,
    tell: &mut impl FnMut(Event<'_>),
) {
    if let Polled::Read { reading, .. } = &polled {
        tell(Event::Reading(name, reading));
    }
    let change = shared
        .borrow_mut()
        .plant
        .take(name, polled, began, Instant::now());
    if let Some(change) = change {
        tell(Event::Changed(change));
    }
}
