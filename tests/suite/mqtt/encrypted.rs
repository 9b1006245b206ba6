//! `mqtts://`, with certificates made for the test.

use crate::support::authority::Authority;
use crate::support::broker::{Broker, OPEN};
use crate::support::inverter::address;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::{command, start, text, wait};
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

/// A broker that knows its clients by certificates.
fn demanding() -> (Authority, Broker) {
    let (authority, ip) = (Authority::new(), address());
    let settings = settings(&authority, ip) + "\nrequire_certificate true";
    let broker = Broker::start_at(ip, &settings);
    (authority, broker)
}

#[test]
fn a_broker_that_knows_its_clients_by_certificates() {
    let (authority, broker) = demanding();
    let trusted = text(&authority.path("ca.pem"));
    let [certificate, key] = authority.client("roof");
    let shown = ["--cafile", &trusted, "--cert", &certificate, "--key", &key];
    let listener = broker.listen_as(&shown);
    let url = format!("mqtts://{}", broker.host());
    let plant = Plant::new();
    let log = |further: &[&str]| {
        let options = ["--mqtt", &url, "--mqtt-ca", &trusted];
        plant.log_with("2", &[&options, further].concat())
    };
    log(&["--mqtt-cert", &certificate, "--mqtt-key", &key]).expect_silence();
    listener.exactly(1, |heard| heard.topic == "kaco/02/state");
    let refused = log(&[]).expect_code(1).stderr;
    assert!(refused.contains("CertificateRequired"), "{refused}");
    assert!(refused.contains("--mqtt-cert"), "{refused}");
    let [_, other] = authority.client("barn");
    let [old, key_of_old] = authority.certify("old", "");
    let missing = text(&authority.path("missing"));
    for (certificate, key, named, why) in [
        (&certificate, &other, &other, "it is not the key of"),
        (&certificate, &missing, &missing, "No such file"),
        (&certificate, &trusted, &trusted, "no key in PEM format"),
        (&missing, &key, &missing, "No such file"),
        (&key, &key, &key, "no certificate in PEM format"),
        (&old, &key_of_old, &old, "version 3"),
    ] {
        let run = log(&["--mqtt-cert", certificate, "--mqtt-key", key]);
        let said = run.expect_code(1).stderr;
        assert!(said.contains(named) && said.contains(why), "{said}");
        assert!(said.contains("PEM format"), "{said}");
    }
    let alone = log(&["--mqtt-cert", &certificate]).expect_code(2).stderr;
    assert!(alone.contains("--mqtt-key"), "{alone}");
    let open = [
        "--mqtt",
        &broker.host(),
        "--mqtt-cert",
        &certificate,
        "--mqtt-key",
        &key,
    ];
    let said = plant.log_with("2", &open).expect_code(1).stderr;
    assert!(said.contains("over mqtts:// only"), "{said}");
    plant.expect_rows(1 + 1 + 6 + 1);
}

#[test]
fn a_certificate_is_shown_to_a_broker_that_the_system_trusts() {
    let (authority, broker) = demanding();
    let trusted = text(&authority.path("ca.pem"));
    let [certificate, key] = authority.client("roof");
    let url = format!("mqtts://{}", broker.host());
    let read = ["read", "sim:", "2", "--pace", "0s", "--mqtt", &url];
    let shown = ["--mqtt-cert", &certificate, "--mqtt-key", &key];
    let mut read = command(&[&read[..], &shown].concat());
    read.env("SSL_CERT_FILE", &trusted);
    wait(start(read)).expect_code(0);
}
