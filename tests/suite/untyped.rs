//! Replies of XP inverters with old firmware that lose their end, which no checksum guards: the log
//! stays what it is.

use crate::polling::at_address;
use crate::support::bus::{Bus, at_once};
use crate::support::day::Day;
use crate::support::plant::Plant;
use crate::support::program::{command, signal, start, text, wait, wait_until};
use rustix::process::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::spawn;
use tempfile::TempDir;

const HEADER: &str = "# datetime, status, DC Voltage, DC Current, DC Power, AC Voltage, AC Current, AC Power, Device temperature, Daily yield, Total yield, Type\n";
const WHOLE: &str = "35,492.9,80.60,39700,381.3,61.80,39200,34,262100,5751,100k";
const CUT: &str = "35,492.9,80.60,39700,381.3,61.80,39200,34,262100,,";

/// The reply of an XP inverter at address 2 up to its checksum, and what follows.
fn pieces() -> (Vec<u8>, Vec<u8>) {
    let frame = at_address("ST-27", 2);
    let tail = b" 100k  5751\r".len();
    let (values, tail) = frame.split_at(frame.len() - tail);
    (values.to_vec(), tail.to_vec())
}

/// Ways to lose the type on the line: what comes in time, and what comes when the next request is
/// sent.
fn losses() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let (values, tail) = pieces();
    let without_end = [&values[..], &tail[..tail.len() - 1]].concat();
    let wrong = [&values[..], b"\r", &tail[1..]].concat();
    vec![
        ("no tail", values.clone(), vec![]),
        ("no CR", without_end, vec![]),
        ("a wrong byte", wrong, vec![]),
        ("a pause before the tail", values, tail),
    ]
}

/// Many rounds in a short time, and patience with a busy machine.
const QUICK: [&str; 8] = [
    "--every",
    "50ms",
    "--pace",
    "0s",
    "--gap",
    "20ms",
    "--timeout",
    "5s",
];

#[test]
fn a_reply_that_lost_its_type_is_asked_for_again() {
    for (what, loss, late) in losses() {
        let whole = [late, at_address("ST-27", 2)].concat();
        let plant = Plant::with_script(Box::new(move |_, count| match count {
            0 => at_once(&loss),
            _ => at_once(&whole),
        }));
        plant.log().expect_silence();
        plant.expect_text(HEADER, &[WHOLE]);
        assert_eq!(plant.bus.asked().len(), 2, "{what}");
    }
}

#[test]
fn an_inverter_that_is_known_keeps_its_columns_without_its_type() {
    for (what, loss, late) in losses() {
        let whole = at_address("ST-27", 2);
        let plant = Plant::with_script(Box::new(move |_, count| match count {
            0 => at_once(&whole),
            1 => at_once(&loss),
            4 => at_once(&[&late[..], &whole].concat()),
            _ => at_once(&[&late[..], &loss].concat()),
        }));
        for _ in 0..3 {
            plant.log().expect_silence();
        }
        plant.expect_text(HEADER, &[WHOLE, CUT, WHOLE]);
        assert_eq!(plant.names().len(), 2, "{what}: {:?}", plant.names());
    }
}

#[test]
fn the_first_row_of_a_day_has_the_columns_of_the_day_before() {
    let (values, _) = pieces();
    let plant = Plant::with_script(Box::new(move |_, count| match count {
        0 => at_once(&at_address("ST-27", 2)),
        _ => at_once(&values),
    }));
    plant.log_on(Day::Yesterday).expect_silence();
    plant.log().expect_silence();
    plant.expect_text(HEADER, &[CUT]);
}

/// The link is lost, opened again, and lost once more: then the watch waits for it.
#[test]
fn a_lost_link_does_not_make_another_inverter_of_an_xp() {
    let (values, _) = pieces();
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let device = format!("tcp://{}", gateway.local_addr().unwrap());
    let whole = at_address("ST-27", 2);
    spawn(move || {
        let (mut first, _) = gateway.accept().unwrap();
        first.read_exact(&mut [0; 5]).unwrap();
        first.write_all(&whole).unwrap();
        first.read_exact(&mut [0; 5]).unwrap();
        drop(first);
        drop(gateway.accept().unwrap());
        let (mut last, _) = gateway.accept().unwrap();
        while last.read_exact(&mut [0; 5]).is_ok() {
            last.write_all(&values).unwrap();
        }
    });
    let watch = ["watch", &device, "2", "--silent"];
    let mut child = start(command(&[&watch[..], &QUICK].concat()));
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let back = lines
        .map(Result::unwrap)
        .find(|line| line.contains("the connection is back"));
    assert!(back.is_some());
    signal(&child.0, Signal::TERM);
    let run = wait(child).expect_code(1);
    // No XP has an implausible AC voltage.
    assert_eq!(run.stderr.matches("warning").count(), 2, "{}", run.stderr);
}

#[test]
fn a_watch_remembers_which_inverters_are_xp() {
    let (values, _) = pieces();
    let bus = Bus::start(Box::new(move |request, count| match (request, count) {
        ("#020", 0) => at_once(&at_address("ST-27", 2)),
        ("#020", _) => at_once(&values),
        _ => vec![],
    }));
    let directory = TempDir::new().unwrap();
    let metrics = directory.path().join("kaco.prom");
    let (device, metrics_file) = (text(&bus.path), text(&metrics));
    let arguments = [
        "watch",
        &device,
        "2",
        "--silent",
        "--textfile",
        &metrics_file,
    ];
    let child = start(command(&[&arguments[..], &QUICK].concat()));
    // Two whole rounds without a type: the metrics are those of the last.
    wait_until("some rounds", || bus.asked().len() > 1 + 3 * 2);
    signal(&child.0, Signal::TERM);
    let run = wait(child).expect_code(0);
    // No XP has an implausible AC voltage; an unknown state is not a fault.
    assert_eq!(run.stderr, "");
    assert!(run.stdout.lines().count() == 1, "{}", run.stdout);
    let metrics = fs::read_to_string(metrics).unwrap();
    assert!(metrics.contains("} 381.3"), "{metrics}");
    assert!(!metrics.contains("shutdown"), "{metrics}");
}
