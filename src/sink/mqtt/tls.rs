//! `mqtts://`: which certificates are trusted.

use super::error::PublishError;
use super::options::Options;
use crate::lines;
use rumqttc::Transport;
use rumqttc::tokio_rustls::rustls::RootCertStore;
use rumqttc::tokio_rustls::rustls::pki_types::CertificateDer;
use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject;

/// Bytes of a file with certificates: those of a whole system are a tenth of it.
const MOST: usize = 4 << 20;

/// The system's certificates, or those in the file that was given.
///
/// # Errors
/// [`PublishError`] if they can't be read.
pub(super) fn transport(options: &Options) -> Result<Transport, PublishError> {
    let Some(path) = &options.certificates else {
        return Transport::try_tls_with_default_config().map_err(|error| PublishError::Tls {
            broker: options.broker.to_string(),
            reason: format!("the certificates of this system can't be read: {error}"),
        });
    };
    let unreadable = |reason: String| PublishError::Certificates {
        path: path.clone(),
        reason,
    };
    let certificates = lines::whole(path, MOST).map_err(|error| unreadable(error.to_string()))?;
    let is_pem = certificates
        .windows(BEGIN.len())
        .any(|bytes| bytes == BEGIN);
    if !is_pem {
        return Err(unreadable("no certificate in PEM format in it".to_owned()));
    }
    Ok(Transport::tls(certificates, None, None))
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Whether each certificate in the file that was given can be used.
///
/// # Errors
/// [`PublishError`] if one can't. A file without any is found by [`transport`].
pub(super) fn look(options: &Options) -> Result<(), PublishError> {
    let Some(path) = &options.certificates else {
        return Ok(());
    };
    let unreadable = |reason: String| PublishError::Certificates {
        path: path.clone(),
        reason,
    };
    let Ok(certificates) = lines::whole(path, MOST) else {
        return Ok(()); // said by `transport` too
    };
    for certificate in CertificateDer::pem_slice_iter(&certificates) {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        let added = RootCertStore::empty().add(certificate);
        added.map_err(|error| unreadable(error.to_string()))?;
    }
    Ok(())
}
