//! A certificate authority, and certificates of servers, made by openssl.

use super::program::text;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A certificate authority and what it has signed.
pub struct Authority(TempDir);

impl Authority {
    pub fn new() -> Self {
        let authority = Self(TempDir::new().expect("a directory"));
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Test \
             -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE",
        );
        authority
    }

    /// Certificate and key of a server at this address.
    pub fn sign(&self, ip: Ipv4Addr) -> [String; 2] {
        fs::write(self.path("name"), format!("subjectAltName=IP:{ip}\n")).expect("a file");
        self.certify("server", "-extfile name")
    }

    /// A certificate for a client of this name, and its key.
    pub fn client(&self, name: &str) -> [String; 2] {
        fs::write(self.path("use"), "extendedKeyUsage=clientAuth\n").expect("a file");
        self.certify(name, "-extfile use")
    }

    /// A certificate of this name, and its key.
    pub fn certify(&self, name: &str, further: &str) -> [String; 2] {
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} \
             -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 {further} \
             -out {name}.pem"
        ));
        ["pem", "key"].map(|end| text(&self.path(&format!("{name}.{end}"))))
    }

    /// A file of it: `ca.pem`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn openssl(&self, arguments: &str) {
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
