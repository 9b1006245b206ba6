//! The program only reads: all bytes that it can send are listed here, and nothing that comes in
//! makes it send others.
//!
//! The lists are written from the protocols' pages, not taken from the library:
//! `docs/kaco-protocol.md` ("Requests"), `docs/kstar-protocol.md` ("Search", "Frames").

use crate::checks::checksum::mended;
use crate::support::bus::{Bus, Play, Script, at_once};
use crate::support::captures;
use crate::support::dice::Dice;
use crate::support::inverter::{self, DatagramPlay as Answer, Inverter, address};
use crate::support::program::{command, run, start, text, wait, wait_until};
use kaco_ardexa::address::Address;
use kaco_ardexa::escape::{hex, printable};
use kaco_ardexa::kaco::wire::{Command, Request, UnitNumber};
use kaco_ardexa::kstar::wire::{self as kstar, DISCOVERY_PORT, PORT};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The command characters that only read.
const READS: &str = "012389s";

/// The datagrams that only read, and the port that each goes to.
const DATAGRAMS: [(u16, &[u8]); 3] = [
    (48899, b"WIFIKIT-214028-READ"),
    (8899, b"\xaa\x55\xb0\x7f\x01\x06\x00\x02\x35"),
    (8899, b"\xaa\x55\xb0\x7f\x01\x02\x00\x02\x31"),
];

/// All that may be sent to a bus: 99 addresses, seven commands.
fn requests() -> BTreeSet<Vec<u8>> {
    let of = |address| {
        READS
            .chars()
            .map(move |read| format!("#{address:02}{read}\r").into_bytes())
    };
    (1..=99).flat_map(of).collect()
}

/// Every request that the types can hold. Without a wildcard: a new command does not compile until
/// it is in this test.
fn all_commands() -> Vec<Command> {
    let next = |command| match command {
        Command::Readings => Some(Command::Unit(UnitNumber::One)),
        Command::Unit(UnitNumber::One) => Some(Command::Unit(UnitNumber::Two)),
        Command::Unit(UnitNumber::Two) => Some(Command::Unit(UnitNumber::Three)),
        Command::Unit(UnitNumber::Three) => Some(Command::Counters { daily_yield: None }),
        Command::Counters { .. } => Some(Command::Firmware),
        Command::Firmware => Some(Command::TypeCode),
        Command::TypeCode => Some(Command::SerialNumber),
        Command::SerialNumber => None,
    };
    std::iter::successors(Some(Command::Readings), |command| next(*command)).collect()
}

#[test]
fn requests_on_a_bus_can_be_nothing_but_reads() {
    let addresses = || (0..=255).filter_map(Address::new);
    let possible: BTreeSet<Vec<u8>> = all_commands()
        .into_iter()
        .flat_map(|command| addresses().map(move |address| Request { address, command }))
        .map(|request| request.bytes().to_vec())
        .collect();
    assert_eq!(possible, requests());
    assert_eq!(possible.len(), 99 * 7);
}

#[test]
fn datagrams_to_an_inverter_can_be_nothing_but_reads() {
    for request in kstar::KstarRequest::ALL {
        let due = match request {
            kstar::KstarRequest::Readings => DATAGRAMS[1],
            kstar::KstarRequest::Identity => DATAGRAMS[2],
        };
        assert_eq!((PORT, request.bytes().as_slice()), due);
    }
    assert_eq!((DISCOVERY_PORT, kstar::DISCOVERY), DATAGRAMS[0]);
}

/// Answers with whatever might lead a program astray: its own request, requests of others, commands
/// that set something, parts where there are none, replies of others, floods. `seed` makes
/// different ones.
fn hostile(seed: u64) -> Script {
    let mut dice = Dice::new(seed);
    let captures: Vec<Vec<u8>> = captures::names()
        .iter()
        .map(|name| captures::bytes(name))
        .collect();
    Box::new(move |request, _| {
        let address = request.get(1..3).unwrap_or("00").to_owned();
        let capture = captures[dice.roll(captures.len())].clone();
        at_once(&match dice.roll(12) {
            0 => format!("{request}\r").into_bytes(),
            1 => format!("{request}\r{request}\r#{address}b0100\r").into_bytes(),
            2 => format!("#{address}b0001\r\n*{address}b 0001\r").into_bytes(),
            3 => format!("\n*{address}4\r").into_bytes(),
            4 => format!("\n*{address}8 #{address}b100\\r\x1b[5i\r").into_bytes(),
            5 => capture,
            // The same as if it came from the inverter that was asked.
            6 => {
                let place = capture.iter().position(|byte| *byte == b'*').unwrap_or(0) + 1;
                let end = (place + 2).min(capture.len());
                let digits = address.bytes().take(end - place);
                let changed = [
                    &capture[..place],
                    &digits.collect::<Vec<u8>>(),
                    &capture[end..],
                ];
                let changed = changed.concat();
                mended(&changed).unwrap_or(changed)
            }
            7 => format!("\n*{address}s #01b100 0000\r").into_bytes(),
            8 => b"#01b0050\r".repeat(400),
            9 => vec![0; 3000],
            10 => dice.bytes(2000),
            _ => vec![],
        })
    })
}

