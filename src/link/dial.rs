//! The way to a gateway, a broker or a database: its addresses one after the other, until one of
//! them answers.

use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// An address that says nothing for this long is not the only one any more that is tried. A good
/// line needs a tenth of it.
const HEAD_START: Duration = Duration::from_secs(1);

/// A server that does not acknowledge what was sent for this long is taken for lost: its machine
/// has no power, or the line to it is cut. Without a limit the inverters behind a gateway would
/// pass for silent for a quarter of an hour. A bad radio link needs a few seconds.
const SILENCE: Duration = Duration::from_secs(20);

/// Connects to the first address of this host and port that answers.
///
/// # Errors
/// The error of the last address that refused, or of the look-up.
pub(crate) async fn dial(host: String, port: u16) -> io::Result<TcpStream> {
    let stream = first(lookup_host((host, port)).await?).await?;
    // What is sent is not held back until the other side has acknowledged what was sent before.
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_user_timeout(Some(SILENCE))?;
    Ok(stream)
}

/// One that is gone does not keep the others from being tried, and one that is slow may still come.
async fn first(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut tried = JoinSet::new();
    let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        tried.spawn(TcpStream::connect(address));
        match timeout(HEAD_START, tried.join_next()).await {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            Ok(Some(Ok(Err(error)))) => refused = error,
            // It is slow: the next one is tried beside it.
            _ => {}
        }
    }
    while let Some(Ok(outcome)) = tried.join_next().await {
        match outcome {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_server_without_power_is_given_up() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let stream = dial("127.0.0.1".to_owned(), port).await.unwrap();
        let silence = SockRef::from(&stream).tcp_user_timeout().unwrap();
        assert_eq!(silence, Some(SILENCE));
    }

    /// A server that takes no more connections: the system lets further ones wait.
    async fn mute() -> (Socket, SocketAddr, Vec<TcpStream>) {
        let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        server.bind(&any.into()).unwrap();
        server.listen(0).unwrap();
        let address = server.local_addr().unwrap().as_socket().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = timeout(HEAD_START / 2, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
        }
        (server, address, waiting)
    }

    #[tokio::test]
    async fn an_address_that_is_gone_does_not_keep_the_next_from_being_tried() {
        let (_server, silent, _waiting) = mute().await;
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refusing = closed.local_addr().unwrap();
        drop(closed);
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = server.local_addr().unwrap();
        for gone in [silent, refusing] {
            let stream = first([gone, good].into_iter()).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), good);
        }
        let error = first([refusing].into_iter()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
