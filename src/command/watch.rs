//! `watch`: keep polling; a live page on a terminal, a line for each change elsewhere.

use super::bus::Recording;
use super::rows::Rows;
use super::stop::Stop;
use super::{Exit, Failure, round};
use crate::cli::{Publishing, Watch, Watching};
use crate::kaco::bus::Bus;
use crate::kaco::connect::LinkError;
use crate::kaco::timing::Timing;
use crate::link::{Device, Link};
use crate::logging;
use crate::sink::csv_log::folders;
use crate::sink::csv_log::files::LogDirectory;
use crate::sink::mqtt::session::{Session, availability_topic};
use crate::format::prometheus::{self, Asked};
use crate::sink::textfile;
use crate::reading::{Reading, Sender};
use crate::watch::keeper::{Event, Shared, keep};
use crate::watch::page::Surroundings;
use crate::watch::plant::Plant;
use crate::watch::screen::{Screen, Wish};
use crate::watch::source::{BusSource, MakeBus, Source};
use chrono::Local;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// How often the page is drawn: its clock shows seconds.
const DRAW_EVERY: Duration = Duration::from_millis(500);

/// Watches the inverters of a bus until the user or the system ends it.
///
/// # Errors
/// [`Failure`] if bus or directory can't be had at the start.
pub(super) async fn run(arguments: Watch, mut stop: Stop) -> Result<Exit, Failure> {
    let mut rows = rows(&arguments.watching)?;
    if let Some(rows) = &mut rows {
        rows.repair(arguments.bus.addresses.as_slice());
    }
    let device = arguments.bus.device;
    let name = device.to_string();
    let recording = Recording::start(&device, &arguments.asking)?;
    let make = Make {
        device,
        timing: arguments.asking.timing(),
        recording,
    };
    let addresses = arguments.bus.addresses;
    let source = tokio::select! {
        opened = BusSource::open(make, addresses, arguments.counters, round::now) => opened?,
        _ = stop.heard() => return Ok(Exit::Done),
    };
    watch(source, &name, arguments.watching, rows, stop).await
}

/// The rows that are asked for. Taken before anything is asked: two runs never write to one directory.
pub(super) fn rows(watching: &Watching) -> Result<Option<Rows>, Failure> {
    let open = |path: &PathBuf| LogDirectory::open(path).map(Rows::new);
    Ok(watching.log.as_ref().map(open).transpose()?)
}

/// Watches whatever there is; `name` stands on the page.
///
/// # Errors
/// [`Failure`] if the terminal is lost.
pub(super) async fn watch(
    source: impl Source,
    name: &str,
    watching: Watching,
    rows: Option<Rows>,
    mut stop: Stop,
) -> Result<Exit, Failure> {
    let session = session(&source, &watching.publishing)?;
    let shared = Shared {
        plant: Plant::new(watching.every),
        is_paused: false,
    };
    let shared = Rc::new(RefCell::new(shared));
    let is_silent = watching.silent || is_set("SILENT_MODE") || is_set("SILENT");
    let has_page = !is_silent && stdout().is_terminal() && stdin().is_terminal();
    let mut teller = Teller {
        rows,
        session: Rc::clone(&session),
        watching,
        has_page,
        shared: Rc::clone(&shared),
        odd: BTreeSet::new(),
        trouble: String::new(),
    };
    let keeping = keep(source, Rc::clone(&shared), move |event| teller.tell(event));
    let ended = tokio::select! {
        () = keeping => Ok(Exit::Done),
        shown = show(has_page, name, &shared) => shown,
        _ = stop.heard() => Ok(Exit::Done),
    };
    // The teller is gone with the keeper: this is the last hold on the session.
    if let Ok(Some(session)) = Rc::try_unwrap(session) {
        session.stop().await;
    }
    ended
}

/// A connection to the broker, if one was named.
///
/// # Errors
/// [`Failure`] if a file for it can't be read; a broker that is away may come.
fn session(source: &impl Source, publishing: &Publishing) -> Result<Rc<Option<Session>>, Failure> {
    let Some(options) = publishing.options() else {
        return Ok(Rc::new(None));
    };
    let names = source.names();
    let topic = availability_topic(source.protocol(), names.first().map(String::as_str));
    Ok(Rc::new(Some(Session::start(options, topic)?)))
}

