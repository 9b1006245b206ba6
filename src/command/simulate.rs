//! `simulate kaco`: inverters on a pseudo-terminal, until stopped.

use super::{Exit, Failure};
use crate::cli::SimulateKaco;
use crate::sim::bus::Simulation;
use std::fs;
use std::io::{self, Write, stdout};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// Plays the inverters until SIGINT or SIGTERM.
///
/// # Errors
/// [`Failure`] if the system gives no pseudo-terminal or the link can't be made.
pub(super) async fn kaco(arguments: SimulateKaco) -> Result<Exit, Failure> {
    let addresses = arguments.addresses.as_slice().to_vec();
    let mut simulation = Simulation::start(arguments.mood, Some(addresses))
        .map_err(|error| Failure::new(format!("no pseudo-terminal to be had: {error}"), None))?;
    let stopped = stopped()
        .map_err(|error| Failure::new(format!("can't wait for signals: {error}"), None))?;
    let link = match &arguments.link {
        Some(path) => Some(NamedLink::make(simulation.path(), path)?),
        None => None,
    };
    let name = link.as_ref().map_or(simulation.path(), |link| &link.path);
    writeln!(stdout(), "{}", name.display())?;
    tokio::select! {
        outcome = simulation.run() => {
            let reason = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            Err(Failure::new(format!("the pseudo-terminal failed: {reason}"), None))
        }
        () = stopped => Ok(Exit::Done),
    }
}

/// Ends with SIGINT or SIGTERM. From this call on, neither ends the program by itself, so that the link can be removed.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// A symbolic link that goes when the program ends.
struct NamedLink {
    path: PathBuf,
    terminal: PathBuf,
}

impl NamedLink {
    /// Replaces an older link of that name, nothing else.
    fn make(terminal: &Path, path: &Path) -> Result<Self, Failure> {
        if path.is_symlink() {
            let _ = fs::remove_file(path);
        }
        symlink(terminal, path).map_err(|error| {
            Failure::new(
                format!("can't make the link {}: {error}", path.display()),
                None,
            )
        })?;
        Ok(Self {
            path: path.to_owned(),
            terminal: terminal.to_owned(),
        })
    }
}

impl Drop for NamedLink {
    fn drop(&mut self) {
        // Another run may have put its own in place.
        if fs::read_link(&self.path).is_ok_and(|found| found == self.terminal) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
