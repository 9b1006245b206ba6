//! The rules common to all replies, on one reply of each kind. The properties that hold for any
//! bytes are tested on captures, damage and noise in `tests/suite/properties.rs` and
//! `checksums.rs`.

use super::codec::scan;
use super::*;
use crate::address::Address;
use bytes::BytesMut;
use tokio_util::codec::Decoder;

/// `text` with its checksum byte, and `tail` behind it.
pub(super) fn summed(text: &str, tail: &str) -> Vec<u8> {
    let sum = checksum::sum(text.as_bytes());
    [b"\n", text.as_bytes(), &[sum], tail.as_bytes()].concat()
}

/// `text` with the four digits of its checksum, and CR.
pub(super) fn with_crc(text: &str) -> Vec<u8> {
    let crc = checksum::crc(text.as_bytes());
    format!("\n{text}{crc:04X}\r").into_bytes()
}

/// Nine values of the standard protocol, up to the blank before the checksum.
pub(super) const NINE_VALUES: &str = "*120   4 355.9  2.92  1039 239.5  4.12   987  40   5621 ";

/// One good reply of each kind.
fn replies() -> Vec<Vec<u8>> {
    vec![
        summed(NINE_VALUES, " 5000xi\r"),
        summed(NINE_VALUES, " 100k   5751\r"),
        summed(NINE_VALUES, "\r"),
        with_crc("*12n 4 390TL 48 581.1 "),
        with_crc("*12s 8.6TL01736586 "),
        summed("*129 6400xi ", "\r"),
        b"\n*124\r".to_vec(),
        b"\n*128 V2.10 bfr\r".to_vec(),
        b"\n*123 5240 5621 71903 71903 8:51 2211:00 2211:00\r".to_vec(),
        b"\n 5240 5621 71903 71903 8:51 2211:00 2211:00\r".to_vec(),
    ]
}

/// Why the first frame of `bytes` is refused, and what is shown of it.
#[track_caller]
fn refused(bytes: &[u8], ended: bool) -> (Option<u8>, Fault, Bytes) {
    match scan(bytes, ended).item {
        Some(Err(FrameError {
            address,
            fault,
            bytes,
        })) => (address, fault, bytes),
        item => unreachable!("{item:?}"),
    }
}

#[test]
fn a_reply_is_known_at_its_last_byte_and_not_before() {
    for reply in replies() {
        for length in 1..reply.len() {
            let beginning = scan(&reply[..length], false);
            assert!(beginning.item.is_none(), "{reply:?} cut to {length}");
            assert_eq!((beginning.junk, beginning.used), (0, 0), "{reply:?}");
            let missing = Codec::missing(&reply[..length]);
            assert!(missing <= reply.len() - length, "{reply:?} cut to {length}");
        }
        let next = [&reply[..], b"\n*99"].concat();
        for bytes in [&reply, &next] {
            let whole = scan(bytes, false);
            assert!(matches!(whole.item, Some(Ok(_))), "{reply:?}");
            assert_eq!((whole.junk, whole.used), (0, reply.len()), "{reply:?}");
        }
    }
}

#[test]
fn what_is_missing_follows_from_the_number_of_elements() {
    for (beginning, missing) in [
        ("\n*120", 0),
        ("\n*120 ", 9 * 2),
        ("*122   4 355.9  2.", 6 * 2),
        (NINE_VALUES, 0),
        ("\n*123 5240 ", 0),
        ("*12n ", 0),
        ("*12n 28", 27 * 2),
        ("\n*12n 28 300TL  4 595.", 24 * 2),
        ("*12n 281 300TL ", 0),
    ] {
        let found = Codec::missing(beginning.as_bytes());
        assert_eq!(found, missing, "{beginning:?}");
    }
}

#[test]
fn a_nul_ends_a_reply_as_cr_does() {
    for reply in replies() {
        let with_nul = [&reply[..reply.len() - 1], &[0]].concat();
        assert_eq!(scan(&with_nul, false).item, scan(&reply, false).item);
    }
}

