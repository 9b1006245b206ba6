//! What all replies have in common: the header `*AAc` and a blank, tokens between blanks, CR at the
//! end.

use super::{Body, Fault, Frame};

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

/// The content of `text` and its length, if it has its end or no more bytes come (`ended`); else
/// its fault, `None` while its end may still come.
pub(super) fn closed_line(text: &[u8], ended: bool) -> Result<(&[u8], usize), Option<Fault>> {
    match line(text) {
        Line::Ended(inside, length) => Ok((inside, length)),
        Line::Open(inside) if ended => Ok((inside, inside.len())),
        Line::Open(_) => Err(None),
        Line::Interrupted => Err(Some(Fault::Interrupted)),
    }
}
