//! How long a bus is waited for; every number with its reason.

use std::time::Duration;

/// The waits and tries of a bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Least time between the starts of two requests.
    pub pace: Duration,
    /// Wait for the first byte of a reply.
    pub first_byte: Duration,
    /// Silence that ends a reply whose end is missing.
    pub gap: Duration,
    /// Requests of one kind to one inverter while its replies are garbled.
    pub attempts: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            // The maker's rule for data loggers: a query cycle is never shorter.
            pace: Duration::from_secs(1),
            // Replies start after 40 to 430 ms (measured on a site with xi units); twice that, and
            // no longer than the pace.
            first_byte: Duration::from_secs(1),
            // Bytes of a reply are 1 to 75 ms apart on the wire, through network gateways up to 400
            // ms.
            gap: Duration::from_millis(400),
            // Noise that spoils three replies in a row is a fault of the cable.
            attempts: 3,
        }
    }
}

/// Added to a pace: a request reaches the wire some milliseconds late (USB frames, scheduling), and
/// the next one may not be late. So no two are nearer than the pace.
pub(super) const PACE_MARGIN: Duration = Duration::from_millis(3);

/// End of listening to one reply after its first byte was due, whatever still comes: ten times what
/// the longest frame takes at 9600 baud (0.5 s).
pub(super) const LONGEST_REPLY: Duration = Duration::from_secs(5);

/// A reply that did not begin in time is waited for this much longer where faults are searched for:
/// gateways were seen to hold replies back for a second.
pub(super) const LATE_REPLY: Duration = Duration::from_secs(2);

/// Five bytes at 9600 baud take 5 ms; a port that takes longer to accept them is stuck.
pub(super) const WRITE_LIMIT: Duration = Duration::from_secs(1);

/// After a whole frame's length came at once, as no line at 9600 baud gives it: a gateway that
/// sends without end must not keep the program from its other buses.
pub(super) const FLOOD_PAUSE: Duration = Duration::from_millis(1);

/// One byte at 9600 baud: start bit, eight data bits, stop bit.
pub const BYTE_TIME: Duration = Duration::from_nanos(1_041_667);

/// While a reply is not whole: a serial port gives bytes one by one, each about a millisecond after
/// the one before, and the processor is woken for five of them at once, or for more where more must
/// be missing.
pub(super) const PIECE: Duration = Duration::from_millis(5);

/// Before a lost link is opened again: a USB adapter that restarts takes about a second to come
/// back.
pub(super) const REOPEN_PAUSE: Duration = Duration::from_secs(2);

/// A link that is lost again within this time is not reported again: many gateways hang up in each
/// pause between two rounds.
pub(super) const REPORTED_FOR: Duration = Duration::from_secs(60 * 60);
