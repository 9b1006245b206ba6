//! Clocks that are wrong, jump, or repeat an hour: every row stands in the file of its local date
//! with the right offset, and nothing that is there is overwritten.

use super::figures::figures;
use crate::support::bus::{Gate, at_once};
use crate::support::captures::bytes;
use crate::support::day::Day;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::{Run, command, start, text, wait, wait_until};
use crate::support::shim;
use chrono::DateTime;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// Where the plant is.
const BERLIN: &str = "Europe/Berlin";
/// The same as a rule, for machines without the names of zones.
const BERLIN_BY_RULE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
/// The hour changes at midnight: there is a day that starts at one, and one whose last hour comes
/// twice.
const SAO_PAULO_BY_RULE: &str = "<-03>3<-02>,M10.3.0/0,M2.3.0/0";

/// The clock of one plant.
pub struct Clock(TempDir);

impl Clock {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Sets it to this time in UTC.
    pub fn set(&self, time: &str) {
        let time =
            DateTime::parse_from_rfc3339(time).unwrap_or_else(|error| panic!("{time}: {error}"));
        // Whole at any moment: the program may be looking.
        let (new, file) = (self.0.path().join("new"), self.0.path().join("clock"));
        fs::write(&new, time.timestamp().to_string()).unwrap();
        fs::rename(new, file).unwrap();
    }

    pub fn rule(&self, command: &mut Command, zone: &str) {
        shim::load(command, &shim::CLOCKS)
            .env("CLOCK", self.0.path().join("clock"))
            .env("TZ", zone);
    }
}

/// Logs at these times in UTC, one after the other; each row must have its local time, and stand
/// behind the rows that were in the file of its local date before. Gives how many rows there were.
#[track_caller]
fn expect_rows(zone: &str, times: &[(&str, &str)]) -> usize {
    let (plant, clock) = (Plant::new(), Clock::new());
    let mut files: Vec<(String, String)> = Vec::new();
    for (time, local) in times {
        clock.set(time);
        let mut command = plant.command("2", plant.directory.path(), &[]);
        clock.rule(&mut command, zone);
        wait(start(command)).expect_silence();
        let date = local.split('T').next().unwrap();
        let file = format!("{date}.csv");
        let row = format!("{local},{ROW}\n");
        let content = match files.iter_mut().find(|(name, _)| *name == file) {
            Some((_, content)) => {
                content.push_str(&row);
                content.clone()
            }
            None => {
                files.push((file.clone(), format!("{HEADER}{row}")));
                format!("{HEADER}{row}")
            }
        };
        for (name, content) in &files {
            assert_eq!(&plant.read(name), content, "{zone}, {time}: {name}");
        }
        assert_eq!(plant.read("latest.csv"), content, "{zone}, {time}");
        assert_eq!(plant.names().len(), files.len() + 1, "{zone}, {time}");
    }
    times.len()
}

#[test]
fn the_hour_that_comes_twice_and_the_one_that_never_comes() {
    let mut rows = 0;
    for zone in [BERLIN, BERLIN_BY_RULE] {
        rows += expect_rows(
            zone,
            &[
                ("2026-03-29T00:59:59Z", "2026-03-29T01:59:59+0100"),
                ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00+0200"),
                ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+0200"),
                ("2026-10-25T00:59:59Z", "2026-10-25T02:59:59+0200"),
                ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00+0100"),
                ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00+0100"),
            ],
        );
    }
    rows += expect_rows(
        SAO_PAULO_BY_RULE,
        &[
            ("2026-10-18T02:59:59Z", "2026-10-17T23:59:59-0300"),
            ("2026-10-18T03:00:00Z", "2026-10-18T01:00:00-0200"),
            ("2027-02-21T01:30:00Z", "2027-02-20T23:30:00-0200"),
            ("2027-02-21T02:30:00Z", "2027-02-20T23:30:00-0300"),
            ("2027-02-21T03:00:00Z", "2027-02-21T00:00:00-0300"),
        ],
    );
    figures("hours that come twice or never", rows, rows, 0);
}

#[test]
fn days_that_are_rare() {
    let rows = expect_rows(
        BERLIN_BY_RULE,
        &[
            ("2028-02-28T22:59:59Z", "2028-02-28T23:59:59+0100"),
            ("2028-02-28T23:00:00Z", "2028-02-29T00:00:00+0100"),
            ("2028-02-29T22:59:59Z", "2028-02-29T23:59:59+0100"),
            ("2028-02-29T23:00:00Z", "2028-03-01T00:00:00+0100"),
            ("2100-02-28T12:00:00Z", "2100-02-28T13:00:00+0100"),
            ("2100-03-01T12:00:00Z", "2100-03-01T13:00:00+0100"),
            ("2026-12-31T22:59:59Z", "2026-12-31T23:59:59+0100"),
            ("2026-12-31T23:00:00Z", "2027-01-01T00:00:00+0100"),
        ],
    );
    figures("29 February, turn of the year", rows, rows, 0);
}

#[test]
fn a_clock_that_is_far_off() {
    let rows = expect_rows(
        BERLIN_BY_RULE,
        &[
            ("1970-01-01T00:00:00Z", "1970-01-01T01:00:00+0100"),
            ("1999-12-31T23:30:00Z", "2000-01-01T00:30:00+0100"),
            ("2038-01-19T03:14:07Z", "2038-01-19T04:14:07+0100"),
            ("2038-01-19T03:14:08Z", "2038-01-19T04:14:08+0100"),
            ("2106-02-07T06:28:16Z", "2106-02-07T07:28:16+0100"),
            ("9999-12-31T22:00:00Z", "9999-12-31T23:00:00+0100"),
            // Set by the network.
            ("2026-11-20T08:40:17Z", "2026-11-20T09:40:17+0100"),
        ],
    );
    figures("clocks at 1970, 2038, 2106, 9999", rows, rows, 0);
}

