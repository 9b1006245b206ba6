//! The address of a broker, as it is typed: `host`, `host:1883`, `mqtt://user@host`,
//! `mqtts://host:8883`.
//!
//! It can hold user and password. They are never shown, and neither is a text that could not be
//! parsed: any part of it may be the password.

use crate::sink::secret::Password;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;
use url::{Host, Url};

/// Where to publish, and the user.
#[derive(Clone, PartialEq, Eq)]
pub struct Broker {
    /// Name or address, IPv6 without brackets.
    pub host: String,
    /// 1883, or 8883 if it is encrypted, unless another one was given.
    pub port: u16,
    /// `mqtts://`
    pub is_encrypted: bool,
    /// User in the URL.
    pub user: Option<String>,
    /// Password in the URL.
    pub password: Option<Password>,
}

/// Why a text is not the address of a broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// No text, or none where the host should be.
    #[error(
        "there is no host in it; write for example homeassistant.local or mqtt://user@host:1883"
    )]
    NoHost,
    /// `http://…`
    #[error("only mqtt:// and mqtts:// are understood, or just a host")]
    Scheme,
    /// `mqtt://host/topic`
    #[error("nothing may follow the host and its port; topics have options of their own")]
    Path,
    /// Anything else.
    #[error(
        "it can't be read ({0}); in user and password, characters other than letters and \
        digits are written as %XX: @ is %40"
    )]
    Unreadable(String),
    /// `mqtts://`, but this program can't.
    #[error("this program was built without TLS; only mqtt:// works")]
    NoTls,
}

impl FromStr for Broker {
    type Err = BrokerError;

    fn from_str(text: &str) -> Result<Self, BrokerError> {
        let url = parse(text.trim())?;
        let is_encrypted = match url.scheme() {
            "mqtt" => false,
            "mqtts" if cfg!(feature = "tls") => true,
            "mqtts" => return Err(BrokerError::NoTls),
            _ => return Err(BrokerError::Scheme),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(BrokerError::Path);
        }
        let host = match url.host().ok_or(BrokerError::NoHost)? {
            // `url` decodes and checks hosts of schemes that it knows, such as http, but not of
            // mqtt.
            Host::Domain(name) => host_name(name)?,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let usual_port = if is_encrypted { 8883 } else { 1883 };
        Ok(Self {
            host: given(&host).ok_or(BrokerError::NoHost)?,
            port: match url.port() {
                Some(0) => return Err(BrokerError::Unreadable("port 0".to_owned())),
                port => port.unwrap_or(usual_port),
            },
            is_encrypted,
            user: given(&decoded(url.username())?),
            password: Password::in_url(&url),
        })
    }
}

fn parse(text: &str) -> Result<Url, BrokerError> {
    let text = match text {
        "" => return Err(BrokerError::NoHost),
        address if address.parse::<Ipv6Addr>().is_ok() => format!("mqtt://[{address}]"),
        // `url` would take the host in `host:1883` for a scheme.
        url if url.contains("://") => url.to_owned(),
        host => format!("mqtt://{host}"),
    };
    Url::parse(&text).map_err(|error| match error {
        url::ParseError::EmptyHost => BrokerError::NoHost,
        error => BrokerError::Unreadable(error.to_string()),
    })
}

/// A decoded name without characters that no host has: `ann%3Asecret%40broker` is not a host, and
/// one that is shown can't control a terminal.
fn host_name(text: &str) -> Result<String, BrokerError> {
    let name = decoded(text)?;
    let is_other =
        |one: char| one.is_control() || one.is_whitespace() || ":/?#[]@%\\<>^|".contains(one);
    if name.contains(is_other) {
        return Err(BrokerError::Unreadable("this is not a host".to_owned()));
    }
    Ok(name)
}

fn decoded(text: &str) -> Result<String, BrokerError> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(|text| text.into_owned())
        .map_err(|_| BrokerError::Unreadable("no UTF-8".to_owned()))
}

