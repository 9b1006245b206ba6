//! `scan`: the inverters on the bus, and the advice if there are none.

use crate::polling::at_address;
use crate::support::bus::{Bus, Play, REPLY_TIME, at_once, reply};
use crate::support::captures::bytes;
use crate::support::program::{Run, command, run, signal, start, text, wait, wait_until};
use rustix::process::Signal;
use std::time::Duration;

/// Three real inverters: 6400xi at 2, 86L32 at 3, 8000xi at 4.
fn three_inverters() -> Bus {
    Bus::with_replies(&[
        ("#020", bytes("G4-17")),
        ("#028", b"\n*028 K222.36DE 6817\r".to_vec()),
        ("#030", bytes("G4-19")),
        ("#038", bytes("G4-21")),
        ("#03s", bytes("G4-23")),
        ("#040", bytes("G4-24")),
        ("#048", b"\n*048 K222.36DE 6817\r".to_vec()),
    ])
}

#[test]
fn three_of_thirty_two_are_found_in_time() {
    let bus = three_inverters();
    let run = run(&["scan", &text(&bus.path)]).expect_code(0);
    let row = |address: &str| {
        let line = run
            .stdout
            .lines()
            .find(|line| line.contains(&format!("│ {address} ")))
            .unwrap();
        line.split(['│', '┆'])
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
            .join("|")
    };
    let without_time = |row: String| row.rsplit_once('|').unwrap().0.to_owned();
    assert_eq!(
        without_time(row("02")),
        "02|kaco|standard|6400xi|Powador 6400xi|K222.36DE 6817"
    );
    assert_eq!(
        without_time(row("03")),
        "03|kaco|mppt2|86L32|blueplanet 8.6 TL3|ARM V6.53 D6A5 Config V6.3124 2F4F DSP V4.08 6BA0|8.6TL01736586"
    );
    assert_eq!(
        without_time(row("04")),
        "04|kaco|standard|8000xi|Powador 8000xi|K222.36DE 6817"
    );
    assert!(row("02").ends_with(" ms"));
    assert!(
        run.stderr
            .contains(&format!("kaco_ardexa log {} 2-4 DIR", text(&bus.path))),
        "{}",
        run.stderr
    );
    let asked = bus.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.len() == 4 && request.starts_with('#')),
        "{asked:?}"
    );
}

#[test]
fn an_empty_bus_gets_the_checklist_in_time() {
    let bus = Bus::silent();
    let run = run(&["scan", &text(&bus.path)]).expect_code(0);
    // A timeout of one second each.
    assert_eq!(bus.asked().len(), 64);
    assert_eq!(run.stdout, "");
    let place = |word: &str| {
        run.stderr
            .find(word)
            .unwrap_or_else(|| panic!("no {word}: {}", run.stderr))
    };
    let order = [
        "swapped",
        "night",
        "Another master",
        "Wiring",
        "Termination",
        "address",
        "9600",
    ]
    .map(place);
    assert!(order.is_sorted(), "{}", run.stderr);
    assert_eq!(bus.asked().len(), 64, "two passes");
}

#[test]
fn objects_have_the_keys_of_readings() {
    let bus = three_inverters();
    let run = run(&[
        "scan",
        &text(&bus.path),
        "3",
        "--format",
        "json",
        "--pace",
        "0s",
        "--timeout",
        "10s",
    ])
    .expect_code(0);
    let object: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!(object["protocol"], "kaco");
    assert_eq!(object["address"], 3);
    assert_eq!(object["layout"], "mppt2");
    assert_eq!(object["type"], "86L32");
    assert_eq!(object["model"], "blueplanet 8.6 TL3");
    assert_eq!(object["serial"], "8.6TL01736586");
    assert_eq!(
        object["firmware"],
        "ARM V6.53 D6A5 Config V6.3124 2F4F DSP V4.08 6BA0"
    );
    assert!(
        object["first_byte_ms"]
            .as_u64()
            .is_some_and(|time| (100..400).contains(&time)),
        "{object}"
    );
}

#[test]
fn an_inverter_without_type_in_its_readings_is_asked_for_it() {
    let bus = Bus::with_replies(&[("#010", bytes("ST-05")), ("#019", bytes("G4-16"))]);
    let run = run(&[
        "scan",
        &text(&bus.path),
        "1",
        "--format",
        "json",
        "--pace",
        "0s",
    ])
    .expect_code(0);
    let object: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
    assert_eq!(
        (&object["type"], &object["model"]),
        (&"6400xi".into(), &"Powador 6400xi".into())
    );
}

