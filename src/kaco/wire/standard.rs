//! Readings of the standard protocol (00, 02, 000xi, XP): nine values, one checksum byte, type code.

use super::{Body, Fault, Frame, HEADER, Parsed, checksum, tokens};

/// The number of values before the checksum byte.
const VALUES: usize = 9;

/// The tokens of a standard reply, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings<'a> {
    /// Which part of a 000xi speaks, 1..=3; `None` for an inverter of one piece.
    pub part: Option<u8>,
    /// Status, DC voltage V, DC current A, DC power W, AC voltage V, AC current A, AC power W, temperature °C, daily
    /// yield Wh.
    pub values: [&'a [u8]; VALUES],
    /// Type code with its padding; missing where the reply ends behind its checksum, or was cut off in the type.
    pub type_code: Option<&'a [u8]>,
    /// Total yield kWh, sent by XP only.
    pub total_yield: Option<&'a [u8]>,
}

/// Parses the frame from `*` on. The checksum byte can be any byte, so the frame is walked token by token: after the ninth
/// value comes one blank, then the checksum, whatever it looks like.
pub(super) fn parse(frame: &[u8], command: u8, address: u8, ended: bool) -> Parsed<'_> {
    let (values, position) = match values(frame) {
        Walk::Whole(values, position) => (values, position),
        Walk::Short if ended => return Parsed::Broken(Fault::Incomplete),
        Walk::Short => return Parsed::Incomplete,
        Walk::Interrupted => return Parsed::Broken(Fault::Interrupted),
    };
    let Some((checked, [found, tail @ ..])) = frame.split_at_checked(position + 1) else {
        return if ended {
            Parsed::Broken(Fault::Incomplete)
        } else {
            Parsed::Incomplete
        };
    };
    if let Err(fault) = verify(checked, *found) {
        return Parsed::Broken(fault);
    }
    match tail_of(tail, ended) {
        Tail::Whole(type_code, total_yield, length) => {
            let part = (command != b'0').then(|| command - b'0');
            let readings = Readings {
                part,
                values,
                type_code,
                total_yield,
            };
            let frame = Frame {
                address: Some(address),
                body: Body::Readings(readings),
            };
            Parsed::Done(frame, position + 2 + length)
        }
        Tail::Incomplete => Parsed::Incomplete,
        Tail::Broken => Parsed::Broken(Fault::Shape("what follows the checksum is no type code")),
    }
}

/// Compares a checksum byte with the bytes before it.
pub(super) fn verify(checked: &[u8], found: u8) -> Result<(), Fault> {
    let expected = checksum::sum(checked);
    if found == expected {
        return Ok(());
    }
    Err(Fault::Checksum {
        expected: format!("{expected:02X}"),
        found: format!("{found:02X}"),
    })
}

enum Walk<'a> {
    /// The values, and the place of the blank behind the last.
    Whole([&'a [u8]; VALUES], usize),
    Short,
    Interrupted,
}

fn values(frame: &[u8]) -> Walk<'_> {
    let mut values: [&[u8]; VALUES] = [&[]; VALUES];
    let mut position = HEADER;
    for value in &mut values {
        let rest = frame.get(position..).unwrap_or_default();
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        let token = rest.get(blanks..).unwrap_or_default();
        let Some(length) = token
            .iter()
            .position(|&byte| byte == b' ' || byte.is_ascii_control())
        else {
            return Walk::Short;
        };
        if token.get(length) != Some(&b' ') {
            return Walk::Interrupted;
        }
        *value = token.get(..length).unwrap_or_default();
        position += blanks + length;
    }
    Walk::Whole(values, position)
}

enum Tail<'a> {
    /// Type code, total yield, and the length of all this with its CR.
    Whole(Option<&'a [u8]>, Option<&'a [u8]>, usize),
    Incomplete,
    Broken,
}

/// What comes behind the checksum byte: CR; blank, type code, CR; the same with a total yield; or nothing.
fn tail_of(tail: &[u8], ended: bool) -> Tail<'_> {
    match tail {
        [] if ended => Tail::Whole(None, None, 0),
        [] => Tail::Incomplete,
        [b'\r' | 0, ..] => Tail::Whole(None, None, 1),
        // The next reply: this one ended right behind its checksum.
        [b'\n', ..] => Tail::Whole(None, None, 0),
        [b' ', ..] => match tail.iter().position(|&byte| byte == b'\r' || byte == 0) {
            Some(end) => type_and_total(tail.get(..end).unwrap_or_default(), end + 1),
            // A type that does not end may be cut off; the values before it are whole.
            None if ended => Tail::Whole(None, None, tail.len()),
            None => Tail::Incomplete,
        },
        _ => Tail::Broken,
    }
}

/// A type code has a letter in it, a total yield only digits. So strict, because a blank that got into the values, or out
/// of them, would shift the place of the checksum byte and may hit one that fits.
fn type_and_total(text: &[u8], length: usize) -> Tail<'_> {
    let mut tokens = tokens(text);
    let found = (tokens.next(), tokens.next(), tokens.next());
    let is_type = |code: &[u8]| !code.iter().all(u8::is_ascii_digit);
    let is_total = |total: &[u8]| total.iter().all(u8::is_ascii_digit);
    match found {
        (None, ..) => Tail::Whole(None, None, length),
        (Some(code), None, _) if is_type(code) => Tail::Whole(Some(code), None, length),
        (Some(code), Some(total), None) if is_type(code) && is_total(total) => {
            Tail::Whole(Some(code), Some(total), length)
        }
        _ => Tail::Broken,
    }
}