/// Scheme, host and port: what a message may show.
impl fmt::Display for Broker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "mqtts" } else { "mqtt" };
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(formatter, "{scheme}://[{host}]:{port}")
        } else {
            write!(formatter, "{scheme}://{host}:{port}")
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Broker({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// User and password.
    type Login = (Option<String>, Option<Vec<u8>>);

    /// The text that is shown, and the user.
    fn read(text: &str) -> Result<(String, Login), BrokerError> {
        let broker: Broker = text.parse()?;
        let password = broker.password.as_ref();
        let password = password.map(|password| password.bytes().to_vec());
        Ok((broker.to_string(), (broker.user, password)))
    }

    fn login(user: &str, password: &str) -> Login {
        (Some(user.to_owned()), Some(password.as_bytes().to_vec()))
    }

    #[test]
    fn hosts_and_urls() {
        for (text, shown) in [
            ("broker", "mqtt://broker:1883"),
            (" homeassistant.local ", "mqtt://homeassistant.local:1883"),
            ("192.168.1.9", "mqtt://192.168.1.9:1883"),
            ("broker:1884", "mqtt://broker:1884"),
            ("mqtt://broker", "mqtt://broker:1883"),
            ("MQTT://broker/", "mqtt://broker:1883"),
            ("mqtt://[fe80::1]:1884", "mqtt://[fe80::1]:1884"),
            ("[::1]:1884", "mqtt://[::1]:1884"),
            ("::1", "mqtt://[::1]:1883"),
        ] {
            assert_eq!(read(text), Ok((shown.to_owned(), (None, None))), "{text}");
        }
        #[cfg(feature = "tls")]
        for (text, shown) in [
            ("mqtts://broker", "mqtts://broker:8883"),
            ("mqtts://[::1]:443", "mqtts://[::1]:443"),
        ] {
            assert_eq!(read(text), Ok((shown.to_owned(), (None, None))), "{text}");
        }
        #[cfg(not(feature = "tls"))]
        assert_eq!(read("mqtts://broker"), Err(BrokerError::NoTls));
    }

    #[test]
    fn users_and_passwords_are_decoded() {
        for (text, login) in [
            ("mqtt://ann@broker", (Some("ann".to_owned()), None)),
            ("mqtt://ann:secret@broker", login("ann", "secret")),
            ("ann:secret@broker:1883", login("ann", "secret")),
            (
                "mqtt://a%40b:p%3Aw%2F%C3%A4+%25@broker",
                login("a@b", "p:w/ä+%"),
            ),
            ("mqtt://ann:@broker", (Some("ann".to_owned()), None)),
        ] {
            let due = ("mqtt://broker:1883".to_owned(), login);
            assert_eq!(read(text), Ok(due), "{text}");
        }
        let raw = read("mqtt://ann:%ff%00@broker").map(|(_, (_, password))| password);
        assert_eq!(raw, Ok(Some(vec![0xff, 0])));
    }

    #[test]
    fn an_invalid_broker_is_not_shown() {
        for text in [
            "",
            " ",
            "mqtt://",
            "mqtt://ann:secret@",
            "http://ann:secret@broker",
            "tcp://broker",
            "mqtt://ann:secret@broker/topic",
            "mqtt://ann:secret@broker?x",
            "mqtt://ann:secret@broker#x",
            "mqtt://ann:secret@broker:0",
            "mqtt://ann:secret@broker:99999",
            "mqtt://ann:secret@broker:secret",
            "mqtt://ann:sec/ret@broker",
            "mqtt://%ff:secret@broker",
            "mqtt://ann:secret@[::1",
            // Encoded characters of a host are not a part of its name.
            "mqtt://ann%3Asecret%40broker",
            "mqtt://broker%1b[2Jsecret",
            "broker%2Fsecret",
            "\u{2}",
        ] {
            let error = read(text).map_err(|error| format!("{error} {error:?}"));
            assert!(
                matches!(&error, Err(error) if !error.contains("secret") && !error.contains("ann")),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let broker: Result<Broker, _> = "mqtt://ann:secret@broker".parse();
        let shown = format!("{broker:?}");
        assert_eq!(shown, "Ok(Broker(mqtt://broker:1883))");
    }
}
