//! Names of two addresses, of which the first does not answer.

use super::inverter::address;
use super::shim;
use socket2::{Domain, Socket, Type};
use std::iter;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

/// A server that takes no more connections: the system lets further ones wait.
pub struct Mute {
    pub at: SocketAddr,
    _server: Socket,
    _waiting: Vec<TcpStream>,
}

impl Mute {
    /// At this port, or at any for 0.
    pub fn start(port: u16) -> Self {
        let server = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let at = SocketAddr::from((address(), port));
        server.bind(&at.into()).expect("a port");
        server.listen(0).expect("a server");
        let at = server.local_addr().expect("its number");
        let at = at.as_socket().expect("an address");
        let patience = Duration::from_millis(500);
        let waiting = iter::from_fn(|| TcpStream::connect_timeout(&at, patience).ok());
        Self {
            at,
            _waiting: waiting.collect(),
            _server: server,
        }
    }

    /// Gives each name that the command looks up two addresses: this one, then that of `next`.
    pub fn stand_before(&self, next: SocketAddr, command: &mut Command) {
        command.env("ADDRESSES", format!("{} {}", self.at.ip(), next.ip()));
        shim::load(command, &shim::library("tests/suite/support/names.c"));
    }
}
