//! Bytes to checked frames of the KACO RS485 protocol, and requests to bytes. Reads no port and no clock.
//!
//! Whether a frame is complete is told by its content alone, so a reply is known the moment its last byte arrived; only
//! replies that leave out their end need the silence after them ([`Decoder::next_eof`]).
//! Source: the maker's application note (2011) and captures; `docs/kaco-protocol.md` has all of it.

pub(crate) mod checksum;
mod counters;
mod fault;
mod generic;
mod plain;
mod request;
mod standard;
#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests;

pub use counters::{Counters, EnergyUnit};
pub use fault::{Fault, FrameError};
pub use generic::Elements;
pub use request::{Command, Part, Request};
pub use standard::Readings;

/// Longest reply that is waited for, in bytes. Three MPP trackers take 150, the longest seen; what goes on
/// far beyond is a bus that talks nonsense.
pub const LONGEST_FRAME: usize = 512;

/// The bytes of `*AAc` and the blank behind them.
const HEADER: usize = 5;

/// One checked reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Who sent it, 0..=99; counters of xi units carry no address.
    pub address: Option<u8>,
    /// What it says.
    pub body: Body<'a>,
}

/// What a reply says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// Readings of the standard protocol; checksum verified.
    Readings(Readings<'a>),
    /// Readings of the generic protocol; checksum verified.
    Generic(Elements<'a>),
    /// "Ask my three parts": a 000xi.
    Parts,
    /// Counters. They come without a checksum; their shape is exact.
    Counters(Counters<'a>),
    /// Type code; checksum verified.
    TypeCode(&'a [u8]),
    /// Firmware, text without a checksum.
    Firmware(&'a [u8]),
    /// Serial number; checksum verified.
    SerialNumber(&'a [u8]),
}

/// Cuts a stream of bytes into frames. It holds at most [`LONGEST_FRAME`] bytes and what was pushed last.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Bytes at the start of `buffer` that were given out and can go.
    used: usize,
}

impl Decoder {
    /// Adds bytes as they came, in any pieces.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame or refused piece; `None` until more bytes come.
    #[expect(
        clippy::should_implement_trait,
        reason = "frames borrow from the decoder"
    )]
    pub fn next(&mut self) -> Option<Result<Frame<'_>, FrameError>> {
        self.step(false)
    }

    /// As [`Self::next`], knowing that nothing more comes: a reply may lack its type and its CR. `None` at the end.
    pub fn next_eof(&mut self) -> Option<Result<Frame<'_>, FrameError>> {
        self.step(true)
    }

    /// Whether the start of a frame is there that is not complete yet.
    pub fn is_pending(&self) -> bool {
        self.buffer.len() > self.used
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.used = 0;
    }

    fn step(&mut self, ended: bool) -> Option<Result<Frame<'_>, FrameError>> {
        let bytes = self.buffer.get(self.used..).unwrap_or_default();
        let scan = scan(bytes, ended);
        self.used += scan.used;
        scan.item
    }
}

/// The outcome of a look at some bytes.
pub(super) struct Scan<'a> {
    /// So many bytes at the start belong to no frame.
    pub(super) junk: usize,
    /// So many bytes can go: junk and frame.
    pub(super) used: usize,
    pub(super) item: Option<Result<Frame<'a>, FrameError>>,
}

/// What a parser says of the bytes from a frame's start on.
enum Parsed<'a> {
    /// So far it may become a frame.
    Incomplete,
    /// A checked frame of this length.
    Done(Frame<'a>, usize),
    /// It began as a frame and is none.
    Broken(Fault),
    /// No frame starts here.
    Junk,
}

/// Finds the first frame or broken frame in `bytes`; everything that can't be the start of one is skipped.
pub(super) fn scan(bytes: &[u8], ended: bool) -> Scan<'_> {
    let mut position = 0;
    while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
        // In one piece no frame may be longer than it could be byte by byte.
        let room = rest.get(..LONGEST_FRAME);
        match parse(room.unwrap_or(rest), ended && room.is_none()) {
            Parsed::Done(frame, length) => {
                return Scan {
                    junk: position,
                    used: position + length,
                    item: Some(Ok(frame)),
                };
            }
            Parsed::Incomplete if room.is_none() => {
                return Scan {
                    junk: position,
                    used: position,
                    item: None,
                };
            }
            Parsed::Incomplete => return refuse(rest, position, Fault::TooLong),
            Parsed::Broken(fault) => return refuse(rest, position, fault),
            Parsed::Junk => position += 1,
        }
    }
    Scan {
        junk: bytes.len(),
        used: bytes.len(),
        item: None,
    }
}

