//! What arrives: topics, payloads, QoS, what is retained.

use super::{options, reading, runtime};
use crate::polling::at_address;
use crate::support::broker::{Broker, Heard, OPEN};
use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::inverter::{DatagramPlay, Inverter, address, identity};
use crate::support::plant::Plant;
use crate::support::program::{command, run, start, text, wait};
use kaco_ardexa::kstar::wire::KstarRequest;
use kaco_ardexa::sink::mqtt::once::publish;
use kaco_ardexa::sink::mqtt::{Delivery, MqttPlan};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tempfile::TempDir;

fn is_state(heard: &Heard) -> bool {
    heard.topic.ends_with("/state")
}

fn is_config(heard: &Heard) -> bool {
    heard.topic.ends_with("/config")
}

#[test]
fn a_run_announces_its_inverters_and_publishes_their_state() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let bus = Bus::with_quick_replies(&[
        ("#020", bytes("G4-17")),
        ("#030", bytes("G4-19")),
        ("#050", at_address("GN-01", 5)),
    ]);
    let directory = TempDir::new().unwrap();
    let (device, logs) = (text(&bus.path), text(directory.path()));
    let host = broker.host();
    let arguments = [
        "log",
        &device,
        "2,3,4,5",
        &logs,
        "--pace",
        "0s",
        "--timeout",
        "2s",
    ];
    let run = run(&[&arguments[..], &["--mqtt", &host]].concat()).expect_code(0);
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr.matches("warning").count(), 1, "{}", run.stderr);
    // 10, 20 and 23 columns.
    let heard = listener.exactly(53 + 3, |_| true);
    assert!(heard.iter().all(|heard| heard.qos == 0));
    assert!(
        heard
            .iter()
            .all(|heard| heard.is_retained == is_config(heard))
    );
    let topics: Vec<&str> = heard.iter().map(|heard| heard.topic.as_str()).collect();
    assert_eq!(topics[0], "homeassistant/sensor/kaco_02/status/config");
    assert_eq!(topics[9], "homeassistant/sensor/kaco_02/type/config");
    assert_eq!(topics[10], "kaco/02/state");
    assert_eq!(topics[31], "kaco/03/state");
    assert_eq!(topics[55], "kaco/05/state");
    let state = heard[10].json();
    let row = state.as_object().unwrap();
    let keys: Vec<&str> = row.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        "time protocol address outcome layout type model status_codes status dc_voltage dc_current dc_power ac_voltage \
         ac_current ac_power device_temperature daily_yield"
            .split_whitespace()
            .collect::<Vec<_>>()
    );
    assert!(chrono::DateTime::parse_from_rfc3339(row["time"].as_str().unwrap()).is_ok());
    assert!(heard[10].payload.contains(
        r#""type":"6400xi","model":"Powador 6400xi","status_codes":[4],"status":"mpp-track","dc_voltage":398.5,"dc_current":1.56,"#
    ));
    let config = heard[8].json();
    assert_eq!(
        config,
        json!({
            "name": "Daily yield",
            "unique_id": "kaco_02_daily_yield",
            "state_topic": "kaco/02/state",
            "value_template": "{{ value_json.daily_yield | default(none) }}",
            "device_class": "energy",
            "state_class": "total_increasing",
            "unit_of_measurement": "Wh",
            "suggested_display_precision": 0,
            "expire_after": 900,
            "origin": {"name": "kaco_ardexa", "sw_version": env!("CARGO_PKG_VERSION")},
            "device": {
                "identifiers": ["kaco_02"],
                "name": "KACO 02",
                "manufacturer": "KACO new energy",
                "model": "Powador 6400xi",
            },
        })
    );
    let ids: BTreeSet<String> = heard
        .iter()
        .filter(|heard| is_config(heard))
        .map(|heard| heard.json()["unique_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 53);
    // A later subscriber receives what was retained, and nothing else.
    let retained = broker.listen().exactly(53, |_| true);
    assert!(retained.iter().all(is_config));
}

#[test]
fn options_decide_what_is_published_and_how() {
    let broker = Broker::start(OPEN);
    let host = broker.host();
    let plant = Plant::new();
    let listener = broker.listen();
    plant
        .log_with("2", &["--mqtt", &host, "--no-discovery", "--mqtt-qos", "1"])
        .expect_silence();
    let state = &listener.exactly(1, |_| true)[0];
    assert_eq!((state.topic.as_str(), state.qos), ("kaco/02/state", 1));
    assert!(!state.is_retained);
    listener.forget();
    let options = ["--mqtt", &host, "--expire-after", "0", "--mqtt-qos", "1"];
    plant.log_with("2", &options).expect_silence();
    let configs = listener.exactly(10, is_config);
    assert!(configs.iter().all(|config| config.qos == 1));
    assert!(
        configs
            .iter()
            .all(|config| config.json().get("expire_after").is_none())
    );
    listener.forget();
    let options = ["--mqtt", &host, "--expire-after", "1h", "--counters"];
    plant.log_with("2", &options).expect_code(0);
    let configs = listener.exactly(16, is_config);
    assert!(
        configs
            .iter()
            .all(|config| config.json()["expire_after"] == 3600)
    );
    // The counters were not answered: null, and not 0.
    let state = listener.exactly(1, is_state)[0].json();
    assert_eq!(state.get("daily_peak_power"), Some(&Value::Null));
}

#[test]
fn read_publishes_what_it_prints() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let device = text(&bus.path);
    let mut read = command(&["read", &device, "2", "--format", "json"]);
    // As the C# console took it.
    read.env("MQTT_CONNECTION_STRING", "")
        .env("MQTT", broker.host());
    let printed = wait(start(read)).expect_code(0).stdout;
    assert_eq!(listener.exactly(1, is_state)[0].payload, printed.trim_end());
}

