//! Errors of pushing, with their messages.

use crate::exit::local_name_hint;
use hyper::StatusCode;
use std::path::PathBuf;
use std::time::Duration;

/// Why rows could not be pushed. The text names the database, never the user, the password or the
/// token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PushError {
    /// There is no connection.
    #[error("{database} can't be reached: {reason}")]
    Unreachable { database: String, reason: String },
    /// No encrypted connection.
    #[cfg(feature = "tls")]
    #[error("{database}: TLS: {reason}")]
    Tls { database: String, reason: String },
    /// The connection ended before there was a response.
    #[error("{database}: the connection was lost: {reason}")]
    Lost { database: String, reason: String },
    /// There is a connection, but no response.
    #[error("{database} gave no answer within {seconds} s")]
    Slow { database: String, seconds: u64 },
    /// A response, but not that it has taken the rows.
    #[error("{database} answers {}{}", code.as_u16(), suffix(detail))]
    Refused {
        database: String,
        code: StatusCode,
        /// The text of the response, made safe to show.
        detail: String,
        /// The pause that it wants.
        wait: Option<Duration>,
    },
    /// A password without a user.
    #[error("{0}: there is a password without a user")]
    NoUser(String),
    /// A token with a line end in it, for example.
    #[error("{0}: user, password or token have characters that can't be sent")]
    NoHeader(String),
    /// `--influx-password-file`, `--influx-token-file`, `--influx-ca`
    #[error("can't read the {what} in {}: {reason}", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        reason: String,
    },
}

fn suffix(detail: &str) -> String {
    match detail {
        "" => String::new(),
        detail => format!(": {detail}"),
    }
}

impl PushError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unreachable { database, reason } => local_name_hint(database, reason).unwrap_or(
                "is the database running, are host and port right, does a firewall let it through? \
                 Rows that are logged are pushed when it is back",
            ),
            #[cfg(feature = "tls")]
            Self::Tls { .. } => {
                "a database with a certificate of its own needs --influx-ca FILE, and the host as \
                 it stands in the certificate"
            }
            Self::Slow { .. } | Self::Lost { .. } => {
                "is it too busy, or is that not a database? Rows that are logged are pushed \
                 when it is back"
            }
            Self::NoUser(_) => "write http://USER@host, or set INFLUX_USERNAME",
            Self::Refused { code, .. } => return Some(cure(*code)),
            Self::NoHeader(_) | Self::File { .. } => return None,
        })
    }

    /// The batch was too long, or one of its rows is refused: a shorter one may be taken.
    pub(super) fn is_about_rows(&self) -> bool {
        self.has_code(&[StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY])
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.has_code(&[StatusCode::PAYLOAD_TOO_LARGE])
    }

    fn has_code(&self, codes: &[StatusCode]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.contains(code))
    }

    /// The pause that the database wants.
    pub(super) const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Refused { wait, .. } => *wait,
            _ => None,
        }
    }
}

fn cure(code: StatusCode) -> &'static str {
    match code.as_u16() {
        300..=399 => "it leads elsewhere, which is not followed: write the URL that it leads to",
        400 | 422 => "the text names what it does not take; rows that are logged stay there",
        401 | 403 => {
            "check the user (in the URL, or INFLUX_USERNAME) and the password (INFLUX_PASSWORD or \
             --influx-password-file), or \
             the token (INFLUX_TOKEN or --influx-token-file); may it write there?"
        }
        404 | 405 => {
            "is the path right, and is there such a database or bucket? \
             InfluxDB 1: /write?db=NAME; 2: \
             /api/v2/write?org=ORG&bucket=BUCKET; VictoriaMetrics, QuestDB: /write"
        }
        // Longer batches were halved before.
        413 => "it takes not even one row: allow longer requests there, or in the proxy before it",
        _ => "see its log; rows that are logged here are pushed when it works again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_name_without_address_is_answered_with_advice() {
        let error = PushError::Unreachable {
            database: "http://influx.local:8086".to_owned(),
            reason: "no answer in time".to_owned(),
        };
        assert!(error.hint().is_some_and(|hint| hint.contains("IP address")));
    }
}
