//! Answers of WiFi modules: three printable texts, the first of digits and dots.
#![no_main]

use fuzz::{expect_writable, is_printable};
use kaco_ardexa::kstar::discovery::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(found) = parse(bytes) {
        assert!(
            found
                .ip
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        );
        assert!(!found.mac.contains(','));
        for text in [&found.ip, &found.mac, &found.name] {
            assert!(is_printable(text), "{text:?}");
        }
        expect_writable(&found.reading());
    }
});
