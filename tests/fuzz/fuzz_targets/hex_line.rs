//! A line of hex, as `decode` takes it.
#![no_main]

use fuzz::{expect_writable, is_printable};
use kaco_ardexa::escape::{from_hex, hex};
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::Decoder;
use kaco_ardexa::kstar;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Some(bytes) = from_hex(&text) else {
        return;
    };
    let digits: String = text.split_whitespace().collect();
    assert_eq!(hex(&bytes), digits.to_lowercase());
    match kstar::wire::parse(&bytes) {
        Ok(frame) => expect_writable(&kstar::interpret::frame(frame)),
        Err(error) => assert!(is_printable(&error.to_string())),
    }
    if let Some(found) = kstar::discovery::parse(&bytes) {
        expect_writable(&found.reading());
    }
    let mut decoder = Decoder::default();
    decoder.push(&bytes);
    while let Some(item) = decoder.next_eof() {
        match item {
            Ok(frame) => {
                if let Ok(reading) = interpret::frame(&frame) {
                    expect_writable(&reading);
                }
            }
            Err(error) => assert!(is_printable(&error.to_string())),
        }
    }
});