/// Refuses the frame that starts at `position`. Only its start is skipped: its end is not known for sure, and another
/// frame may begin inside.
fn refuse<'a>(rest: &[u8], position: usize, fault: Fault) -> Scan<'a> {
    let start = match rest {
        [b'\n', b'*', ..] => 2,
        _ => 1,
    };
    let body = rest.get(start..).unwrap_or_default();
    let length = body.iter().take_while(|&&byte| byte != b'\r').count() + 1;
    let bytes = rest
        .get(..(start + length).min(rest.len()))
        .unwrap_or_default();
    let address = rest.get(start..).and_then(address_of);
    let error = FrameError {
        address,
        fault,
        bytes: bytes.to_vec(),
    };
    Scan {
        junk: position,
        used: position + start,
        item: Some(Err(error)),
    }
}

/// Looks for a frame right at the start of `bytes`.
fn parse(bytes: &[u8], ended: bool) -> Parsed<'_> {
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
fn longer(parsed: Parsed<'_>, extra: usize) -> Parsed<'_> {
    match parsed {
        Parsed::Done(frame, length) => Parsed::Done(frame, length + extra),
        other => other,
    }
}

/// The two digits at the start of `bytes` as an address.
fn address_of(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

/// Parses `frame`, which starts at `*`. Without the LF before it, only replies with a checksum are believed.
fn parse_header(frame: &[u8], after_line_feed: bool, ended: bool) -> Parsed<'_> {
    let Some(&[_, tens, ones, command, separator]) = frame.first_chunk::<HEADER>() else {
        return short_header(frame, after_line_feed, ended);
    };
    let Some(address) = address_of(&[tens, ones]) else {
        return Parsed::Junk;
    };
    match (command, separator) {
        (b'4', b'\r' | 0) if after_line_feed => parts(address, HEADER),
        (b'3' | b'8', b' ') if !after_line_feed => Parsed::Junk,
        (b'8', b' ') => plain::parse_firmware(frame, address, ended),
        (_, b' ') => parse_checked(frame, command, address, ended),
        _ => Parsed::Junk,
    }
}

/// Parses a frame of the commands that carry a checksum, and the counters, which share a letter with one of them.
fn parse_checked(frame: &[u8], command: u8, address: u8, ended: bool) -> Parsed<'_> {
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
fn short_header(frame: &[u8], after_line_feed: bool, ended: bool) -> Parsed<'_> {
    let possible = match frame {
        [_] | [_, b'0'..=b'9'] => true,
        [_, rest @ ..] => address_of(rest).is_some(),
        [] => false,
    };
    match frame {
        _ if possible && !ended => Parsed::Incomplete,
        [_, digits @ .., b'4'] if after_line_feed => {
            address_of(digits).map_or(Parsed::Junk, |address| parts(address, frame.len()))
        }
        _ => Parsed::Junk,
    }
}

fn parts<'a>(address: u8, length: usize) -> Parsed<'a> {
    Parsed::Done(
        Frame {
            address: Some(address),
            body: Body::Parts,
        },
        length,
    )
}

/// The tokens of `text`: what stands between blanks.
fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(|&byte| byte == b' ')
        .filter(|token| !token.is_empty())
}

/// What `text` holds before its end, and how long it is with the end. CR ends a frame; NUL stands for it on some lines.
enum Line<'a> {
    Ended(&'a [u8], usize),
    /// A control character that can't be inside: another frame, or noise.
    Interrupted,
    Open(&'a [u8]),
}

fn line(text: &[u8]) -> Line<'_> {
    let Some(end) = text.iter().position(|byte| byte.is_ascii_control()) else {
        return Line::Open(text);
    };
    match text.split_at_checked(end) {
        Some((inside, [b'\r' | 0, ..])) => Line::Ended(inside, end + 1),
        _ => Line::Interrupted,
    }
}

/// What `text` holds and how long it is, if it has its end, or `ended` stands for that; else its fault, `None` while its end
/// may still come.
fn closed_line(text: &[u8], ended: bool) -> Result<(&[u8], usize), Option<Fault>> {
    match line(text) {
        Line::Ended(inside, length) => Ok((inside, length)),
        Line::Open(inside) if ended => Ok((inside, inside.len())),
        Line::Open(_) => Err(None),
        Line::Interrupted => Err(Some(Fault::Interrupted)),
    }
}
