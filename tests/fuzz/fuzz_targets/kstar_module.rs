//! Answers of WiFi modules: three printable texts, the first of digits and dots.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kstar::module(bytes));
