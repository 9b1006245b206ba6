//! Datagrams of KSTAR inverters: what is accepted is the frame of its payload, and can be written.
//! Each is tried as it came and with the right length and sum.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::kstar::datagram(bytes));