#[test]
fn without_an_inverter_nothing_is_published() {
    let mut broker = Broker::start(OPEN);
    broker.stop();
    let plant = Plant::silent();
    let host = broker.host();
    plant
        .log_with("2", &["--timeout", "100ms", "--mqtt", &host])
        .expect_silence();
}

#[test]
fn kstar_publishes_plain_numbers_too() {
    let broker = Broker::start(OPEN);
    let (host, listener) = (broker.host(), broker.listen());
    let directory = TempDir::new().unwrap();
    let inverter = Inverter::with(&bytes("AA-25"), Some("E4000K/12"));
    let (logs, ip) = (text(directory.path()), inverter.ip.to_string());
    let log = ["kstar", "log", &logs, "--ip", &ip, "--mqtt", &host];
    run(&log).expect_silence();
    let heard = listener.exactly(45 + 1 + 7, |_| true);
    let plain: Vec<(&str, &str)> = heard[46..]
        .iter()
        .map(|heard| {
            assert!(!heard.is_retained && heard.qos == 0);
            (heard.topic.as_str(), heard.payload.as_str())
        })
        .collect();
    assert_eq!(
        plain,
        [
            ("sensor/inverter/pvpower", "332.43"),
            ("sensor/inverter/grid", "303"),
            ("sensor/inverter/grid/import", "303"),
            ("sensor/inverter/grid/export", "0"),
            ("sensor/inverter/load", "594"),
            ("sensor/inverter/temp", "25"),
            ("sensor/inverter/etoday", "3.5"),
        ]
    );
    let state = heard[45].json();
    assert_eq!(heard[45].topic, "kstar/E4000K_12/state");
    assert_eq!(
        (&state["serial"], &state["ip"]),
        (&json!("E4000K/12"), &json!(ip))
    );
    assert_eq!(state["grid_direction"], "importing");
    assert_eq!(
        heard[0].json()["device"],
        json!({
            "identifiers": ["kstar_E4000K_12"],
            "name": "KSTAR E4000K_12",
            "manufacturer": "KSTAR",
            "model": "KSE-4000",
            "serial_number": "E4000K/12",
            "sw_version": "1.02",
        })
    );
    listener.forget();
    run(&[
        "kstar",
        "read",
        "--ip",
        &ip,
        "--mqtt",
        &host,
        "--no-discovery",
        "--topic",
        "roof/",
    ])
    .expect_code(0);
    let roof = listener.exactly(8, |_| true);
    assert!(
        roof[1..]
            .iter()
            .all(|heard| heard.topic.starts_with("roof/"))
    );
}

#[test]
fn an_inverter_whose_serial_number_is_missing_once_is_the_same() {
    let broker = Broker::start(OPEN);
    let (host, listener) = (broker.host(), broker.listen());
    let directory = TempDir::new().unwrap();
    let mut told = [Some("E4000K"), None].into_iter();
    let ip = address();
    let readings = bytes("AA-25");
    let _inverter = Inverter::start(
        ip,
        None,
        Box::new(move |request, _| match request {
            KstarRequest::Readings => vec![DatagramPlay::Send(readings.clone())],
            KstarRequest::Identity => told
                .next()
                .flatten()
                .map(|serial| DatagramPlay::Send(identity(serial)))
                .into_iter()
                .collect(),
        }),
    );
    let (logs, ip) = (text(directory.path()), ip.to_string());
    for _ in 0..2 {
        let log = ["kstar", "log", &logs, "--ip", &ip, "--mqtt", &host];
        run(&[&log[..], &["--no-discovery"]].concat()).expect_silence();
    }
    let states = listener.exactly(2, is_state);
    for state in states {
        assert_eq!(state.topic, "kstar/E4000K/state");
        assert_eq!(state.json()["serial"], "E4000K");
    }
}

#[test]
fn two_hundred_readings_arrive() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let readings: Vec<_> = (0..200)
        .map(|address| reading(address, u32::from(address)))
        .collect();
    for delivery in [Delivery::AtLeastOnce, Delivery::AtMostOnce] {
        let options = MqttPlan {
            delivery,
            ..options(&broker.host())
        };
        let published = runtime().block_on(publish(&options, &readings, None));
        published.unwrap();
        let states = listener.exactly(200, is_state);
        for (number, state) in states.iter().enumerate() {
            assert_eq!(state.json()["daily_yield"], number);
            assert_eq!(state.qos, u64::from(delivery == Delivery::AtLeastOnce));
        }
        listener.exactly(2000, is_config);
        listener.forget();
    }
}

#[test]
fn runs_at_the_same_time_do_not_throw_each_other_out() {
    let broker = Broker::start(OPEN);
    let (host, listener) = (broker.host(), broker.listen());
    let runs: Vec<_> = (1..=6)
        .map(|address| {
            let address = address.to_string();
            let read = ["read", "sim:", &address, "--pace", "0s", "--mqtt", &host];
            start(command(&[&read[..], &["--mqtt-qos", "1"]].concat()))
        })
        .collect();
    for run in runs {
        wait(run).expect_code(0);
    }
    listener.exactly(6, is_state);
}
