//! `log`: every inverter once, a row each.

use super::{Exit, Failure, poll};
use crate::address::Address;
use crate::cli::Log;
use crate::output::log_files::{LogDirectory, LogError};
use crate::output::table;
use chrono::Local;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write, stdout};
use tracing::error;

/// Polls the inverters and appends their rows.
///
/// # Errors
/// [`Failure`] if directory or bus can't be had.
pub(super) async fn run(arguments: Log) -> Result<Exit, Failure> {
    let directory = LogDirectory::open(&arguments.directory)?;
    let today = Local::now().date_naive();
    let mut trouble = Trouble::default();
    for &address in arguments.bus.addresses.as_slice() {
        trouble.note(address, directory.repair(&address.to_string(), today));
    }
    let round = poll::round(&arguments.bus, &arguments.polling, |address, reading| {
        trouble.note(address, directory.append(&address.to_string(), reading));
    });
    let round = round.await?;
    if stdout().is_terminal() {
        write!(stdout(), "{}", table::overview(&round.overview))?;
    }
    let exit = trouble.exit().max(round.exit(arguments.polling.strict));
    round.failure.map_or(Ok(exit), Err)
}

/// Inverters whose files can't be written. It costs the others nothing.
#[derive(Default)]
struct Trouble {
    addresses: BTreeSet<Address>,
    hint: Option<&'static str>,
}

impl Trouble {
    /// Says what is wrong, once for each inverter; what to do about it, once for all that have the same.
    fn note(&mut self, address: Address, outcome: Result<(), LogError>) {
        let Err(error) = outcome else { return };
        if !self.addresses.insert(address) {
            return; // found when it was to be repaired, and still there
        }
        match error.hint() {
            Some(hint) if self.hint.replace(hint) != Some(hint) => {
                error!("address {address}: {error}\n  {hint}");
            }
            _ => error!("address {address}: {error}"),
        }
    }

    fn exit(&self) -> Exit {
        if self.addresses.is_empty() {
            Exit::Done
        } else {
            Exit::Failed
        }
    }
}
