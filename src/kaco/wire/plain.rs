//! The replies of one text: type code (with the checksum byte) and firmware (without any).

use super::text::{HEADER, Line, Parsed, line};
use super::{Body, Fault, standard};
use bytes::Bytes;

/// Parses the reply to command 9, from `*` on: type code, blank, checksum byte (any byte), CR.
pub(super) fn parse_type_code(frame: &[u8], address: u8, ended: bool) -> Parsed {
    let text = frame.get(HEADER..).unwrap_or_default();
    let blanks = text.iter().take_while(|&&byte| byte == b' ').count();
    let text = text.get(blanks..).unwrap_or_default();
    let Some(length) = text
        .iter()
        .position(|&byte| byte == b' ' || byte.is_ascii_control())
    else {
        return Parsed::cut_off(ended);
    };
    let (code, rest) = text.split_at_checked(length).unwrap_or_default();
    let (found, tail) = match rest {
        [b' ', found, tail @ ..] => (*found, tail),
        [b' '] => return Parsed::cut_off(ended),
        _ => return Parsed::Broken(Fault::NoChecksum),
    };
    let place = HEADER + blanks + length + 1;
    if let Err(fault) = standard::verify(frame.get(..place).unwrap_or_default(), found) {
        return Parsed::Broken(fault);
    }
    let end = match tail {
        [] if !ended => return Parsed::Incomplete,
        [] | [b'\n', ..] => 0,
        [b'\r' | 0, ..] => 1,
        _ => return Parsed::Broken(Fault::Shape("something follows the checksum of the type")),
    };
    let code = Bytes::copy_from_slice(code);
    Parsed::done(address, Body::TypeCode(code), place + 1 + end)
}

pub(super) const NO_FIRMWARE: &str = "this is not a firmware text";