/// Fails unless every byte that came on this bus belongs to a request that reads one of these
/// addresses.
#[track_caller]
fn expect_reads(bus: &Bus, addresses: std::ops::RangeInclusive<u8>) {
    let (asked, received) = bus.heard();
    let allowed = requests();
    for request in &asked {
        let bytes = format!("{request}\r").into_bytes();
        assert!(allowed.contains(&bytes), "sent: {}", printable(&bytes));
        let address: u8 = request[1..3].parse().unwrap();
        assert!(
            addresses.contains(&address),
            "{request} was asked, {addresses:?} was typed"
        );
    }
    let told: usize = asked.iter().map(|request| request.len() + 1).sum();
    assert_eq!(received, told, "bytes that are no request");
}

fn stop(child: &Child) {
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
}

/// How fast to ask where no inverter has to be spared.
const QUICK: [&str; 6] = ["--pace", "0s", "--timeout", "60ms", "--gap", "30ms"];

#[test]
fn no_bytes_of_a_bus_make_the_program_send_anything_but_reads() {
    let ways: [&[&str]; 4] = [
        &["log"],
        &["log", "--counters"],
        &["read", "--counters"],
        &["scan"],
    ];
    thread::scope(|scope| {
        for (way, seed) in ways
            .iter()
            .flat_map(|way| (0..2).map(move |seed| (way, seed)))
        {
            scope.spawn(move || {
                let bus = Bus::start(hostile(seed * 1000 + u64::try_from(way.len()).unwrap()));
                let directory = TempDir::new().unwrap();
                let (device, logs) = (text(&bus.path), text(directory.path()));
                let mut arguments = vec![way[0], &device, "3-12"];
                arguments.extend((way[0] == "log").then_some(logs.as_str()));
                arguments.extend(way.iter().skip(1).chain(&QUICK));
                let run = run(&arguments);
                assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
                wait_until("ten requests", || bus.asked().len() >= 10);
                expect_reads(&bus, 3..=12);
            });
        }
    });
}

#[test]
fn a_watch_sends_nothing_but_reads_either() {
    let bus = Bus::start(hostile(77));
    let device = text(&bus.path);
    let watch = ["watch", &device, "3-12", "--every", "100ms", "--counters"];
    let watch = start(command(&[&watch[..], &QUICK].concat()));
    wait_until("twenty requests", || bus.asked().len() >= 20);
    stop(&watch.0);
    wait(watch).expect_code(0);
    expect_reads(&bus, 3..=12);
}

#[test]
fn listen_sends_nothing() {
    let bus = Bus::silent();
    let talk = [
        &b"#010\r#01b0100\r"[..],
        &captures::bytes("G4-17"),
        b"\n*124\r\n*02",
        b"#",
    ];
    bus.play_soon(
        talk.map(|bytes| Play::Slowly(bytes.to_vec(), Duration::ZERO))
            .to_vec(),
    );
    let heard = run(&["listen", &text(&bus.path), "--for", "3s"]).expect_code(0);
    assert!(heard.stdout.contains("mpp-track"), "{}", heard.stdout);
    assert_eq!(bus.bytes_received(), 0);
}

#[test]
fn decode_sends_nothing_not_even_to_a_device() {
    let bus = Bus::silent();
    let capture = hex(&captures::bytes("G4-17")) + "\n";
    // The pause before the last byte: what is not read yet is lost with the line.
    let line = Play::Slowly(capture.into_bytes(), Duration::ZERO);
    let end = Play::Slowly(b"\n".to_vec(), Duration::from_secs(1));
    bus.play_soon(vec![line, end, Play::HangUp]);
    let decoded = run(&["decode", &text(&bus.path)]);
    assert!(decoded.stdout.contains("mpp-track"), "{decoded:?}");
    assert_eq!(bus.bytes_received(), 0);
}

