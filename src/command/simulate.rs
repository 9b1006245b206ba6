//! `simulate kaco`: inverters on a pseudo-terminal; `simulate kstar`: one on the network; until
//! stopped.

use super::plan::SimulateKacoPlan;
use super::print::{advise, print};
use crate::escape::shell_word;
use crate::exit::{Exit, Failure};
use crate::sim::simulation::Simulation;
use crate::sim::udp::Player;
use std::fs;
use std::io::{self, IsTerminal, stdout};
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Simulates the inverters until it is stopped.
pub(super) async fn kaco(arguments: SimulateKacoPlan) -> Result<Exit, Failure> {
    let addresses = arguments.addresses.as_slice().to_vec();
    let mut simulation = Simulation::start(arguments.mood, Some(addresses))
        .map_err(|error| Failure::new(format!("can't open a pseudo-terminal: {error}"), None))?;
    let link = match &arguments.link {
        Some(path) => Some(NamedLink::make(simulation.path(), path)?),
        None => None,
    };
    let name = link.as_ref().map_or(simulation.path(), |link| &link.path);
    print(&format!("{}\n", name.display()))?;
    let device = shell_word(&name.display().to_string());
    explain(&format!("read {device} {}", arguments.addresses));
    Err(over("the pseudo-terminal", simulation.run().await))
}

/// Simulates the inverter until it is stopped.
pub(super) async fn kstar(address: Ipv4Addr) -> Result<Exit, Failure> {
    let player = Player::open(address)
        .await
        .map_err(|(port, error)| no_port(address, port, &error))?;
    print(&format!("{address}\n"))?;
    let ip = match address.is_unspecified() {
        true => Ipv4Addr::LOCALHOST,
        false => address,
    };
    explain(&format!("kstar read --ip {ip}"));
    Err(over("the network", player.run().await))
}

/// Prints how to poll it, on a terminal only: a script that reads the name needs no advice.
fn explain(command: &str) {
    if stdout().is_terminal() {
        advise(&format!(
            "Poll it in another terminal: kaco_ardexa {command}\nCtrl-C ends it."
        ));
    }
}

fn no_port(address: Ipv4Addr, port: u16, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has it, perhaps another simulation: `ss -ulpn` shows which; --bind \
            127.0.0.2 makes a second inverter"
        }
        io::ErrorKind::AddrNotAvailable => {
            "that is not an address of this machine: `ip addr` lists them"
        }
        _ => "`ip addr` shows the addresses of this machine",
    };
    let message = format!("UDP port {port} on {address} is unavailable: {error}");
    Failure::new(message, Some(hint))
}

/// The failure of a simulation that ended by itself, instead of being stopped.
fn over(what: &str, outcome: io::Result<()>) -> Failure {
    let reason = outcome.err().map(|error| error.to_string());
    Failure::new(
        format!("{what} failed: {}", reason.unwrap_or_default()),
        None,
    )
}

/// A symbolic link, removed when the program ends.
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
