//! `https://`: which certificates are trusted.

use super::InfluxPlan;
use super::error::PushError;
use crate::sink::certificates;
use crate::sink::mqtt::error::words;
use rustls_native_certs::load_native_certs;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What is needed for an encrypted connection.
pub(super) struct Tls {
    database: String,
    host: ServerName<'static>,
    connector: TlsConnector,
}

impl Tls {
    /// With the system's certificates, or those in the file that was given.
    pub(super) fn new(options: &InfluxPlan) -> Result<Self, PushError> {
        let database = options.database.to_string();
        let of_tls = |reason: String| PushError::Tls {
            database: database.clone(),
            reason,
        };
        let roots = match &options.certificates {
            Some(path) => of_file(path).map_err(|reason| PushError::File {
                what: "certificates",
                path: path.clone(),
                reason,
            })?,
            None => of_system().map_err(of_tls)?,
        };
        let versions = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions();
        let builder = versions.map_err(|error| of_tls(error.to_string()))?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        let host = ServerName::try_from(options.database.host.clone());
        Ok(Self {
            host: host.map_err(|error| of_tls(error.to_string()))?,
            connector: TlsConnector::from(Arc::new(config)),
            database,
        })
    }

    /// Encrypts a connection, after the server's identity was checked.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, PushError> {
        let connected = self.connector.connect(self.host.clone(), stream).await;
        connected.map_err(|error| PushError::Tls {
            database: self.database.clone(),
            reason: words(&error),
        })
    }
}

/// The certificates of a file in PEM format.
fn of_file(path: &Path) -> Result<RootCertStore, String> {
    let pem = certificates::read(path).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added = certificate.map(|certificate| roots.add(certificate));
        if !matches!(added, Ok(Ok(()))) {
            return Err("a certificate in it is damaged".to_owned());
        }
    }
    match roots.is_empty() {
        true => Err("no certificate in PEM format in it".to_owned()),
        false => Ok(roots),
    }
}

/// Those that this system trusts.
fn of_system() -> Result<RootCertStore, String> {
    let found = load_native_certs();
    let mut roots = RootCertStore::empty();
    // Of a system's hundred there may be one that is not understood.
    roots.add_parsable_certificates(found.certs);
    match found.errors.first().filter(|_| roots.is_empty()) {
        Some(error) => Err(format!(
            "the certificates of this system can't be read: {error}"
        )),
        None => Ok(roots),
    }
}
