//! What `log` and `read` share: one round over the bus, with progress on a terminal.

use super::round::{Round, now, overview_of};
use super::{Failure, bus, progress};
use crate::address::Address;
use crate::cli::{Bus, Polling};
use crate::kaco::poll::{Polled, Poller};
use crate::format::table::Overview;
use crate::reading::{Reading, Sender};

/// Polls every inverter once. `take` gets each reading the moment it is there.
///
/// # Errors
/// [`Failure`] if the bus can't be opened. Later failures are part of the [`Round`].
pub(super) async fn round(
    target: &Bus,
    polling: &Polling,
    mut take: impl FnMut(Address, &Reading),
) -> Result<Round, Failure> {
    let addresses = target.addresses.as_slice();
    let (bus, recording) = bus::open(&target.device, &polling.asking).await?;
    let mut poller = Poller::new(bus, polling.counters, now);
    let progress = progress::bar(addresses.len(), "inverters");
    let mut seen = Vec::new();
    let outcome = poller.round(addresses, |address, polled| {
        progress.suspend(|| {
            if let Polled::Read { reading, .. } = &polled {
                take(address, reading);
            }
            seen.push((address, overview_of("address", sender(address), polled)));
        });
        progress.inc(1);
    });
    let failure = outcome.await.err().map(Failure::from);
    let failure = failure.or_else(|| recording.failure());
    progress.finish_and_clear();
    Ok(Round {
        overview: in_order(addresses, seen),
        failure,
    })
}

/// A line for each address, as they were typed. Some have not been asked when the link got lost.
fn in_order(addresses: &[Address], mut seen: Vec<(Address, Overview)>) -> Vec<Overview> {
    let line = |&address: &Address| {
        let place = seen.iter().position(|(asked, _)| *asked == address);
        match place {
            Some(place) => seen.swap_remove(place).1,
            None => Overview::Unread(sender(address), "not asked"),
        }
    };
    addresses.iter().map(line).collect()
}

/// The inverter at an address.
pub(super) const fn sender(address: Address) -> Sender {
    Sender::Kaco {
        address: Some(address.number()),
    }
}
