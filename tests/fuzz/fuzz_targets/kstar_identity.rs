//! The identity of an inverter: its folder lies in the directory of the logs, and its topics are
//! fit for a broker.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kstar::identity(bytes));
