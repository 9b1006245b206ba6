//! What a bad cable makes of replies: never anything random, so that what was seen can be seen
//! again.

use super::Play;
use super::frames::ReplyFrame;
use std::time::Duration;

/// After the second that a client waits for the first byte: such a reply gets into the next
/// request.
const LATE: Duration = Duration::from_millis(1300);

/// What an adapter was seen to make of its own request (capture OD-01).
const JUNK: &[u8] = b"n\xd6\xf6V\xeb\0";

/// A clean reply.
pub(super) fn none(frame: ReplyFrame, delay: Duration) -> Vec<Play> {
    vec![Play::Wait(delay), Play::Send(frame.bytes)]
}

/// Kinds of noise take turns. Of three replies in a row one is whole and in time, also where echoes
/// and junk are not understood.
pub(super) fn on(turn: usize, frame: ReplyFrame, request: &[u8], delay: Duration) -> Vec<Play> {
    let after = |delay, parts: &[&[u8]]| vec![Play::Wait(delay), Play::Send(parts.concat())];
    match turn % 8 {
        1 => {
            let echo = after(Duration::ZERO, &[request]);
            [echo, after(delay, &[b"\0\0", &frame.bytes, b"\0"])].concat()
        }
        2 => after(delay, &[&damaged(frame)]),
        4 => after(delay, &[JUNK, &frame.bytes, b"\0"]),
        5 => {
            let half = frame.bytes.len() / 2;
            after(delay, &[frame.bytes.get(..half).unwrap_or_default()])
        }
        // A silent inverter is asked once more: if later requests could be late too, it might lose
        // both chances.
        7 if request.ends_with(b"0\r") => none(frame, LATE),
        _ => none(frame, delay),
    }
}

/// The first digit of the second half becomes another digit, which only the checksum reveals; in a
/// reply without a checksum it becomes a byte that is not text.
pub(super) fn damaged(frame: ReplyFrame) -> Vec<u8> {
    let flip = if frame.checksummed { 0x01 } else { 0x80 };
    let mut bytes = frame.bytes;
    let half = bytes.len() / 2;
    let mut digits = bytes.iter_mut().skip(half);
    if let Some(byte) = digits.find(|byte| byte.is_ascii_digit()) {
        *byte ^= flip;
    }
    bytes
}
