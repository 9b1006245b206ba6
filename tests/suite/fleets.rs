//! `simulate plants`: the traffic of many plants from one process.

use crate::support::broker::{Broker, Heard, OPEN};
use crate::support::database::Database;
use crate::support::program::{Run, command, run, signal, start, wait, wait_until};
use chrono::DateTime;
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// Runs it until that has happened.
fn until(options: &[&str], what: &str, happened: impl FnMut() -> bool) -> Run {
    let plants = [
        "simulate",
        "plants",
        "3",
        "--inverters",
        "2",
        "--every",
        "500ms",
    ];
    let running = start(command(&[&plants, options].concat()));
    wait_until(what, happened);
    signal(&running.0, Signal::TERM);
    wait(running)
}

#[test]
fn each_plant_publishes_below_its_prefix_and_every_round_can_be_counted() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let is_state =
        |heard: &Heard| heard.topic.contains("/kaco/") && heard.topic.ends_with("/state");
    let states = || {
        listener
            .heard()
            .into_iter()
            .filter(is_state)
            .collect::<Vec<_>>()
    };
    let host = broker.host();
    let options = [
        "--mqtt",
        &host,
        "--mqtt-qos",
        "1",
        "--mqtt-prefix",
        "fleet/a",
    ];
    let run = until(&options, "four rounds", || states().len() >= 4 * 6);
    assert_eq!(run.stderr, "");
    let mut times = BTreeMap::<String, Vec<i64>>::new();
    for state in states() {
        let object = state.json();
        let time = DateTime::parse_from_rfc3339(object["time"].as_str().unwrap()).unwrap();
        assert_eq!(object["simulated"], true);
        times
            .entry(state.topic)
            .or_default()
            .push(time.timestamp_millis());
    }
    let topics: Vec<&str> = times.keys().map(String::as_str).collect();
    assert_eq!(topics.len(), 6, "{topics:?}");
    for topic in &topics {
        let is_own = |plant: &&str| topic.starts_with(&format!("fleet/a/{plant}/sim/kaco/"));
        assert!(["0001", "0002", "0003"].iter().any(is_own), "{topic}");
    }
    for times in times.values() {
        assert!(times.iter().all(|time| time % 500 == 0), "{times:?}");
        // A machine under load skips rounds, and repeats none.
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    }
    // What it says was acknowledged was heard.
    let heard: BTreeSet<String> = states()
        .iter()
        .map(|state| format!("{} {}", state.topic, state.json()["time"].as_str().unwrap()))
        .collect();
    let acknowledged: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.contains("/kaco/"))
        .collect();
    assert!(acknowledged.len() >= 6, "{}", run.stdout);
    assert!(
        acknowledged.iter().all(|line| heard.contains(*line)),
        "{acknowledged:?}"
    );
}

#[test]
fn each_plant_is_a_bus_in_a_database() {
    let database = Database::good();
    let url = database.url();
    until(&["--influx", &url], "two rounds", || {
        database.taken().len() >= 12
    });
    for plant in ["0001", "0002", "0003"] {
        let start = format!("inverter,protocol=kaco,bus={plant},address=");
        let own = |line: &&String| line.starts_with(&start) && line.contains(",simulated=true,");
        assert!(database.taken().iter().filter(own).count() >= 2, "{plant}");
    }
}

#[test]
fn traffic_needs_a_broker_or_a_database() {
    let told = run(&["simulate", "plants", "3"]).expect_code(2).stderr;
    assert!(told.contains("give --mqtt or --influx"), "{told}");
}
