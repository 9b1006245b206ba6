//! Properties of the decoder, on captures and on any bytes.

use crate::polling::checksum_place;
use crate::support::captures;
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::{Body, Decoder, Frame, LONGEST_FRAME};
use proptest::prelude::*;

/// All good frames in a stream that comes in these pieces, as text; then the silence after it.
fn decode(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut found = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(item) = decoder.next() {
            found.extend(item.ok().map(|frame| format!("{frame:?}")));
        }
    }
    while let Some(item) = decoder.next_eof() {
        found.extend(item.ok().map(|frame| format!("{frame:?}")));
    }
    found
}

/// Whether any reading with a checksum comes out of these bytes.
fn accepts_checked(bytes: &[u8]) -> bool {
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    let mut accepted = false;
    while let Some(item) = decoder.next_eof() {
        accepted |= item.is_ok();
    }
    accepted
}

/// The span of a capture that its checksum protects, checksum included; `None` where it has none.
fn checked_span(capture: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut decoder = Decoder::default();
    decoder.push(capture);
    let start = capture.iter().position(|&byte| byte == b'*')?;
    let end = match decoder.next_eof()?.ok()?.body {
        Body::Generic(_) | Body::SerialNumber(_) => {
            capture.iter().rposition(|&byte| byte == b'\r')?
        }
        Body::Readings(_) => start + checksum_place(&capture[start..]) + 1,
        Body::TypeCode(code) => start + 5 + code.len() + 2,
        Body::Counters(_) | Body::Firmware(_) | Body::Parts => return None,
    };
    Some(start..end)
}

#[test]
fn any_split_in_two_gives_the_same_frames() {
    for name in captures::names() {
        let capture = captures::bytes(&name);
        let whole = decode(&[&capture]);
        for place in 0..=capture.len() {
            let (first, second) = capture.split_at(place);
            assert_eq!(decode(&[first, second]), whole, "{name} split at {place}");
        }
        let bytes: Vec<&[u8]> = capture.chunks(1).collect();
        assert_eq!(decode(&bytes), whole, "{name} byte by byte");
    }
}

#[test]
fn truncated_captures_give_the_same_values_or_none() {
    for name in captures::names() {
        let capture = captures::bytes(&name);
        let Some(span) = checked_span(&capture) else {
            continue;
        };
        for length in 0..span.end {
            assert!(
                !accepts_checked(&capture[..length]),
                "{name} cut to {length}"
            );
        }
    }
}

#[test]
fn a_reply_of_any_checksum_byte_is_complete_at_its_cr() {
    // The values of the maker's example; the blanks before the status make room to reach every sum.
    for sum in 0..=255_u8 {
        let frame = frame_with_sum(sum);
        let mut decoder = Decoder::default();
        let (last, all) = frame.split_last().unwrap();
        decoder.push(all);
        assert!(
            decoder.next().is_none(),
            "sum {sum:#04x}: complete too early"
        );
        decoder.push(&[*last]);
        let item = decoder.next();
        let Some(Ok(Frame {
            address: Some(3),
            body: Body::Readings(readings),
        })) = item
        else {
            panic!("sum {sum:#04x}: {item:?}");
        };
        assert_eq!(readings.type_code, Some(&b"5000xi"[..]));
        assert!(!decoder.is_pending());
    }
}

#[test]
fn what_follows_a_firmware_text_does_not_decide_about_it() {
    // A reply whose checksum byte is CR, its command damaged: a firmware text up to this CR. Fuzzing found that other bytes
    // behind it made it acceptable, if they came in the same piece.
    let mut disguised = frame_with_sum(b'\r');
    disguised[4] = b'8';
    let end = disguised.iter().position(|&byte| byte == b'\r').unwrap() + 1;
    for behind in [&b""[..], b"X", b"\n*124", b" 5000xi\r", b"\r", b"\0\0"] {
        let stream = [&disguised[..end], behind].concat();
        for place in 0..=stream.len() {
            let (first, second) = stream.split_at(place);
            let frames = decode(&[first, second]);
            assert!(
                frames.iter().all(|frame| !frame.contains("Firmware")),
                "{frames:?}"
            );
        }
    }
}

