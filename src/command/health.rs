//! `health`: checks that a running `watch --http` is healthy, for containers and alarms.

use crate::exit::{Exit, Failure};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Time to connect, and for the response.
const PATIENCE: Duration = Duration::from_secs(4);
/// Bytes of a response that are read.
const LONGEST: usize = 8192;

/// Requests `/health`; without an address there is nothing to check.
pub(super) fn run(address: Option<SocketAddr>) -> Result<Exit, Failure> {
    let Some(address) = address else {
        // An image has one health check for all its containers, also for those that serve no HTTP.
        return Ok(Exit::Done);
    };
    let response = request(address).map_err(|error| {
        Failure::new(
            format!("no response from http://{address}/health: {error}"),
            Some("is `watch` running, with `--http` and this address?"),
        )
    })?;
    let (head, reason) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    if head.split_ascii_whitespace().nth(1) == Some("200") {
        return Ok(Exit::Done);
    }
    // From outside: nothing in it may steer the terminal.
    let shown: String = reason.chars().filter(|shown| !shown.is_control()).collect();
    Err(Failure::new(format!("not healthy: {shown}"), None))
}

fn request(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let end = Instant::now() + PATIENCE;
    let (mut response, mut part) = (Vec::new(), [0; 1024]);
    loop {
        // A timeout of zero is refused.
        let left = end.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let count = stream.read(&mut part)?;
        response.extend_from_slice(part.get(..count).unwrap_or_default());
        // The server closes the connection behind each response.
        if count == 0 || response.len() >= LONGEST {
            return Ok(String::from_utf8_lossy(&response).into_owned());
        }
    }
}
