//! Plant files: what is accepted can be polled and tells no secret; every mistake has its line.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::files::plant(text));
