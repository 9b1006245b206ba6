//! What does not work: exit 1 with the broker and the reason, in time, the row kept, no password
//! anywhere.

use crate::support::broker::{Broker, OPEN};
use crate::support::plant::{Plant, ROW};
use crate::support::program::{Run, command, run, start, text, wait};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// What is never to be seen, written as in a URL.
const PASSWORD: &str = "s%65cret%3A1";

/// A broker that lets in ann, whose password is [`PASSWORD`], and no other user.
fn closed_broker(directory: &Path) -> Broker {
    let users = text(&directory.join("users"));
    let made = Command::new("mosquitto_passwd")
        .args(["-b", "-c", &users, "ann", "secret:1"])
        .status();
    assert!(made.unwrap().success());
    Broker::start(&format!("allow_anonymous false\npassword_file {users}"))
}

#[track_caller]
fn hides_the_login(run: Run) -> Run {
    for shown in [&run.stdout, &run.stderr] {
        for secret in ["secret", PASSWORD, "ann"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    run
}

#[test]
fn access_needs_the_right_login() {
    let directory = TempDir::new().unwrap();
    let broker = closed_broker(directory.path());
    let host = broker.host();
    let plant = Plant::new();
    let good = format!("mqtt://ann:{PASSWORD}@{host}");
    let wrong = format!("mqtt://ann:not{PASSWORD}@{host}");
    for (verbosity, url) in [("-q", &wrong), ("-vvv", &wrong), ("-q", &host)] {
        let run = plant
            .log_with("2", &[verbosity, "--mqtt", url])
            .expect_code(1);
        let reason = format!("mqtt://{host}: not authorized");
        assert!(run.stderr.contains(&reason), "{}", run.stderr);
        hides_the_login(run);
    }
    let run = plant
        .log_with("2", &["-vvv", "--mqtt", &good])
        .expect_code(0);
    assert!(run.stderr.contains("kaco/02/state"), "{}", run.stderr);
    hides_the_login(run);
    plant.expect_text(crate::support::plant::HEADER, &[ROW; 4]);
}

#[test]
fn the_password_from_elsewhere() {
    let directory = TempDir::new().unwrap();
    let broker = closed_broker(directory.path());
    let host = broker.host();
    let file = directory.path().join("password");
    fs::write(&file, "secret:1\n").unwrap();
    let (file, missing) = (text(&file), text(&directory.path().join("missing")));
    let url = format!("mqtt://ann@{host}");
    let read = |options: &[&str], user: &str, password: &str| {
        let arguments = ["read", "sim:", "2", "--pace", "0s", "-vvv"];
        let mut command = command(&[&arguments[..], options].concat());
        command
            .env("MQTT_USERNAME", user)
            .env("MQTT_PASSWORD", password);
        hides_the_login(wait(start(command)))
    };
    read(&["--mqtt", &host], "ann", "secret:1").expect_code(0);
    read(&["--mqtt", &url], "", "secret:1").expect_code(0);
    for (mode, warnings) in [(0o644, 1), (0o640, 0), (0o600, 0)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let of_file = ["--mqtt", &url, "--mqtt-password-file", &file];
        let run = read(&of_file, "", "wrong").expect_code(0);
        let warning = format!("can read the password file {file}: `chmod o= {file}`");
        let told = run.stderr.matches(&warning).count();
        assert_eq!(told, warnings, "{mode:o}: {}", run.stderr);
    }
    // As editors of Windows save them.
    read(&["--mqtt", &host], "ann\r", "secret:1\r").expect_code(0);
    fs::write(&file, "\u{feff}secret:1\r\n").unwrap();
    read(&["--mqtt", &url, "--mqtt-password-file", &file], "", "").expect_code(0);
    read(&["--mqtt", &url], "", "wrong").expect_code(1);
    let run = read(&["--mqtt", &host], "", "secret:1").expect_code(1);
    assert!(
        run.stderr.contains("a password without a user"),
        "{}",
        run.stderr
    );
    let run = read(&["--mqtt", &url, "--mqtt-password-file", &missing], "", "").expect_code(1);
    assert!(
        run.stderr.contains("/missing: No such file"),
        "{}",
        run.stderr
    );
}

#[test]
fn usage_errors_do_not_repeat_the_url() {
    let bad = format!("mqtt://ann:{PASSWORD}@host/topic");
    for variable in [None, Some("MQTT_CONNECTION_STRING"), Some("MQTT")] {
        let mut arguments = vec!["read", "sim:", "2"];
        arguments.extend(variable.map_or_else(|| vec!["--mqtt", &bad], |_| vec![]));
        let mut command = command(&arguments);
        if let Some(variable) = variable {
            command.env(variable, &bad);
        }
        let run = hides_the_login(wait(start(command))).expect_code(2);
        assert!(
            run.stderr.contains("is not a broker: nothing may follow"),
            "{}",
            run.stderr
        );
    }
    for option in [["--mqtt", ""], ["--mqtt-qos", "2"], ["--topic", "a/#"]] {
        run(&["read", "sim:", "2", "--mqtt", "host", option[0], option[1]]).expect_code(2);
    }
}

#[test]
fn help_shows_no_variable() {
    for help in ["-h", "--help"] {
        let mut command = command(&["log", help]);
        command
            .env("MQTT", format!("mqtt://ann:{PASSWORD}@host"))
            .env("MQTT_USERNAME", "ann")
            .env("MQTT_PASSWORD", "secret:1");
        let run = wait(start(command)).expect_code(0);
        assert!(run.stdout.contains("--mqtt <URL>"), "{}", run.stdout);
        assert!(!run.stdout.contains("secret") && !run.stdout.contains("ann:"));
    }
}

#[test]
fn a_gateway_that_does_not_listen() {
    let mut broker = Broker::start(OPEN);
    broker.stop();
    let plant = Plant::new();
    let run = plant
        .log_with("2", &["--mqtt", &broker.host()])
        .expect_code(1);
    let reason = format!(
        "mqtt://{} can't be reached: Connection refused",
        broker.host()
    );
    assert!(run.stderr.contains(&reason), "{}", run.stderr);
    plant.expect_text(crate::support::plant::HEADER, &[ROW]);
    let run = plant
        .log_with("2", &["--mqtt", "no.such.host.invalid"])
        .expect_code(1);
    assert!(
        run.stderr.contains("mqtt://no.such.host.invalid:1883"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_broker_in_a_wrong_place_hides_its_password_and_is_not_a_folder() {
    let url = format!("mqtt://ann:{PASSWORD}@host");
    let directory = tempfile::TempDir::new().unwrap();
    for words in [
        vec!["log", "sim:", "2", "d", &url],
        vec!["log", "sim:", "2", &url],
        vec!["log", &url, "2", "d"],
        vec!["log", "sim:", &url, "d"],
        vec!["kstar", "log", &url],
        vec!["watch", "sim:", "2", "--log", &url],
        vec!["read", "sim:", "2", "--pace", &url],
    ] {
        let mut command = command(&words);
        command.current_dir(directory.path());
        let run = hides_the_login(wait(start(command))).expect_code(2);
        assert!(!run.stderr.is_empty(), "{words:?}");
        assert_eq!(
            std::fs::read_dir(directory.path()).unwrap().count(),
            0,
            "{words:?}"
        );
    }
}

#[test]
fn a_run_that_knows_a_password_leaves_no_core() {
    let url = format!("mqtt://ann:{PASSWORD}@127.0.0.1:9");
    let watch = start(command(&["watch", "sim:", "2", "--mqtt", &url]));
    let limits = format!("/proc/{}/limits", watch.0.id());
    let has_none = || {
        let limits = std::fs::read_to_string(&limits).unwrap_or_default();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let core = core.unwrap_or_default().split_whitespace();
        core.skip(4).take(2).eq(["0", "0"])
    };
    crate::support::program::wait_until("the limit of core files", has_none);
    crate::support::program::signal(&watch.0, rustix::process::Signal::TERM);
    hides_the_login(wait(watch));
}
