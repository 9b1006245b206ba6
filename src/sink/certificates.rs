//! Certificates and keys in files in PEM format, and which certificates are trusted.

use crate::lines;
use rustls_native_certs::load_native_certs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, ConfigBuilder, Error, RootCertStore};

/// Bytes of a file with certificates: those of a whole system are a tenth of it.
const MOST: usize = 4 << 20;

/// The reason for a file without any certificate.
const MISSING: &str = "no certificate in PEM format in it";

/// Reads such a file. More than 4 MB is an error.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    lines::whole(path, MOST)
}

/// The certificates in a file, at least one. The error is the reason.
pub(super) fn all(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = read(path).map_err(|error| error.to_string())?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| format!("a certificate in it is damaged: {error}"))?;
    match found.is_empty() {
        true => Err(MISSING.to_owned()),
        false => Ok(found),
    }
}

/// The certificates of a file, to trust them. The error is the reason.
pub(super) fn of_file(path: &Path) -> Result<RootCertStore, String> {
    let roots = usable(all(path)?);
    match roots.is_empty() {
        true => Err("no certificate in it can be used".to_owned()),
        false => Ok(roots),
    }
}

/// Those that can be used: of a system's hundred there may be one that can't.
fn usable(certificates: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}

/// The certificates that this system trusts. The error is the reason.
pub(super) fn of_system() -> Result<RootCertStore, String> {
    let found = load_native_certs();
    let roots = usable(found.certs);
    match found.errors.first().filter(|_| roots.is_empty()) {
        Some(error) => Err(format!(
            "the certificates of this system can't be read: {error}"
        )),
        None => Ok(roots),
    }
}

/// Starts the configuration of connections to servers that these certificates vouch for.
pub(super) fn trusting(
    roots: RootCertStore,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let versions = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_usable_certificate_is_an_error_with_its_reason() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("ca.pem");
        let pem = |content| {
            format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
        };
        for (content, due) in [
            (String::new(), MISSING),
            (pem("AA!A"), "damaged"),
            (pem("AAAA"), "can be used"),
        ] {
            std::fs::write(&path, content)?;
            let error = of_file(&path).err();
            assert!(error.is_some_and(|error| error.contains(due)), "{due}");
        }
        Ok(())
    }
}
