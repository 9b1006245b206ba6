//! Frames whose checksum is right, whatever they say: what is made of them is what they say, and
//! can be written.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kaco::mended_frame(bytes));
