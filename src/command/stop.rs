//! SIGTERM and SIGINT, handled in one place for every command that waits: it ends between two steps
//! and releases what it holds. A row is written in one step, so a signal tears none.

use crate::exit::{Exit, Failure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, signal_name};
use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use tokio::sync::watch;
use tracing::info;

/// The program ends within two seconds of a signal. Where it is stuck in the system, such as in a
/// write to a pipe without a reader, it does not end by itself.
const PATIENCE: Duration = Duration::from_millis(1900);

/// A signal that ends the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal(i32);

impl Signal {
    /// Ends the program as this signal ends any other: its parent, a shell or systemd, relies on
    /// that.
    pub(crate) fn end(self) -> ExitCode {
        let _ = emulate_default_handler(self.0);
        // What a shell makes of it.
        u8::try_from(128 + self.0).map_or(ExitCode::FAILURE, ExitCode::from)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Exit(Exit),
    /// A signal ended it before its time.
    Signal(Signal),
}

impl Ended {
    /// The exit code of the program; after a signal the program ends by that signal.
    pub fn code(self) -> ExitCode {
        match self {
            Self::Exit(exit) => exit.code().into(),
            Self::Signal(signal) => signal.end(),
        }
    }
}

/// Receives the signals from its creation on.
pub(super) struct Stop(watch::Receiver<Option<Signal>>);

impl Stop {
    /// From now on a signal does not end the program by itself, except a second one, or after
    /// [`PATIENCE`].
    pub(super) fn listen() -> Result<Self, Failure> {
        let (sender, signal) = watch::channel(None);
        let listening = Signals::new([SIGTERM, SIGINT]).and_then(|mut signals| {
            // A thread, as the runtime does not run while the program is stuck in the system.
            thread::Builder::new().spawn(move || {
                for number in signals.forever() {
                    let signal = Signal(number);
                    if sender.send_replace(Some(signal)).is_some() || end_later(signal).is_err() {
                        signal.end();
                    }
                }
            })
        });
        let no_signals =
            |error: io::Error| Failure::new(format!("can't handle signals: {error}"), None);
        listening.map(|_| Self(signal)).map_err(no_signals)
    }

    /// Waits for a signal.
    pub(super) async fn signal(&mut self) -> Signal {
        let signal = match self.0.wait_for(Option::is_some).await {
            Ok(signal) => *signal,
            Err(_) => None,
        };
        let Some(signal) = signal else {
            return std::future::pending().await; // the thread never ends
        };
        info!("{} ends the run", signal_name(signal.0).unwrap_or_default());
        signal
    }

    /// Waits for the end of `work` or for a signal, whichever comes first.
    pub(super) async fn or_signal<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, Signal> {
        tokio::select! {
            done = work => Ok(done),
            signal = self.signal() => Err(signal),
        }
    }

    /// Runs a command that ends by itself, unless a signal comes first.
    pub(super) async fn interrupts(
        mut self,
        command: impl Future<Output = Result<Exit, Failure>>,
    ) -> Result<Ended, Failure> {
        tokio::select! {
            outcome = command => outcome.map(Ended::Exit),
            signal = self.signal() => Ok(Ended::Signal(signal)),
        }
    }

    /// Runs a command that a signal ends properly.
    pub(super) async fn ends(
        mut self,
        command: impl Future<Output = Result<Exit, Failure>>,
    ) -> Result<Ended, Failure> {
        tokio::select! {
            outcome = command => outcome.map(Ended::Exit),
            _ = self.signal() => Ok(Ended::Exit(Exit::Done)),
        }
    }
}

/// Ends the program if it is still there after [`PATIENCE`].
fn end_later(signal: Signal) -> io::Result<()> {
    let late = move || {
        thread::sleep(PATIENCE);
        signal.end();
    };
    thread::Builder::new().spawn(late).map(drop)
}
