//! Finds the inverters of a network: sends a search packet and collects the answers.

use super::client::NetworkError;
use super::discovery::{self, Discovered};
use super::socket::{Packet, Socket};
use super::timing::KstarTiming;
use crate::escape::printable;
use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, info, warn};

/// No network that broadcast reaches has more inverters. Each that answers costs sockets and
/// memory, and one sender can pretend to be thousands.
const MOST: usize = 256;

/// Sends the search packet to all `targets`, broadcast addresses or single modules, and calls
/// `found` for each module as soon as it answers: with the address that its answer came from, which
/// counts, and its content.
pub(crate) async fn search(
    targets: &[Ipv4Addr],
    timing: &KstarTiming,
    mut found: impl FnMut(Ipv4Addr, Discovered),
) -> Result<(), NetworkError> {
    let mut seen = BTreeSet::new();
    let mut is_crowded = false;
    let mut failure = None;
    let mut socket = None;
    let (start, pause) = (Instant::now(), timing.search / timing.searches.max(1));
    for round in 1..=timing.searches {
        let end = start + pause * round;
        let answered = search_once(
            &mut socket,
            targets,
            end,
            |ip, datagram| match discovery::parse(datagram) {
                Some(_) if seen.contains(&ip) => debug!("{ip}: answers once more"),
                Some(_) if seen.len() == MOST => {
                    if !std::mem::replace(&mut is_crowded, true) {
                        warn!(
                            "more than {MOST} answered the search; the others are left out, poll \
                            them by --ip"
                        );
                    }
                }
                Some(answer) => {
                    seen.insert(ip);
                    info!("{ip}: a module: {}", printable(datagram));
                    found(ip, answer);
                }
                None => debug!(
                    "{ip}: no answer to a search, dropped: {}",
                    printable(datagram)
                ),
            },
        );
        failure = answered.await.err();
        if failure.is_some() {
            // A new one for the next packet, which keeps its time: the network may be back by then.
            socket = None;
            sleep_until(end).await;
        }
    }
    match failure {
        // Where one module answered, the network works: an error of one packet does not matter.
        Some(failure) if seen.is_empty() => Err(failure),
        _ => Ok(()),
    }
}

/// Sends the search packet once and collects answers until `end`.
async fn search_once(
    socket: &mut Option<Socket>,
    targets: &[Ipv4Addr],
    end: Instant,
    mut received: impl FnMut(Ipv4Addr, &[u8]),
) -> Result<(), NetworkError> {
    let ip = common(targets);
    let at = |source| NetworkError { ip, source };
    let socket = match socket {
        Some(socket) => socket,
        none => none.insert(open(ip).await.map_err(at)?),
    };
    send_to_all(socket, targets).await?;
    while let Ok(came) = timeout_at(end, socket.receive()).await {
        let (sender, datagram) = came.map_err(at)?;
        received(*sender.ip(), datagram);
    }
    Ok(())
}

/// The only target; 0.0.0.0 if there are several.
const fn common(targets: &[Ipv4Addr]) -> Ipv4Addr {
    match targets {
        [one] => *one,
        _ => Ipv4Addr::UNSPECIFIED,
    }
}

/// A socket that receives the answers of `ip`; 0.0.0.0 and 255.255.255.255 can be answered through
/// any network.
async fn open(ip: Ipv4Addr) -> io::Result<Socket> {
    let port = Packet::Search.port();
    if ip.is_unspecified() || ip.is_broadcast() {
        Socket::open(Ipv4Addr::UNSPECIFIED, port).await
    } else {
        Socket::towards(ip, port).await
    }
}

/// Sends the packet to each target; one that works is enough.
async fn send_to_all(socket: &Socket, targets: &[Ipv4Addr]) -> Result<(), NetworkError> {
    let mut failure = None;
    let mut sent = false;
    for &ip in targets {
        match socket.send(Packet::Search, ip).await {
            Ok(()) => sent = true,
            Err(source) => {
                info!("{ip}: the search could not be sent: {source}");
                failure = Some(NetworkError { ip, source });
            }
        }
    }
    failure.filter(|_| !sent).map_or(Ok(()), Err)
}
