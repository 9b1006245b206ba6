//! `mqtts://`, with certificates made for the test.

use crate::support::broker::{Broker, OPEN};
use crate::support::inverter::address;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::text;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A certificate authority, and certificates for brokers, made by openssl.
struct Authority(TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(TempDir::new().expect("a directory"));
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Test \
             -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE",
        );
        authority
    }

    /// Configuration of a broker whose certificate is for this address.
    fn settings(&self, ip: Ipv4Addr) -> String {
        fs::write(self.path("name"), format!("subjectAltName=IP:{ip}\n")).expect("a file");
        self.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=broker \
             -keyout broker.key -out broker.csr",
        );
        self.openssl(
            "x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile name \
             -out broker.pem",
        );
        let [certificates, certificate, key] =
            ["ca.pem", "broker.pem", "broker.key"].map(|name| text(&self.path(name)));
        format!("{OPEN}\ncafile {certificates}\ncertfile {certificate}\nkeyfile {key}")
    }

    /// A file of it: `ca.pem`.
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &str) {
        let done = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "openssl (tests/all.sh installs it) {arguments}"
        );
    }
}

#[test]
fn only_certificates_that_are_trusted() {
    let authority = Authority::new();
    let ip = address();
    let broker = Broker::start_at(ip, &authority.settings(ip));
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
    let broker = Broker::start_at(elsewhere, &authority.settings(ip));
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
