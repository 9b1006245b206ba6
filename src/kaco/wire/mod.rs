//! Bytes to checked frames of the KACO RS485 protocol, and requests to bytes. Reads no port and no
//! clock.
//!
//! Whether a frame is complete follows from its content alone, so a reply is known the moment its
//! last byte arrived; only replies that leave out their end need the idle time after them
//! (`Codec::decode_eof`). Source: the maker's application note (2011) and captures;
//! `docs/kaco-protocol.md` has all of it.

pub(crate) mod checksum;
mod codec;
mod counters;
mod fault;
mod generic;
mod modbus;
mod parse;
mod plain;
mod request;
mod standard;
#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests;
mod text;

pub use codec::{Codec, Monitor, Traffic, decode_all};
pub(crate) use counters::Counters;
pub(crate) use fault::{Fault, FrameError};
pub(crate) use generic::Elements;
pub(crate) use modbus::find_modbus;
pub use request::{Command, Request, UnitNumber};
pub(crate) use standard::Readings;

use bytes::Bytes;

/// Length in bytes at which an unfinished reply is refused. Three MPP trackers take 150, the
/// longest seen.
pub const LONGEST_FRAME: usize = 512;

/// A checked reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The inverter that sent it, 0..=99; counters of xi units carry no address.
    pub(crate) address: Option<u8>,
    /// The content.
    pub body: Body,
}

/// The content of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Readings of the standard protocol; checksum verified.
    Readings(Readings),
    /// Readings of the generic protocol; checksum verified.
    Generic(Elements),
    /// The inverter is a 000xi: its three units are to be polled.
    Parts,
    /// Counters, which have no checksum; their shape is exact.
    Counters(Counters),
    /// Type code; checksum verified.
    TypeCode(Bytes),
    /// Firmware, text without a checksum.
    Firmware(Bytes),
    /// Serial number; checksum verified.
    SerialNumber(Bytes),
}
