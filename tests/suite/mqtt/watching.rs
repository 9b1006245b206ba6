//! `watch --mqtt`: one connection for as long as it runs, whatever the broker does.

use crate::support::broker::{Broker, Heard, Listener, OPEN};
use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::program::{PATIENT, command, signal, start, text, wait, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn states(listener: &Listener) -> Vec<Heard> {
    let is_state = |heard: &Heard| heard.topic == "kaco/02/state";
    listener.heard().into_iter().filter(is_state).collect()
}

#[test]
fn state_flows_again_after_the_broker_restarted() {
    let mut broker = Broker::start(OPEN);
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let directory = TempDir::new().unwrap();
    let (device, logs, host) = (text(&bus.path), text(directory.path()), broker.host());
    let listener = broker.listen();
    let watch = [
        "watch", &device, "2", "--every", "300ms", "--log", &logs, "--mqtt", &host,
    ];
    let arguments = [watch.as_slice(), &PATIENT].concat();
    let mut watch = command(&arguments);
    let home = TempDir::new().unwrap();
    let messages = home.path().join("messages");
    watch
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&messages).unwrap());
    let watch = (watch.spawn().unwrap(), Instant::now());
    wait_until("two states", || states(&listener).len() >= 2);
    let config = |heard: &Heard| {
        heard.topic == "homeassistant/sensor/kaco_02/ac_power/config" && heard.is_retained
    };
    assert_eq!(
        listener.heard().into_iter().filter(config).count(),
        1,
        "announced once"
    );
    assert!(
        states(&listener)
            .iter()
            .all(|heard| !heard.is_retained && heard.json()["ac_power"] == 585)
    );

    drop(listener);
    broker.stop();
    std::thread::sleep(Duration::from_secs(2));
    let rows = || {
        fs::read_to_string(directory.path().join("02/latest.csv"))
            .unwrap()
            .lines()
            .count()
    };
    let before = rows();
    wait_until("a row without a broker", || rows() > before);
    broker.start_again();
    let listener = broker.listen();
    wait_until("state again", || states(&listener).len() >= 2);
    let said = |words: &str| {
        fs::read_to_string(&messages)
            .unwrap()
            .matches(words)
            .count()
    };
    wait_until("the end of the trouble", || said(": connected\n") == 1);
    assert_eq!(said("trying again until it works"), 1);

    let process = Pid::from_raw(i32::try_from(watch.0.id()).unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    wait(watch).expect_code(0);
    wait_until("the good-bye", || {
        let is_offline = |heard: &Heard| {
            heard.topic == "kaco_ardexa/kaco_02/availability" && heard.payload == "offline"
        };
        listener.heard().iter().any(is_offline)
    });
}

/// Clients that came to the broker, as its log has them: their id, and whether their session is
/// clean.
fn clients(log: &Path) -> Vec<(String, bool)> {
    let log = fs::read_to_string(log).unwrap_or_default();
    let client = |line: &str| {
        let (_, about) = line.split_once("New client connected from ")?;
        let (_, about) = about.split_once(" as ")?;
        let (id, session) = about.split_once(" (")?;
        id.starts_with("kaco_ardexa-")
            .then(|| (id.to_owned(), session.contains("c1")))
    };
    log.lines().filter_map(client).collect()
}

#[test]
fn the_client_id_of_a_plant_lasts_and_two_runs_have_two() {
    let directory = TempDir::new().unwrap();
    let log = directory.path().join("log");
    let broker = Broker::start(&format!(
        "{OPEN}\nlog_type all\nlog_dest file {}",
        text(&log)
    ));
    let host = broker.host();
    let publishing = [
        "--mqtt",
        &host,
        "--mqtt-qos",
        "1",
        "--mqtt-prefix",
        "plants/roof",
    ];
    let watch = || {
        start(command(
            &[&["watch", "sim:", "2"][..], &publishing].concat(),
        ))
    };
    let come = |count| wait_until("a client", || clients(&log).len() >= count);
    let first = watch();
    come(1);
    let second = watch();
    come(2);
    for watch in [second, first] {
        signal(&watch.0, Signal::TERM);
        wait(watch).expect_code(0);
    }
    let again = watch();
    come(3);
    signal(&again.0, Signal::TERM);
    wait(again).expect_code(0);
    let clients = clients(&log);
    let [first, second, again] = clients.as_slice() else {
        panic!("{clients:?}");
    };
    assert_eq!(
        (first, first.1),
        (again, false),
        "the broker keeps its session"
    );
    assert!(first.0.ends_with("-plants_roof_sim_kaco_02"), "{first:?}");
    assert!(second.0 != first.0 && second.1, "{second:?}");
}
