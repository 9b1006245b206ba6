//! What must hold of every parser of bytes from outside, tried with the captures and with bytes
//! that look like them; the fuzz targets of tests/fuzz try the same for longer.

use crate::checks::{files, kaco, kstar, modbus, sim, text, typed};
use crate::support::captures;
use kaco_ardexa::escape::hex;
use kaco_ardexa::kaco::wire::{Body, Frame, LONGEST_FRAME, decode_all};
use proptest::prelude::*;

/// Everything that takes bytes.
const OF_BYTES: [fn(&[u8]); 11] = [
    files::day,
    kaco::stream,
    kaco::mended_frame,
    kaco::listen,
    kstar::datagram,
    kstar::module,
    kstar::identity,
    modbus::requests,
    sim::simulators,
    text::escaped,
    text::hex_line,
];

/// Everything that takes what people type.
const TYPED: [fn(&str); 5] = [
    files::plant,
    typed::addresses,
    typed::duration,
    typed::device,
    typed::broker,
];

#[test]
fn captures_have_all_properties() {
    for name in captures::names() {
        let bytes = captures::bytes(&name);
        OF_BYTES.iter().for_each(|holds| holds(&bytes));
        let digits = hex(&bytes);
        text::hex_line(digits.as_bytes());
        text::recording(&format!(r#"{{"request":"233032300d","reply":"{digits}"}}"#));
    }
}

#[test]
fn the_longest_frame_is_as_long_in_one_piece_as_in_many() {
    for length in LONGEST_FRAME - 3..LONGEST_FRAME + 3 {
        for end in ["\r", "", "\r\n*124\r"] {
            let text = "T".repeat(length - 7);
            let stream = format!("\n*038 {text}{end}").into_bytes();
            kaco::stream(&stream);
            let is_text = |frame: Frame| matches!(frame.body, Body::Firmware(_));
            let is_whole = length <= LONGEST_FRAME && !end.is_empty();
            assert_eq!(
                decode_all(&stream).flatten().any(is_text),
                is_whole,
                "{length}"
            );
        }
    }
}

#[test]
fn memory_stays_bounded_on_endless_noise() {
    for start in [
        "\n*03n 23 ",
        "\n*030 ",
        "\n*038 ",
        "\n 1 ",
        "\n*033 1 1 1 1 1:00 ",
    ] {
        let noise = [start, &"1234567 ".repeat(1000)].concat();
        kaco::stream(noise.as_bytes());
        kaco::listen(noise.as_bytes());
    }
}

/// A capture with some bytes changed, taken away or doubled.
fn damaged_capture() -> impl Strategy<Value = Vec<u8>> {
    let captures: Vec<Vec<u8>> = captures::names()
        .iter()
        .map(|name| captures::bytes(name))
        .collect();
    let damage = (any::<prop::sample::Index>(), any::<u8>(), 0..4);
    (
        prop::sample::select(captures),
        prop::collection::vec(damage, 0..4),
    )
        .prop_map(|(mut bytes, damages)| {
            for (place, byte, kind) in damages {
                let place = place.index(bytes.len());
                match kind {
                    0 => bytes[place] = byte,
                    1 => bytes.insert(place, byte),
                    2 => bytes.extend_from_within(place..),
                    _ => bytes.truncate(place + 1),
                }
            }
            bytes
        })
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
        prop::collection::vec(any::<u8>(), 0..4),
        "[ 0-9.:]{0,12}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_pieces_give_the_same_frames(bytes in plausible_bytes()) {
        kaco::stream(&bytes);
        kaco::listen(&bytes);
    }

    #[test]
    fn a_good_reply_is_found_in_any_noise(before in prop::collection::vec(any::<u8>(), 0..200)) {
        let stream = [&before[..], &captures::bytes("GN-18")].concat();
        let is_it = |frame: Frame| matches!(frame.body, Body::Generic(_));
        prop_assert!(decode_all(&stream).flatten().any(is_it));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_captures_have_all_properties(bytes in damaged_capture()) {
        OF_BYTES.iter().for_each(|holds| holds(&bytes));
    }

    #[test]
    fn any_bytes_have_all_properties(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        OF_BYTES.iter().for_each(|holds| holds(&bytes));
    }

    #[test]
    fn what_is_typed_has_all_properties(
        list in "[-, 0-9]{0,12}",
        duration in "[0-9.]{0,6}(ms|s|m|min|h|x)?",
        device in "(tcp://|sim:|replay:|/dev/)?[\\[\\]:/@%a-f0-9.]{0,20}",
        broker in "(mqtts?://)?([a-z%0-9:]{0,8}@)?[\\[\\]:/@?#%a-f0-9.]{0,20}",
        anything: String,
    ) {
        for text in [list, duration, device, broker, anything] {
            TYPED.iter().for_each(|holds| holds(&text));
        }
    }

    #[test]
    fn recordings_have_their_property(
        request in "[0-9a-fA-F]{0,8}", reply in "[0-9a-f ]{0,20}", time: u64, device: String, between in "[{}\n, \"]{0,3}",
    ) {
        let device = serde_json::Value::from(device);
        let line = format!(r#"{{"request":"{request}","reply":"{reply}","first_byte_ms":{time},"device":{device}}}"#);
        text::recording(&format!("{line}\n{between}{line}"));
    }
}
