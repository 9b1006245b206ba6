//! `mqtts://`: which certificates are trusted.

use super::error::PublishError;
use super::options::Options;
use rumqttc::Transport;
use std::fs;

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
    let certificates = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let is_pem = certificates
        .windows(BEGIN.len())
        .any(|bytes| bytes == BEGIN);
    if !is_pem {
        return Err(unreadable("no certificate in PEM format in it".to_owned()));
    }
    Ok(Transport::tls(certificates, None, None))
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
