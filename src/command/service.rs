//! Notifies systemd of the state of a long run: ready, reloading, alive, ending. Does nothing
//! without systemd.

use crate::exit::Failure;
use rustix::termios::isatty;
use sd_notify::NotifyState;
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::pipe;
use std::io::{self, stdin};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::info;

/// Notifies the service manager, if one started the program.
fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        info!("can't notify the service manager: {error}");
    }
}

/// The run has started.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// The plant file is read again.
pub(super) fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    // A unit of `Type=notify-reload` wants the time with it.
    states.extend(NotifyState::monotonic_usec_now());
    notify(&states);
}

/// The run ends.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Notifies the service manager that the run is alive, at the interval that it requests.
pub(super) struct Watchdog(Option<Interval>);

impl Watchdog {
    /// Sends nothing unless the environment gives an interval.
    pub(super) fn new() -> Self {
        // Half of it, as sd_watchdog_enabled(3) advises.
        let every = sd_notify::watchdog_enabled().map(|limit| limit / 2);
        let every = every.filter(|every| *every > Duration::ZERO);
        Self(every.map(|every| {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        }))
    }

    /// Waits for the next notification and sends it; never returns if there is no interval.
    pub(super) async fn beat(&mut self) {
        match &mut self.0 {
            Some(ticks) => ticks.tick().await,
            None => std::future::pending().await,
        };
        notify(&[NotifyState::Watchdog]);
    }
}

/// Receives SIGHUP from its creation on.
pub(super) struct Hangup {
    signals: tokio::net::UnixStream,
    /// Whether the program was started on a terminal.
    has_terminal: bool,
}

impl Hangup {
    /// From now on the signal does not end the program.
    pub(super) fn listen() -> Result<Self, Failure> {
        let listen = || -> io::Result<tokio::net::UnixStream> {
            let (signals, handler) = UnixStream::pair()?;
            signals.set_nonblocking(true)?;
            pipe::register(SIGHUP, handler)?;
            tokio::net::UnixStream::from_std(signals)
        };
        let failed = |error| Failure::new(format!("can't handle SIGHUP: {error}"), None);
        Ok(Self {
            signals: listen().map_err(failed)?,
            has_terminal: isatty(stdin()),
        })
    }

    /// Waits for the signal; several at once are one.
    pub(super) async fn received(&mut self) {
        let mut bytes = [0; 64];
        if !matches!(self.signals.read(&mut bytes).await, Ok(1..)) {
            std::future::pending::<()>().await; // the other end is never closed
        }
    }

    /// True if the signal means that the terminal is gone, and not that a file has changed.
    pub(super) fn lost_terminal(&self) -> bool {
        // The system returns an error for a terminal that has hung up: then it is not one.
        self.has_terminal && !isatty(stdin())
    }
}
