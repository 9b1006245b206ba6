//! The URL of a database, as it is typed: `http://host:8086/write?db=solar`,
//! `https://host/api/v2/write?org=home&bucket=solar`.
//!
//! User and password can be in front of the host. They are never shown, and neither is a text that
//! could not be parsed.

use crate::sink::secret::Password;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::str::FromStr;
use url::Url;

/// Where readings are pushed to, and the user.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Database {
    /// Name or address, IPv6 without brackets.
    pub(super) host: String,
    /// 80, or 443 if it is encrypted, unless another one was given.
    pub(super) port: u16,
    /// `https://`
    pub(super) is_encrypted: bool,
    /// Path and query of the requests.
    pub(super) path: String,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Password>,
}

/// Why a text is not the URL of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// `mqtt://…`, or none at all.
    #[error(
        "write http:// or https:// and a host, for example http://localhost:8086/write?db=solar"
    )]
    Scheme,
    /// `?p=secret`
    #[error(
        "`{0}` does not belong in the URL, where others can read it; write the user in front of \
         the host, password and token \
         into files or variables of their own"
    )]
    Secret(&'static str),
    /// `#…`
    #[error("nothing may follow path and query")]
    Fragment,
    /// Anything else.
    #[error(
        "it can't be read ({0}); in user and password, characters other than letters and \
        digits are written as %XX: @ is %40"
    )]
    Unreadable(String),
    /// `https://`, but this program can't.
    #[error("this program was built without TLS; only http:// works")]
    NoTls,
}

/// Parameters of InfluxDB that hold a login.
const LOGINS: [&str; 4] = ["u", "p", "token", "password"];

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let url = Url::parse(text.trim()).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => DatabaseError::Scheme,
            error => DatabaseError::Unreadable(error.to_string()),
        })?;
        let is_encrypted = match url.scheme() {
            "http" => false,
            "https" if cfg!(feature = "tls") => true,
            "https" => return Err(DatabaseError::NoTls),
            _ => return Err(DatabaseError::Scheme),
        };
        if url.fragment().is_some() {
            return Err(DatabaseError::Fragment);
        }
        let is_login = |name: &&str| url.query_pairs().any(|(key, _)| key == **name);
        if let Some(name) = LOGINS.into_iter().find(|name| is_login(name)) {
            return Err(DatabaseError::Secret(name));
        }
        let host = url.host_str().ok_or(DatabaseError::Scheme)?;
        let port = url.port_or_known_default().filter(|port| *port != 0);
        let path = match url.path() {
            // That of InfluxDB 1, VictoriaMetrics and QuestDB.
            "/" => "/write",
            path => path,
        };
        let query = url.query().map(|query| format!("?{query}"));
        let user = percent_decode_str(url.username()).decode_utf8();
        let user = user.map_err(|_| DatabaseError::Unreadable("no UTF-8".to_owned()))?;
        Ok(Self {
            // `url` keeps the brackets of IPv6, which no look-up takes.
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.ok_or_else(|| DatabaseError::Unreadable("port 0".to_owned()))?,
            is_encrypted,
            path: format!("{path}{}", query.unwrap_or_default()),
            user: Some(user.into_owned()).filter(|user| !user.is_empty()),
            password: Password::in_url(&url),
        })
    }
}

impl Database {
    /// Host and port, as they stand in a request.
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// Scheme, host and port: what a message may show.
impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.authority())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Database({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), String> {
        let database: Result<Database, _> = text.parse();
        database
            .map(|database| (database.to_string(), database.path))
            .map_err(|error| format!("{error} {error:?}"))
    }

    #[test]
    fn urls_of_every_database() {
        for (text, shown, path) in [
            (
                "http://host:8086/write?db=solar",
                "http://host:8086",
                "/write?db=solar",
            ),
            ("http://host:8428", "http://host:8428", "/write"),
            ("HTTP://ann@host?db=x", "http://host:80", "/write?db=x"),
            ("http://[::1]:9000/write", "http://[::1]:9000", "/write"),
            (
                "http://10.0.0.9/api/v2/write?org=my%20home&bucket=solar",
                "http://10.0.0.9:80",
                "/api/v2/write?org=my%20home&bucket=solar",
            ),
        ] {
            assert_eq!(
                read(text),
                Ok((shown.to_owned(), path.to_owned())),
                "{text}"
            );
        }
        let encrypted = read("https://ann:secret@host/write");
        #[cfg(feature = "tls")]
        assert_eq!(
            encrypted,
            Ok(("https://host:443".to_owned(), "/write".to_owned()))
        );
        #[cfg(not(feature = "tls"))]
        assert!(encrypted.is_err_and(|error| error.contains("without TLS")));
    }

    #[test]
    fn users_and_passwords_are_decoded_and_not_shown() {
        let database: Result<Database, _> = "http://a%40b:p%3Aw@host".parse();
        assert_eq!(format!("{database:?}"), "Ok(Database(http://host:80))");
        let login = database.map(|database| (database.user, database.password));
        assert_eq!(login, Ok((Some("a@b".to_owned()), Password::new("p:w"))));
    }

    #[test]
    fn an_invalid_database_is_not_shown() {
        for text in [
            "",
            "host",
            "ann:secret@host",
            "mqtt://ann:secret@host",
            "http://",
            "http://ann:secret@",
            "http://ann:secret@host:0",
            "http://ann:secret@host:99999",
            "http://ann:sec/ret@host",
            "http://ann:secret@host#x",
            "http://host/write?db=x&u=ann&p=secret",
            "http://host/write?token=secret",
            "http://ann%3Asecret%40host:x",
            "http://%ff:secret@host",
        ] {
            let error = read(text).err().unwrap_or_default();
            assert!(!error.is_empty(), "{text}");
            assert!(
                !error.contains("secret") && !error.contains("ann"),
                "{text}: {error}"
            );
        }
    }
}
