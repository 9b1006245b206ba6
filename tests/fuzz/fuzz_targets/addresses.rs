//! Lists of addresses: 1 to 99, each once, and the list that is written of them is the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::typed::addresses(text));
