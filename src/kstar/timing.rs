//! How long the network is waited for; every number with its reason.

use std::time::Duration;

/// The waits and tries of a search and of one inverter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KstarTiming {
    /// How long answers to a search are collected.
    pub(crate) search: Duration,
    /// How often the search packet is sent in that time.
    pub(crate) searches: u32,
    /// Wait for the answer of a module that was woken, before the first request.
    pub(crate) wake: Duration,
    /// Wait for the reply to one request.
    pub(crate) reply: Duration,
    /// Requests for readings, until there are any.
    pub attempts: u32,
    /// Requests for the identity.
    pub(crate) identity_attempts: u32,
}

impl Default for KstarTiming {
    fn default() -> Self {
        Self {
            // Modules answer within some 100 ms (protocol note); one that sleeps between two
            // beacons of its access point, within a second.
            search: Duration::from_secs(2),
            // WiFi repeats no broadcast that got lost, and the first one is lost now and then.
            searches: 2,
            // A module that is up answers within some 100 ms. Some do not answer the packet that
            // wakes them: so no longer.
            wake: Duration::from_millis(300),
            // The known driver waits a second (protocol note). All three tries take 3.3 s, which a
            // user still waits for.
            reply: Duration::from_secs(1),
            // UDP over WiFi loses a datagram now and then; three in a row mean that the inverter is
            // silent.
            attempts: 3,
            // Not every inverter reports its identity, and readings do not need it: not worth more
            // than a second.
            identity_attempts: 1,
        }
    }
}

/// A datagram is taken by the system at once; a network card that needs longer is stuck.
pub(super) const SEND_LIMIT: Duration = Duration::from_secs(1);
