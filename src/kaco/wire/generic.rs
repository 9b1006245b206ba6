//! The generic protocol: elements between blanks, a CRC of four hex digits, CR.

use super::{Body, Fault, Frame, HEADER, Parsed, checksum, closed_line, tokens};

/// The number of digits of the checksum.
const DIGITS: usize = 4;

/// The elements of a generic reply; their number is what the first of them says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements<'a> {
    text: &'a [u8],
    count: usize,
}

impl<'a> Elements<'a> {
    /// How many there are, the count itself included: it tells the layout.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// All of them: count, type code, status, values.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        tokens(self.text)
    }
}

/// Parses readings, from `*` on.
pub(super) fn parse(frame: &[u8], address: u8, ended: bool) -> Parsed<'_> {
    checked(frame, ended, |text| {
        let count = tokens(text).count();
        let announced = tokens(text).next().unwrap_or_default();
        if announced != count.to_string().as_bytes() {
            let announced = String::from_utf8_lossy(announced).into_owned();
            return Err(Fault::Count {
                announced,
                found: count,
            });
        }
        Ok(Frame {
            address: Some(address),
            body: Body::Generic(Elements { text, count }),
        })
    })
}

/// Parses the reply to the question for the serial number, from `*` on.
pub(super) fn parse_serial_number(frame: &[u8], address: u8, ended: bool) -> Parsed<'_> {
    checked(frame, ended, |text| {
        let body = Body::SerialNumber(text.trim_ascii());
        Ok(Frame {
            address: Some(address),
            body,
        })
    })
}

/// Checks the CRC of a frame and makes it from the text between header and checksum.
fn checked<'a>(
    frame: &'a [u8],
    ended: bool,
    make: impl FnOnce(&'a [u8]) -> Result<Frame<'a>, Fault>,
) -> Parsed<'a> {
    let (inside, length) = match closed_line(frame, ended) {
        Ok(closed) => closed,
        Err(fault) => return fault.map_or(Parsed::Incomplete, Parsed::Broken),
    };
    let is_whole = length > inside.len();
    match verify(inside).and_then(make) {
        Ok(frame) => Parsed::Done(frame, length),
        Err(Fault::NoChecksum) if !is_whole => Parsed::Broken(Fault::Incomplete),
        Err(fault) => Parsed::Broken(fault),
    }
}

/// The text between header and checksum, if the checksum is right.
fn verify(inside: &[u8]) -> Result<&[u8], Fault> {
    let (checked, digits) = inside
        .len()
        .checked_sub(DIGITS)
        .and_then(|place| inside.split_at_checked(place))
        .filter(|(checked, digits)| checked.ends_with(b" ") && digits.iter().all(is_digit))
        .ok_or(Fault::NoChecksum)?;
    let text = checked.get(HEADER..).ok_or(Fault::NoChecksum)?;
    let expected = checksum::crc(checked);
    let found = digits
        .iter()
        .fold(0, |number, digit| number << 4 | u16::from(value(*digit)));
    if found == expected {
        return Ok(text);
    }
    Err(Fault::Checksum {
        expected: format!("{expected:04X}"),
        found: format!("{found:04X}"),
    })
}

/// Upper-case hex; a lower-case letter is a damaged one.
fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

const fn value(digit: u8) -> u8 {
    if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        digit.wrapping_sub(b'A' - 10)
    }
}