/// Parses the reply to command 8, from `*` on: any text up to CR.
pub(super) fn parse_firmware(frame: &[u8], address: u8, ended: bool) -> Parsed {
    let (inside, length) = match line(frame) {
        Line::Ended(inside, length) => (inside, length),
        Line::Interrupted => return Parsed::Broken(Fault::Interrupted),
        // Without its end it is unknown how much of the text is missing.
        Line::Open(_) => return Parsed::cut_off(ended),
    };
    let text = inside.get(HEADER..).unwrap_or_default().trim_ascii();
    if text.is_empty() || !text.is_ascii() {
        return Parsed::Broken(Fault::Shape(NO_FIRMWARE));
    }
    let text = Bytes::copy_from_slice(text);
    Parsed::done(address, Body::Firmware(text), length)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::super::Frame;
    use super::super::checksum;
    use super::super::codec::scan;
    use super::super::tests::{NINE_VALUES, summed, with_crc};
    use super::*;

    /// The text of the first frame in `bytes` or its fault, and how many bytes belong to it.
    fn read(bytes: &[u8], ended: bool) -> Option<(Result<Bytes, Fault>, usize)> {
        let scan = scan(bytes, ended);
        let read = match scan.item? {
            Ok(Frame {
                body: Body::TypeCode(text) | Body::Firmware(text),
                ..
            }) => Ok(text),
            Ok(frame) => unreachable!("{frame:?}"),
            Err(error) => Err(error.fault),
        };
        Some((read, scan.used))
    }

    fn fault(bytes: &[u8], ended: bool) -> Option<Fault> {
        read(bytes, ended).and_then(|(read, _)| read.err())
    }

    #[test]
    fn a_type_code_stands_without_its_blanks() {
        for text in ["*129 6400xi ", "*129   6400xi "] {
            let bytes = summed(text, "\r");
            let due = (Ok(Bytes::from_static(b"6400xi")), bytes.len());
            assert_eq!(read(&bytes, false), Some(due), "{text:?}");
        }
    }

    #[test]
    fn the_checksum_of_a_type_can_be_any_byte() {
        let types =
            (b'!'..=b'~').flat_map(|first| (b'!'..=b'~').map(move |second| (first, second)));
        let texts = types.flat_map(|(first, second)| {
            let (first, second) = (char::from(first), char::from(second));
            ["", "00"].map(|digits| format!("*129 {first}{second}{digits}xi "))
        });
        for due in 0..=255 {
            let bytes = texts
                .clone()
                .find(|text| checksum::sum(text.as_bytes()) == due)
                .map(|text| summed(&text, "\r"))
                .unwrap_or_default();
            assert!(
                matches!(read(&bytes, false), Some((Ok(_), used)) if used == bytes.len()),
                "{due}: {bytes:?}"
            );
        }
    }

    #[test]
    fn a_type_ends_with_silence_or_where_the_next_reply_begins() {
        let bytes = summed("*129 6400xi ", "");
        let due = (Ok(Bytes::from_static(b"6400xi")), bytes.len());
        assert_eq!(read(&bytes, false), None);
        assert_eq!(read(&bytes, true), Some(due.clone()));
        let both = [&bytes[..], b"\n*134\r"].concat();
        assert_eq!(read(&both, false), Some(due));
    }

    #[test]
    fn a_type_that_stops_before_its_checksum_is_cut_off() {
        let bytes = summed("*129 6400xi ", "");
        for length in 6..bytes.len() {
            let found = fault(&bytes[..length], true);
            assert_eq!(found, Some(Fault::Incomplete), "{length}");
        }
    }

    #[test]
    fn a_type_with_something_else_around_its_checksum_is_refused() {
        assert_eq!(fault(b"\n*129 6400xi\r", false), Some(Fault::NoChecksum));
        let followed = summed("*129 6400xi ", "x\r");
        assert_eq!(
            fault(&followed, false).map(|fault| fault.kind()),
            Some("format")
        );
        let wrong = b"\n*129 6400xi x\r";
        assert_eq!(
            fault(wrong, false).map(|fault| fault.kind()),
            Some("checksum")
        );
    }

    #[test]
    fn a_firmware_is_one_line_of_ascii() {
        let bytes = b"\n*128  V2.10 bfr \r";
        let due = (Ok(Bytes::from_static(b"V2.10 bfr")), bytes.len());
        assert_eq!(read(bytes, false), Some(due));
        assert_eq!(fault(b"\n*128 V2.10", true), Some(Fault::Incomplete));
        assert_eq!(fault(b"\n*128 V2\x0710\r", false), Some(Fault::Interrupted));
        for other in [&b"\n*128 \r"[..], b"\n*128   \r", b"\n*128 V\xff2\r"] {
            assert!(
                matches!(fault(other, false), Some(Fault::Shape(_))),
                "{other:?}"
            );
        }
    }

    #[test]
    fn another_reply_with_a_damaged_letter_is_not_a_firmware() {
        // With this daily yield the checksum is a digit: all of the reply could be a text.
        let standard = |command: char| {
            let text = NINE_VALUES.replacen("*120", &format!("*12{command}"), 1);
            summed(&text.replace("5621", "1000000"), " 8k\r")
        };
        let mut replies = ['0', '1', '2', '3'].map(standard).to_vec();
        replies.extend([
            with_crc("*12n 4 390TL 48 581.1 "),
            with_crc("*12s 8.6TL01736586 "),
            summed("*129 80xx ", "\r"),
        ]);
        for mut bytes in replies {
            assert!(bytes.is_ascii());
            assert!(matches!(scan(&bytes, false).item, Some(Ok(_))), "{bytes:?}");
            bytes[4] = b'8';
            assert!(
                matches!(fault(&bytes, false), Some(Fault::Shape(_))),
                "{bytes:?}"
            );
        }
    }

    /// Fuzzing found that bytes behind it made it acceptable, if they came in the same piece.
    #[test]
    fn what_follows_a_firmware_does_not_decide_about_it() {
        // With this daily yield the checksum byte is CR, which ends a text.
        let text = NINE_VALUES.replace("5621", "100049");
        let mut disguised = summed(&text, "");
        assert_eq!(disguised.last(), Some(&b'\r'));
        disguised[4] = b'8';
        for behind in [&b""[..], b"X", b"\n*124", b" 5000xi\r", b"\r", b"\0\0"] {
            let stream = [&disguised[..], behind].concat();
            assert!(
                matches!(fault(&stream, false), Some(Fault::Shape(_))),
                "{behind:?}"
            );
        }
    }
}
