//! `mqtts://`, with certificates made for the test.

use crate::support::authority::Authority;
use crate::support::broker::{Broker, OPEN};
use crate::support::inverter::address;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::text;
use std::net::Ipv4Addr;

/// Configuration of a broker whose certificate is for this address.
fn settings(authority: &Authority, ip: Ipv4Addr) -> String {
    let [certificate, key] = authority.sign(ip);
    let certificates = text(&authority.path("ca.pem"));
    format!("{OPEN}\ncafile {certificates}\ncertfile {certificate}\nkeyfile {key}")
}

#[test]
fn only_certificates_that_are_trusted() {
    let authority = Authority::new();
    let ip = address();
    let broker = Broker::start_at(ip, &settings(&authority, ip));
    let trusted = text(&authority.path("ca.pem"));
    let listener = broker.listen_as(&["--cafile", &trusted]);
    let url = format!("mqtts://{}", broker.host());
    let plant = Plant::new();
    plant
        .log_with("2", &["--mqtt", &url, "--mqtt-ca", &trusted])
        .expect_silence();
    listener.exactly(1, |heard| heard.topic == "kaco/02/state");
    // The system trusts no test.
    let refused = plant.log_with("2", &["--mqtt", &url]).expect_code(1);
    assert!(refused.stderr.contains(&url), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("certificate: UnknownIssuer"),
        "{}",
        refused.stderr
    );
    // A certificate for another address.
    let elsewhere = address();
    let broker = Broker::start_at(elsewhere, &settings(&authority, ip));
    let url = format!("mqtts://{}", broker.host());
    let refused = plant
        .log_with("2", &["--mqtt", &url, "--mqtt-ca", &trusted])
        .expect_code(1);
    assert!(
        refused.stderr.contains("certificate not valid for name"),
        "{}",
        refused.stderr
    );
    // Not encrypted to a broker that wants it.
    let refused = plant
        .log_with("2", &["--mqtt", &broker.host()])
        .expect_code(1);
    assert!(refused.stderr.contains("mqtts://"), "{}", refused.stderr);
    plant.expect_text(HEADER, &[ROW; 4]);
}
