//! `ping`: how well each inverter is heard.

use crate::support::bus::{Bus, Play, reply};
use crate::support::captures::bytes;
use crate::support::program::{command, run, signal, start, text, wait, wait_until};
use crate::watch::{Terminal, until};
use rustix::process::Signal;
use std::time::Duration;

/// The cells of the row of an inverter, without its times.
fn counts(stdout: &str, address: &str) -> Vec<String> {
    let mut rows = stdout
        .lines()
        .map(|line| line.split_whitespace().map(str::to_owned));
    let row = rows.find(|row| row.clone().next().as_deref() == Some(address));
    row.unwrap_or_else(|| panic!("{stdout}")).take(6).collect()
}

#[test]
fn every_kind_of_reply_is_counted_and_judged() {
    let good = bytes("G4-17");
    let bus = Bus::start(Box::new(move |request, count| match (request, count) {
        ("#020", 1) => reply(b"\n*020   4 398.5 damaged \r"),
        ("#020", _) => reply(&good),
        // Behind the timeout, and before the end of the wait for late replies.
        ("#120", _) => [
            vec![Play::Wait(Duration::from_millis(3100))],
            reply(b"\n*124\r"),
        ]
        .concat(),
        _ => vec![],
    }));
    let device = text(&bus.path);
    // Replies and pieces of them come late where the machine is under load.
    let waits = ["--timeout", "3s", "--gap", "2s"];
    let options = [&["--count", "4", "--pace", "0s"], &waits[..]].concat();
    let ping = run(&[&["ping", &device, "2,12,3"], &options[..]].concat()).expect_code(0);
    assert_eq!(counts(&ping.stdout, "02"), ["02", "4", "3", "1", "0", "0"]);
    assert_eq!(counts(&ping.stdout, "12"), ["12", "4", "0", "0", "0", "4"]);
    assert_eq!(counts(&ping.stdout, "03"), ["03", "4", "0", "0", "4", "0"]);
    let verdict = |text: &str| assert!(ping.stdout.contains(text), "{}", ping.stdout);
    verdict("\n02: 1 of 4 replies garbled");
    // By how much depends on the load of the machine, too.
    verdict("\n12: 4 of 4 replies came late: --timeout ");
    verdict("\n03: no reply");
    assert!(
        ping.stdout.lines().all(|line| line.len() <= 80),
        "{}",
        ping.stdout
    );
    let asked: Vec<_> = bus.asked().into_iter().take(4).collect();
    assert_eq!(
        asked,
        ["#020", "#120", "#030", "#020"],
        "in turn, without a second attempt"
    );
}

#[test]
fn strict_ping_wants_a_reply_of_each() {
    let bus = Bus::with_replies(&[("#020", bytes("G4-17"))]);
    let device = text(&bus.path);
    let options = [
        "--count",
        "1",
        "--pace",
        "0s",
        "--strict",
        "--timeout",
        "3s",
    ];
    for (addresses, code) in [("2", 0), ("2-3", 3)] {
        let ping = run(&[&["ping", &device, addresses], options.as_slice()].concat());
        assert_eq!(ping.code, Some(code), "{ping:?}");
        assert!(ping.stdout.contains("02: good: every request"), "{ping:?}");
    }
}

#[test]
fn interrupted_ping_prints_what_was_counted() {
    let bus = Bus::with_replies(&[("#020", bytes("G4-17"))]);
    let ping = start(command(&[
        "ping",
        &text(&bus.path),
        "2-3",
        "--count",
        "1000",
        "--timeout",
        "10s",
    ]));
    wait_until("a request to the next", || {
        bus.asked().contains(&"#030".to_owned())
    });
    signal(&ping.0, Signal::INT);
    let ping = wait(ping);
    assert_eq!(ping.signal, Some(Signal::INT.as_raw()), "{ping:?}");
    assert_eq!(counts(&ping.stdout, "02"), ["02", "1", "1", "0", "0", "0"]);
    assert!(!ping.stdout.contains("03"), "{}", ping.stdout);
}

#[test]
fn overview_of_log_shows_failed_attempts() {
    let good = bytes("G4-17");
    let bus = Bus::start(Box::new(move |_, count| match count {
        0 => reply(b"\n*020   4 398.5 damaged \r"),
        _ => reply(&good),
    }));
    let directory = tempfile::TempDir::new().unwrap();
    let (device, logs) = (text(&bus.path), text(directory.path()));
    let waits = ["--pace", "0s", "--timeout", "5s", "--gap", "2s"];
    let log = [&["log", &device, "2", &logs], &waits[..]].concat();
    let terminal = Terminal::start(&log, 80, 24);
    until("the line", || {
        let screen = terminal.screen.lock().unwrap();
        String::from_utf8_lossy(&screen).contains("address 02: 1 of 2 replies garbled")
    });
    terminal.stop();
}
