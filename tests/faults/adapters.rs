//! An adapter that is unplugged before, during and after a request, and plugged in again or not:
//! every inverter that can be read is read once, and a run never hangs.

use super::figures::figures;
use super::peers::{answer, answering, reply};
use crate::support::bus::{Bus, Play, REPLY_TIME, at_once};
use crate::support::day::Day;
use crate::support::plant::{HEADER, ROW, expect_log};
use crate::support::program::{Run, command, start, text, wait, wait_until};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// When the adapter is unplugged: at which request, what appears on the bus after it, and whether
/// its inverter is read.
type Moment = (&'static str, &'static str, fn(Vec<u8>) -> Vec<Play>, bool);

/// Inverters 2, 3 and 4 are polled, one after the other.
const MOMENTS: [Moment; 6] = [
    (
        "before the second request",
        "#020",
        |reply| later(&reply),
        true,
    ),
    (
        "at the first request",
        "#020",
        |_| vec![Play::Wait(SURE), Play::HangUp],
        false,
    ),
    (
        "before a reply",
        "#030",
        |_| vec![Play::Wait(REPLY_TIME), Play::HangUp],
        false,
    ),
    (
        "in the middle of a reply",
        "#030",
        |reply| {
            let half = reply[..reply.len() / 2].to_vec();
            vec![Play::Wait(REPLY_TIME), Play::Send(half), Play::HangUp]
        },
        false,
    ),
    (
        "after a garbled reply",
        "#030",
        |mut reply| {
            reply[12] ^= 1;
            [at_once(&reply), vec![Play::HangUp]].concat()
        },
        false,
    ),
    ("after the last reply", "#040", |reply| later(&reply), true),
];

/// Time for what takes no time, also on a machine that is busy with other tests.
const SURE: Duration = Duration::from_secs(2);

/// Requests are farther apart than that, and no inverter is silent.
const PATIENCE: [&str; 4] = ["--pace", "4s", "--timeout", "30s"];

/// Replaces the adapter that a run has opened by another one, or by none: the run finds it when it
/// opens the device again.
fn exchange(first: &Bus, device: &Path, next: Option<&Bus>) {
    wait_until("the first request", || !first.asked().is_empty());
    fs::remove_file(device).unwrap();
    if let Some(next) = next {
        symlink(&next.path, device).unwrap();
    }
}

/// A reply, and when it was read for sure, but no further request came, the end.
fn later(reply: &[u8]) -> Vec<Play> {
    let end = [Play::Wait(SURE), Play::HangUp];
    [at_once(reply), end.to_vec()].concat()
}

fn number(request: &str) -> u8 {
    request[1..3].parse().unwrap()
}

/// A run whose adapter is unplugged at this moment; `back`: plugged in again at once, maybe not for
/// long.
fn unplug((what, at, plays, is_read): Moment, back: Option<Bus>) {
    let first = Bus::start(Box::new(move |request, _| {
        if request == at {
            plays(reply(request))
        } else {
            answer(request)
        }
    }));
    let home = TempDir::new().unwrap();
    let (device, logs) = (home.path().join("ttyUSB0"), home.path().join("logs"));
    symlink(&first.path, &device).unwrap();
    let arguments = ["log", &text(&device), "2-4", &text(&logs), "--strict"];
    let mut command = command(&[&arguments, PATIENCE.as_slice()].concat());
    command.env("TZ", Day::Today.zone());
    let running = start(command);
    exchange(&first, &device, back.as_ref());
    let run = wait(running);
    let done: u8 = number(at) - u8::from(!is_read);
    let is_whole = back.is_some() || done == 4;
    for address in 2..=4 {
        let is_there = rows(&logs, address);
        assert_eq!(
            is_there,
            is_whole || address <= done,
            "{what}, {address}: {run:?}"
        );
    }
    check(&run, is_whole, done == 4, &device, what);
    if let Some(back) = &back {
        let asked: Vec<String> = (done + 1..=4)
            .map(|address| format!("#{address:02}0"))
            .collect();
        assert_eq!(back.asked(), asked, "{what}: no inverter is polled twice");
    }
}

/// Whether there is exactly one row of an inverter.
fn rows(logs: &Path, address: u8) -> bool {
    let file = logs.join(format!("{address:02}/latest.csv"));
    match fs::read_to_string(file) {
        Ok(text) => {
            expect_log(&text, HEADER, &[ROW]);
            true
        }
        Err(_) => false,
    }
}

fn check(run: &Run, is_whole: bool, is_quiet: bool, device: &Path, what: &str) {
    assert_eq!(run.stdout, "", "{what}");
    if is_quiet {
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{what}");
    } else {
        assert_eq!(
            run.stderr.matches("opening it again").count(),
            1,
            "{what}: {run:?}"
        );
        assert!(run.stderr.contains(&text(device)), "{what}: {run:?}");
        assert_eq!(
            run.code,
            Some(if is_whole { 0 } else { 1 }),
            "{what}: {run:?}"
        );
        assert_eq!(run.stderr.contains("error: "), !is_whole, "{what}: {run:?}");
    }
}

#[test]
fn unplugged_at_any_moment() {
    let tries = MOMENTS
        .into_iter()
        .flat_map(|moment| [(moment, false), (moment, true)]);
    let threads: Vec<_> = tries
        .map(|(moment, is_back)| thread::spawn(move || unplug(moment, is_back.then(answering))))
        .collect();
    let tried = threads.len();
    for thread in threads {
        thread.join().unwrap();
    }
    figures(
        "an adapter unplugged, and plugged in again or not",
        tried,
        tried,
        0,
    );
}

#[test]
fn unplugged_a_second_time() {
    // Once is an accident; after that the rest is left to the next run.
    let first = Bus::start(Box::new(|request, _| match request {
        "#020" => answer(request),
        _ => vec![Play::HangUp],
    }));
    let second = Bus::start(Box::new(|request, _| match request {
        "#030" => answer(request),
        _ => vec![Play::HangUp],
    }));
    let home = TempDir::new().unwrap();
    let (device, logs) = (home.path().join("ttyUSB0"), home.path().join("logs"));
    symlink(&first.path, &device).unwrap();
    let arguments = ["log", &text(&device), "2-4", &text(&logs)];
    let running = start(command(&[&arguments, PATIENCE.as_slice()].concat()));
    exchange(&first, &device, Some(&second));
    let run = wait(running).expect_code(1);
    assert!(
        run.stderr.contains("the rows read so far are kept"),
        "{}",
        run.stderr
    );
    assert_eq!(
        [2, 3, 4].map(|address| rows(&logs, address)),
        [true, true, false]
    );
}
