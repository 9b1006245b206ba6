//! What cron mails of a plant: faults that begin and end, and inverters that are missed.

use crate::support::bus::at_once;
use crate::support::day::Day;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::{self, Run, signal, text};
use crate::watch::until;
use rustix::process::Signal;
use std::fs;
use tempfile::TempDir;

const FAULTY: &str = "fan-1-failure,398.5,1.56,621,227.8,2.61,585,33,33969,6400xi";

#[test]
fn a_fault_is_reported_when_it_begins() {
    let directory = TempDir::new().unwrap();
    let log = || {
        let arguments = ["log", "sim:fault", "2,4", "--pace", "0s", "--timeout", "5s"];
        let mut command = program::command(&arguments);
        command.arg(directory.path()).env("TZ", Day::Today.zone());
        program::wait(program::start(command)).expect_code(0)
    };
    let first = log();
    assert!(
        first
            .stderr
            .contains("address 02: the inverter reports a fault: "),
        "{first:?}"
    );
    assert!(!first.stderr.contains("address 04"), "{first:?}");
    let second = log();
    assert!(!second.stderr.contains("fault"), "{second:?}");
}

#[test]
fn a_fault_is_reported_when_it_ends() {
    let plant = Plant::new();
    let before = format!("{HEADER}2026-01-01T12:00:00+0100,{FAULTY}\n");
    plant.write("2026-01-01.csv", before);
    let run = plant.log().expect_code(0);
    assert!(
        run.stderr
            .contains("address 02: the fault is over: fan-1-failure"),
        "{run:?}"
    );
    plant.log().expect_silence();
}

/// The clock was ahead for one run: its day stays the newest one for years.
#[test]
fn a_fault_of_a_day_that_is_still_to_come_ends_once() {
    let plant = Plant::new();
    let ahead = format!("{HEADER}2038-01-19T12:00:00+0100,{FAULTY}\n");
    plant.write("2038-01-19.csv", ahead);
    let run = plant.log().expect_code(0);
    assert!(run.stderr.contains("address 02: the fault is over"));
    plant.log().expect_silence();
}

/// A part of a 000xi that is silent, or a damaged status, is not the end of a fault.
#[test]
fn a_status_that_was_not_read_neither_ends_nor_begins_a_fault() {
    let states = ["  4", " 70", " **", " 70", " **", "  4"];
    let plant = Plant::with_script(Box::new(move |_, earlier| {
        let state = states[earlier % states.len()];
        let text = format!("*020 {state} 398.5  1.56   621 227.8  2.61   585  33  33969 ");
        let sum = text.bytes().fold(0_u8, u8::wrapping_add);
        at_once(&[b"\n", text.as_bytes(), &[sum], b" 6400xi\r"].concat())
    }));
    let told = |run: &Run, words: &str| run.stderr.contains(words);
    plant.log().expect_silence();
    assert!(told(
        &plant.log(),
        "address 02: the inverter reports a fault: fan-1-failure"
    ));
    let unread = plant.log();
    assert!(
        told(&unread, "status can't be read") && !told(&unread, "the fault is over"),
        "{unread:?}"
    );
    plant.log().expect_silence();
    assert!(!told(&plant.log(), "the fault is over"));
    assert!(told(
        &plant.log(),
        "address 02: the fault is over: fan-1-failure"
    ));
}

/// Address 2 answers, address 3 gave its last row on that date.
fn with_silent_neighbour(date: &str) -> Plant {
    let plant = Plant::new();
    let folder = plant.directory.path().join("03");
    fs::create_dir_all(&folder).unwrap();
    let rows = format!("{HEADER}{date}T12:00:00+0000,{ROW}\n");
    fs::write(folder.join(format!("{date}.csv")), rows).unwrap();
    plant
}

#[test]
fn an_inverter_that_is_missed_is_reported_once_a_day() {
    let plant = with_silent_neighbour("2026-01-01");
    let run = plant.log_with("2,3", &[]).expect_code(0);
    let due = "address 03: no reading since 2026-01-01 12:00, while others of its bus feed in";
    assert!(run.stderr.contains(due), "{run:?}");
    plant.log_with("2,3", &[]).expect_silence();
    // On the next day again.
    let marker = plant.directory.path().join("03/.silent");
    assert_eq!(
        fs::read_to_string(&marker).unwrap(),
        Day::Today.date().to_string()
    );
    fs::write(&marker, Day::Yesterday.date().to_string()).unwrap();
    let run = plant.log_with("2,3", &[]).expect_code(0);
    assert!(run.stderr.contains(due), "{run:?}");
}

#[test]
fn a_watch_that_logs_reports_a_missed_inverter_too() {
    let plant = with_silent_neighbour("2026-01-01");
    let (device, log) = (text(&plant.bus.path), text(plant.directory.path()));
    let options = ["--pace", "0s", "--every", "100ms", "--log", &log];
    let arguments = [&["watch", &device, "2,3"], &options[..]].concat();
    let watch = program::start(program::command(&arguments));
    let marker = plant.directory.path().join("03/.silent");
    until("the warning", || marker.exists());
    let asked = plant.bus.asked().len();
    until("more rounds", || plant.bus.asked().len() > asked + 10);
    signal(&watch.0, Signal::TERM);
    let run = program::wait(watch).expect_code(0);
    let due = "address 03: no reading since 2026-01-01 12:00, while others of its bus feed in";
    assert_eq!(run.stderr.matches(due).count(), 1, "{run:?}");
}

/// Where it was reported, its next row ends that.
#[test]
fn a_missed_inverter_that_gives_a_row_to_a_watch_is_not_missed_any_more() {
    let plant = Plant::new();
    plant.write(".silent", "2026-01-01");
    let (device, log) = (text(&plant.bus.path), text(plant.directory.path()));
    let watch = program::start(program::command(&[
        "watch", &device, "2", "--pace", "0s", "--log", &log,
    ]));
    until("a row", || plant.path("latest.csv").exists());
    signal(&watch.0, Signal::TERM);
    program::wait(watch).expect_code(0);
    assert!(!plant.path(".silent").exists());
}

#[test]
fn an_inverter_that_was_silent_for_hours_is_not_missed() {
    let today = Day::Today.date().to_string();
    with_silent_neighbour(&today)
        .log_with("2,3", &[])
        .expect_silence();
}

#[test]
fn at_night_none_is_missed() {
    let plant = Plant::silent();
    plant.write(
        "2026-01-01.csv",
        format!("{HEADER}2026-01-01T12:00:00+0100,{ROW}\n"),
    );
    plant.log_with("2", &[]).expect_silence();
}
