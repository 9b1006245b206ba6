//! Which reply starts here: by its header `*AAc`, and by its shape where two have the same letter.

use super::plain::{self, NO_FIRMWARE};
use super::text::{HEADER, Parsed};
use super::{Body, Fault, counters, generic, standard};

/// Looks for a frame right at the start of `bytes`.
pub(super) fn parse(bytes: &[u8], ended: bool) -> Parsed {
    match bytes {
        [b'\n', rest @ ..] => match rest {
            [] if ended => Parsed::Junk,
            [] => Parsed::Incomplete,
            [b'*', ..] => longer(parse_header(rest, true, ended), 1),
            [b' ' | b'0'..=b'9', ..] => longer(counters::parse_headerless(rest, ended), 1),
            _ => Parsed::Junk,
        },
        // The LF before a frame is the likeliest byte to get lost when the line turns round.
        [b'*', ..] => parse_header(bytes, false, ended),
        _ => Parsed::Junk,
    }
}

/// `parsed`, with `extra` bytes before it.
fn longer(parsed: Parsed, extra: usize) -> Parsed {
    match parsed {
        Parsed::Done(frame, length) => Parsed::Done(frame, length + extra),
        other => other,
    }
}

/// The two digits at the start of `bytes` as an address.
pub(super) fn address_of(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

/// Parses `frame`, which starts at `*`. Without the LF before it, only replies with a checksum are
/// believed.
fn parse_header(frame: &[u8], after_line_feed: bool, ended: bool) -> Parsed {
    let Some(&[_, tens, ones, command, separator]) = frame.first_chunk::<HEADER>() else {
        return short_header(frame, after_line_feed, ended);
    };
    let Some(address) = address_of(&[tens, ones]) else {
        return Parsed::Junk;
    };
    match (command, separator) {
        (b'4', b'\r' | 0) if after_line_feed => Parsed::done(address, Body::Parts, HEADER),
        (b'8', b' ') if !after_line_feed => Parsed::Junk,
        // A third unit shares the letter of counters, but has a checksum.
        (b'3', b' ') if !after_line_feed && counters::has_shape(frame) => Parsed::Junk,
        (b'8', b' ') => match plain::parse_firmware(frame, address, ended) {
            // What follows is not a part of it, and came or did not come by chance.
            Parsed::Done(_, length) if is_disguised(frame.get(..length).unwrap_or_default()) => {
                Parsed::Broken(Fault::Shape(NO_FIRMWARE))
            }
            parsed => parsed,
        },
        (_, b' ') => parse_checked(frame, command, address, ended),
        _ => Parsed::Junk,
    }
}

/// Whether the line is good with another command character: then that one byte was damaged, for a
/// firmware reply has no checksum of its own.
fn is_disguised(line: &[u8]) -> bool {
    const CHECKED: &[u8] = b"0123ns9";
    let mut copy = line.to_vec();
    CHECKED.iter().any(|&command| {
        if let Some(byte) = copy.get_mut(3) {
            *byte = command;
        }
        matches!(parse_checked(&copy, command, 0, true), Parsed::Done(..))
    })
}

/// Parses a frame of the commands that carry a checksum, and the counters, which share a letter
/// with one of them.
fn parse_checked(frame: &[u8], command: u8, address: u8, ended: bool) -> Parsed {
    match command {
        b'3' if counters::has_shape(frame) => counters::parse(frame, address, ended),
        b'0'..=b'3' => standard::parse(frame, command, address, ended),
        b'9' => plain::parse_type_code(frame, address, ended),
        b'n' => generic::parse(frame, address, ended),
        b's' => generic::parse_serial_number(frame, address, ended),
        _ => Parsed::Junk,
    }
}

/// Fewer bytes than a header has: a start, the whole `*AA4`, or nothing.
fn short_header(frame: &[u8], after_line_feed: bool, ended: bool) -> Parsed {
    let possible = match frame {
        [_] | [_, b'0'..=b'9'] => true,
        [_, rest @ ..] => address_of(rest).is_some(),
        [] => false,
    };
    match frame {
        _ if possible && !ended => Parsed::Incomplete,
        [_, digits @ .., b'4'] if after_line_feed => address_of(digits)
            .map_or(Parsed::Junk, |address| {
                Parsed::done(address, Body::Parts, frame.len())
            }),
        _ => Parsed::Junk,
    }
}
