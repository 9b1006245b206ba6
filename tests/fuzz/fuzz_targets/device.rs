//! DEVICE: what is shown of it is the same device.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::typed::device(text));
