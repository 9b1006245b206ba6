//! A line of hex, as `decode` takes it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::text::hex_line(bytes));
