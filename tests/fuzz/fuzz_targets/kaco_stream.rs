//! A stream of any bytes: however it is cut, the same frames come out; the decoder makes progress
//! and keeps little.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kaco::stream(bytes));
