//! `https://`, to a real VictoriaMetrics with certificates made for the test.

use crate::support::authority::Authority;
use crate::support::inverter::address;
use crate::support::plant::Plant;
use crate::support::program::{helper, text, wait_until};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// One that talks TLS only, and only with ann.
struct Database {
    host: String,
    child: Child,
    _directory: TempDir,
}

impl Database {
    fn start(ip: Ipv4Addr, [certificate, key]: [String; 2]) -> Self {
        let free = TcpListener::bind((ip, 0)).unwrap();
        let host = free.local_addr().unwrap().to_string();
        drop(free);
        let directory = TempDir::new().unwrap();
        let child = Command::new("victoria-metrics")
            .arg(format!("-httpListenAddr={host}"))
            .arg(format!("-storageDataPath={}", text(directory.path())))
            .args([
                "-httpAuth.username=ann",
                "-httpAuth.password=secret",
                "-tls",
                // Whatever the clock of the test says.
                "-retentionPeriod=100y",
            ])
            .arg(format!("-tlsCertFile={certificate}"))
            .arg(format!("-tlsKeyFile={key}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("victoria-metrics (tests/all.sh installs it)");
        wait_until("it listens", || TcpStream::connect(&host).is_ok());
        Self {
            host,
            child,
            _directory: directory,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn only_certificates_that_are_trusted_and_only_with_a_password() {
    let (authority, ip) = (Authority::new(), address());
    let database = Database::start(ip, authority.sign(ip));
    let (plant, trusted) = (Plant::new(), text(&authority.path("ca.pem")));
    let url = format!("https://{}", database.host);
    let refused = |url: &str, options: &[&str], words: &str| {
        let options = [&["--influx", url], options].concat();
        let told = plant.log_with("2", &options).expect_code(1).stderr;
        assert!(
            told.contains(words) && !told.contains("secret"),
            "{words}: {told}"
        );
    };
    // The system trusts no test.
    refused(&url, &[], "certificate: UnknownIssuer");
    refused(
        &url,
        &["--influx-ca", &text(&plant.path("latest.csv"))],
        "no certificate in PEM",
    );
    refused(&url, &["--influx-ca", &trusted], "answers 401");
    refused(&url.replace("https", "http"), &[], "could not be pushed");
    let elsewhere = address();
    let other = Database::start(elsewhere, authority.sign(ip));
    let url_of_other = format!("https://{}", other.host);
    refused(
        &url_of_other,
        &["--influx-ca", &trusted],
        "certificate not valid for name",
    );
    let with_login = url.replace("//", "//ann:secret@");
    plant
        .log_with("2", &["--influx", &with_login, "--influx-ca", &trusted])
        .expect_silence();
    let query = format!("{url}/api/v1/series?start=2020-01-01T00:00:00Z&match[]=inverter_ac_power");
    wait_until("its series", || {
        let asked = ["-gsS", "--cacert", &trusted, "-u", "ann:secret", &query];
        helper("curl", &asked, b"").stdout.contains("6400xi")
    });
}
