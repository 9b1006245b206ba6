//! Frames whose checksum is right, whatever they hold: readings have exactly their content, and can
//! be written.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kaco::mended_frame(bytes));
