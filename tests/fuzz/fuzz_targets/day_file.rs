//! The log of a day: whatever is in it, all that is made of it are numbers that can be drawn.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::files::day(bytes));
