//! What `log` and `read` share: one round over the bus, with progress on a terminal.

use super::round::{Round, now, overview_of};
use super::{Failure, bus, progress};
use crate::address::Address;
use crate::cli::{Bus, Polling};
use crate::kaco::poll::{Polled, Poller};
use crate::output::table::Overview;
use crate::reading::Reading;

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
    let (bus, recording) = bus::open(&target.device, polling).await?;
    let mut poller = Poller::new(bus, polling.counters, now);
    let progress = progress::bar(addresses.len(), "inverters");
    let mut seen = Vec::new();
    let outcome = poller.round(addresses, |address, polled| {
        progress.suspend(|| {
            if let Polled::Read { reading, .. } = &polled {
                take(address, reading);
            }
            let overview = overview_of("address", address.to_string(), polled);
            seen.push((address, overview));
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

/// The lines as the addresses were typed; silent inverters were decided last.
fn in_order(addresses: &[Address], mut seen: Vec<(Address, Overview)>) -> Vec<Overview> {
    seen.sort_by_key(|(address, _)| addresses.iter().position(|asked| asked == address));
    seen.into_iter().map(|(_, overview)| overview).collect()
}
