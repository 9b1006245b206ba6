//! Recordings: what is read is written again as the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::text::recording(text));
