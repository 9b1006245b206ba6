//! `kstar discover`, and searches by the other commands.

use super::{for_each, objects, run_at, search};
use crate::support::captures::bytes;
use crate::support::inverter::{DatagramPlay, Inverter, address, bind, identity};
use kaco_ardexa::kstar::wire::{DISCOVERY, DISCOVERY_PORT, KstarRequest};
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

/// An inverter whose module answers with exactly this, and that does not identify itself.
fn answering(module: &[u8]) -> Inverter {
    let script = |request, _| match request {
        KstarRequest::Readings => vec![DatagramPlay::Send(bytes("AA-21"))],
        KstarRequest::Identity => vec![],
    };
    Inverter::start(address(), Some(module.to_vec()), Box::new(script))
}

#[test]
fn all_inverters_that_answer_are_shown_with_their_identity() {
    let named = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let captured = answering(&bytes("AA-D1"));
    let commas = answering(b"10.0.0.7,ACCF23456789,roof, south\x1b[2J");
    let echo = answering(DISCOVERY);
    let all = [&named, &captured, &commas, &echo].map(|inverter| inverter.ip);
    let run = search(&["discover", "--format", "json"], &all).expect_code(0);
    assert_eq!(run.stderr, "");
    let found = objects(&run);
    assert_eq!(found.len(), 3, "an echo is no answer: {}", run.stdout);
    for (object, (ip, mac, name)) in found.iter().zip([
        (named.ip, "ACCF23456789", "EzManage_01"),
        (captured.ip, "98D863E15332", "Solar-WiFi208W0006"),
        (commas.ip, "ACCF23456789", r"roof, south\x1b[2J"),
    ]) {
        assert_eq!(object["protocol"], "kstar");
        assert_eq!(object["layout"], "discovery");
        // Where it answered from counts, not what it says.
        assert_eq!(object["ip"], ip.to_string());
        assert_eq!(object["mac"], mac);
        assert_eq!(object["name"], name);
    }
    assert_eq!(found[0]["serial"], "E4000K1234567890");
    assert_eq!(found[0]["model"], "KSE-4000");
    assert!(found[1]["serial"].is_null() && found[1]["model"].is_null());
    let table = search(&["discover"], &all).expect_code(0).stdout;
    for due in [
        "serial number",
        "E4000K1234567890",
        "KSE-4000",
        "Solar-WiFi208W0006",
        &captured.ip.to_string(),
    ] {
        assert!(table.contains(due), "{due}: {table}");
    }
    assert!(!table.contains('\x1b'));
}

#[test]
fn a_known_address_is_polled_without_a_search() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000"));
    let run = run_at(&["discover", "--format", "json"], &[inverter.ip]).expect_code(0);
    assert_eq!(objects(&run)[0]["serial"], "E4000");
}

#[test]
fn broadcast_reaches_its_listeners() {
    // Only a socket that may broadcast can send there. The inverter answers from its own address.
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000"));
    let broadcast = Ipv4Addr::new(127, 255, 255, 255);
    let ear = bind(broadcast, DISCOVERY_PORT);
    let mouth = bind(inverter.ip, 0);
    ear.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let answering = thread::spawn(move || {
        let mut datagram = [0; 100];
        // Sent twice: one of two broadcasts may be lost. The first one is, here.
        for answer in [false, true] {
            let (length, sender) = ear.recv_from(&mut datagram).unwrap();
            assert_eq!(&datagram[..length], DISCOVERY);
            if answer {
                mouth
                    .send_to(b"10.0.0.7,ACCF23456789,EzManage", sender)
                    .unwrap();
            }
        }
    });
    let run = search(&["read", "--format", "json"], &[broadcast]).expect_code(0);
    answering.join().unwrap();
    let object = &objects(&run)[0];
    assert_eq!(object["serial"], "E4000");
    assert_eq!(object["ip"], inverter.ip.to_string());
    assert_eq!(inverter.asked(), ["readings", "identity"]);
}

#[test]
fn a_search_without_an_answer() {
    let silent = address();
    for_each(["discover", "read"], |command| {
        let run = search(&[command], &[silent]).expect_code(1);
        assert_eq!(run.stdout, "");
        for due in [
            format!("no KSTAR inverter answered; searched {silent}\n"),
            "container".to_owned(),
            "--ip".to_owned(),
            "Solarman V5 or Modbus".to_owned(),
        ] {
            assert!(run.stderr.contains(&due), "{due}: {}", run.stderr);
        }
    });
}

#[test]
fn a_module_without_readings_is_reported_as_present() {
    let ip = address();
    let answer = Some(b"10.0.0.7,ACCF23456789,EzManage".to_vec());
    let inverter = Inverter::start(ip, answer, Box::new(|_, _| vec![]));
    let run = search(&["read"], &[inverter.ip]).expect_code(1);
    let due = format!("{ip} did not send readings");
    assert!(run.stderr.contains(&due), "{}", run.stderr);
}

#[test]
fn an_identity_that_comes_late_is_left() {
    let script = |request, _| match request {
        KstarRequest::Readings => vec![DatagramPlay::Send(bytes("AA-21"))],
        KstarRequest::Identity => vec![
            DatagramPlay::Wait(Duration::from_millis(1500)),
            DatagramPlay::Send(identity("LATE")),
        ],
    };
    let ip = address();
    let answer = Some(b"10.0.0.7,,".to_vec());
    let inverter = Inverter::start(ip, answer, Box::new(script));
    let run = search(&["discover", "--format", "json"], &[inverter.ip]).expect_code(0);
    let object = &objects(&run)[0];
    assert!(object["serial"].is_null());
    assert!(object["mac"].is_null() && object["name"].is_null());
}
