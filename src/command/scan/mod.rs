//! `scan`: finds the inverters on a bus, and prints what to check if there are none.

mod advice;

use super::now;
use super::plan::{ListFormat, ScanFormat, ScanPlan};
use super::print::{advise, print};
use super::progress::Progress;
use super::stop::{Ended, Stop};
use crate::address::Address;
use crate::escape::shell_word;
use crate::exit::{Exit, Failure};
use crate::format::inventory;
use crate::kaco::overheard::Strays;
use crate::kaco::scan::{Found, ScanOutcome};
use crate::kaco::timing::Timing;
use crate::logging::Messages;
use crate::source::kaco::Scanner;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tracing::{info, warn};

/// What was found.
#[derive(Default)]
struct Inventory {
    found: Vec<Found>,
    garbled: BTreeMap<Address, String>,
    /// Addresses that were polled.
    polled: BTreeSet<Address>,
}

/// Polls all addresses and prints those that answered, also when a signal ends it.
///
/// # Errors
/// [`Failure`] if the bus can't be opened.
pub(super) async fn run(
    plan: ScanPlan,
    mut stop: Stop,
    messages: &Messages,
) -> Result<Ended, Failure> {
    let addresses = plan.bus.addresses.as_slice();
    let mut scanner = match stop.or_signal(Scanner::open(&plan.bus, now)).await {
        Ok(scanner) => scanner?,
        Err(signal) => return Ok(Ended::Signal(signal)),
    };
    let progress = Progress::of(addresses.len(), "addresses", messages);
    let mut inventory = Inventory::default();
    let report = |address, heard| inventory.take(address, heard, &progress);
    let outcome = stop.or_signal(scanner.run(report)).await;
    drop(progress);
    // Before the first address was polled, the error is all; else what was found is printed first.
    if let Ok(Err(failure)) = &outcome
        && inventory.polled.is_empty()
    {
        return Err(failure.clone());
    }
    inventory.print(&plan, &scanner.strays(), outcome.is_err())?;
    match outcome {
        Ok(outcome) => outcome.map(|()| Ended::Exit(inventory.exit(&plan))),
        Err(signal) => Ok(Ended::Signal(signal)),
    }
}

impl Inventory {
    fn take(&mut self, address: Address, outcome: ScanOutcome, progress: &Progress<'_>) {
        if self.polled.insert(address) {
            progress.advance();
        }
        match outcome {
            ScanOutcome::Found(found) => {
                self.garbled.remove(&address);
                // By address: a late reply comes behind those of other inverters.
                let place = self.found.partition_point(|known| known.address < address);
                self.found.insert(place, *found);
                progress.show_behind(format!("found {}", inventory::addresses(&self.found)));
            }
            ScanOutcome::Garbled(reason) => {
                self.garbled.insert(address, reason);
            }
            ScanOutcome::Silent => info!("address {address}: no reply"),
        }
    }

    /// With `--strict`, every address that was typed has to be found; without ADDRESSES, every one
    /// that replied.
    fn exit(&self, plan: &ScanPlan) -> Exit {
        let is_missing = plan.are_named && self.found.len() < plan.bus.addresses.as_slice().len();
        let is_unread = is_missing || self.found.is_empty() || !self.garbled.is_empty();
        match plan.strict && is_unread {
            true => Exit::NoReading,
            false => Exit::Done,
        }
    }

    fn print(&self, plan: &ScanPlan, strays: &Strays, is_stopped: bool) -> Result<(), Failure> {
        let device = plan.bus.device.to_string();
        let word = shell_word(&device);
        let text = match plan.format {
            ScanFormat::List(ListFormat::Json) => self
                .found
                .iter()
                .map(|found| format!("{}\n", inventory::object(found)))
                .collect(),
            _ if self.found.is_empty() => String::new(),
            ScanFormat::List(ListFormat::Table) => inventory::table(&self.found, plan.medium),
            ScanFormat::Toml => inventory::toml(plan.bus.bus.as_ref(), &device, &self.found),
        };
        print(&text)?;
        let is_foreign = self.found.is_empty() && !strays.modbus.is_empty();
        self.warn(plan.bus.timing.first_byte, is_foreign);
        if is_stopped {
            let all = plan.bus.addresses.as_slice().len();
            advise(&format!(
                "stopped after {} of {all} addresses",
                self.polled.len()
            ));
        }
        if !self.found.is_empty() {
            advice::others(strays)
                .iter()
                .for_each(|warning| warn!("{warning}"));
            let addresses = inventory::addresses(&self.found);
            let timeout = self
                .timeout()
                .map(|timeout| format!(" --timeout {timeout}s"));
            let bus = plan.bus.bus.as_ref().map(|bus| format!(" --bus {bus}"));
            let options = bus.into_iter().chain(timeout).collect::<String>();
            advise(&format!(
                "To log them: kaco_ardexa log {word} {addresses} DIR{options}"
            ));
        } else if !is_stopped {
            let advice = advice::nothing_found(strays, !self.garbled.is_empty());
            advise(&advice.replace("DEVICE", &word));
        }
        Ok(())
    }

    /// The timeout, in seconds, that polls need where a reply came late, or later than the default
    /// timeout.
    fn timeout(&self) -> Option<u64> {
        let usual = Timing::default().first_byte;
        let is_slow = |found: &&Found| found.is_late || found.first_byte > usual;
        let slowest = self.found.iter().filter(is_slow);
        slowest.map(|found| found.first_byte).max().map(enough)
    }

    /// What looks wrong on a bus that works otherwise.
    fn warn(&self, timeout: Duration, is_foreign: bool) {
        for found in &self.found {
            let address = found.address;
            for missing in &found.reading.missing {
                warn!("{}: {}", found.reading.inverter.subject(), missing.text);
            }
            if found.is_late {
                warn!(
                    "address {address}: the reply came after {} ms, {} ms are waited for; poll it \
                    with --timeout {}s",
                    found.first_byte.as_millis(),
                    timeout.as_millis(),
                    enough(found.first_byte)
                );
            }
            if found.is_shared {
                warn!(
                    "address {address}: a second reply came behind the first; two inverters are \
                    set to this address"
                );
            }
        }
        if is_foreign {
            return; // the advice names the protocol
        }
        let is_alone = self.garbled.len() == 1 && !self.found.is_empty();
        for (address, reason) in &self.garbled {
            if is_alone {
                warn!(
                    "address {address}: garbled, the others are not; two inverters may be set to \
                    this address: {reason}"
                );
            } else {
                warn!("address {address}: no good reply: {reason}");
            }
        }
    }
}

/// The timeout, in whole seconds, for replies that took this long: half as much again.
pub(super) fn enough(first_byte: Duration) -> u64 {
    (first_byte * 3 / 2).as_secs() + 1
}
