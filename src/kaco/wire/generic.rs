//! The generic protocol: elements between blanks, a CRC of four hex digits, CR.

use super::text::{HEADER, Parsed, closed_line, tokens};
use super::{Body, Fault, checksum};
use bytes::Bytes;

/// The number of digits of the checksum.
const DIGITS: usize = 4;

/// The elements of a generic reply; the first of them is their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements {
    text: Bytes,
    count: usize,
}

impl Elements {
    /// How many there are, the count itself included: it determines the layout.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// All of them: count, type code, status, values.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        tokens(&self.text)
    }
}

/// Parses readings, from `*` on.
pub(super) fn parse(frame: &[u8], address: u8, ended: bool) -> Parsed {
    checked(frame, address, ended, |text| {
        let count = tokens(text).count();
        let announced = tokens(text).next().unwrap_or_default();
        if announced != count.to_string().as_bytes() {
            let announced = String::from_utf8_lossy(announced).into_owned();
            return Err(Fault::Count {
                announced,
                found: count,
            });
        }
        let text = Bytes::copy_from_slice(text);
        Ok(Body::Generic(Elements { text, count }))
    })
}

/// How many elements there will be, once that is known: two digits at most, as a damaged number is
/// not waited for.
pub(super) fn announced(text: &[u8]) -> usize {
    let count = tokens(text).next().filter(|count| count.len() <= 2);
    let count = count.and_then(|count| std::str::from_utf8(count).ok());
    count.map_or(0, |count| count.parse().unwrap_or_default())
}

/// Parses the reply to the request for the serial number, from `*` on.
pub(super) fn parse_serial_number(frame: &[u8], address: u8, ended: bool) -> Parsed {
    checked(frame, address, ended, |text| {
        let text = Bytes::copy_from_slice(text.trim_ascii());
        Ok(Body::SerialNumber(text))
    })
}

/// Checks the CRC of a frame and makes its body from the text between header and checksum.
fn checked(
    frame: &[u8],
    address: u8,
    ended: bool,
    make: impl FnOnce(&[u8]) -> Result<Body, Fault>,
) -> Parsed {
    let (inside, length) = match closed_line(frame, ended) {
        Ok(closed) => closed,
        Err(fault) => return fault.map_or(Parsed::Incomplete, Parsed::Broken),
    };
    let is_whole = length > inside.len();
    match verify(inside).and_then(make) {
        Ok(body) => Parsed::done(address, body, length),
        // Without its CR the digits may be what is missing: that is not noise, but a reply that
        // stops.
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
    let found = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        .ok_or(Fault::NoChecksum)?;
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

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::super::Frame;
    use super::super::codec::scan;
    use super::super::tests::with_crc;
    use super::*;

    /// The elements of the first frame in `bytes`, or its fault.
    fn read(bytes: &[u8], ended: bool) -> Option<Result<Elements, Fault>> {
        Some(match scan(bytes, ended).item? {
            Ok(Frame {
                body: Body::Generic(elements),
                ..
            }) => Ok(elements),
            Ok(frame) => unreachable!("{frame:?}"),
            Err(error) => Err(error.fault),
        })
    }

    #[test]
    fn elements_are_what_stands_between_blanks() {
        let bytes = with_crc("*12n 4 390TL   48  581.1 ");
        let Some(Ok(elements)) = read(&bytes, false) else {
            unreachable!("it is good");
        };
        assert_eq!(elements.count(), 4);
        let texts: Vec<&[u8]> = elements.iter().collect();
        assert_eq!(texts, [&b"4"[..], b"390TL", b"48", b"581.1"]);
    }

    #[test]
    fn there_are_as_many_elements_as_announced() {
        for (text, announced, found) in [
            ("*12n 5 390TL 48 581.1 ", "5", 4),
            ("*12n 3 390TL 48 581.1 ", "3", 4),
            ("*12n 04 390TL 48 581.1 ", "04", 4),
            ("*12n  ", "", 0),
        ] {
            let announced = announced.to_owned();
            let due = Fault::Count { announced, found };
            assert_eq!(read(&with_crc(text), false), Some(Err(due)), "{text:?}");
        }
    }

    #[test]
    fn the_serial_number_stands_without_its_blanks() {
        let bytes = with_crc("*12s  8.6TL01736586  ");
        let frame = Frame {
            address: Some(12),
            body: Body::SerialNumber(Bytes::from_static(b"8.6TL01736586")),
        };
        assert_eq!(scan(&bytes, false).item, Some(Ok(frame)));
    }

    #[test]
    fn the_checksum_is_a_blank_and_four_upper_case_digits() {
        for text in [
            "*12n 1 906\r",
            "*12n 1 90 6E\r",
            "*12n 1 906e\r",
            "*12n 1 906G\r",
            "*12n 1 90@E\r",
            "*12n 1 9:6E\r",
            "*12n 1906E\r",
            "*12n \r",
        ] {
            let bytes = format!("\n{text}").into_bytes();
            let fault = Some(Err(Fault::NoChecksum));
            assert_eq!(read(&bytes, false), fault, "{text:?}");
        }
    }

    #[test]
    fn another_checksum_is_named() {
        let text = "*12n 4 390TL 48 581.1 ";
        let due = checksum::crc(text.as_bytes());
        for sent in [0x1234, 0x5678, 0x9ABC, 0xDEF0, due ^ 1, due ^ 0x8000] {
            let bytes = format!("\n{text}{sent:04X}\r").into_bytes();
            let fault = Fault::Checksum {
                expected: format!("{due:04X}"),
                found: format!("{sent:04X}"),
            };
            assert_eq!(read(&bytes, false), Some(Err(fault)));
        }
    }

    #[test]
    fn silence_ends_a_reply_behind_its_checksum_and_nowhere_else() {
        let bytes = with_crc("*12n 4 390TL 48 581.1 ");
        let end = bytes.len() - 1;
        assert!(matches!(read(&bytes[..end], true), Some(Ok(_))));
        for length in 6..end {
            let found = read(&bytes[..length], true);
            assert_eq!(found, Some(Err(Fault::Incomplete)), "{length}");
        }
    }
}
