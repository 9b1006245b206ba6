//! What `log` and `read` share: one round over the bus, with progress on a terminal.

use super::{Exit, Failure, bus, progress};
use crate::address::Address;
use crate::cli::{Bus, Polling};
use crate::kaco::poll::{Polled, Poller};
use crate::output::table::Overview;
use crate::reading::Reading;
use tracing::{info, warn};

/// What a round gave.
pub(super) struct Round {
    /// A line for each inverter, in the order asked for.
    pub(super) overview: Vec<Overview>,
    /// Why it ended early, if it did.
    pub(super) failure: Option<Failure>,
}

impl Round {
    /// The exit code as far as the bus is concerned.
    pub(super) fn exit(&self, strict: bool) -> Exit {
        let is_unread = |overview: &Overview| matches!(overview, Overview::Unread(..));
        if strict && self.overview.iter().any(is_unread) {
            Exit::NoReading
        } else {
            Exit::Done
        }
    }
}

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
    let mut poller = Poller::new(bus, polling.counters, bus::now);
    let progress = progress::bar(addresses.len(), "inverters");
    let mut seen = Vec::new();
    let outcome = poller.round(addresses, |address, polled| {
        progress.suspend(|| {
            if let Polled::Read { reading, .. } = &polled {
                take(address, reading);
            }
            seen.push((address, overview_of(address, polled)));
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

/// Talks about an inverter, and makes its line of the overview.
fn overview_of(address: Address, polled: Polled) -> Overview {
    match polled {
        Polled::Read {
            reading,
            first_byte,
        } => {
            for unreadable in &reading.unreadable {
                let (label, raw) = (unreadable.label, &unreadable.raw);
                warn!("address {address}: {label} can't be read, its cell stays empty: `{raw}`");
            }
            info!(
                "address {address}: read, first byte after {} ms",
                first_byte.as_millis()
            );
            Overview::Read(reading, first_byte)
        }
        Polled::Garbled(reason) => {
            warn!("address {address}: no good reply, nothing is logged: {reason}");
            Overview::Unread(address.to_string(), "garbled")
        }
        Polled::Silent => {
            info!("address {address}: no reply");
            Overview::Unread(address.to_string(), "no reply")
        }
    }
}

/// The lines as the addresses were typed; silent inverters were decided last.
fn in_order(addresses: &[Address], mut seen: Vec<(Address, Overview)>) -> Vec<Overview> {
    seen.sort_by_key(|(address, _)| addresses.iter().position(|asked| asked == address));
    seen.into_iter().map(|(_, overview)| overview).collect()
}
