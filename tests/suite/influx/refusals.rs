//! Databases that do not do what they should: rows are safe, messages name the cure, no password is
//! shown.

use super::{file, seconds, seconds_of};
use crate::support::captures::bytes;
use crate::support::database::{Answer, Database};
use crate::support::day::Day;
use crate::support::names::Mute;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::{run, start, text, wait};
use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[test]
fn every_refusal_has_its_cure_and_costs_no_row() {
    for (answer, said, cure) in [
        (
            Answer::Status(500, "", "full \x1b[2J"),
            "answers 500: full \\x1b[2J",
            "see its log",
        ),
        (Answer::Status(503, "", ""), "answers 503", "see its log"),
        (
            Answer::Status(429, "Retry-After: 9999999\r\n", "slow down"),
            "answers 429",
            "its log",
        ),
        (
            Answer::Status(401, "", "bad secret c2VjcmV0"),
            "answers 401: bad ... c2VjcmV0",
            "INFLUX_TOKEN",
        ),
        (
            Answer::Status(403, "", ""),
            "answers 403",
            "--influx-password-file",
        ),
        (
            Answer::Status(404, "", "database not found"),
            "database not found",
            "/api/v2/write",
        ),
        (
            Answer::Status(413, "", ""),
            "answers 413",
            "allow longer requests",
        ),
        (
            Answer::Status(400, "", "unable to parse"),
            "unable to parse",
            "does not take",
        ),
        (
            Answer::Status(307, "Location: http://127.0.0.1:1/\r\n", ""),
            "answers 307",
            "not followed",
        ),
        (
            Answer::Bytes(""),
            "closed the connection",
            "Rows that are logged",
        ),
        (
            Answer::Bytes("HTTP/1.1 204 No"),
            "closed the connection",
            "Rows that are logged",
        ),
        (
            Answer::Bytes("SSH-2.0-OpenSSH\r\n"),
            "not an HTTP server",
            "not a database",
        ),
    ] {
        let plant = Plant::new();
        let (database, is_well) = Database::ill(answer.clone());
        let url = database.url().replace("//", "//ann:secret@");
        let options = ["--influx", url.as_str(), "-vv"];
        let refused = plant.log_with("2", &options).expect_code(1);
        for words in [said, cure] {
            assert!(
                refused.stderr.contains(words),
                "{answer:?}: {words}: {}",
                refused.stderr
            );
        }
        for secret in ["secret", "YW5uOnNlY3JldA"] {
            assert!(
                !refused.stderr.contains(secret),
                "{answer:?}: {}",
                refused.stderr
            );
        }
        assert!(!refused.stderr.contains('\x1b'), "{answer:?}");
        plant.expect_rows(1);
        is_well.store(true, Ordering::Relaxed);
        plant.log_with("2", &["--influx", &url]).expect_silence();
        assert_eq!(
            seconds(&database.taken()),
            seconds_of(&plant.read("latest.csv"))
        );
    }
}

#[test]
fn a_database_that_hangs_is_given_ten_seconds() {
    let plant = Plant::new();
    let database = Database::start(Box::new(|_, _| Answer::Nothing));
    let refused = plant
        .log_with("2", &["--influx", &database.url()])
        .expect_code(1);
    assert!(
        refused.stderr.contains("gave no answer within 10 s"),
        "{}",
        refused.stderr
    );
    assert!(refused.time >= Duration::from_secs(9), "{:?}", refused.time);
    plant.expect_rows(1);
}

#[test]
fn an_address_that_is_gone_does_not_keep_the_next_from_being_tried() {
    let plant = Plant::new();
    let database = Database::good();
    let good: SocketAddr = database.host.parse().unwrap();
    let gone = Mute::start(good.port());
    let url = format!("http://db.example.org:{}/write?db=solar", good.port());
    let mut log = plant.command("2", plant.directory.path(), &["--influx", &url]);
    gone.stand_before(good, &mut log);
    wait(start(log)).expect_silence();
    assert_eq!(database.taken().len(), 1);
}

#[test]
fn a_long_batch_is_halved_until_it_is_taken() {
    let plant = Plant::new();
    let database = Database::start(Box::new(|request, _| match request.lines.len() {
        0..=20 => Answer::Taken,
        _ => Answer::Status(413, "", ""),
    }));
    plant.write(&Day::Today.file(), file(Day::Today, 100));
    plant
        .log_with("2", &["--influx", &database.url()])
        .expect_silence();
    assert_eq!(
        seconds(&database.taken()),
        seconds_of(&plant.read("latest.csv"))
    );
    assert!(database.requests().len() < 20);
}

