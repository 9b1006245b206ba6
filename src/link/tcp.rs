//! `tcp://host:port`: raw serial gateways (ser2net, socat, Elfin EW11, USR-TCP232).

use super::dial::dial;
use crate::exit::local_name_hint;
use crate::kaco::connect::LinkError;
use socket2::{SockRef, TcpKeepalive};
use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

/// Look-up and connection together; a gateway in reach needs milliseconds, one behind a bad radio
/// link a second or two.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What a gateway still had in its buffer comes right behind the connection.
const OLD_BYTES: Duration = Duration::from_millis(50);

/// Idle time before the system probes whether a quiet gateway is still there, and between probes.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Where a gateway listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    host: String,
    port: u16,
}

impl Gateway {
    /// The same for all ways to write its name.
    pub(super) fn identity(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl FromStr for Gateway {
    type Err = ();

    /// Reads `host:port` or `[::1]:port`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (host, port) = text.rsplit_once(':').ok_or(())?;
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = match bare {
            Some(address) if is_ipv6(address) => address,
            None if !host.contains(is_no_part_of_a_name) => host,
            _ => return Err(()),
        };
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(())?;
        if host.is_empty() {
            return Err(());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// `fe80::1`, with the interface that leads there or without: `fe80::1%eth0`.
fn is_ipv6(text: &str) -> bool {
    let (address, interface) = text.split_once('%').unwrap_or((text, "any"));
    let is_name = !interface.is_empty() && !interface.contains(is_no_part_of_a_name);
    address.parse::<Ipv6Addr>().is_ok() && is_name
}

/// Signs that end a name, or steer a terminal when it is shown.
fn is_no_part_of_a_name(character: char) -> bool {
    character.is_control() || character.is_whitespace() || ":[]/@?#%".contains(character)
}

impl fmt::Display for Gateway {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(formatter, "tcp://[{host}]:{port}")
        } else {
            write!(formatter, "tcp://{host}:{port}")
        }
    }
}

/// Connects, and throws away what the gateway had kept from before.
pub(super) async fn open(gateway: &Gateway) -> Result<TcpStream, LinkError> {
    let connecting = dial(gateway.host.clone(), gateway.port);
    let stream = match timeout(CONNECT_LIMIT, connecting).await {
        Ok(stream) => stream,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "no answer within 5 s",
        )),
    };
    let mut stream = stream
        .and_then(prepared)
        .map_err(|error| explain(gateway, &error))?;
    // A reply to an earlier client's request could be taken for ours.
    let mut old = 0;
    let _ = timeout(OLD_BYTES, throw_away(&mut stream, &mut old)).await;
    if old > 0 {
        debug!("{gateway}: {old} old bytes are thrown away");
    }
    Ok(stream)
}

/// Reads and forgets, as long as something comes: a gateway that never stops talking must not fill
/// the memory.
async fn throw_away(stream: &mut TcpStream, count: &mut usize) {
    let mut bytes = [0; 512];
    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
        *count += read;
    }
}

fn prepared(stream: TcpStream) -> io::Result<TcpStream> {
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(KEEP_ALIVE);
    SockRef::from(&stream).set_tcp_keepalive(&keep_alive)?;
    Ok(stream)
}

fn explain(gateway: &Gateway, error: &io::Error) -> LinkError {
    let device = gateway.to_string();
    let reason = error.to_string();
    let hint = local_name_hint(&device, &reason).unwrap_or(match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "the gateway is there, but nothing listens on this port; set it to raw TCP server \
            mode, without RFC 2217"
        }
        io::ErrorKind::TimedOut
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => {
            "is the gateway switched on, and in the same network? `ping` shows it"
        }
        _ => "check the name and the network",
    });
    LinkError::Unreachable {
        device,
        reason,
        hint,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_local_name_without_address_is_answered_with_advice() {
        let unknown = io::Error::other("failed to lookup address information");
        let silent = io::Error::new(io::ErrorKind::TimedOut, "no answer within 5 s");
        for (host, error, advice) in [
            ("gateway.local", &unknown, "IP address"),
            ("gateway.local", &silent, "IP address"),
            ("gateway", &unknown, "check the name"),
        ] {
            let gateway = format!("{host}:23").parse();
            let hint = gateway.map(|gateway| explain(&gateway, error).hint());
            let is_given = |hint: Option<String>| hint.is_some_and(|hint| hint.contains(advice));
            assert!(hint.is_ok_and(is_given), "{host}");
        }
    }

    #[test]
    fn gateways_have_host_and_port() {
        for (text, shown) in [
            ("192.168.1.9:8899", "tcp://192.168.1.9:8899"),
            ("gateway.local:23", "tcp://gateway.local:23"),
            ("[fe80::1]:23", "tcp://[fe80::1]:23"),
            ("[fe80::1%eth0]:23", "tcp://[fe80::1%eth0]:23"),
        ] {
            assert_eq!(
                text.parse::<Gateway>().map(|gateway| gateway.to_string()),
                Ok(shown.to_owned())
            );
        }
        for text in [
            "",
            "host",
            "host:",
            ":23",
            "host:0",
            "host:70000",
            "fe80::1:23",
            "[]:23",
            "user@host:23",
            "a b:1",
            "a\u{1b}c:1",
            "[host]:1",
            "[f//[fe80]:8",
            "[fe80::1%]:1",
            "[fe80::1%a]b]:1",
        ] {
            assert_eq!(text.parse::<Gateway>(), Err(()), "{text}");
        }
    }
}
