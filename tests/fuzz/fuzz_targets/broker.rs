//! Brokers: what is shown of one leads to the same host and shows no user and no password.
#![no_main]

use kaco_ardexa::output::mqtt::Broker;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
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
});
