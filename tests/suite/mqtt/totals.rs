//! `--mqtt-prefix`, and what all inverters give together.

use crate::support::broker::{Broker, Heard, Listener, OPEN};
use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::inverter::Inverter;
use crate::support::plant_file::{PlantFile, bus};
use crate::support::program::{command, run, signal, start, text, wait, wait_until};
use rustix::process::Signal;
use serde_json::{Value, json};

const PLANT: &str = "plants/roof/plant/state";

fn is_config(heard: &Heard) -> bool {
    heard.topic.starts_with("homeassistant/")
}

fn two_inverters() -> Bus {
    Bus::with_quick_replies(&[("#020", bytes("G4-17")), ("#030", bytes("G4-19"))])
}

fn read(device: &str, addresses: &str, broker: &Broker) {
    let host = broker.host();
    let bus = ["read", device, addresses, "--pace=0s", "--timeout=2s"];
    let publishing = ["--mqtt", &host, "--mqtt-prefix", "plants/roof/"];
    run(&[&bus[..], &publishing].concat()).expect_code(0);
}

#[test]
fn a_prefix_stands_before_every_topic_but_announcements() {
    let broker = Broker::start(OPEN);
    let (host, listener) = (broker.host(), broker.listen());
    let inverter = Inverter::with(&bytes("AA-25"), Some("E4000K"));
    let ip = inverter.ip.to_string();
    let mut read = command(&["kstar", "read", "--ip", &ip, "--mqtt", &host]);
    read.env("KACO_ARDEXA_MQTT_PREFIX", "plants/roof");
    wait(start(read)).expect_code(0);
    let heard = listener.exactly(45 + 1 + 7, |_| true);
    let state = "plants/roof/kstar/E4000K/state";
    let (configs, states): (Vec<Heard>, Vec<Heard>) = heard.into_iter().partition(is_config);
    assert_eq!(configs.len(), 45);
    assert!(
        configs
            .iter()
            .all(|heard| heard.json()["state_topic"] == state)
    );
    let topics: Vec<&str> = states.iter().map(|heard| heard.topic.as_str()).collect();
    assert_eq!(topics[..2], [state, "plants/roof/sensor/inverter/pvpower"]);
    assert!(topics.iter().all(|topic| topic.starts_with("plants/roof/")));
}

#[test]
fn inverters_of_one_prefix_are_added_up() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let line = two_inverters();
    read(&text(&line.path), "2,3", &broker);
    let heard = listener.exactly(10 + 20 + 2 + 3 + 1, |_| true);
    let number = |topic: &str, key: &str| {
        let heard = heard.iter().find(|heard| heard.topic == topic).unwrap();
        heard.json()[key].as_f64().unwrap()
    };
    let (one, other) = ("plants/roof/kaco/02/state", "plants/roof/kaco/03/state");
    let power = number(one, "ac_power") + number(other, "ac_power_total");
    let energy = number(one, "daily_yield") + number(other, "daily_yield");
    let total = heard.last().unwrap();
    assert!(total.topic == PLANT && !total.is_retained, "{total:?}");
    let said = total.json();
    let keys: Vec<&String> = said.as_object().unwrap().keys().collect();
    let due = "time protocol ac_power daily_yield inverters_reporting inverters_expected";
    assert_eq!(keys, due.split(' ').collect::<Vec<_>>());
    assert_eq!(said["protocol"], "plant");
    assert!((said["ac_power"].as_f64().unwrap() - power).abs() < 0.001);
    assert!((said["daily_yield"].as_f64().unwrap() - energy / 1000.0).abs() < 0.001);
    assert_eq!(
        (&said["inverters_reporting"], &said["inverters_expected"]),
        (&json!(2), &json!(2))
    );
    let configs: Vec<Value> = heard[32..35].iter().map(Heard::json).collect();
    let of = |key: &str| {
        configs
            .iter()
            .map(|one| one[key].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("name"),
        ["AC Power", "Daily yield", "Inverters reporting"]
    );
    assert_eq!(
        of("unit_of_measurement"),
        [json!("W"), json!("kWh"), Value::Null]
    );
    assert_eq!(
        of("device_class"),
        [json!("power"), json!("energy"), Value::Null]
    );
    assert_eq!(
        of("state_class"),
        ["measurement", "total_increasing", "measurement"]
    );
    assert_eq!(of("state_topic"), [PLANT; 3]);
    let device = json!({"identifiers": ["plant_plants_roof"], "name": "Plant plants/roof"});
    assert_eq!(of("device"), [device.clone(), device.clone(), device]);
    assert_eq!(
        heard[32].topic,
        "homeassistant/sensor/plant_plants_roof/ac_power/config"
    );
    run(&[
        "mqtt-forget",
        "--mqtt",
        &broker.host(),
        "--mqtt-prefix",
        "plants/roof",
        "plant",
    ])
    .expect_code(0);
    broker.listen().exactly(30, is_config);
}

