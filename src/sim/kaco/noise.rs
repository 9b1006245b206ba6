//! What noise makes of a reply on its way: never anything random, so that what was seen can be seen again.

use super::Play;
use super::frames::Frame;
use crate::address::Address;
use std::time::Duration;

/// After the second that a program waits for the first byte: such a reply gets into the request after.
const LATE: Duration = Duration::from_millis(1300);

/// What an adapter was seen to make of its own request (capture OD-01).
const JUNK: &[u8] = b"n\xd6\xf6V\xeb\0";

/// What becomes of a reply on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noise {
    None,
    /// The request comes back first, the reply between NULs.
    Echo,
    /// Bytes before the reply that belong to none.
    Junk,
    /// One byte is another one.
    Damage,
    /// It stops in the middle.
    Half,
    Late,
}

/// They take turns for each address and command; addresses begin at different ones, so that one run shows several. Of three
/// in a row one comes through whole and in time, also where echoes and junk are not understood.
const TURNS: [Noise; 8] = [
    Noise::None,
    Noise::Echo,
    Noise::Damage,
    Noise::None,
    Noise::Junk,
    Noise::Half,
    Noise::None,
    Noise::Late,
];

impl Noise {
    pub(super) fn of(address: Address, command: u8, count: usize) -> Self {
        let turn = usize::from(address.number()).wrapping_add(count) % TURNS.len();
        match TURNS.get(turn) {
            // A silent inverter has one more chance. If its later requests could be late too, it might lose both
            // chances, each by another request.
            Some(Self::Late) if command != b'0' => Self::None,
            noise => noise.copied().unwrap_or(Self::None),
        }
    }

    pub(super) fn on(self, frame: Frame, request: &[u8], delay: Duration) -> Vec<Play> {
        let after = |delay, bytes| Play { delay, bytes };
        match self {
            Self::None => vec![after(delay, frame.bytes)],
            Self::Echo => vec![
                after(Duration::ZERO, request.to_vec()),
                after(delay, [b"\0\0", frame.bytes.as_slice(), b"\0"].concat()),
            ],
            Self::Junk => vec![after(delay, [JUNK, &frame.bytes, b"\0"].concat())],
            Self::Damage => vec![after(delay, damaged(frame))],
            Self::Half => {
                let half = frame.bytes.len() / 2;
                vec![after(delay, frame.bytes.into_iter().take(half).collect())]
            }
            Self::Late => vec![after(LATE, frame.bytes)],
        }
    }
}

/// The first digit of the second half becomes another digit, which nothing but the checksum tells; in a reply without a
/// checksum it becomes a byte that is no text.
pub(super) fn damaged(frame: Frame) -> Vec<u8> {
    let half = frame.bytes.len() / 2;
    let flip = if frame.checksummed { 0x01 } else { 0x80 };
    let mut bytes = frame.bytes;
    let digit = bytes
        .iter_mut()
        .skip(half)
        .find(|byte| byte.is_ascii_digit());
    if let Some(byte) = digit {
        *byte ^= flip;
    }
    bytes
}
