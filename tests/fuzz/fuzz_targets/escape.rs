//! Escaped bytes: printable, and nothing is lost.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::text::escaped(bytes));