#[test]
fn a_token_that_every_user_can_read_is_reported_once_and_used() {
    let plant = Plant::new();
    plant.write("token", "secret");
    let file = text(&plant.path("token"));
    let database = Database::start(Box::new(|_, _| Answer::Taken));
    let options = ["--influx", &database.url(), "--influx-token-file", &file];
    for (mode, warnings) in [(0o604, 1), (0o640, 0)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let run = plant.log_with("2", &options).expect_code(0);
        let told = format!("warning: every user of this machine can read the token file {file}: ");
        assert_eq!(
            run.stderr.matches(&told).count(),
            warnings,
            "{}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), warnings, "{}", run.stderr);
    }
}

/// Refuses a batch with a line that has this in it.
fn refusing(bad: &'static str) -> Database {
    Database::start(Box::new(move |request, _| {
        match request.lines.iter().any(|line| line.contains(bad)) {
            true => Answer::Status(400, "", "field type conflict"),
            false => Answer::Taken,
        }
    }))
}

#[test]
fn a_row_that_is_not_taken_is_named_and_skipped() {
    let plant = Plant::new();
    let mut log = file(Day::Today, 60).replace("T00:00:00+0000,mpp-track", "T00:00:00+0000,night");
    log = log.replace("T00:40:00+0000,mpp-track", "T00:40:00+0000,night");
    plant.write(&Day::Today.file(), log);
    let database = refusing("\"night\"");
    let said = plant
        .log_with("2", &["--influx", &database.url()])
        .expect_code(0)
        .stderr;
    assert_eq!(
        said.matches("the database does not take it").count(),
        1,
        "{said}"
    );
    assert!(
        said.contains("address 02: ") && said.contains("field type conflict"),
        "{said}"
    );
    let times = seconds_of(&plant.read("latest.csv"));
    let mut due: Vec<i64> = times
        .iter()
        .copied()
        .filter(|time| *time != times[0] && *time != times[40])
        .collect();
    // The row of this run comes last in the file; its time depends on the hour.
    due.sort_unstable();
    let mut taken = seconds(&database.taken());
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken, due);
    plant
        .log_with("2", &["--influx", &database.url()])
        .expect_silence();
}

#[test]
fn an_inverter_of_which_nothing_is_taken_waits_and_holds_up_no_other() {
    let replies = [("#020", bytes("G4-17")), ("#030", bytes("G4-19"))];
    let plant = Plant::with_replies(&replies);
    plant.write(&Day::Today.file(), file(Day::Today, 60));
    let database = refusing(",address=2,");
    let options = ["--influx", &database.url()];
    for _ in 0..2 {
        let refused = plant.log_with("2,3", &options).expect_code(1);
        assert!(
            refused.stderr.contains("field type conflict"),
            "{}",
            refused.stderr
        );
    }
    let taken = database.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(
        taken.iter().all(|line| line.contains(",address=3,")),
        "{taken:?}"
    );
    assert!(database.requests().len() < 40);
    // It was the database: nothing is lost.
    let well = Database::good();
    plant
        .log_with("2", &["--influx", &well.url()])
        .expect_silence();
    assert_eq!(well.taken().len(), 63);
    assert!(plant.read("latest.csv").starts_with(HEADER) && plant.read("latest.csv").contains(ROW));
}

#[test]
fn invalid_urls_are_reported_without_repeating_them() {
    for url in [
        "http://ann:secret@",
        "mqtt://ann:secret@host",
        "http://h/write?p=secret",
    ] {
        let told = run(&["log", "sim:", "2", "/nonexistent/x", "--influx", url]).expect_code(2);
        assert!(told.stderr.contains("--influx"), "{}", told.stderr);
        assert!(
            !told.stderr.contains("secret") && !told.stderr.contains("ann"),
            "{}",
            told.stderr
        );
    }
    let told = run(&[
        "log",
        "sim:",
        "2",
        "/nonexistent/x",
        "--influx-since",
        "May",
    ])
    .expect_code(2);
    assert!(
        told.stderr.contains("write a day such as 2026-05-03"),
        "{}",
        told.stderr
    );
}
