//! Requests over Modbus TCP: the same however they arrive, and only reads are more than a refusal.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::modbus::requests(bytes));