#[test]
fn what_does_not_end_is_refused_at_the_longest_length() {
    for start in ["\n*12n 23 ", "\n*038 ", "\n 1 ", "\n*033 1 1 1 1 1:00 "] {
        let mut bytes = start.as_bytes().to_vec();
        bytes.resize(LONGEST_FRAME - 1, b'1');
        let waiting = scan(&bytes, false);
        assert!(waiting.item.is_none() && waiting.used == 0, "{start:?}");
        bytes.push(b'1');
        assert_eq!(refused(&bytes, false).1, Fault::TooLong, "{start:?}");
    }
}

#[test]
fn a_refused_piece_is_shown_up_to_its_cr_and_only_its_start_is_skipped() {
    let wrong = b"*12n 1 0000\r";
    for (line_feed, start) in [(&b"\n"[..], 2), (b"", 1)] {
        let piece = [line_feed, wrong].concat();
        let stream = [&b"junk"[..], &piece, b"\n*124\r"].concat();
        let (address, fault, bytes) = refused(&stream, false);
        assert_eq!((address, fault.kind()), (Some(12), "checksum"));
        assert_eq!(bytes, piece);
        let scan = scan(&stream, false);
        assert_eq!((scan.junk, scan.used), (4, 4 + start));
    }
    let unending = b"\n*12n 1 00";
    assert_eq!(
        refused(unending, true),
        (Some(12), Fault::Incomplete, unending.as_slice().into())
    );
}

#[test]
fn no_more_than_the_longest_frame_is_shown_of_a_refused_piece() {
    let beginnings = b"\n*010 4 ".repeat(200);
    let (_, fault, bytes) = refused(&beginnings, true);
    assert_eq!((fault, bytes.len()), (Fault::Interrupted, LONGEST_FRAME));
}

#[test]
fn without_its_line_feed_a_reply_needs_a_checksum() {
    let third_unit = summed(&NINE_VALUES.replacen("*120", "*123", 1), " 10k3\r");
    for reply in replies().into_iter().chain([third_unit]) {
        let found = scan(&reply, false).item;
        let without = scan(&reply[1..], false);
        match found {
            Some(Ok(Frame {
                body: Body::Counters(_) | Body::Parts | Body::Firmware(_),
                ..
            })) => {
                assert_eq!(without.item, None, "{reply:?}");
                assert_eq!(without.used, reply.len() - 1, "{reply:?}");
            }
            found => {
                assert_eq!(without.item, found);
                assert_eq!(without.used, reply.len() - 1);
            }
        }
    }
}

#[test]
fn an_address_is_two_digits() {
    for number in 0..=99 {
        let bytes = format!("\n*{number:02}4\r").into_bytes();
        let parts = Frame {
            address: Some(number),
            body: Body::Parts,
        };
        assert_eq!(scan(&bytes, false).item, Some(Ok(parts)));
    }
    for other in ["\n*1x4\r", "\n*x24\r", "\n* 24\r", "\n*/04\r", "\n*:04\r"] {
        let scan = scan(other.as_bytes(), false);
        assert_eq!((scan.item, scan.used), (None, other.len()), "{other:?}");
    }
}

#[test]
fn what_can_be_no_reply_holds_nothing_up() {
    for junk in ["*", "\n*", "\n*1", "\n*12", "\n", "*12n", "*124"] {
        let ended = scan(junk.as_bytes(), true);
        assert_eq!((ended.item, ended.used), (None, junk.len()), "{junk:?}");
    }
    for junk in [
        "\nx", "*x", "*1x", "*12nn", "\n*124 ", "\n*12x ", "\n*128\r", "\n 12x", "\n12\x07", "x",
    ] {
        let open = scan(junk.as_bytes(), false);
        assert_eq!((open.item, open.used), (None, junk.len()), "{junk:?}");
    }
}

#[test]
fn three_units_are_announced_even_without_the_end() {
    let parts = Frame {
        address: Some(12),
        body: Body::Parts,
    };
    let scan = scan(b"\n*124", true);
    assert_eq!((scan.item, scan.used), (Some(Ok(parts)), 5));
}

