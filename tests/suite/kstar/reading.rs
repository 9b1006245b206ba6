//! `kstar read`: the right reading out of whatever comes, and clear words when nothing does.

use super::{for_each, kstar, objects, run_at};
use crate::support::captures::{bytes, directory};
use crate::support::inverter::{DatagramPlay, Inverter, address, identity, try_bind};
use crate::support::program::{command, run, signal, start, wait, wait_until};
use kaco_ardexa::kstar::wire::{DISCOVERY_PORT, KstarFrame, KstarRequest, PORT};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The values of a capture, checked by eye.
fn values_of(capture: &str) -> Vec<(String, Value)> {
    let text = fs::read_to_string(directory().join(format!("{capture}.json"))).unwrap();
    values(&serde_json::from_str(&text).unwrap())
}

/// The columns of an object: what follows the status codes.
pub(super) fn values(object: &Value) -> Vec<(String, Value)> {
    let entries = object.as_object().unwrap().clone();
    let columns = entries
        .into_iter()
        .skip_while(|(key, _)| key != "status_codes");
    columns.skip(1).collect()
}

#[test]
fn both_captures_come_through_the_network() {
    for capture in ["AA-21", "AA-25"] {
        let inverter = Inverter::with(&bytes(capture), Some("E4000K1234567890"));
        let run = kstar(&["read", "--format", "json"], &[&inverter]).expect_code(0);
        assert_eq!(run.stderr, "");
        let object = &objects(&run)[0];
        assert_eq!(values(object), values_of(capture));
        assert_eq!(object["protocol"], "kstar");
        assert_eq!(object["layout"], "kstar");
        assert_eq!(object["serial"], "E4000K1234567890");
        assert_eq!(object["ip"], inverter.ip.to_string());
        assert_eq!(object["model"], "KSE-4000");
        assert!(object.get("address").is_none());
        let time = object["time"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
        assert_eq!(inverter.asked(), ["search", "readings", "identity"]);
    }
}

#[test]
fn numbers_are_those_of_the_facts_to_the_digit() {
    let inverter = Inverter::with(&discharging(), None);
    let run = kstar(&["read", "--format", "json"], &[&inverter]).expect_code(0);
    for due in [
        "\"grid_frequency\":49.92,",
        "\"pv_power\":407.91,",
        "\"battery_mode\":\"discharging\"",
        "\"battery_current\":-0.4,",
        "\"battery_power\":-20.24,",
        "\"total_energy\":1347.5,",
        "\"serial\":null,",
    ] {
        assert!(run.stdout.contains(due), "{due}: {}", run.stdout);
    }
}

/// The first capture with another battery mode.
fn discharging() -> Vec<u8> {
    changed("AA-21", &[(30, 2)])
}

/// A capture with other bytes in its payload, and the right sum.
pub(super) fn changed(capture: &str, changes: &[(usize, u8)]) -> Vec<u8> {
    let capture = bytes(capture);
    let mut payload = capture[7..capture.len() - 2].to_vec();
    for &(offset, byte) in changes {
        payload[offset] = byte;
    }
    KstarFrame::Readings(&payload).bytes()
}

/// A capture with one wrong bit.
fn damaged() -> Vec<u8> {
    let mut bytes = bytes("AA-25");
    bytes[40] ^= 1;
    bytes
}

#[test]
fn lost_requests_and_stray_packets_before_the_right_one() {
    let stranger = address();
    let inverter = Inverter::start(
        address(),
        None,
        Box::new(move |request, count| match (request, count) {
            (KstarRequest::Readings, 2) => vec![
                DatagramPlay::Send(b"\xaaU\x7f".to_vec()),
                DatagramPlay::Send(damaged()),
                DatagramPlay::Send(identity("not asked for")),
                DatagramPlay::SendFrom(stranger, PORT, bytes("AA-25")),
                DatagramPlay::Send(vec![0xaa; 1400]),
                DatagramPlay::Send(KstarRequest::Readings.bytes()),
                DatagramPlay::Wait(Duration::from_millis(100)),
                DatagramPlay::Send(bytes("AA-21")),
            ],
            _ => vec![],
        }),
    );
    let run = kstar(&["read", "--format", "json"], &[&inverter]).expect_code(0);
    assert_eq!(values(&objects(&run)[0]), values_of("AA-21"));
    assert_eq!(run.stderr, "");
    let asked = inverter.asked();
    let count = |what| asked.iter().filter(|asked| **asked == what).count();
    assert_eq!((count("readings"), count("identity")), (3, 1), "{asked:?}");
}

#[test]
fn a_reply_from_another_port_is_a_strangers() {
    let ip = address();
    let inverter = Inverter::start(
        ip,
        None,
        Box::new(move |request, _| match request {
            KstarRequest::Readings => vec![
                DatagramPlay::SendFrom(ip, 0, bytes("AA-25")),
                DatagramPlay::Wait(Duration::from_millis(50)),
                DatagramPlay::Send(bytes("AA-21")),
            ],
            KstarRequest::Identity => vec![],
        }),
    );
    let run = kstar(&["-vv", "read", "--format", "json"], &[&inverter]).expect_code(0);
    assert_eq!(values(&objects(&run)[0]), values_of("AA-21"));
    assert!(
        run.stderr.contains("is not the inverter that is polled"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("does not report its serial number: no reply"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_datagram_of_any_length_is_survived() {
    let longer = KstarFrame::Readings(&[&bytes("AA-21")[7..90], &[0x55; 100]].concat()).bytes();
    let inverter = Inverter::start(
        address(),
        Some(vec![b','; 1400]),
        Box::new(move |request, _| match request {
            KstarRequest::Readings => vec![
                DatagramPlay::Send(vec![]),
                DatagramPlay::Send([bytes("AA-25"), vec![0; 65_000]].concat()),
                DatagramPlay::Send(longer.clone()),
            ],
            KstarRequest::Identity => vec![DatagramPlay::Send(
                KstarFrame::Identity(&[b'A'; 255]).bytes(),
            )],
        }),
    );
    let run = kstar(&["read", "--format", "json"], &[&inverter]).expect_code(0);
    let object = &objects(&run)[0];
    assert_eq!(values(object), values_of("AA-21"));
    assert_eq!(object["serial"], "A".repeat(16));
}

#[test]
fn a_module_is_woken_before_it_is_polled() {
    let inverter = Inverter::with(&bytes("AA-21"), None);
    kstar(&["read"], &[&inverter]).expect_code(0);
    let ports: Vec<u16> = inverter.heard().iter().map(|heard| heard.port).collect();
    assert_eq!(ports, [DISCOVERY_PORT, PORT, PORT]);
}

#[test]
fn a_network_without_an_inverter() {
    let silent = address();
    for_each(["table", "json", "csv"], |format| {
        let run = run_at(&["read", "--format", format], &[silent]).expect_code(1);
        let is_silent = match format {
            "table" => run.stdout.is_empty(),
            "json" => objects(&run)[0]["outcome"] == "silent",
            _ => run.stdout.ends_with(&format!(",{silent},silent,,,\n")),
        };
        assert!(is_silent, "{format}: {}", run.stdout);
        for due in [
            format!("error: no KSTAR inverter answered; polled {silent}\n"),
            format!("ping {silent}"),
            "Solarman V5 or Modbus".to_owned(),
        ] {
            assert!(run.stderr.contains(&due), "{due}: {}", run.stderr);
        }
    });
}

#[test]
fn own_request_is_not_a_reply() {
    let run = run(&["-vv", "kstar", "read", "--ip", "127.0.0.1"]).expect_code(1);
    assert!(!run.stderr.contains("dropped: aa55"), "{}", run.stderr);
}

#[test]
fn a_service_that_is_not_an_inverter() {
    let inverter = Inverter::with(b"\xa5\x17\x00\x10\x45", None);
    let run = kstar(&["read"], &[&inverter]).expect_code(1);
    assert_eq!(run.stdout, "");
    for due in [
        "warning: inverter ",
        "it does not start with aa 55",
        "error: ",
        "did not send readings",
        "Solarman V5",
    ] {
        assert!(run.stderr.contains(due), "{due}: {}", run.stderr);
    }
}

#[test]
fn one_of_two_is_silent() {
    let (inverter, silent) = (Inverter::with(&bytes("AA-21"), Some("E4000")), address());
    for_each(
        [
            (&["read", "--details"][..], 0),
            (&["read", "--details", "--strict"], 3),
        ],
        |(words, code)| {
            let run = run_at(words, &[silent, inverter.ip]).expect_code(code);
            assert!(run.stdout.contains("407.91"), "{}", run.stdout);
            let last = format!("inverter {silent}: no reply\n");
            assert!(run.stdout.ends_with(&last), "{}", run.stdout);
            assert_eq!(run.stderr, "");
        },
    );
    run_at(&["read", "--strict"], &[inverter.ip]).expect_code(0);
}

#[test]
fn csv_and_table() {
    let inverter = Inverter::with(&changed("AA-25", &[(56, 0x04), (57, 0x02)]), Some("E4000"));
    let csv = kstar(&["read", "--format", "csv"], &[&inverter])
        .expect_code(0)
        .stdout;
    let mut lines = csv.lines();
    let header = lines.next().unwrap();
    assert!(
        header.starts_with("time,inverter,outcome,type,model,status,pv1_voltage,pv1_current,"),
        "{header}"
    );
    assert!(
        header.ends_with(",effective_relay_control,grid_direction,backup_power"),
        "{header}"
    );
    let row = lines.next().unwrap();
    let (head, values) = row.split_once(",KSE-4000,on,").unwrap();
    assert!(head.ends_with(",E4000,read,"), "{row}");
    assert_eq!(
        values,
        "167.3,0.6,100.38,producing,178.5,1.3,232.05,producing,332.43,49.3,0,0.0,0.0,0.00,0,0,256,50,0,charging,0,0,\
         236.0,1.6,303,50.12,on,236.0,0.5,594,50.12,connected,on-grid,25.2,262656,1398.0,4078,3.5,6.8,1744.6,374,1,48,\
         importing,1"
    );
    let table = kstar(&["read"], &[&inverter]).expect_code(0).stdout;
    let (_, below) = table.rsplit_once("┘\n").unwrap();
    assert_eq!(
        below,
        "errors reported by inverter E4000:\n  utility loss\n  isolation\n"
    );
}

#[test]
fn several_in_the_order_they_were_named() {
    let first = Inverter::with(&bytes("AA-21"), Some("FIRST"));
    let second = Inverter::with(&bytes("AA-25"), Some("SECOND"));
    let both = [&second, &first];
    let run = kstar(&["read", "--format", "json"], &both).expect_code(0);
    let serials: Vec<Value> = objects(&run)
        .iter()
        .map(|object| object["serial"].clone())
        .collect();
    assert_eq!(serials, ["SECOND", "FIRST"]);
    let csv = kstar(&["read", "--format", "csv"], &both).stdout;
    let names = csv.lines().skip(1).map(|row| row.split(',').nth(1));
    let names: Vec<&str> = names.flatten().collect();
    assert_eq!(names, ["SECOND", "FIRST"]);
}

#[test]
fn other_programs_may_hold_the_ports() {
    // Where they can't be taken, another program holds them indeed.
    let _held = [DISCOVERY_PORT, PORT].map(|port| try_bind(Ipv4Addr::LOCALHOST, port));
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000"));
    let run = kstar(&["read", "--format", "json"], &[&inverter]).expect_code(0);
    assert_eq!(run.stderr, "");
    assert_eq!(objects(&run)[0]["serial"], "E4000");
    for heard in inverter.heard() {
        assert_ne!(heard.sender.port(), heard.port);
    }
}

/// Runs `kstar read --format json` with these variables.
fn run_with(variables: &[(&str, &str)], options: &[&str]) -> crate::support::program::Run {
    let mut arguments = vec!["kstar", "read", "--format", "json"];
    arguments.extend(options);
    let mut command = command(&arguments);
    command.envs(variables.iter().copied());
    wait(start(command))
}

#[test]
fn the_address_comes_from_the_environment_too() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("ENVIRONMENT"));
    let other = Inverter::with(&bytes("AA-21"), Some("OTHER"));
    let [ip, other_ip] = [&inverter, &other].map(|inverter| inverter.ip.to_string());
    let serial = |variables: &[(&str, &str)], options: &[&str]| {
        let run = run_with(variables, options).expect_code(0);
        let objects = objects(&run);
        assert_eq!(objects.len(), 1);
        objects[0]["serial"].as_str().unwrap().to_owned()
    };
    assert_eq!(serial(&[("IP_ADDRESS_INVERTER", &ip)], &[]), "ENVIRONMENT");
    assert_eq!(serial(&[("IP", &ip)], &[]), "ENVIRONMENT");
    let both = [("IP_ADDRESS_INVERTER", ip.as_str()), ("IP", "x")];
    assert_eq!(serial(&both, &[]), "ENVIRONMENT");
    let empty = [("IP_ADDRESS_INVERTER", ""), ("IP", ip.as_str())];
    assert_eq!(serial(&empty, &[]), "ENVIRONMENT");
    assert_eq!(serial(&[("IP", &ip)], &["--ip", &other_ip]), "OTHER");
    for nothing in ["0.0.0.0", ""] {
        let search = ["--broadcast", &ip];
        assert_eq!(serial(&[("IP", nothing)], &search), "ENVIRONMENT");
    }
    let wrong = run_with(&[("IP", "inverter.lan")], &[]).expect_code(2);
    for due in ["inverter.lan", "environment variable IP "] {
        assert!(wrong.stderr.contains(due), "{}", wrong.stderr);
    }
    // Other commands do not care.
    let mut others = command(&["read", "sim:", "3", "--pace", "0s"]);
    others.env("IP", "inverter.lan");
    wait(start(others)).expect_code(0);
}

#[test]
fn wrong_addresses_are_wrong_usage() {
    for (ip, due) in [
        ("x", "IPv4"),
        ("192.168.1", "IPv4"),
        ("::1", "IPv4"),
        ("255.255.255.255", "--broadcast"),
    ] {
        let run = wait(start(command(&["kstar", "read", "--ip", ip]))).expect_code(2);
        assert!(run.stderr.contains(due), "{}", run.stderr);
    }
}

#[test]
fn a_network_that_is_down_is_reported_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("messages");
    // A broadcast address: the system refuses to send a request there.
    let mut watch = command(&[
        "-v",
        "kstar",
        "watch",
        "--silent",
        "--ip",
        "127.255.255.255",
    ]);
    watch
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&path).unwrap());
    let child = (watch.spawn().unwrap(), Instant::now());
    let messages = || fs::read_to_string(&path).unwrap();
    let polls = || messages().matches("attempt 3 failed").count();
    wait_until("the second poll", || polls() == 2);
    signal(&child.0, Signal::TERM);
    let run = wait(child).expect_code(1);
    assert!(!run.stdout.contains("is back"), "{}", run.stdout);
    let reports = messages().matches("trying again until it is back").count();
    assert_eq!(reports, 1, "{}", messages());
}