/// Answers of a KSTAR inverter that wants the program to say something else: the request itself,
/// requests that set something, replies to what was not asked, floods, from itself and from others.
fn hostile_inverter(seed: u64, module: &str) -> Inverter {
    let mut dice = Dice::new(seed);
    let (ip, stranger) = (address(), address());
    let set = b"\xaa\x55\xb0\x7f\x02\x10\x02\x00\x01\x02\x43";
    let script = move |request: kstar::KstarRequest, _| {
        let noise = dice.bytes(900);
        match dice.roll(8) {
            0 => vec![Answer::Send(request.bytes()), Answer::Send(set.to_vec())],
            1 => vec![
                Answer::SendFrom(stranger, 0, set.to_vec()),
                Answer::SendFrom(stranger, PORT, request.bytes()),
            ],
            2 => vec![Answer::Send(noise); 300],
            3 => vec![
                Answer::Send(kstar::DISCOVERY.to_vec()),
                Answer::Send(b"+ok\r\nAT+Q".to_vec()),
            ],
            4 => vec![Answer::Send(captures::bytes("AA-21"))],
            5 => vec![Answer::Send(inverter::identity("\r\nAT+Z;../"))],
            6 => vec![Answer::Send(vec![]), Answer::Send(vec![0xaa; 1400])],
            _ => vec![],
        }
    };
    Inverter::start(ip, Some(module.as_bytes().to_vec()), Box::new(script))
}

/// Fails unless everything that came to this inverter is one of the three datagrams, on its port.
#[track_caller]
fn expect_datagrams(inverter: &Inverter) {
    for heard in inverter.heard() {
        let datagram = (heard.port, heard.datagram.as_slice());
        assert!(
            DATAGRAMS.contains(&datagram),
            "port {}: {}",
            heard.port,
            printable(&heard.datagram)
        );
    }
}

#[test]
fn no_bytes_of_an_inverter_make_the_program_send_anything_but_reads() {
    // The address that a module names is not the one to poll.
    let bystander = Inverter::start(address(), None, Box::new(|_, _| vec![]));
    let module = format!("{},ACCF23456789,#01b0100\r", bystander.ip);
    let directory = TempDir::new().unwrap();
    let logs = text(directory.path());
    let ways: [&[&str]; 5] = [
        &["read", "--ip"],
        &["log", &logs, "--ip"],
        &["discover", "--broadcast"],
        &["read", "--broadcast"],
        &["watch", "--every", "200ms", "--ip"],
    ];
    thread::scope(|scope| {
        for (seed, way) in (1..).zip(ways) {
            let module = &module;
            scope.spawn(move || {
                let inverter = hostile_inverter(seed, module);
                let ip = inverter.ip.to_string();
                let arguments = [&["kstar"], way, &[ip.as_str()]].concat();
                if way[0] == "watch" {
                    let watch = start(command(&arguments));
                    wait_until("eight datagrams", || inverter.heard().len() >= 8);
                    stop(&watch.0);
                    wait(watch).expect_code(0);
                } else {
                    let runs = if way[0] == "discover" { 1 } else { 3 };
                    for _ in 0..runs {
                        assert!(matches!(run(&arguments).code, Some(0 | 1)));
                    }
                }
                assert!(!inverter.heard().is_empty());
                expect_datagrams(&inverter);
            });
        }
    });
    assert!(bystander.heard().is_empty(), "{:?}", bystander.asked());
}

/// Rust files below `directory`.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files
        .into_iter()
        .chain(folders.iter().flat_map(|folder| sources(folder)))
        .collect()
}

#[test]
fn one_place_in_each_protocol_writes_to_a_link() {
    const WAYS: [&str; 7] = [
        "write_all",
        ".write(",
        "write_buf",
        "try_write",
        ".send_to(",
        "try_send",
        "sendmsg",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut places = Vec::new();
    for folder in ["kaco", "kstar", "link"] {
        for file in sources(&root.join(folder)) {
            let source = fs::read_to_string(&file).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            let name = text(file.strip_prefix(&root).unwrap());
            let calls = source
                .lines()
                .filter(|line| WAYS.iter().any(|way| line.contains(way)));
            places.extend(calls.map(|_| name.clone()));
        }
    }
    places.sort();
    // The recording answers to the bus inside the program: no link to an inverter. The open port
    // gives the system what the bus writes, and nothing of its own.
    let between = ["link/replay.rs", "link/stream.rs"];
    assert_eq!(
        places,
        [&["kaco/bus/line.rs", "kstar/socket.rs"], &between[..]].concat()
    );
}
