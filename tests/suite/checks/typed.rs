//! What must hold of what people type: addresses, durations, devices, brokers.

use kaco_ardexa::address::{Address, Addresses};
use kaco_ardexa::duration::{parse, parse_positive};
use kaco_ardexa::link::Device;
use kaco_ardexa::sink::mqtt::Broker;
use std::collections::BTreeSet;
use std::time::Duration;

/// Lists of addresses: 1 to 99, each once, and the list that is written of them is the same.
pub fn addresses(text: &str) {
    let Ok(list) = text.parse::<Addresses>() else {
        return;
    };
    let numbers: Vec<u8> = list
        .as_slice()
        .iter()
        .map(|address| address.number())
        .collect();
    let different: BTreeSet<&u8> = numbers.iter().collect();
    assert!(!numbers.is_empty() && different.len() == numbers.len());
    assert!(numbers.iter().all(|number| (1..=99).contains(number)));
    let written: Vec<String> = list.as_slice().iter().map(Address::to_string).collect();
    assert_eq!(written.join(",").parse(), Ok(list));
}

/// Durations: at most a day, and what is written in milliseconds is the same.
pub fn duration(text: &str) {
    let parsed = parse(text);
    assert_eq!(
        parse_positive(text).is_ok(),
        parsed.as_ref().is_ok_and(|time| !time.is_zero())
    );
    let Ok(time) = parsed else {
        return;
    };
    assert!(time <= Duration::from_secs(86_400), "{time:?}");
    let milliseconds = time.as_millis();
    let whole = parse(&format!("{milliseconds}ms")).expect("milliseconds");
    assert_eq!(whole.as_millis(), milliseconds);
}

/// DEVICE: what is shown of it is the same device.
pub fn device(text: &str) {
    if let Ok(device) = text.parse::<Device>() {
        assert_eq!(device.to_string().parse(), Ok(device));
    }
}

/// Brokers: what is shown of one leads to the same host and shows no user and no password.
pub fn broker(text: &str) {
    let broker = match text.parse::<Broker>() {
        Ok(broker) => broker,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.chars().any(char::is_control), "{said:?}");
            return;
        }
    };
    let shown = broker.to_string();
    let is_shown = |character: char| character.is_control() || "@/?# ".contains(character);
    let (_, host) = shown.split_once("://").expect("a scheme");
    assert!(!host.contains(is_shown), "{shown:?}");
    let again: Broker = shown.parse().expect("what is shown");
    assert_eq!(again.host, broker.host);
    assert_eq!(
        (again.port, again.is_encrypted),
        (broker.port, broker.is_encrypted)
    );
    assert!(again.user.is_none() && again.password.is_none());
}
