//! `decode` on KSTAR datagrams, and damage to them.

use super::objects;
use crate::support::captures::bytes;
use crate::support::inverter::identity;
use crate::support::program::run_with_input;
use kaco_ardexa::escape::hex;
use kaco_ardexa::kstar::wire::{DISCOVERY, KstarFrame, KstarRequest, parse};

/// Decodes a datagram.
fn decode(datagram: &[u8], format: &str, code: i32) -> crate::support::program::Run {
    let line = hex(datagram) + "\n";
    run_with_input(&["decode", "--format", format], line.as_bytes()).expect_code(code)
}

#[test]
fn an_identity_is_shown() {
    let run = decode(&identity("E4000K1234567890"), "json", 0);
    let object = &objects(&run)[0];
    assert_eq!(object["protocol"], "kstar");
    assert_eq!(object["layout"], "identity");
    assert_eq!(object["serial"], "E4000K1234567890");
    assert_eq!(object["firmware"], "1.02");
    assert_eq!(object["model"], "KSE-4000");
}

#[test]
fn what_is_not_a_reply_is_refused_by_kind() {
    let good = bytes("AA-21");
    let mut damaged = good.clone();
    damaged[40] ^= 0x10;
    for (datagram, kind) in [
        (damaged, "checksum"),
        (good[..91].to_vec(), "incomplete"),
        ([&good[..], b"\0"].concat(), "format"),
        (KstarRequest::Readings.bytes(), "format"),
        (KstarFrame::Readings(&[0; 82]).bytes(), "format"),
        (DISCOVERY.to_vec(), "unknown"),
    ] {
        let run = decode(&datagram, "json", 1);
        let object = &objects(&run)[0];
        assert_eq!(object["outcome"], "refused");
        assert_eq!(object["error"], kind, "{}", run.stdout);
        assert_eq!(object["bytes"], hex(&datagram));
        assert!(object["detail"].is_string());
    }
}

#[test]
fn errors_are_named_below_the_table() {
    let mut payload = bytes("AA-21")[7..90].to_vec();
    payload[55] = 0x80;
    payload[58] = 0x04;
    let run = decode(&KstarFrame::Readings(&payload).bytes(), "table", 0);
    let due = "errors reported:\n  bit 2\n  internal communication\n";
    assert!(run.stdout.ends_with(due), "{}", run.stdout);
}

#[test]
fn no_single_damaged_byte_of_a_capture_is_accepted() {
    for capture in ["AA-21", "AA-25"] {
        let good = bytes(capture);
        for place in 0..good.len() {
            let mut damaged = good.clone();
            for byte in (0..=255).filter(|byte| *byte != good[place]) {
                damaged[place] = byte;
                assert!(
                    parse(&damaged).is_err(),
                    "{capture}: byte {place} as {byte}"
                );
            }
        }
    }
}
