//! `watch --influx`: polling keeps its pace whatever the database does.

use super::{file, seconds, seconds_of};
use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::database::{Answer, Database};
use crate::support::day::Day;
use crate::support::disk::Disk;
use crate::support::plant::Plant;
use crate::support::program::{PATIENT, command, signal, start, text, wait, wait_until};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Child;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tempfile::TempDir;

/// Polls address 2 all the time.
fn watch(bus: &Bus, options: &[&str]) -> (Child, Instant) {
    let device = text(&bus.path);
    let every = ["watch", &device, "2", "--every", "300ms"];
    let mut command = command(&[every.as_slice(), &PATIENT, options].concat());
    command.env("TZ", Day::Today.zone());
    start(command)
}

#[test]
fn polling_keeps_its_pace_while_the_database_hangs_and_all_is_caught_up() {
    let plant = Plant::new();
    // What the database answers, and to how many requests it did.
    let mood = Arc::new(Mutex::new((Answer::Nothing, 0)));
    let now = Arc::clone(&mood);
    let database = Database::start(Box::new(move |_, _| {
        let (answer, given) = &mut *now.lock().unwrap();
        *given += 1;
        answer.clone()
    }));
    let change = |answer| *mood.lock().unwrap() = (answer, 0);
    let has_answered = || mood.lock().unwrap().1 > 0;
    plant.write(&Day::Yesterday.file(), file(Day::Yesterday, 600));
    let logs = text(plant.directory.path());
    let watch = watch(&plant.bus, &["--log", &logs, "--influx", &database.url()]);
    let rows = || match std::fs::read_to_string(plant.path("latest.csv")) {
        Ok(log) => seconds_of(&log).len(),
        Err(_) => 0,
    };
    wait_until("a request", has_answered);
    let before = rows();
    wait_until("ten rounds while it hangs", || rows() >= before + 10);
    for wrong in [
        Answer::Status(429, "Retry-After: 1\r\n", ""),
        Answer::Bytes("HTTP/1.1 2"),
    ] {
        change(wrong);
        wait_until("another request", has_answered);
    }
    change(Answer::Taken);
    wait_until("all is caught up", || {
        database.taken().len() >= 600 + rows()
    });
    // The program knows of it when it pushes what came afterwards.
    let caught_up = database.taken().len();
    wait_until("two rounds more", || {
        database.taken().len() >= caught_up + 2
    });
    // With a request that hangs: rows that are taken while the program ends are pushed once more.
    change(Answer::Nothing);
    wait_until("a request that hangs", has_answered);
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    assert_eq!(
        run.stderr.matches("trying again until it works").count(),
        1,
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("rows are pushed again"),
        "{}",
        run.stderr
    );
    let all = plant.read(&Day::Yesterday.file()) + &plant.read("latest.csv");
    let due = seconds_of(&all);
    let taken = seconds(&database.taken());
    assert_eq!(taken[..600], due[..600]);
    assert!(taken.is_sorted());
    // What the last round gave comes with the next start, and nothing else.
    let count = taken.len();
    change(Answer::Taken);
    plant
        .log_with("2", &["--influx", &database.url()])
        .expect_silence();
    let all = plant.read(&Day::Yesterday.file()) + &plant.read("latest.csv");
    let taken = seconds(&database.taken());
    assert_eq!(taken.len(), seconds_of(&all).len(), "{count}");
}

/// A worn SD card; what waits on it was read before, and can still be read.
#[test]
fn rows_of_a_disk_that_became_read_only_are_pushed() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let (database, is_well) = Database::ill(Answer::Status(500, "", ""));
    let disk = Disk::new();
    let yesterday = file(Day::Yesterday, 30);
    fs::create_dir(disk.path().join("02")).unwrap();
    fs::write(
        disk.path().join("02").join(Day::Yesterday.file()),
        &yesterday,
    )
    .unwrap();
    let logs = text(disk.path());
    let watch = watch(&bus, &["--log", &logs, "--influx", &database.url()]);
    let latest = disk.path().join("02/latest.csv");
    wait_until("a refusal and a row", || {
        !database.requests().is_empty() && latest.exists()
    });
    disk.make_read_only();
    let asked = bus.asked().len();
    wait_until("rounds without rows", || bus.asked().len() > asked + 5);
    is_well.store(true, Ordering::Relaxed);
    let today = fs::read_to_string(&latest).unwrap();
    let due = [seconds_of(&yesterday), seconds_of(&today)].concat();
    wait_until("all is pushed", || database.taken().len() >= due.len());
    assert_eq!(seconds(&database.taken()), due);
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(1);
    assert!(!run.stderr.contains("can't be read"), "{}", run.stderr);
}

/// A file that can't be read is reported once, and is pushed when it can be read again.
#[test]
fn an_unreadable_file_is_reported_once_and_costs_no_row() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let (database, directory) = (Database::good(), TempDir::new().unwrap());
    let folder = directory.path().join("02");
    let day = folder.join(Day::Yesterday.file());
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(".influx"), "through 2020-01-01\n").unwrap();
    // Not a file, until the link to it is exchanged for it.
    let elsewhere = directory.path().join("elsewhere.csv");
    let yesterday = file(Day::Yesterday, 3);
    fs::write(&elsewhere, &yesterday).unwrap();
    symlink(&elsewhere, &day).unwrap();
    let logs = text(directory.path());
    let watch = watch(&bus, &["--log", &logs, "--influx", &database.url()]);
    wait_until("rows of today", || database.taken().len() > 5);
    fs::rename(&elsewhere, &day).unwrap();
    let due = seconds_of(&yesterday);
    wait_until("rows of yesterday", || {
        let taken = seconds(&database.taken());
        due.iter().all(|due| taken.contains(due))
    });
    signal(&watch.0, Signal::TERM);
    let run = wait(watch);
    for message in ["it can't be read: ", "it can be read again"] {
        assert_eq!(run.stderr.matches(message).count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_connection_is_kept_and_made_again() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let database = Database::start(Box::new(|_, earlier| match earlier {
        // As a server does whose patience is over.
        2 => Answer::Bytes("HTTP/1.1 204 No Content\r\n\r\n"),
        _ => Answer::Taken,
    }));
    let watch = watch(&bus, &["--influx", &database.url()]);
    wait_until("six requests", || database.requests().len() >= 6);
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    assert_eq!(run.stderr, "");
    assert!(
        database
            .taken()
            .iter()
            .all(|line| line.contains(",address=2,"))
    );
}

#[test]
fn without_a_log_the_newest_reading_is_pushed_when_the_database_is_back() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let (database, is_well) = Database::ill(Answer::Status(500, "", ""));
    let watch = watch(&bus, &["--influx", &database.url()]);
    wait_until("refusals", || database.requests().len() >= 2);
    is_well.store(true, Ordering::Relaxed);
    // The program knows that it is well when it pushes what came afterwards.
    wait_until("three lines", || database.taken().len() >= 3);
    let requests = database.requests();
    assert!(
        requests.iter().all(|request| request.lines.len() == 1),
        "{requests:?}"
    );
    signal(&watch.0, Signal::TERM);
    wait(watch).expect_code(0);
}
