//! What passes on a bus: every byte is told once, and a reply that is told has the right checksum.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kaco::listen(bytes));
