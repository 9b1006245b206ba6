//! `mqtt-forget`, and simulated inverters, which it takes back.

use crate::support::broker::{Broker, Heard, OPEN};
use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::program::{Run, run, text};

fn is_config(heard: &Heard) -> bool {
    heard.topic.ends_with("/config")
}

/// The broker after a run with a real inverter, one on a named bus and a simulated one.
fn announced() -> Broker {
    let broker = Broker::start(OPEN);
    let host = broker.host();
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let device = text(&bus.path);
    for further in [
        &[&device, "2"][..],
        &[&device, "2", "--bus", "roof"],
        &["sim:", "4"],
    ] {
        let read = [&["read"], further, &["--pace", "0s", "--mqtt", &host]].concat();
        run(&read).expect_code(0);
    }
    broker
}

fn forget(broker: &Broker, inverters: &[&str]) -> Run {
    let host = broker.host();
    run(&[&["mqtt-forget", "--mqtt", &host][..], inverters].concat()).expect_code(0)
}

/// Inverters whose announcements the broker retains, with their number.
fn retained(broker: &Broker, count: usize) -> Vec<String> {
    let heard = broker.listen().exactly(count, is_config);
    let nodes = heard.iter().map(|heard| heard.topic.split('/').nth(2));
    let mut nodes: Vec<String> = nodes.flatten().map(str::to_owned).collect();
    nodes.sort();
    nodes.dedup();
    nodes
}

#[test]
fn announcements_of_one_inverter_are_taken_back() {
    let broker = announced();
    let foreign = "homeassistant/sensor/lamp/power/config";
    broker.publish(foreign, &"x".repeat(100_000), &["-r"]);
    let real = 10;
    let all = broker.listen();
    all.exactly(2 * real + 1, |heard| {
        is_config(heard) && !heard.topic.contains("sim_kaco_04")
    });
    let simulated = all
        .heard()
        .iter()
        .filter(|heard| heard.topic.contains("/sim_kaco_04/"))
        .count();
    assert!(simulated >= 10, "{simulated}");
    drop(all);
    let run = forget(&broker, &["02"]);
    assert_eq!(run.stdout, "kaco_02: 10 announcements removed\n");
    assert_eq!(run.stderr, "");
    let left = retained(&broker, real + simulated + 1);
    assert_eq!(left, ["kaco_roof_02", "lamp", "sim_kaco_04"]);
    let run = forget(&broker, &["simulated"]);
    let due = format!("sim_kaco_04: {simulated} announcements removed\n");
    assert_eq!(run.stdout, due);
    let run = forget(&broker, &["--bus", "roof", "2"]);
    assert_eq!(run.stdout, "kaco_roof_02: 10 announcements removed\n");
    assert_eq!(retained(&broker, 1), ["lamp"]);
    let run = forget(&broker, &["E4000K", "02"]);
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.contains("no announcement of E4000K, 02"),
        "{}",
        run.stderr
    );
}

#[test]
fn simulated_inverters_have_topics_and_names_of_their_own() {
    let broker = Broker::start(OPEN);
    let (host, listener) = (broker.host(), broker.listen());
    let read = ["read", "sim:", "4", "--pace", "0s", "--mqtt", &host];
    let printed = run(&[&read[..], &["--format", "json"]].concat()).expect_code(0);
    let is_state = |heard: &Heard| heard.topic == "sim/kaco/04/state";
    let state = &listener.exactly(1, is_state)[0];
    assert_eq!(state.payload, printed.stdout.trim_end());
    let start = r#""protocol":"kaco","address":4,"outcome":"read","#;
    assert!(state.payload.contains(start), "{}", state.payload);
    let mark = r#""status_codes":[4],"simulated":true,"#;
    assert!(state.payload.contains(mark), "{}", state.payload);
    for heard in listener.heard().iter().filter(|heard| !is_state(heard)) {
        let start = "homeassistant/sensor/sim_kaco_04/";
        assert!(heard.topic.starts_with(start), "{}", heard.topic);
        assert_eq!(heard.json()["device"]["name"], "KACO 04 (simulated)");
        assert_eq!(heard.json()["state_topic"], "sim/kaco/04/state");
    }
    for (format, due) in [
        (
            "influx",
            "inverter,protocol=kaco,address=4,simulated=true,type=",
        ),
        (
            "prometheus",
            r#"inverter_up{address="4",simulated="true"} 1"#,
        ),
    ] {
        let read = ["read", "sim:", "4", "--pace", "0s", "--format", format];
        let run = run(&read).expect_code(0);
        assert!(run.stdout.contains(due), "{}", run.stdout);
    }
}

#[test]
fn a_broker_that_is_away_is_a_failure() {
    let mut broker = Broker::start(OPEN);
    broker.stop();
    let run = run(&["mqtt-forget", "--mqtt", &broker.host(), "02"]).expect_code(1);
    assert!(run.stderr.contains("can't be reached"), "{}", run.stderr);
    let run = crate::support::program::run(&["mqtt-forget", "--mqtt", "host"]).expect_code(2);
    assert!(run.stderr.contains("<INVERTER>"), "{}", run.stderr);
}
