//! Readings of the standard protocol (00, 02, 000xi, XP): nine values, one checksum byte, type
//! code.

use super::text::{HEADER, Parsed, tokens};
use super::{Body, Fault, checksum};
use bytes::Bytes;

/// The number of values before the checksum byte.
pub(super) const VALUES: usize = 9;

/// The tokens of a standard reply, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    /// Which unit of a 000xi sent it, 1..=3; `None` for an inverter without units.
    pub unit: Option<u8>,
    text: Bytes,
    /// Type code with its padding; missing where the reply ends behind its checksum, or was cut off
    /// in the type.
    pub type_code: Option<Bytes>,
    /// Total yield kWh, sent by XP only.
    pub total_yield: Option<Bytes>,
}

impl Readings {
    /// The nine values: status, DC voltage V, DC current A, DC power W, AC voltage V, AC current A,
    /// AC power W, temperature °C, daily yield Wh.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        tokens(&self.text)
    }
}

/// Parses the frame from `*` on. The checksum byte can be any byte, so the frame is walked token by
/// token: after the ninth value comes one blank, then the checksum, whatever it looks like.
pub(super) fn parse(frame: &[u8], command: u8, address: u8, ended: bool) -> Parsed {
    let place = match checksum_place(frame) {
        Ok(place) => place,
        Err(None) => return Parsed::cut_off(ended),
        Err(Some(fault)) => return Parsed::Broken(fault),
    };
    let Some((checked, [found, tail @ ..])) = frame.split_at_checked(place) else {
        return Parsed::cut_off(ended);
    };
    if let Err(fault) = verify(checked, *found) {
        return Parsed::Broken(fault);
    }
    match tail_of(tail, ended) {
        Tail::Whole(type_code, total_yield, length) => {
            let readings = Readings {
                unit: (command != b'0').then(|| command - b'0'),
                text: Bytes::copy_from_slice(checked.get(HEADER..).unwrap_or_default()),
                type_code: type_code.map(Bytes::copy_from_slice),
                total_yield: total_yield.map(Bytes::copy_from_slice),
            };
            Parsed::done(address, Body::Readings(readings), place + 1 + length)
        }
        Tail::Incomplete => Parsed::Incomplete,
        Tail::Broken => {
            Parsed::Broken(Fault::Shape("what follows the checksum is not a type code"))
        }
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

/// The place behind the blank after the ninth value; no fault while the values may still come.
fn checksum_place(frame: &[u8]) -> Result<usize, Option<Fault>> {
    let mut place = HEADER;
    for _ in 0..VALUES {
        let rest = frame.get(place..).unwrap_or_default();
        // Any run of blanks separates: columns are filled up from the left, and their widths vary
        // with the firmware.
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        let mut token = rest.iter().skip(blanks);
        match token.position(|&byte| byte == b' ' || byte.is_ascii_control()) {
            None => return Err(None),
            Some(length) if rest.get(blanks + length) == Some(&b' ') => place += blanks + length,
            Some(_) => return Err(Some(Fault::Interrupted)),
        }
    }
    Ok(place + 1)
}

enum Tail<'a> {
    /// Type code, total yield, and the length of all this with its CR.
    Whole(Option<&'a [u8]>, Option<&'a [u8]>, usize),
    Incomplete,
    Broken,
}

/// What comes behind the checksum byte: CR; blank, type code, CR; the same with a total yield; or
/// nothing.
fn tail_of(tail: &[u8], ended: bool) -> Tail<'_> {
    // With anything else behind it, a byte that fits is a checksum by chance.
    if !matches!(tail, [] | [b' ' | b'\r' | b'\n' | 0, ..]) {
        return Tail::Broken;
    }
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0);
    let end = tail.iter().position(is_end).unwrap_or(tail.len());
    match tail.split_at_checked(end) {
        Some((text, [b'\r' | 0, ..])) => type_and_total(text, end + 1),
        // By the next reply, or by silence, a type may be cut off; the values before it are whole.
        Some((_, [b'\n', ..])) => Tail::Whole(None, None, end),
        _ if ended => Tail::Whole(None, None, end),
        _ => Tail::Incomplete,
    }
}

/// A type code has a letter in it, a total yield only digits. So strict, because a blank that got
/// into the values, or out of them, would shift the place of the checksum byte and may hit one that
/// fits.
fn type_and_total(text: &[u8], length: usize) -> Tail<'_> {
    let mut tokens = tokens(text);
    let found = (tokens.next(), tokens.next(), tokens.next());
    let is_type = |code: &[u8]| !code.iter().all(u8::is_ascii_digit);
    let is_total = |total: &[u8]| total.iter().all(u8::is_ascii_digit);
    match found {
        (None, ..) => Tail::Whole(None, None, length),
        (Some(code), None, _) if is_type(code) => Tail::Whole(Some(code), None, length),
        (Some(code), Some(total), None)
            if is_type(code) && is_total(total) && is_apart(text, total) =>
        {
            Tail::Whole(Some(code), Some(total), length)
        }
        _ => Tail::Broken,
    }
}

