//! Durations: at most a day, and what is written in milliseconds is the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::typed::duration(text));
