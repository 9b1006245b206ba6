//! `watch`: keep polling; a live page on a terminal, a line for each change elsewhere.

use super::rows::Rows;
use super::{Exit, Failure, round};
use crate::cli::{Polling, Watch};
use crate::kaco::bus::Bus;
use crate::kaco::connect::LinkError;
use crate::link::{Device, Link};
use crate::logging;
use crate::output::log_files::LogDirectory;
use crate::watch::keeper::{Event, Shared, keep};
use crate::watch::page::Surroundings;
use crate::watch::plant::Plant;
use crate::watch::screen::{Screen, Wish};
use crate::watch::source::{BusSource, MakeBus};
use chrono::Local;
use std::cell::RefCell;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::rc::Rc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// How often the page is drawn: its clock shows seconds.
const DRAW_EVERY: Duration = Duration::from_millis(500);

/// Watches the inverters of a bus until the user or the system ends it.
///
/// # Errors
/// [`Failure`] if bus or directory can't be had at the start.
pub(super) async fn run(arguments: Watch) -> Result<Exit, Failure> {
    let rows = match &arguments.log {
        Some(path) => Some(Rows::new(LogDirectory::open(path)?)),
        None => None,
    };
    let make = Make {
        device: arguments.bus.device.clone(),
        polling: arguments.polling,
    };
    let addresses = arguments.bus.addresses;
    let counters = make.polling.counters;
    let source = BusSource::open(make, addresses, counters, round::now).await?;
    let shared = Rc::new(RefCell::new(Shared {
        plant: Plant::new(arguments.every),
        is_paused: false,
    }));
    let is_silent = arguments.silent || is_set("SILENT");
    let has_page = !is_silent && stdout().is_terminal() && stdin().is_terminal();
    let mut teller = Teller {
        rows,
        kind: "address",
        has_page,
    };
    let keeping = keep(source, Rc::clone(&shared), move |event| teller.tell(event));
    let device = arguments.bus.device.to_string();
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        () = keeping => Ok(Exit::Done),
        shown = show(has_page, &device, &shared) => shown,
        _ = terminate.recv() => Ok(Exit::Done),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Done),
    }
}

/// Whether an environment variable says yes: the C# program knew two names for the same.
fn is_set(variable: &str) -> bool {
    let is_no = |value: &str| matches!(value, "" | "0" | "false" | "no" | "off");
    std::env::var(variable).is_ok_and(|value| !is_no(&value.to_lowercase()))
}

/// Opens the bus as the options say.
struct Make {
    device: Device,
    polling: Polling,
}

impl MakeBus for Make {
    type Link = Link;

    async fn open(&self) -> Result<Bus<Link>, LinkError> {
        Bus::open(Link::new(self.device.clone()), self.polling.timing()).await
    }
}

/// Hands readings to outputs, and says what changes.
struct Teller {
    rows: Option<Rows>,
    kind: &'static str,
    has_page: bool,
}

impl Teller {
    fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Reading(name, reading) => {
                if let Some(rows) = &mut self.rows {
                    rows.append(&format!("{} {name}", self.kind), name, reading);
                }
            }
            Event::Changed(change) => self.say(&change.to_string()),
            Event::Lost(reason) => warn!("{reason}; trying again until it is back"),
            Event::Back => self.say("the connection is back"),
            Event::RoundDone => {}
        }
    }

    /// A line on standard output, or the news on the page.
    fn say(&self, text: &str) {
        if self.has_page {
            info!("{text}");
            return logging::note(text);
        }
        let time = Local::now().format("%F %T");
        let _ = writeln!(stdout(), "{time} {text}");
    }
}

/// Shows the page and does what the user wants; without a page, waits for ever.
async fn show(has_page: bool, source: &str, shared: &RefCell<Shared>) -> Result<Exit, Failure> {
    if !has_page {
        return std::future::pending().await;
    }
    let _held = logging::hold();
    let mut screen = Screen::start()?;
    loop {
        draw(&mut screen, source, shared)?;
        tokio::select! {
            wish = screen.wish() => match wish {
                Wish::Quit => return Ok(Exit::Done),
                Wish::Pause => {
                    let mut shared = shared.borrow_mut();
                    shared.is_paused = !shared.is_paused;
                }
                Wish::Draw => {}
            },
            () = sleep(DRAW_EVERY) => {}
        }
    }
}

fn draw(screen: &mut Screen, source: &str, shared: &RefCell<Shared>) -> Result<(), Failure> {
    let mut shared = shared.borrow_mut();
    shared.plant.advance(Instant::now());
    let surroundings = Surroundings {
        source: source.to_owned(),
        time: Local::now().format("%F %T").to_string(),
        is_paused: shared.is_paused,
        news: logging::news(),
    };
    Ok(screen.draw(&shared.plant, &surroundings)?)
}