/// Whether the total yield is a column of its own, and not the end of a type that lost a sign: it
/// stands behind the six signs that a type has at most, in its column behind two blanks or more, or
/// is longer than any type's end.
fn is_apart(text: &[u8], total: &[u8]) -> bool {
    const LONGEST_TYPE: usize = b" 100kTR".len();
    const LONGER_THAN_AN_END: usize = 5;
    let before = text.trim_ascii_end().strip_suffix(total);
    let is_behind = |before: &[u8]| before.len() > LONGEST_TYPE || before.ends_with(b"  ");
    total.len() >= LONGER_THAN_AN_END || before.is_some_and(is_behind)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::super::Frame;
    use super::super::codec::scan;
    use super::super::tests::{NINE_VALUES, summed};
    use super::*;

    /// What is read of `bytes`, and how many of them belong to it.
    fn read(bytes: &[u8], ended: bool) -> Option<(Result<Readings, Fault>, usize)> {
        let scan = scan(bytes, ended);
        let read = match scan.item? {
            Ok(Frame {
                body: Body::Readings(readings),
                ..
            }) => Ok(readings),
            Ok(frame) => unreachable!("{frame:?}"),
            Err(error) => Err(error.fault),
        };
        Some((read, scan.used))
    }

    /// Type code and total yield of a reply that ends like this; `None` if it is refused.
    fn tail(text: &str) -> Option<(Option<String>, Option<String>)> {
        let bytes = summed(NINE_VALUES, text);
        let readings = read(&bytes, false)?.0.ok()?;
        let owned = |text: Bytes| String::from_utf8_lossy(&text).into_owned();
        Some((
            readings.type_code.map(owned),
            readings.total_yield.map(owned),
        ))
    }

    #[test]
    fn values_are_what_stands_between_blanks() {
        let bytes = summed(NINE_VALUES, " 5000xi\r");
        let Some((Ok(readings), _)) = read(&bytes, false) else {
            unreachable!("it is good");
        };
        let due = [
            "4", "355.9", "2.92", "1039", "239.5", "4.12", "987", "40", "5621",
        ];
        assert!(readings.values().eq(due.map(str::as_bytes)));
    }

    #[test]
    fn the_command_names_the_unit_that_replies() {
        for (command, unit) in [('0', None), ('1', Some(1)), ('2', Some(2)), ('3', Some(3))] {
            let text = NINE_VALUES.replacen("*120", &format!("*12{command}"), 1);
            let bytes = summed(&text, " 8k\r");
            let found = read(&bytes, false).map(|(read, _)| read.map(|readings| readings.unit));
            assert_eq!(found, Some(Ok(unit)));
        }
    }

    #[test]
    fn type_and_total_yield_are_distinguished() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(tail("\r"), Some((None, None)));
        assert_eq!(tail("  \r"), Some((None, None)));
        assert_eq!(tail(" 5000xi \r"), Some((text("5000xi"), None)));
        for (code, total) in [("100k  ", "5751"), ("100kTR", "5751"), ("100kTR", "0")] {
            let due = Some((text(code.trim()), text(total)));
            assert_eq!(tail(&format!(" {code} {total}\r")), due);
        }
        for shifted in [
            " 5621\r",
            " 5621 5751\r",
            " 5621 100k\r",
            " 100k 200k\r",
            " 100k 5751 1\r",
            " 86L 2\r",
            "5000xi\r",
        ] {
            assert_eq!(tail(shifted), None, "{shifted:?}");
        }
    }

    #[test]
    fn no_sign_in_a_type_costs_the_values() {
        for sign in ["\x1b", "\x07", "\\", "\u{fffd}"] {
            let code = format!("50{sign}xi");
            assert_eq!(tail(&format!(" {code}\r")), Some((Some(code), None)));
        }
    }

    #[test]
    fn a_reply_ends_where_the_next_begins() {
        for cut in ["", " ", " 5000"] {
            let first = summed(NINE_VALUES, cut);
            let both = [&first[..], b"\n*134\r"].concat();
            let Some((Ok(readings), used)) = read(&both, false) else {
                unreachable!("{cut:?}");
            };
            assert_eq!((readings.type_code, used), (None, first.len()), "{cut:?}");
        }
    }

    #[test]
    fn silence_ends_a_reply_behind_its_checksum_or_in_its_type() {
        for cut in ["", " ", " 5000", " 5000xi"] {
            let bytes = summed(NINE_VALUES, cut);
            assert_eq!(read(&bytes, false), None, "{cut:?}");
            let Some((Ok(readings), used)) = read(&bytes, true) else {
                unreachable!("{cut:?}");
            };
            assert_eq!((readings.type_code, readings.total_yield), (None, None));
            assert_eq!(used, bytes.len());
        }
    }

    #[test]
    fn silence_before_the_checksum_cuts_a_reply_off() {
        let bytes = summed(NINE_VALUES, "");
        for length in 6..bytes.len() {
            let found = read(&bytes[..length], true).map(|(read, _)| read.err());
            assert_eq!(found, Some(Some(Fault::Incomplete)), "{length}");
        }
    }

    #[test]
    fn a_control_character_between_the_values_interrupts() {
        for noise in ["*120 4\r 355", "*120 4 355\n*124\r", "*120 \0 4"] {
            let bytes = format!("\n{noise}").into_bytes();
            let fault = read(&bytes, false).map(|(read, _)| read.err());
            assert_eq!(fault, Some(Some(Fault::Interrupted)), "{noise:?}");
        }
    }

    #[test]
    fn another_checksum_is_named() {
        let text = format!("\n{NINE_VALUES}\x0a 5000xi\r");
        let sum = checksum::sum(NINE_VALUES.as_bytes());
        let fault = read(text.as_bytes(), false).and_then(|(read, _)| read.err());
        let due = format!("the checksum is 0A, the bytes make {sum:02X}");
        assert_eq!(fault.map(|fault| fault.to_string()), Some(due));
    }
}
