//! Simulated inverters: any bytes can be asked of them, and what they answer to requests is
//! accepted.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sim::simulators(bytes));
