//! What holds for every reply, told by one of each kind. `tests/suite/frames.rs` has captures, damage and noise.

use super::*;

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
fn refused(bytes: &[u8], ended: bool) -> (Option<u8>, Fault, Vec<u8>) {
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
fn a_nul_ends_a_reply_as_cr_does() {
    for reply in replies() {
        let with_nul = [&reply[..reply.len() - 1], &[0]].concat();
        assert_eq!(scan(&with_nul, false).item, scan(&reply, false).item);
    }
}

#[test]
fn after_the_silence_nothing_waits() {
    for reply in replies() {
        for length in 0..=reply.len() {
            let mut decoder = Decoder::default();
            decoder.push(&reply[..length]);
            while decoder.next_eof().is_some() {}
            assert!(!decoder.is_pending(), "{reply:?} cut to {length}");
        }
    }
}

#[test]
fn a_decoder_says_whether_a_reply_has_begun() {
    let mut decoder = Decoder::default();
    assert!(!decoder.is_pending());
    decoder.push(b"noise\n*12");
    assert!(decoder.next().is_none() && decoder.is_pending());
    decoder.push(b"4\r");
    assert!(matches!(decoder.next(), Some(Ok(_))));
    assert!(!decoder.is_pending());
}

#[test]
fn a_cleared_decoder_has_forgotten_the_beginning() {
    let mut decoder = Decoder::default();
    decoder.push(b"\n*124\r\n*12");
    assert!(matches!(decoder.next(), Some(Ok(_))));
    decoder.clear();
    assert!(!decoder.is_pending());
    decoder.push(b"4\r\n*134\r");
    let parts = Frame {
        address: Some(13),
        body: Body::Parts,
    };
    assert_eq!(decoder.next(), Some(Ok(parts)));
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
        (Some(12), Fault::Incomplete, unending.to_vec())
    );
}

#[test]
fn without_its_line_feed_a_reply_needs_a_checksum() {
    for reply in replies() {
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
fn three_parts_are_announced_even_without_the_end() {
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

#[test]
fn every_fault_has_its_kind() {
    let (expected, found) = (String::new(), String::new());
    let wrong = Fault::Checksum { expected, found };
    let announced = String::new();
    let count = Fault::Count {
        announced,
        found: 0,
    };
    for (fault, kind) in [
        (wrong, "checksum"),
        (Fault::NoChecksum, "checksum"),
        (Fault::Incomplete, "incomplete"),
        (Fault::Interrupted, "format"),
        (Fault::TooLong, "format"),
        (Fault::Shape(""), "format"),
        (count, "format"),
        (Fault::UnknownLayout(0), "unknown"),
    ] {
        assert_eq!(fault.kind(), kind, "{fault:?}");
    }
}
