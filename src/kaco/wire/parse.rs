//! What all replies have in common: the header `*AAc` and a blank, tokens between blanks, CR at the
//! end.

use super::{Body, Fault, Frame, counters, generic, plain, standard};

/// The bytes of `*AAc` and the blank behind them.
pub(super) const HEADER: usize = 5;

/// The verdict of a parser on the bytes from a frame's start on.
pub(super) enum Parsed {
    /// So far it may become a frame.
    Incomplete,
    /// A checked frame of this length.
    Done(Frame, usize),
    /// It began as a frame and is not one.
    Broken(Fault),
    /// No frame starts here.
    Junk,
}

impl Parsed {
    pub(super) fn done(address: impl Into<Option<u8>>, body: Body, length: usize) -> Self {
        let address = address.into();
        Self::Done(Frame { address, body }, length)
    }

    /// [`Self::Incomplete`], or broken if no more bytes come.
    pub(super) fn cut_off(ended: bool) -> Self {
        if ended {
            Self::Broken(Fault::Incomplete)
        } else {
            Self::Incomplete
        }
    }
}

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
        (b'8', b' ') => plain::parse_firmware(frame, address, ended),
        (_, b' ') => parse_checked(frame, command, address, ended),
        _ => Parsed::Junk,
    }
}

/// Parses a frame of the commands that carry a checksum, and the counters, which share a letter
/// with one of them.
pub(super) fn parse_checked(frame: &[u8], command: u8, address: u8, ended: bool) -> Parsed {
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

/// The tokens of `text`: what stands between blanks.
pub(super) fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(|&byte| byte == b' ')
        .filter(|token| !token.is_empty())
}

/// What `text` holds before its end, and how long it is with the end. CR ends a frame; NUL stands
/// for it on some lines.
pub(super) enum Line<'a> {
    Ended(&'a [u8], usize),
    /// A control character that can't be inside: another frame, or noise.
    Interrupted,
    Open(&'a [u8]),
}

pub(super) fn line(text: &[u8]) -> Line<'_> {
    let Some(end) = text.iter().position(|byte| byte.is_ascii_control()) else {
        return Line::Open(text);
    };
    match text.split_at_checked(end) {
        Some((inside, [b'\r' | 0, ..])) => Line::Ended(inside, end + 1),
        _ => Line::Interrupted,
    }
}

/// What `text` holds and how long it is, if it has its end, or `ended` stands for that; else its
/// fault, `None` while its end may still come.
pub(super) fn closed_line(text: &[u8], ended: bool) -> Result<(&[u8], usize), Option<Fault>> {
    match line(text) {
        Line::Ended(inside, length) => Ok((inside, length)),
        Line::Open(inside) if ended => Ok((inside, inside.len())),
        Line::Open(_) => Err(None),
        Line::Interrupted => Err(Some(Fault::Interrupted)),
    }
}
