//! Gateways in the network that send nothing, too little, too much, or hang up. (Real ones are in
//! `suite/gateways.rs`.)

use super::cost::cost;
use super::figures::figures;
use super::peers::{flood, gateway, mute};
use crate::support::captures::bytes;
use crate::support::program::{Run, command, run, start, text};
use socket2::SockRef;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// Every wait ends after seconds; the gateways here would go on for ever.
const LATE: Duration = Duration::from_secs(60);

/// The program itself takes about 15 MB, built for tests. What it may take of a flood is a few
/// kilobytes.
const MEMORY: u64 = 48 * 1024;

/// Waits for a request; whether one came.
fn is_asked(stream: &mut TcpStream) -> bool {
    stream.read_exact(&mut [0; 5]).is_ok()
}

/// Hangs up as a machine that forgot the connection does.
fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// The commands that poll a bus, with little patience.
fn commands<'a>(device: &'a str, logs: &'a str) -> [Vec<&'a str>; 3] {
    commands_with("100ms", device, logs)
}

fn commands_with<'a>(timeout: &'a str, device: &'a str, logs: &'a str) -> [Vec<&'a str>; 3] {
    let quickly = ["--attempts", "1", "--timeout", timeout];
    [
        [&["log", device, "2", logs][..], &quickly].concat(),
        [&["read", device, "2", "--format", "json"][..], &quickly].concat(),
        [&["scan", device, "2", "--format", "json"][..], &quickly].concat(),
    ]
}

#[test]
fn one_that_says_nothing_or_a_byte_a_second() {
    let mute = gateway(mute);
    let slow = gateway(|mut stream, _| {
        while stream.write_all(b"*").is_ok() {
            sleep(Duration::from_secs(1));
        }
    });
    // A whole reply, but too late byte by byte.
    let drip = gateway(|mut stream, _| {
        is_asked(&mut stream);
        for byte in bytes("G4-17") {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            sleep(Duration::from_secs(1));
        }
    });
    let directory = TempDir::new().unwrap();
    let logs = text(directory.path());
    let mut tried = 0;
    for device in [&mute, &slow, &drip] {
        for words in commands(device, &logs) {
            let run = run(&words).expect_code(0);
            assert!(run.time < LATE, "{words:?}: {:?}", run.time);
            let is_read = run.stdout.contains(r#""outcome":"read""#);
            assert!(!is_read, "{words:?}: {}", run.stdout);
            tried += 1;
        }
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    figures(
        "a gateway that says nothing, or a byte a second",
        tried,
        tried,
        0,
    );
}

/// What a gateway does before it resets the connection.
type Before = (&'static str, fn(&mut TcpStream));

const RESETS: [Before; 3] = [
    ("at once", |_| {}),
    ("at a request", |stream| {
        is_asked(stream);
    }),
    ("in a reply", |stream| {
        is_asked(stream);
        stream.write_all(&bytes("G4-17")[..20]).unwrap();
        sleep(Duration::from_millis(100));
    }),
];

fn log(device: &str) -> (Run, Option<String>) {
    let directory = TempDir::new().unwrap();
    let run = run(&["log", device, "2", &text(directory.path())]);
    let latest = fs::read_to_string(directory.path().join("02/latest.csv"));
    (run, latest.ok())
}

#[test]
fn one_that_resets_the_connection() {
    for (what, before) in RESETS {
        let always = gateway(move |mut stream, _| {
            before(&mut stream);
            reset(stream);
        });
        let (run, latest) = log(&always);
        assert_eq!((run.code, latest), (Some(1), None), "{what}: {run:?}");
        assert!(run.stderr.contains(&always), "{what}: {run:?}");
        assert!(!run.stderr.contains("plug"), "{what}: {run:?}");
        if what == "at once" {
            continue; // mostly as without a gateway: whether the link was open is a matter of luck
        }
        let is_reported = run.stderr.contains("the gateway hung up");
        assert!(is_reported, "{what}: {run:?}");
        let once = gateway(move |mut stream, count| {
            if count == 0 {
                before(&mut stream);
                return reset(stream);
            }
            while is_asked(&mut stream) {
                stream.write_all(&bytes("G4-17")).unwrap();
            }
        });
        let (run, latest) = log(&once);
        assert_eq!(run.code, Some(0), "{what}: {run:?}");
        assert_eq!(latest.map(|log| log.lines().count()), Some(2), "{what}");
    }
    let tried = 2 * RESETS.len() - 1;
    figures(
        "a gateway that resets the connection, always or once",
        tried,
        tried,
        0,
    );
}

/// Talks as fast as the network takes it.
fn talk(mut stream: TcpStream) {
    flood(&mut stream, &b"\n*03n 5 4 noise ".repeat(1 << 12));
}

#[test]
fn one_that_never_stops_talking() {
    let always = gateway(|stream, _| talk(stream));
    let behind_a_reply = gateway(|mut stream, _| {
        is_asked(&mut stream);
        stream.write_all(&bytes("G4-17")).unwrap();
        talk(stream);
    });
    let directory = TempDir::new().unwrap();
    let logs = text(directory.path());
    let mut tried = 0;
    // A reply has its time also where the machine is under load.
    for (device, is_read, timeout) in [(&always, false, "100ms"), (&behind_a_reply, true, "5s")] {
        for words in commands_with(timeout, device, &logs) {
            let (run, cost) = cost(start(command(&words)));
            assert_eq!(run.code, Some(0), "{words:?}: {run:?}");
            assert!(run.time < LATE, "{words:?}: {:?}", run.time);
            assert!(cost.memory < MEMORY, "{words:?}: {cost:?}");
            assert_eq!(
                run.stdout.contains(r#""outcome":"read""#),
                is_read && words[0] != "log",
                "{words:?}"
            );
            tried += 1;
        }
    }
    let log = fs::read_to_string(directory.path().join("02/latest.csv")).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
    let (run, cost) = cost(start(command(&["listen", &always, "--for", "200ms"])));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(cost.memory < MEMORY, "{cost:?}");
    figures(
        "a gateway that never stops talking",
        tried + 1,
        tried + 1,
        0,
    );
}
