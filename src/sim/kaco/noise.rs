//! What a bad cable makes of replies: never anything random, so that what was seen can be seen
//! again.

use super::Play;
use std::time::Duration;

/// After the second that a client waits for the first byte: such a reply gets into the next
/// request.
const LATE: Duration = Duration::from_millis(1300);

/// What an adapter was seen to make of its own request (capture OD-01).
const JUNK: &[u8] = b"n\xd6\xf6V\xeb\0";

/// Kinds of noise take turns. Of three replies in a row one is whole and in time, also where echoes
/// and junk are not understood.
pub(super) fn on(turn: u32, reply: Vec<u8>, request: &[u8], delay: Duration) -> Vec<Play> {
    let after = |delay, parts: &[&[u8]]| vec![Play::Wait(delay), Play::Send(parts.concat())];
    match turn % 8 {
        1 => {
            let echo = vec![Play::Send(request.to_vec())];
            [echo, after(delay, &[b"\0\0", &reply, b"\0"])].concat()
        }
        2 => after(delay, &[&damaged(reply)]),
        4 => after(delay, &[JUNK, &reply, b"\0"]),
        5 => {
            let half = reply.len() / 2;
            after(delay, &[reply.get(..half).unwrap_or_default()])
        }
        // A silent inverter is asked once more: if later requests could be late too, it might lose
        // both chances.
        7 if request.ends_with(b"0\r") => after(LATE, &[&reply]),
        _ => after(delay, &[&reply]),
    }
}

/// The first digit of the second half becomes a byte that is not text: that shows also in a reply
/// without a checksum.
pub(super) fn damaged(mut reply: Vec<u8>) -> Vec<u8> {
    let half = reply.len() / 2;
    let mut digits = reply.iter_mut().skip(half);
    if let Some(byte) = digits.find(|byte| byte.is_ascii_digit()) {
        *byte ^= 0x80;
    }
    reply
}
