//! `scan`: find the inverters on a bus, and say what is wrong where there are none.

use super::plan::{ListFormat, Scan, ScanFormat};
use super::print::print;
use super::{now, progress};
use crate::address::Address;
use crate::exit::{Exit, Failure};
use crate::format::inventory;
use crate::kaco::scan::{Found, Heard};
use crate::source::kaco::scan;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::io::{Write, stderr};
use tracing::{info, warn};

/// When nothing answers; the likeliest first.
const NOTHING_HEARD: &str = "\
no inverter answered, and the bus was silent. Likeliest first:
  1. A and B (D+ and D-) are swapped: makers do not agree on the names. Swap them, it does no harm.
  2. It is night: without sun an inverter answers nothing at all. Try by day.
  3. Another master (a data logger, a second Pi) asks on the same wires: disconnect it.
  4. Wiring: a wire is loose or open, ground is not connected, or the port is RS232 and not RS485.
  5. Termination: 120 ohm at both ends of the line, and nowhere else.
  6. The address: look it up in the inverter's menu; 0 is none. `scan DEVICE 1-99` tries all.
  7. The speed: inverters with a choice must be set to 9600 baud, and RS485 must be switched on.
Whether anything passes on the bus shows `kaco_ardexa listen DEVICE`.";

/// When there are bytes, but no reply among them.
const NOTHING_UNDERSTOOD: &str = "\
bytes came, but no reply could be made out. Likeliest first:
  1. The speed: inverters with a choice must be set to 9600 baud, 8N1.
  2. Two masters: another data logger asks on the same wires, and replies collide.
  3. Noise: no ground wire, no or too many terminations (120 ohm at both ends only), a cable beside power lines.
  4. Echo only: the adapter hears its own requests, and the inverters do not; A and B may be swapped.
  5. Another kind of inverter, or one that is set to another protocol (Modbus, SunSpec).
A recording (`--record FILE`) holds every byte: it helps whoever helps you.";

/// What was found.
#[derive(Default)]
struct Inventory {
    found: Vec<Found>,
    garbled: BTreeMap<Address, String>,
    has_heard: bool,
}

/// Asks all addresses and prints who answered.
///
/// # Errors
/// [`Failure`] if the bus can't be had.
pub(super) async fn run(plan: Scan) -> Result<Exit, Failure> {
    let addresses = plan.bus.addresses.as_slice();
    let progress = progress::bar(addresses.len(), "addresses");
    let mut inventory = Inventory::default();
    let outcome = scan(&plan.bus, now, |address, heard| {
        inventory.take(address, heard, &progress)
    });
    let outcome = outcome.await;
    progress.finish_and_clear();
    if let Err(failure) = &outcome
        && !inventory.has_heard
    {
        return Err(failure.clone());
    }
    inventory.found.sort_by_key(|found| found.address);
    inventory.print(&plan)?;
    let exit = if plan.strict && (inventory.found.is_empty() || !inventory.garbled.is_empty()) {
        Exit::NoReading
    } else {
        Exit::Done
    };
    outcome.map(|()| exit)
}

impl Inventory {
    fn take(&mut self, address: Address, heard: Heard, progress: &ProgressBar) {
        self.has_heard = true;
        progress.inc(1);
        match heard {
            Heard::Found(found) => {
                self.garbled.remove(&address);
                self.found.push(*found);
                progress.set_message(format!("found {}", inventory::addresses(&self.found)));
            }
            Heard::Garbled(reason) => {
                self.garbled.insert(address, reason);
            }
            Heard::Silent => info!("address {address}: no reply"),
        }
    }

    fn print(&self, plan: &Scan) -> Result<(), Failure> {
        let text = match plan.format {
            ScanFormat::List(ListFormat::Json) => self
                .found
                .iter()
                .map(|found| format!("{}\n", inventory::object(found)))
                .collect(),
            _ if self.found.is_empty() => String::new(),
            ScanFormat::List(ListFormat::Table) => inventory::table(&self.found, plan.medium),
            ScanFormat::Toml => inventory::toml(&plan.bus.device.to_string(), &self.found),
        };
        print(&text)?;
        self.warn();
        if self.found.is_empty() {
            let checklist = if self.garbled.is_empty() {
                NOTHING_HEARD
            } else {
                NOTHING_UNDERSTOOD
            };
            say(&checklist.replace("DEVICE", &plan.bus.device.to_string()));
        } else {
            let addresses = inventory::addresses(&self.found);
            say(&format!(
                "To log them: kaco_ardexa log {} {addresses} DIR",
                plan.bus.device
            ));
        }
        Ok(())
    }

    /// What looks wrong on a bus that works otherwise.
    fn warn(&self) {
        for Found { address, .. } in self.found.iter().filter(|found| found.is_shared) {
            warn!(
                "address {address}: a second reply came behind the first; two inverters are set to this address"
            );
        }
        let is_alone = self.garbled.len() == 1 && !self.found.is_empty();
        for (address, reason) in &self.garbled {
            if is_alone {
                warn!(
                    "address {address}: garbled, the others are not; two inverters may be set to this address: {reason}"
                );
            } else {
                warn!("address {address}: no good reply: {reason}");
            }
        }
    }
}

/// A word to the user, unless only errors are wanted. A closed standard error is not a failure.
fn say(text: &str) {
    if tracing::enabled!(tracing::Level::WARN) {
        let _ = writeln!(stderr(), "{text}");
    }
}
