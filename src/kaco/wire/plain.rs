//! The replies of one text: type code (with the checksum byte) and firmware (without any).

use super::{Body, Fault, Frame, HEADER, Line, Parsed, line, parse_checked, standard};

/// Parses the reply to command 9, from `*` on: type code, blank, checksum byte (any byte), CR.
pub(super) fn parse_type_code(frame: &[u8], address: u8, ended: bool) -> Parsed<'_> {
    let text = frame.get(HEADER..).unwrap_or_default();
    let blanks = text.iter().take_while(|&&byte| byte == b' ').count();
    let text = text.get(blanks..).unwrap_or_default();
    let Some(length) = text
        .iter()
        .position(|&byte| byte == b' ' || byte.is_ascii_control())
    else {
        return if ended {
            Parsed::Broken(Fault::Incomplete)
        } else {
            Parsed::Incomplete
        };
    };
    let (code, rest) = text.split_at_checked(length).unwrap_or_default();
    let (found, tail) = match rest {
        [b' ', found, tail @ ..] => (*found, tail),
        [b' '] if !ended => return Parsed::Incomplete,
        [b' '] => return Parsed::Broken(Fault::Incomplete),
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
    let frame = Frame {
        address: Some(address),
        body: Body::TypeCode(code),
    };
    Parsed::Done(frame, place + 1 + end)
}

/// Parses the reply to command 8, from `*` on: any text up to CR.
pub(super) fn parse_firmware(frame: &[u8], address: u8, ended: bool) -> Parsed<'_> {
    let (inside, length) = match line(frame) {
        Line::Ended(inside, length) => (inside, length),
        Line::Interrupted => return Parsed::Broken(Fault::Interrupted),
        // Without its end nobody can tell how much of a text is missing.
        Line::Open(_) if ended => return Parsed::Broken(Fault::Incomplete),
        Line::Open(_) => return Parsed::Incomplete,
    };
    let text = inside.get(HEADER..).unwrap_or_default().trim_ascii();
    // What follows is no part of it, and came or did not come by chance.
    let whole = frame.get(..length).unwrap_or_default();
    if text.is_empty() || !text.is_ascii() || is_disguised(whole) {
        return Parsed::Broken(Fault::Shape("this is no firmware text"));
    }
    Parsed::Done(
        Frame {
            address: Some(address),
            body: Body::Firmware(text),
        },
        length,
    )
}

/// Whether the line is good with another command character: then that one byte was damaged, for a firmware reply has no
/// checksum of its own.
fn is_disguised(line: &[u8]) -> bool {
    const CHECKED: &[u8] = b"0123ns9";
    let mut copy = line.to_vec();
    CHECKED.iter().any(|&command| {
        if let Some(byte) = copy.get_mut(3) {
            *byte = command;
        }
        matches!(parse_checked(&copy, command, 0, true), Parsed::Done(..))
    })
}
