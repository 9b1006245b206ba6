//! Datagrams of KSTAR inverters: what is accepted is the frame of its payload, and can be written. Each is tried as it came
//! and with the right length and sum.
#![no_main]

use fuzz::{expect_publishable, expect_writable, is_chosen};
use kaco_ardexa::kstar::interpret;
use kaco_ardexa::kstar::wire::{Frame, READINGS_LENGTH, Request, parse};
use libfuzzer_sys::fuzz_target;

fn check(datagram: &[u8]) {
    if let Ok(frame) = parse(datagram) {
        assert_eq!(frame.bytes(), datagram);
        assert_eq!(Request::from_bytes(datagram), None);
        let reading = interpret::frame(frame);
        expect_writable(&reading);
        if is_chosen(datagram) {
            expect_publishable(&reading);
        }
        for error in interpret::reported_errors(&reading) {
            assert!(!error.is_empty() && reading.is_fault);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let payload = bytes
        .get(7..bytes.len().saturating_sub(2))
        .unwrap_or_default();
    let frame = match bytes.get(5) {
        Some(0x82) => Frame::Identity(payload),
        _ => Frame::Readings(payload),
    };
    check(&frame.bytes());
    if payload.len() < READINGS_LENGTH {
        expect_writable(&interpret::reading(payload));
    }
});
