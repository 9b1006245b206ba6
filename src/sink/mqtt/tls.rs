//! `mqtts://`: which certificates are trusted, and which one the program shows.

use super::error::PublishError;
use super::options::{CertificateFiles, MqttPlan};
use crate::sink::certificates;
use rumqttc::{TlsConfiguration, Transport};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::Error;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

/// A transport that trusts the system's certificates, or those in the file that was given, and
/// shows that of the program, if it has one.
pub(super) fn transport(options: &MqttPlan) -> Result<Transport, PublishError> {
    let of_tls = |reason: String| PublishError::Tls {
        broker: options.broker.to_string(),
        reason,
    };
    let roots = match &options.certificates {
        Some(path) => certificates::of_file(path).map_err(|reason| unusable(path, reason))?,
        None => certificates::of_system().map_err(of_tls)?,
    };
    let builder = certificates::trusting(roots).map_err(|error| of_tls(error.to_string()))?;
    let config = match &options.identity {
        Some(identity) => {
            let shown = SingleCertAndKey::from(certified(identity)?);
            builder.with_client_cert_resolver(Arc::new(shown))
        }
        None => builder.with_no_client_auth(),
    };
    let config = TlsConfiguration::Rustls(Arc::new(config));
    Ok(Transport::tls_with_config(config))
}

fn unusable(path: &Path, reason: impl ToString) -> PublishError {
    PublishError::Certificates {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// Certificate and key of the program. An error if they do not belong together.
fn certified(files: &CertificateFiles) -> Result<CertifiedKey, PublishError> {
    let unusable = |reason: &str| unusable(&files.certificate, reason);
    let bad_key = |reason: String| PublishError::Key {
        path: files.key.clone(),
        reason,
    };
    let chain = certificates::all(&files.certificate).map_err(|reason| unusable(&reason))?;
    let key = certificates::read(&files.key).map_err(|error| bad_key(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|_| bad_key("no key in PEM format in it, or an encrypted one".to_owned()))?;
    CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
        Error::InconsistentKeys(_) => {
            let of = files.certificate.display();
            bad_key(format!("it is not the key of the certificate in {of}"))
        }
        Error::InvalidCertificate(_) => {
            unusable("it is not of X.509 version 3, which `openssl x509 -extfile` writes")
        }
        error => bad_key(error.to_string()),
    })
}
