//! Brokers: what is shown of one leads to the same host and shows no user and no password.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::typed::broker(text));