#[test]
fn no_text_has_a_control_character_before_its_end() {
    let is_text = |reply: &Vec<u8>| {
        let item = scan(reply, false).item;
        !matches!(item, Some(Ok(frame)) if matches!(frame.body, Body::Readings(_)))
    };
    for reply in replies().into_iter().filter(is_text) {
        for control in [7, 0x1b, 0x7f] {
            let (inside, end) = reply.split_at(reply.len() - 1);
            let noisy = [inside, &[control], end].concat();
            for ended in [false, true] {
                let item = scan(&noisy, ended).item;
                assert!(!matches!(item, Some(Ok(_))), "{noisy:?}: {item:?}");
            }
        }
    }
}

/// The traffic that these pieces carry, each with its length.
fn heard(pieces: &[&[u8]]) -> Vec<String> {
    let name = |traffic| match traffic {
        Traffic::Request { address, command } => format!("request {address}{command}"),
        Traffic::Reply(Frame { body, .. }) => format!("reply {body:?}"),
        Traffic::Refused(error) => format!("refused {}", error.fault.kind()),
        Traffic::Noise => "noise".to_owned(),
    };
    let mut buffer = BytesMut::new();
    let mut heard = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Ok(Some((traffic, bytes))) = Monitor.decode(&mut buffer) {
            heard.push(format!("{} ({})", name(traffic), bytes.len()));
        }
    }
    while let Ok(Some((traffic, bytes))) = Monitor.decode_eof(&mut buffer) {
        heard.push(format!("{} ({})", name(traffic), bytes.len()));
    }
    heard
}

#[test]
fn requests_replies_and_noise_are_distinguished() {
    let stream: &[u8] =
        b"\x00\xff#019\r\n*019 6400xi \xaf\r\0#020\r#034\rabc\n*124\r\n*019 6400xi \xae\r#0";
    let due = [
        "noise (2)",
        "request 019 (5)",
        "reply TypeCode(b\"6400xi\") (15)",
        "noise (1)",
        "request 020 (5)",
        "request 034 (5)",
        "noise (3)",
        "reply Parts (6)",
        "refused checksum (15)",
        "noise (2)",
    ];
    assert_eq!(heard(&[stream]), due);
    assert_eq!(heard(&stream.chunks(1).collect::<Vec<_>>()), due);
}

#[test]
fn a_reply_answers_its_request_alone() {
    let address = |number| Address::new(number).into_iter();
    let commands = [
        Command::Readings,
        Command::Unit(UnitNumber::Two),
        Command::Counters { daily_yield: None },
        Command::Firmware,
        Command::TypeCode,
        Command::SerialNumber,
    ];
    let answered = |reply: &[u8], number: u8| -> Vec<Command> {
        let Some(Ok(frame)) = scan(reply, false).item else {
            unreachable!("it is good");
        };
        let requests = address(number)
            .flat_map(|address| commands.map(|command| Request { address, command }));
        let answered = requests.filter(|request| request.is_answered_by(&frame));
        answered.map(|request| request.command).collect()
    };
    let unit = NINE_VALUES.replacen("*120", "*122", 1);
    for (reply, due) in replies().into_iter().chain([summed(&unit, " 8k2\r")]).zip([
        Some(Command::Readings),
        Some(Command::Readings),
        Some(Command::Readings),
        Some(Command::Readings),
        Some(Command::SerialNumber),
        Some(Command::TypeCode),
        Some(Command::Readings),
        Some(Command::Firmware),
        Some(Command::Counters { daily_yield: None }),
        None,
        Some(Command::Unit(UnitNumber::Two)),
    ]) {
        assert_eq!(answered(&reply, 12), Vec::from_iter(due), "{reply:?}");
        assert_eq!(answered(&reply, 13), [], "{reply:?}");
    }
}

#[test]
fn counters_without_an_address_must_fit_the_readings_before() {
    let Some(Ok(frame)) = scan(b"\n 5240 5621 71903 71903 8:51 2211:00 2211:00\r", false).item
    else {
        unreachable!("it is good");
    };
    for (before, due) in [(5590, false), (5591, true), (5621, true), (5622, false)] {
        let command = Command::Counters {
            daily_yield: Some(before.into()),
        };
        let mut requests = Address::new(12)
            .map(|address| Request { address, command })
            .into_iter();
        assert!(
            requests.all(|request| request.is_answered_by(&frame) == due),
            "{before}"
        );
    }
}
