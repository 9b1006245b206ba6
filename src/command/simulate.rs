//! `simulate kaco`: inverters on a pseudo-terminal, until stopped.

use super::{Exit, Failure};
use crate::cli::SimulateKaco;
use crate::sim::bus::Simulation;
use std::io::{Write, stdout};
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
    let link = match &arguments.link {
        Some(path) => Some(NamedLink::make(simulation.path(), path)?),
        None => None,
    };
    let name = link.as_ref().map_or(simulation.path(), |link| &link.path);
    writeln!(stdout(), "{}", name.display())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = simulation.run() => {
            let reason = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            Err(Failure::new(format!("the pseudo-terminal failed: {reason}"), None))
        }
        _ = terminate.recv() => Ok(Exit::Done),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Done),
    }
}

/// A symbolic link that goes when the program ends.
struct NamedLink {
    path: PathBuf,
}

impl NamedLink {
    /// Replaces an older link of that name, nothing else.
    fn make(terminal: &Path, path: &Path) -> Result<Self, Failure> {
        if path.is_symlink() {
            let _ = std::fs::remove_file(path);
        }
        symlink(terminal, path).map_err(|error| {
            Failure::new(
                format!("can't make the link {}: {error}", path.display()),
                None,
            )
        })?;
        Ok(Self {
            path: path.to_owned(),
        })
    }
}

impl Drop for NamedLink {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
