//! `--mqtt`: a real mosquitto and what it gets, and brokers that do not do what they should.

#[cfg(feature = "tls")]
mod encrypted;
mod forgetting;
mod hostile;
mod publishing;
mod refusals;
mod session;
mod totals;
mod watching;

use kaco_ardexa::inverter::InverterId;
use kaco_ardexa::kaco::layouts::STANDARD;
use kaco_ardexa::reading::{Cells, Decimal, Facts, Field, Reading, StatusCode, Value};
use kaco_ardexa::sink::mqtt::login::LoginVariables;
use kaco_ardexa::sink::mqtt::{Delivery, MqttPlan};
use std::borrow::Cow;
use std::time::Duration;

/// How the program publishes to this broker if nothing else is said.
fn options(host: &str) -> MqttPlan {
    MqttPlan {
        broker: host.parse().unwrap(),
        environment: LoginVariables::default(),
        password_file: None,
        certificates: None,
        identity: None,
        delivery: Delivery::AtMostOnce,
        discovery: true,
        expire_after: Duration::from_secs(900),
        prefix: None,
        topic: "sensor/inverter".to_owned(),
    }
}

/// A reading of a one-phase inverter with this daily yield.
fn reading(address: u8, daily_yield: u32) -> Reading {
    let cell = |field: &Field| match field.label {
        "status" => Some(Value::Text(Cow::Borrowed("mpp-track"))),
        "Daily yield" => Some(Value::Number(Decimal::from(daily_yield))),
        _ => None,
    };
    Reading {
        time: chrono::DateTime::parse_from_rfc3339("2026-11-20T12:00:00+01:00").ok(),
        inverter: InverterId::kaco(Some(address)),
        cells: Cells {
            layout: &STANDARD,
            values: STANDARD.fields.iter().map(cell).collect(),
        },
        further: None,
        type_code: None,
        model: None,
        status_code: StatusCode::One(4),
        is_fault: false,
        facts: Facts::default(),
        unreadable: Vec::new(),
        missing: Vec::new(),
    }
}

/// A runtime as the program has it.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