#[test]
fn a_clock_before_1970_is_an_error() {
    let (plant, clock) = (Plant::new(), Clock::new());
    for time in ["1969-12-31T23:59:59Z", "1901-12-13T20:45:52Z"] {
        clock.set(time);
        let mut command = plant.command("2", plant.directory.path(), &[]);
        clock.rule(&mut command, BERLIN_BY_RULE);
        let run = wait(start(command)).expect_code(1);
        assert!(
            run.stderr.contains("clock of this machine"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("timedatectl"), "{}", run.stderr);
    }
    assert!(!plant.path("latest.csv").exists());
    let mut command = command(&["explain", "4"]);
    clock.rule(&mut command, BERLIN_BY_RULE);
    wait(start(command)).expect_code(0);
}

#[test]
fn a_clock_that_is_set_back_over_midnight() {
    let mut rows = 0;
    for zone in [BERLIN, BERLIN_BY_RULE, SAO_PAULO_BY_RULE, "UTC0"] {
        let local = |time: &str, zone: &str| match zone {
            SAO_PAULO_BY_RULE => format!("2026-11-{time}-0200"),
            "UTC0" => format!("2026-11-{time}+0000"),
            _ => format!("2026-11-{time}+0100"),
        };
        let hours = match zone {
            SAO_PAULO_BY_RULE => -2,
            "UTC0" => 0,
            _ => 1,
        };
        let utc = |time: &str| {
            let time = format!("2026-11-{time}Z");
            let time = DateTime::parse_from_rfc3339(&time).unwrap();
            (time - chrono::TimeDelta::hours(hours)).to_rfc3339()
        };
        let times = [
            "20T23:40:00",
            "20T23:55:00",
            "21T00:05:00",
            "20T23:50:00", // set back by a quarter of an hour
            "20T23:59:59",
            "21T00:04:00",
            "22T12:00:00", // and far ahead, and back
            "20T23:59:58",
            "21T00:10:00",
        ];
        let times = times.map(|time| (utc(time), local(time, zone)));
        let times: Vec<_> = times
            .iter()
            .map(|(utc, local)| (&**utc, &**local))
            .collect();
        rows += expect_rows(zone, &times);
    }
    figures("clocks set back and ahead over midnight", rows, rows, 0);
}

/// A run whose clock is set to the second time between two polls.
fn run_with_a_break(clock: &Clock, first: &str, second: &str) -> (Plant, Run) {
    let gate = Gate::default();
    let waiting = gate.clone();
    let plant = Plant::with_script(Box::new(move |request, count| {
        if request == "#028" {
            return at_once(b"\n*028 V1.0\r");
        }
        if count == 1 {
            waiting.wait();
        }
        at_once(&bytes("G4-17"))
    }));
    clock.set(first);
    let (device, logs) = (text(&plant.bus.path), text(plant.directory.path()));
    let arguments = [
        "watch",
        &device,
        "2",
        "--log",
        &logs,
        "--every",
        "1s",
        "--pace",
        "0s",
        "--timeout",
        "20s",
    ];
    let mut watch = command(&arguments);
    clock.rule(&mut watch, BERLIN_BY_RULE);
    let running = start(watch);
    wait_until("the second poll", || plant.bus.asked().len() > 2);
    clock.set(second);
    gate.open();
    wait_until("the second row", || plant.bus.asked().len() > 3);
    crate::support::program::signal(&running.0, rustix::process::Signal::TERM);
    let run = wait(running).expect_code(0);
    (plant, run)
}

#[test]
fn a_clock_that_jumps_under_a_run() {
    let clock = Clock::new();
    let jumps = [
        (
            "2026-11-20T22:59:59Z",
            "2026-11-20T23:00:01Z",
            "2026-11-20",
            "2026-11-21",
        ),
        (
            "2026-11-20T23:00:01Z",
            "2026-11-20T22:00:00Z",
            "2026-11-21",
            "2026-11-20",
        ),
        // A Pi without a battery, at the moment at which the network sets its clock.
        (
            "1970-01-01T00:00:10Z",
            "2026-11-20T12:00:00Z",
            "1970-01-01",
            "2026-11-20",
        ),
        (
            "2026-10-25T00:59:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25",
            "2026-10-25",
        ),
    ];
    for (first, second, day, next) in jumps {
        let (plant, run) = run_with_a_break(&clock, first, second);
        assert_eq!(run.stderr, "");
        let rows = |day: &str| plant.read(&format!("{day}.csv")).lines().count() - 1;
        if day == next {
            assert!(rows(day) >= 2);
        } else {
            assert_eq!(rows(day), 1, "{first}");
            assert!(rows(next) >= 1, "{second}");
        }
        assert_eq!(plant.read("latest.csv"), plant.read(&format!("{next}.csv")));
    }
    figures(
        "clocks that jump under watch --log",
        jumps.len(),
        jumps.len(),
        0,
    );
}

#[test]
fn the_tests_have_the_clock_in_hand() {
    // Without this, all of the above could pass with the time of this machine.
    let (plant, clock) = (Plant::new(), Clock::new());
    clock.set("2012-06-01T10:00:00Z");
    let mut command = plant.command("2", plant.directory.path(), &[]);
    clock.rule(&mut command, BERLIN);
    wait(start(command)).expect_silence();
    assert_eq!(plant.names(), ["2012-06-01.csv", "latest.csv"]);
    assert_ne!(Day::Today.file(), "2012-06-01.csv");
}
