//! The frame codec: for a master, which sends requests and receives replies, and for `listen`,
//! which only receives.
//!
//! Both decoders give the same frames however the stream was cut into pieces, and leave less than
//! [`LONGEST_FRAME`] bytes in the buffer. `decode_eof` is for idle time, not only for the end of
//! the stream: nothing more belongs to the bytes in the buffer, so it is called until it returns
//! `None`, and leaves the buffer empty.

use super::parse::{address_of, parse};
use super::text::{HEADER, Parsed, tokens};
use super::{Fault, Frame, FrameError, LONGEST_FRAME, Request, generic, standard};
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::iter;
use tokio_util::codec::{Decoder, Encoder};

/// Encodes requests and decodes replies. Bytes that belong to no frame are skipped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Codec;

impl Codec {
    /// The least number of bytes still to come before a reply that begins with `bytes` is whole.
    pub(crate) fn missing(bytes: &[u8]) -> usize {
        let frame = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        let Some((&[_, _, _, command, _], text)) = frame.split_first_chunk::<HEADER>() else {
            return 0;
        };
        let elements = match command {
            b'0'..=b'2' => standard::VALUES,
            b'n' => generic::announced(text),
            _ => 0,
        };
        // A blank and one character each.
        elements.saturating_sub(tokens(text).count()) * 2
    }
}

impl Decoder for Codec {
    /// A frame, or a piece that began as a frame and is refused.
    type Item = Result<Frame, FrameError>;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(take(buffer, false))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(take(buffer, true))
    }
}

impl Encoder<Request> for Codec {
    type Error = io::Error;

    fn encode(&mut self, request: Request, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.extend_from_slice(&request.bytes());
        Ok(())
    }
}

/// Returns all frames and refused pieces of a stream that has ended.
pub fn decode_all(bytes: &[u8]) -> impl Iterator<Item = Result<Frame, FrameError>> {
    let mut buffer = BytesMut::from(bytes);
    iter::from_fn(move || take(&mut buffer, true))
}

fn take(buffer: &mut BytesMut, ended: bool) -> Option<Result<Frame, FrameError>> {
    let found = scan(buffer, ended);
    buffer.advance(found.used);
    found.item
}

/// Decodes everything that passes on a bus, every byte of it exactly once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Monitor;

/// Something that passed on a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Traffic {
    /// A request of a master.
    Request {
        /// The inverter that is polled: two digits.
        address: String,
        /// The command character.
        command: char,
    },
    /// A checked reply of an inverter.
    Reply(Frame),
    /// It began as a reply and is refused.
    Refused(FrameError),
    /// Anything else.
    Noise,
}

impl Decoder for Monitor {
    type Item = (Traffic, Bytes);
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(take_traffic(buffer, false))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        Ok(take_traffic(buffer, true))
    }
}

fn take_traffic(buffer: &mut BytesMut, ended: bool) -> Option<(Traffic, Bytes)> {
    let (traffic, length) = first_traffic(buffer, ended)?;
    Some((traffic, buffer.split_to(length).freeze()))
}

/// The first item in `bytes`, and its length.
fn first_traffic(bytes: &[u8], ended: bool) -> Option<(Traffic, usize)> {
    let requests = bytes.windows(Request::LENGTH).map(request);
    let next_request = requests
        .enumerate()
        .find_map(|(place, request)| Some((place, request?)));
    let part = match next_request {
        Some((0, request)) => return Some((request, Request::LENGTH)),
        // What stands before a request is over.
        Some((place, _)) => bytes.get(..place)?,
        None => bytes,
    };
    let is_over = ended || part.len() < bytes.len() || part.len() >= LONGEST_FRAME;
    let found = scan(part, is_over);
    match found.item {
        _ if part.is_empty() => None,
        Some(_) if found.junk > 0 => Some((Traffic::Noise, found.junk)),
        Some(Ok(frame)) => Some((Traffic::Reply(frame), found.used)),
        Some(Err(error)) if is_over => {
            // Unlike for a master, all that is shown of the piece goes: every byte is printed once.
            let length = error.bytes.len().max(found.used);
            Some((Traffic::Refused(error), length))
        }
        None if is_over => Some((Traffic::Noise, part.len())),
        // The end of a refused piece may still come, and with it the bytes to show.
        Some(Err(_)) | None => None,
    }
}

/// A request in exactly these bytes.
fn request(bytes: &[u8]) -> Option<Traffic> {
    match bytes {
        // Any command: other masters may use more of them, also ones that set something.
        [b'#', digits @ .., command @ b'!'..=b'~', b'\r'] => {
            address_of(digits).map(|address| Traffic::Request {
                address: format!("{address:02}"),
                command: char::from(*command),
            })
        }
        _ => None,
    }
}

/// What some bytes begin with.
pub(super) struct Sighting {
    /// Length of what is at the start and belongs to no frame.
    pub(super) junk: usize,
    /// Length of what can go: junk and frame.
    pub(super) used: usize,
    pub(super) item: Option<Result<Frame, FrameError>>,
}

/// Finds the first frame or refused piece in `bytes`; everything that can't be the start of one is
/// skipped.
pub(super) fn scan(bytes: &[u8], ended: bool) -> Sighting {
    let mut junk = 0;
    while let Some(rest) = bytes.get(junk..).filter(|rest| !rest.is_empty()) {
        // In one piece no frame may be longer than it could be byte by byte.
        let room = rest.get(..LONGEST_FRAME);
        let piece = room.unwrap_or(rest);
        let (length, item) = match parse(piece, ended && room.is_none()) {
            Parsed::Done(frame, length) => (length, Some(Ok(frame))),
            Parsed::Incomplete if room.is_none() => (0, None),
            Parsed::Incomplete => refuse(piece, Fault::TooLong),
            Parsed::Broken(fault) => refuse(piece, fault),
            Parsed::Junk => {
                junk += 1;
                continue;
            }
        };
        let used = junk + length;
        return Sighting { junk, used, item };
    }
    let (used, item) = (junk, None);
    Sighting { junk, used, item }
}

/// Refuses the frame at the start of `bytes`. Only its start is skipped: its end is not known for
/// sure, and another frame may begin inside.
fn refuse(bytes: &[u8], fault: Fault) -> (usize, Option<Result<Frame, FrameError>>) {
    let start = if bytes.starts_with(b"\n*") { 2 } else { 1 };
    let body = bytes.get(start..).unwrap_or_default();
    let end = body.iter().position(|&byte| byte == b'\r');
    let length = end.map_or(bytes.len(), |end| start + end + 1);
    let error = FrameError {
        address: address_of(body),
        fault,
        bytes: Bytes::copy_from_slice(bytes.get(..length).unwrap_or_default()),
    };
    (start, Some(Err(error)))
}
