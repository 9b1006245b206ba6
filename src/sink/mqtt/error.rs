//! Errors of publishing, with their messages.

use crate::exit::local_name_hint;
use rumqttc::{ConnectReturnCode, ConnectionError, Error as PacketError, StateError};
use std::error::Error;
use std::path::PathBuf;

/// Why something could not be published. The text names the broker, never the user or the password.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no connection.
    #[error("{broker} can't be reached: {reason}")]
    Unreachable { broker: String, reason: String },
    /// The broker refuses this user.
    #[error("{0}: not authorized")]
    NotAuthorized(String),
    /// The broker refuses this client.
    #[error("{broker} refuses: {reason}")]
    Refused {
        broker: String,
        reason: &'static str,
    },
    /// No encrypted connection.
    #[error("{broker}: TLS: {reason}")]
    Tls { broker: String, reason: String },
    /// The connection ended before all was taken.
    #[error("{broker}: the connection was lost: {reason}")]
    Lost { broker: String, reason: String },
    /// The broker sent a message that is longer than accepted.
    #[error("{0}: a message on homeassistant/status is too long; it is not listened to any more")]
    TooLong(String),
    /// There is a connection, but the broker is too slow.
    #[error("{broker} took {taken} of {all} messages within {seconds} s")]
    Slow {
        broker: String,
        taken: usize,
        all: usize,
        seconds: u64,
    },
    /// A password without a user.
    #[error("{0}: there is a password without a user")]
    NoUser(String),
    /// `--mqtt-password-file`
    #[error("can't read the password in {}: {reason}", path.display())]
    PasswordFile { path: PathBuf, reason: String },
    /// `--mqtt-ca`, `--mqtt-cert`
    #[error("can't read the certificates in {}: {reason}", path.display())]
    Certificates { path: PathBuf, reason: String },
    /// `--mqtt-key`
    #[error("can't use the key in {}: {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    /// A client certificate for a connection without TLS.
    #[error("{0}: a certificate is shown over mqtts:// only")]
    NotEncrypted(String),
}

impl PublishError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { broker, reason } => local_name_hint(broker, reason).or(Some(
                "is the broker running, are host and port right (mqtts:// if it is encrypted), \
                does a firewall let it through?",
            )),
            Self::NotAuthorized(_) => Some(
                "check the user (in the URL, or MQTT_USERNAME) and the password (MQTT_PASSWORD or \
                --mqtt-password-file)",
            ),
            Self::NoUser(_) => Some("write mqtt://USER@host, or set MQTT_USERNAME"),
            Self::Tls { .. } => Some(
                "a broker with a certificate of its own needs --mqtt-ca FILE, and the host as it \
                stands in the certificate; one that knows its clients by certificates needs \
                --mqtt-cert and --mqtt-key",
            ),
            Self::Slow { .. } | Self::Lost { .. } => {
                Some("see the broker's log; may this user publish there?")
            }
            Self::Certificates { .. } => {
                Some("--mqtt-ca and --mqtt-cert take files in PEM format, as openssl writes them")
            }
            Self::Key { .. } => Some(
                "--mqtt-key takes the key of --mqtt-cert, in PEM format and without a password, in \
                a file that this user can read",
            ),
            Self::NotEncrypted(_) => Some(
                "write mqtts:// in front of the broker, or leave --mqtt-cert and --mqtt-key out",
            ),
            Self::Refused { .. } | Self::PasswordFile { .. } | Self::TooLong(_) => None,
        }
    }

    /// The error of the client library, in our wording. `connected`: whether the broker had
    /// accepted the connection.
    pub(super) fn of(broker: String, error: ConnectionError, connected: bool) -> Self {
        use ConnectionError as E;
        match error {
            E::ConnectionRefused(code) => refused(broker, code),
            E::MqttState(StateError::Deserialization(PacketError::PayloadSizeLimitExceeded(_))) => {
                Self::TooLong(broker)
            }
            #[cfg(feature = "tls")]
            E::Tls(error) => Self::Tls {
                broker,
                reason: words(&error),
            },
            error => {
                let reason = match error {
                    E::NetworkTimeout | E::FlushTimeout => "no answer in time".to_owned(),
                    E::MqttState(StateError::ConnectionAborted) => {
                        "the other side closed the connection".to_owned()
                    }
                    E::NotConnAck(_) => "what answers is not an MQTT broker".to_owned(),
                    error => words(&error),
                };
                // With TLS 1.3 a broker judges the client's certificate after the handshake, so its
                // refusal comes as an I/O error of an open connection.
                if reason.contains(REFUSED_BY_TLS) {
                    Self::Tls { broker, reason }
                } else if connected {
                    Self::Lost { broker, reason }
                } else {
                    Self::Unreachable { broker, reason }
                }
            }
        }
    }
}

/// The error of the TLS library when the peer ends the connection, because a certificate is missing
/// for example.
const REFUSED_BY_TLS: &str = "received fatal alert";

fn refused(broker: String, code: ConnectReturnCode) -> PublishError {
    let reason = match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            return PublishError::NotAuthorized(broker);
        }
        ConnectReturnCode::RefusedProtocolVersion => "it does not speak MQTT 3.1.1",
        ConnectReturnCode::BadClientId => "it does not take the client id",
        ConnectReturnCode::ServiceUnavailable | ConnectReturnCode::Success => {
            "it is not available at the moment"
        }
    };
    PublishError::Refused { broker, reason }
}

/// The innermost reason; those around it are names of the library's layers.
pub(in crate::sink) fn words(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(source) => words(source),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_name_without_address_is_answered_with_advice() {
        let reason = "failed to lookup address information: Name does not resolve";
        let error = std::io::Error::other(reason);
        let broker = "mqtt://homeassistant.local:1883".to_owned();
        let error = PublishError::of(broker, ConnectionError::Io(error), false);
        assert!(error.hint().is_some_and(|hint| hint.contains("IP address")));
    }
}