#[test]
fn buses_of_a_plant_file_are_added_up() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let [one, other] = [(); 2].map(|()| Bus::with_quick_replies(&[("#020", bytes("G4-17"))]));
    let buses = bus(&one.path, "2", "name = \"a\"") + &bus(&other.path, "2", "name = \"b\"");
    let mqtt = format!("[mqtt]\nurl = \"{}\"\n", broker.host());
    for (prefix, under) in [("", ""), ("prefix = \"plants/roof\"\n", "plants/roof/")] {
        let file = PlantFile::new(&format!("{buses}{mqtt}{prefix}"));
        file.run("read", &[]).expect_code(0);
        let heard = listener.exactly(10 + 10 + 2 + 3 + 1, |_| true);
        let states = heard.into_iter().filter(|heard| !is_config(heard));
        let mut topics: Vec<String> = states.map(|heard| heard.topic).collect();
        topics.sort();
        let due = ["kaco/a_02/state", "kaco/b_02/state", "plant/state"];
        assert_eq!(topics, due.map(|topic| format!("{under}{topic}")));
        let total = last(&listener, &format!("{under}plant/state")).unwrap();
        assert_eq!(
            (&total["ac_power"], &total["inverters_reporting"]),
            (&json!(1170), &json!(2))
        );
        listener.forget();
    }
}

#[test]
fn a_total_without_an_inverter_is_null() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    read(&text(&bus.path), "2,3", &broker);
    let total = listener.exactly(1, |heard| heard.topic == PLANT)[0].json();
    assert_eq!(
        (&total["ac_power"], &total["daily_yield"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&total["inverters_reporting"], &total["inverters_expected"]),
        (&json!(1), &json!(2))
    );
}

/// The last total.
fn last(listener: &Listener, topic: &str) -> Option<Value> {
    let heard = listener.heard();
    let total = heard.iter().rfind(|heard| heard.topic == topic)?;
    Some(total.json())
}

#[test]
fn a_watched_plant_has_a_total_after_each_round() {
    let broker = Broker::start(OPEN);
    let (host, listener) = (broker.host(), broker.listen());
    let bus = two_inverters();
    let device = text(&bus.path);
    let publishing = ["--mqtt", &host, "--mqtt-prefix", "plants/roof"];
    let polling = ["watch", &device, "2,3", "--every", "200ms", "--pace", "0s"];
    let watch = start(command(&[&polling[..], &publishing].concat()));
    wait_until("the total", || {
        last(&listener, PLANT).is_some_and(|total| total["ac_power"].is_number())
    });
    let availability = "plants/roof/kaco_ardexa/kaco_02/availability";
    assert!(
        listener
            .heard()
            .iter()
            .any(|heard| heard.topic == availability && heard.payload == "online")
    );
    let configs = listener.heard().into_iter().filter(is_config);
    let mut topics = configs.map(|heard| heard.json()["availability_topic"].clone());
    assert!(topics.all(|topic| topic == availability));
    drop(bus);
    wait_until("no total over a lost link", || {
        last(&listener, PLANT)
            .is_some_and(|total| total["ac_power"].is_null() && total["inverters_reporting"] == 0)
    });
    signal(&watch.0, Signal::TERM);
    // The link was lost.
    wait(watch).expect_code(1);
}
