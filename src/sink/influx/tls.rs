//! `https://`: which certificates are trusted.

use super::InfluxPlan;
use super::error::PushError;
use crate::sink::certificates;
use crate::sink::mqtt::error::words;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

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
            Some(path) => certificates::of_file(path).map_err(|reason| PushError::File {
                what: "certificates",
                path: path.clone(),
                reason,
            })?,
            None => certificates::of_system().map_err(of_tls)?,
        };
        let builder = certificates::trusting(roots).map_err(|error| of_tls(error.to_string()))?;
        let host = ServerName::try_from(options.database.host.clone());
        Ok(Self {
            host: host.map_err(|error| of_tls(error.to_string()))?,
            connector: TlsConnector::from(Arc::new(builder.with_no_client_auth())),
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