/// What the name of an inverter is.
const fn kind(reading: &Reading) -> &'static str {
    match reading.sender {
        Sender::Kaco { .. } => "address",
        Sender::Kstar { .. } => "inverter",
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
    timing: Timing,
    recording: Recording,
}

impl MakeBus for Make {
    type Link = Link;

    async fn open(&self) -> Result<Bus<Link>, LinkError> {
        self.recording.open(&self.device, self.timing).await
    }
}

/// Hands readings to outputs, and says what changes.
struct Teller {
    rows: Option<Rows>,
    session: Rc<Option<Session>>,
    watching: Watching,
    has_page: bool,
    shared: Rc<RefCell<Shared>>,
    /// Inverters whose last reading had something odd.
    odd: BTreeSet<String>,
    /// The last trouble with the text file: it is said once.
    trouble: String,
}

impl Teller {
    fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Reading(name, reading) => {
                self.say_oddities(name, reading);
                self.log(name, reading);
                if let Some(session) = self.session.as_ref() {
                    session.publish(reading);
                }
            }
            Event::Changed(change) => self.say(&change.to_string()),
            Event::Lost(reason) => warn!("{reason}; trying again until it is back"),
            Event::Back => self.say("the connection is back"),
            Event::RoundDone => self.write_metrics(),
        }
    }

    /// What is odd is said when it begins, not at each poll.
    fn say_oddities(&mut self, name: &str, reading: &Reading) {
        let oddities = round::oddities(reading);
        if oddities.is_empty() {
            self.odd.remove(name);
        } else if self.odd.insert(name.to_owned()) {
            for oddity in oddities {
                warn!("{} {name}: {oddity}", kind(reading));
            }
        }
    }

    fn log(&mut self, name: &str, reading: &Reading) {
        let Some(rows) = &mut self.rows else {
            return;
        };
        let folder = match &reading.sender {
            Sender::Kaco { .. } => name.to_owned(),
            Sender::Kstar { .. } => folders::choose(rows.folder(), &[reading]).concat(),
        };
        if rows.append(&format!("{} {name}", kind(reading)), &folder, reading) && folder != name {
            folders::remember(rows.folder(), &folder, reading);
        }
    }

    fn write_metrics(&mut self) {
        let Some(file) = &self.watching.textfile else {
            return;
        };
        let shared = self.shared.borrow();
        let inverters = shared.plant.inverters();
        let senders: Vec<Sender> = inverters
            .iter()
            .map(|inverter| sender(&inverter.name))
            .collect();
        let asked =
            inverters
                .iter()
                .zip(&senders)
                .map(|(inverter, sender)| match &inverter.reading {
                    Some(reading) if inverter.is_read() => Asked::Read(reading),
                    Some(reading) => Asked::Unread(&reading.sender),
                    None => Asked::Unread(sender),
                });
        let text = prometheus::exposition(&asked.collect::<Vec<_>>());
        let trouble = textfile::replace(file, &text)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        if !trouble.is_empty() && trouble != self.trouble {
            warn!("the metrics could not be written: {trouble}");
        }
        self.trouble = trouble;
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

/// The inverter of a name: a KACO address, or the IP address of a KSTAR inverter that has not told its serial number yet.
fn sender(name: &str) -> Sender {
    match name.parse() {
        Ok(address) => Sender::Kaco {
            address: Some(address),
        },
        Err(_) => Sender::Kstar {
            serial: None,
            ip: name.parse().ok(),
        },
    }
}

/// Shows the page and does what the user wants; without a page, waits for ever.
async fn show(has_page: bool, name: &str, shared: &RefCell<Shared>) -> Result<Exit, Failure> {
    if !has_page {
        return std::future::pending().await;
    }
    let _held = logging::hold();
    let mut screen = Screen::start()?;
    loop {
        draw(&mut screen, name, shared)?;
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

fn draw(screen: &mut Screen, name: &str, shared: &RefCell<Shared>) -> Result<(), Failure> {
    let mut shared = shared.borrow_mut();
    shared.plant.advance(Instant::now());
    let surroundings = Surroundings {
        source: name.to_owned(),
        time: Local::now().format("%F %T").to_string(),
        is_paused: shared.is_paused,
        news: logging::news(),
    };
    Ok(screen.draw(&shared.plant, &surroundings)?)
}
