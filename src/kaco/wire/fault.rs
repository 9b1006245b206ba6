//! Why bytes are not a frame.

use crate::escape;
use bytes::Bytes;

/// What is wrong with a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The checksum is another one.
    #[error("the checksum is {found}, the bytes make {expected}")]
    Checksum {
        /// Hex digits that the bytes make.
        expected: String,
        /// Hex digits that were sent.
        found: String,
    },
    /// Where the checksum belongs stands something else.
    #[error("there is no checksum at the end")]
    NoChecksum,
    /// It stops too early.
    #[error("the reply stops in the middle")]
    Incomplete,
    /// A control character where none can be: noise, or another reply.
    #[error("the reply is interrupted by other bytes")]
    Interrupted,
    /// It goes on without end.
    #[error("the reply does not end")]
    TooLong,
    /// The right checksum, but not the values of such a reply.
    #[error("{0}")]
    Shape(&'static str),
    /// A generic reply whose first element states another number of elements than there are.
    #[error("the reply announces {announced} elements and has {found}")]
    Count {
        /// The first element.
        announced: String,
        /// The number of elements that came.
        found: usize,
    },
    /// A good reply that no table describes.
    #[error("a reply of {0} elements is not known yet; a recording of it would help to add it")]
    UnknownLayout(usize),
}

impl Fault {
    /// One word for programs: `checksum`, `incomplete`, `format` or `unknown`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Checksum { .. } | Self::NoChecksum => "checksum",
            Self::Incomplete => "incomplete",
            Self::Interrupted | Self::TooLong | Self::Shape(_) | Self::Count { .. } => "format",
            Self::UnknownLayout(_) => "unknown",
        }
    }
}

/// A piece of a stream that began as a reply and is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}: {}", escape::printable(.bytes))]
pub struct FrameError {
    /// The address in its header, which may be damaged too.
    pub(crate) address: Option<u8>,
    pub(crate) fault: Fault,
    pub(crate) bytes: Bytes,
}