#[test]
fn the_longest_frame_is_as_long_in_one_piece_as_in_many() {
    for length in LONGEST_FRAME - 3..LONGEST_FRAME + 3 {
        for end in [&b"\r"[..], b"", b"\r\n*124\r"] {
            let text = "T".repeat(length - 7);
            let stream = [b"\n*038 ", text.as_bytes(), end].concat();
            let whole = decode(&[&stream]);
            let is_long = length > LONGEST_FRAME || end.is_empty();
            let found = whole.iter().any(|frame| frame.contains("Firmware"));
            assert_eq!(found, !is_long, "{length}");
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(decode(&bytes), whole, "{length}");
            let mut decoder = Decoder::default();
            decoder.push(&stream);
            let mut found = Vec::new();
            while let Some(item) = decoder.next_eof() {
                found.extend(item.ok().map(|frame| format!("{frame:?}")));
            }
            assert_eq!(found, whole, "{length}, the end known at once");
        }
    }
}

/// A good reply whose checksum byte is `sum`: DC power, AC power and daily yield are chosen to reach it.
pub fn frame_with_sum(sum: u8) -> Vec<u8> {
    // 0, 1..9, 19..99, 199..999 and so on: few numbers of many digit sums.
    let numbers = |digits: u32| {
        let of_length =
            move |zeros: u32| (1..=9).map(move |first| (first + 1) * 10_u32.pow(zeros) - 1);
        (0..digits).flat_map(of_length).chain([0])
    };
    let text = |(dc_power, ac_power, daily_yield)| {
        format!("*030   4 355.9  2.92 {dc_power:5} 239.5  4.12 {ac_power:5}  40 {daily_yield:6} ")
    };
    numbers(5)
        .flat_map(|dc_power| numbers(5).map(move |ac_power| (dc_power, ac_power)))
        .flat_map(|(dc, ac)| numbers(6).map(move |energy| (dc, ac, energy)))
        .map(text)
        .find(|text| text.bytes().fold(0_u8, u8::wrapping_add) == sum)
        .map(|text| [b"\n", text.as_bytes(), &[sum], b" 5000xi\r"].concat())
        .unwrap_or_else(|| panic!("no values give {sum:#04x}"))
}

#[test]
fn memory_stays_bounded_on_endless_noise() {
    let mut decoder = Decoder::default();
    for start in [
        &b"\n*03n 23 "[..],
        b"\n*030 ",
        b"\n*038 ",
        b"\n 1 ",
        b"\n*033 1 1 1 1 1:00 ",
    ] {
        decoder.push(start);
        let mut refused = 0;
        for _ in 0..1000 {
            decoder.push(b"1234567 ");
            while let Some(item) = decoder.next() {
                refused += usize::from(item.is_err());
            }
        }
        assert!(refused <= 1, "{refused}");
        decoder.clear();
    }
    decoder.push(&vec![b'\n'; LONGEST_FRAME]);
    assert!(decoder.next().is_none());
}

/// Bytes that are likelier than pure noise to reach the depths of the decoder.
fn plausible_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\n*".to_vec()),
        Just(b"*120 ".to_vec()),
        Just(b"\n*01n 20 ".to_vec()),
        Just(b"\n*013 ".to_vec()),
        Just(b"\n*124\r".to_vec()),
        Just(b"\n*038 ".to_vec()),
        Just(b"\n*03s ".to_vec()),
        Just(b"\n*039 ".to_vec()),
        Just(b" 4 355.9".to_vec()),
        Just(b" 12:34".to_vec()),
        Just(b" FEB7\r".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
        "[ 0-9.:]{0,12}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_bytes_make_the_decoder_panic_or_loop(bytes in plausible_bytes(), ended: bool) {
        let mut decoder = Decoder::default();
        decoder.push(&bytes);
        let mut steps = 0;
        while let Some(item) = if ended { decoder.next_eof() } else { decoder.next() } {
            if let Ok(frame) = item {
                let _ = interpret::frame(&frame);
            }
            steps += 1;
            prop_assert!(steps <= bytes.len());
        }
    }

    #[test]
    fn any_pieces_give_the_same_frames(bytes in plausible_bytes(), cuts in proptest::collection::vec(any::<usize>(), 0..8)) {
        let mut places: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut start = 0;
        for place in places {
            pieces.push(&bytes[start..place]);
            start = place;
        }
        pieces.push(&bytes[start..]);
        prop_assert_eq!(decode(&pieces), decode(&[&bytes]));
    }

    #[test]
    fn a_good_reply_is_found_in_any_noise(before in proptest::collection::vec(any::<u8>(), 0..200)) {
        let capture = captures::bytes("GN-18");
        let stream = [&before[..], &capture].concat();
        prop_assert!(decode(&[&stream]).iter().any(|frame| frame.contains("Generic")));
    }
}
