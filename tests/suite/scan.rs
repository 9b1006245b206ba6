//! `scan`: who is on the bus, and what is said where nobody is.

use crate::polling::at_address;
use crate::support::bus::{Bus, Play, REPLY_TIME, at_once, reply};
use crate::support::captures::bytes;
use crate::support::program::{run, text};

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
    assert_eq!(
        asked.iter().filter(|request| *request == "#050").count(),
        1,
        "a fast bus needs one pass"
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
fn two_inverters_of_one_address_are_said() {
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
fn garbage_on_one_address_alone_is_said() {
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

#[test]
fn nothing_found_and_strict() {
    assert_eq!(run(&["scan", "sim:night", "1", "--strict"]).code, Some(3));
}
