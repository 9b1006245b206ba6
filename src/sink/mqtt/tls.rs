//! `mqtts://`: which certificates are trusted, and which one the program shows.

use super::error::PublishError;
use super::options::{CertificateFiles, MqttPlan};
use crate::sink::certificates;
use rumqttc::tokio_rustls::rustls::crypto::ring::default_provider;
use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject;
use rumqttc::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rumqttc::tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use rumqttc::tokio_rustls::rustls::{Error, RootCertStore};
use rumqttc::{TlsConfiguration, Transport};
use std::path::Path;
use std::sync::Arc;

/// The system's certificates, or those in the file that was given; and that of the program, if it
/// has one.
pub(super) fn transport(options: &MqttPlan) -> Result<Transport, PublishError> {
    let client = options
        .identity
        .as_ref()
        .map(CertifiedClient::read)
        .transpose()?;
    let Some(path) = &options.certificates else {
        let transport =
            Transport::try_tls_with_default_config().map_err(|error| PublishError::Tls {
                broker: options.broker.to_string(),
                reason: format!("the certificates of this system can't be read: {error}"),
            })?;
        return Ok(match client {
            Some(client) => client.show(transport),
            None => transport,
        });
    };
    let certificates = read(path)?;
    // Checked here, where the file is known: the library finds out when it connects, and names no
    // file.
    let is_pem = certificates
        .windows(BEGIN.len())
        .any(|bytes| bytes == BEGIN);
    if !is_pem {
        return Err(unusable(path, "no certificate in PEM format in it"));
    }
    let client = client.map(|client| (client.certificate, client.key));
    Ok(Transport::tls(certificates, client, None))
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Whether each certificate in the file that was given can be used.
pub(super) fn look(options: &MqttPlan) -> Result<(), PublishError> {
    let Some(path) = &options.certificates else {
        return Ok(());
    };
    for certificate in CertificateDer::pem_slice_iter(&read(path)?) {
        let certificate = certificate.map_err(|error| unusable(path, &error.to_string()))?;
        let added = RootCertStore::empty().add(certificate);
        added.map_err(|error| unusable(path, &error.to_string()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, PublishError> {
    certificates::read(path).map_err(|error| unusable(path, &error.to_string()))
}

fn unusable(path: &Path, reason: &str) -> PublishError {
    PublishError::Certificates {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The certificate of the program.
struct CertifiedClient {
    certificate: Vec<u8>,
    key: Vec<u8>,
    both: CertifiedKey,
}

impl CertifiedClient {
    /// Reads certificate and key, and looks whether they belong together.
    fn read(identity: &CertificateFiles) -> Result<Self, PublishError> {
        let certificate = read(&identity.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain
            .ok_or_else(|| unusable(&identity.certificate, "no certificate in PEM format in it"))?;
        let bad_key = |reason: String| PublishError::Key {
            path: identity.key.clone(),
            reason,
        };
        let key = certificates::read(&identity.key).map_err(|error| bad_key(error.to_string()))?;
        let private = PrivateKeyDer::from_pem_slice(&key)
            .map_err(|_| bad_key("no key in PEM format in it, or an encrypted one".to_owned()))?;
        let both = CertifiedKey::from_der(chain, private, &default_provider());
        let both = both.map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                let of = identity.certificate.display();
                bad_key(format!("it is not the key of the certificate in {of}"))
            }
            Error::InvalidCertificate(_) => unusable(
                &identity.certificate,
                "it is not of X.509 version 3, which `openssl x509 -extfile` writes",
            ),
            error => bad_key(error.to_string()),
        })?;
        Ok(Self {
            certificate,
            key,
            both,
        })
    }

    /// The same transport, showing this certificate.
    fn show(self, transport: Transport) -> Transport {
        let Transport::Tls(TlsConfiguration::Rustls(config)) = transport else {
            return transport;
        };
        let mut config = Arc::unwrap_or_clone(config);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(self.both));
        Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(config)))
    }
}