#[test]
fn two_inverters_of_one_address_are_reported() {
    let both = [bytes("G4-17"), at_address("G4-24", 2)].concat();
    let bus = Bus::start(Box::new(move |request, _| match request {
        "#020" => at_once(&both),
        _ => vec![],
    }));
    let run = run(&["scan", &text(&bus.path), "2", "--pace", "0s"]).expect_code(0);
    assert!(
        run.stderr.contains("address 02") && run.stderr.contains("two inverters"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_unit_that_was_not_read_is_reported() {
    let bus = Bus::with_replies(&[
        ("#120", b"\n*124\r".to_vec()),
        ("#121", bytes("ST-14")),
        ("#123", bytes("ST-16")),
    ]);
    let run = run(&["scan", &text(&bus.path), "12", "--pace", "0s"]).expect_code(0);
    let due = "warning: address 12: unit 2 was not read, its columns stay empty: it did not answer";
    assert_eq!(run.stderr.matches(due).count(), 1, "{}", run.stderr);
}

#[test]
fn garbage_on_one_address_alone_is_reported() {
    let bus = Bus::start(Box::new(|request, _| match request {
        "#010" => reply(&bytes("G4-01")),
        "#020" => reply(&bytes("G4-17")),
        _ => vec![],
    }));
    let run = run(&[
        "scan",
        &text(&bus.path),
        "1-3",
        "--pace",
        "0s",
        "--attempts",
        "1",
    ])
    .expect_code(0);
    assert!(
        run.stderr.contains("address 01") && run.stderr.contains("two inverters"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("6400xi"));
}

#[test]
fn bytes_without_a_reply_get_the_other_checklist() {
    let noise = vec![
        Play::Wait(REPLY_TIME),
        Play::Send(b"\xf8\x80\x1b[31m\xfe\x00\x86\x98\xe6".to_vec()),
    ];
    let bus = Bus::start(Box::new(move |_, _| noise.clone()));
    let run = run(&[
        "scan",
        &text(&bus.path),
        "1-2",
        "--pace",
        "0s",
        "--attempts",
        "1",
    ])
    .expect_code(0);
    let place = |word: &str| {
        run.stderr
            .find(word)
            .unwrap_or_else(|| panic!("no {word}: {}", run.stderr))
    };
    assert!(
        ["9600", "Two masters", "Noise", "Echo"]
            .map(place)
            .is_sorted()
    );
    assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
}

/// A scan that does not wait for long.
fn scan(bus: &Bus, options: &[&str]) -> Run {
    let device = text(&bus.path);
    let quick = ["--pace", "0s", "--timeout", "300ms", "--gap", "100ms"];
    run(&[&["scan", &device], quick.as_slice(), options].concat())
}

#[test]
fn late_reply_makes_an_inverter_found() {
    // A second after its time is over, and as long before a scan of its address alone ends: a busy
    // machine shifts both.
    let late = |bytes: &[u8]| [vec![Play::Wait(Duration::from_secs(3))], at_once(bytes)].concat();
    let firmware = |address: u8| format!("\n*{address:02}8 K222.36DE 6817\r").into_bytes();
    let bus = Bus::start(Box::new(move |request, _| match request {
        "#060" => at_once(&at_address("G4-17", 6)),
        "#068" => at_once(&firmware(6)),
        "#070" => late(&at_address("G4-17", 7)),
        "#078" => late(&firmware(7)),
        "#080" => at_once(&at_address("G4-24", 8)),
        "#088" => at_once(&firmware(8)),
        _ => vec![],
    }));
    for addresses in ["6-8", "7"] {
        let device = text(&bus.path);
        let patient = ["--strict", "--pace", "0s", "--timeout", "2s"];
        let run = run(&[&["scan", &device, addresses][..], &patient].concat()).expect_code(0);
        let row = run.stdout.lines().find(|line| line.contains("│ 07 "));
        assert!(row.is_some_and(|row| row.contains("K222.36DE")), "{run:?}");
        let (_, late) = run
            .stderr
            .split_once("address 07: the reply came after ")
            .unwrap();
        let (time, rest) = late.split_once(" ms, 2000 ms are waited for").unwrap();
        let time: u64 = time.parse().unwrap();
        assert!(time >= 3000, "{run:?}");
        // Half as much again, in whole seconds; the time is shown without its microseconds.
        let enough = [time, time + 1].map(|time| format!("--timeout {}s", time * 3 / 2000 + 1));
        assert!(enough.iter().any(|enough| rest.contains(enough)), "{run:?}");
        assert!(!run.stderr.contains("two inverters"), "{run:?}");
    }
}

/// A `log` with the usual timeout would read nothing where the scan needed a longer one.
#[test]
fn the_advice_how_to_log_has_the_patience_that_the_scan_needed() {
    let bus = Bus::start(Box::new(|request, _| match request {
        "#020" => [
            vec![Play::Wait(Duration::from_millis(1200))],
            at_once(&bytes("G4-17")),
        ]
        .concat(),
        "#028" => at_once(b"\n*028 K222.36DE 6817\r"),
        _ => vec![],
    }));
    let device = text(&bus.path);
    let run = run(&["scan", &device, "2", "--pace", "0s", "--timeout", "10s"]).expect_code(0);
    let advice = format!("To log them: kaco_ardexa log {device} 2 DIR --timeout ");
    assert!(run.stderr.contains(&advice), "{}", run.stderr);
}

#[test]
fn few_foreign_bytes_are_not_silence() {
    let bus = Bus::start(Box::new(|request, count| match (request, count) {
        ("#020", 0) => reply(b"\0\xf8\x80\xfe\x86\xe6\0"),
        _ => vec![],
    }));
    let run = scan(&bus, &["1-3"]).expect_code(0);
    assert!(!run.stderr.contains("silent"), "{}", run.stderr);
    let heard = "no inverter answered, but 5 bytes came that belong to no reply:\n  \\x00\\xf8\\x80\\xfe\\x86\\xe6";
    assert!(run.stderr.contains(heard), "{}", run.stderr);
}

#[test]
fn modbus_is_recognised() {
    // A meter with unit 17, as another master polls it.
    let talk = b"\x11\x03\x00\x6b\x00\x03\x76\x87\0\x11\x03\x06\xae\x41\x56\x52\x43\x40\x49\xad";
    let bus = Bus::start(Box::new(|_, _| reply(talk)));
    let run = scan(&bus, &["1-2", "--attempts", "1"]).expect_code(0);
    assert!(
        run.stderr.contains("Modbus RTU, with unit 17."),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("two inverters"), "{}", run.stderr);
}

#[test]
fn another_master_is_reported_beside_the_inverters() {
    let both = [&bytes("G4-17")[..], b"#050\r", &at_address("G4-24", 5)].concat();
    let bus = Bus::start(Box::new(move |request, _| match request {
        "#020" => at_once(&both), // paced, the end could come after the scan
        _ => vec![],
    }));
    let run = scan(&bus, &["2"]).expect_code(0);
    assert!(
        run.stderr
            .contains("another master polls on this bus (address 05)"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("two inverters"), "{run:?}");
    assert!(run.stdout.contains("6400xi"), "{run:?}");
}

#[test]
fn interrupted_scan_prints_what_was_found() {
    let bus = three_inverters();
    let scan = start(command(&[
        "scan",
        &text(&bus.path),
        "2-32",
        "--timeout",
        "10s",
    ]));
    wait_until("the next address", || {
        bus.asked().contains(&"#040".to_owned())
    });
    signal(&scan.0, Signal::INT);
    let run = wait(scan);
    assert_eq!(run.signal, Some(Signal::INT.as_raw()), "{run:?}");
    assert!(run.stdout.contains("8.6TL01736586"), "{run:?}");
    assert!(
        run.stderr.contains("stopped after 2 of 31 addresses"),
        "{run:?}"
    );
    assert!(run.stderr.contains(" 2-3 DIR"), "{run:?}");
}

#[test]
fn strict_scan_wants_each_address_that_was_named() {
    let bus = Bus::with_replies(&[("#020", bytes("G4-17"))]);
    for (options, code) in [
        (&["2", "--strict"][..], 0),
        (&["2-3", "--strict"], 3),
        (&["2-3"], 0),
        (&["--strict"], 0),
        (&["3", "--strict"], 3),
    ] {
        assert_eq!(scan(&bus, options).code, Some(code), "{options:?}");
    }
}

#[test]
fn advice_quotes_the_device() {
    let bus = Bus::silent();
    let directory = tempfile::TempDir::new().unwrap();
    let device = directory.path().join("my bus");
    std::os::unix::fs::symlink(&bus.path, &device).unwrap();
    let words = [
        "scan",
        &text(&device),
        "2",
        "--pace",
        "0",
        "--timeout",
        "5ms",
    ];
    let run = run(&words).expect_code(0);
    let due = format!("kaco_ardexa listen '{}'", text(&device));
    assert!(run.stderr.contains(&due), "{}", run.stderr);
}

#[test]
fn quiet_scan_prints_no_advice() {
    let nothing = scan(&Bus::silent(), &["1", "-q"]);
    nothing.expect_silence();
    let bus = Bus::with_replies(&[("#020", bytes("G4-17"))]);
    let found = scan(&bus, &["2", "-q"]).expect_code(0);
    assert!(
        found.stdout.contains("6400xi") && found.stderr.is_empty(),
        "{found:?}"
    );
}
