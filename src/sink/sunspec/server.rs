//! Modbus TCP server: takes requests, replies with registers, enforces the limits. It has no way
//! to write.

use super::codec::{self, LONGEST, ModbusRequest, ParsedRequest};
use super::fleet::{Fleet, slice};
use crate::sink::lock::lock;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, warn};

/// One client more closes the one that has been idle for longest.
const MOST_CLIENTS: usize = 32;
/// A client that sends nothing for this long is closed.
const IDLE: Duration = Duration::from_secs(120);
/// A request is complete this long after its first byte, and a reply taken this long after its
/// first.
const PARTIAL: Duration = Duration::from_secs(5);
/// Pause after no client could be accepted: file descriptors may be short.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The devices, shared by the sink and all clients.
pub(super) type SharedFleet = Arc<Mutex<Fleet>>;

/// A client that is connected.
struct ConnectedClient {
    task: AbortHandle,
    last_request: Arc<Mutex<Instant>>,
}

impl ConnectedClient {
    fn last_request(&self) -> Instant {
        *lock(&self.last_request)
    }
}

/// Serves clients until it is dropped.
pub(super) async fn serve(listener: TcpListener, shared: SharedFleet) {
    // Dropped with this task, it ends all clients.
    let mut tasks = JoinSet::new();
    let mut clients: Vec<ConnectedClient> = Vec::new();
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!("SunSpec: no client can be accepted: {error}");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // The set keeps tasks that have ended until they are taken out.
        while tasks.try_join_next().is_some() {}
        clients.retain(|client| !client.task.is_finished());
        if clients.len() >= MOST_CLIENTS {
            close_idle(&mut clients);
        }
        let last_request = Arc::new(Mutex::new(Instant::now()));
        let task = tasks.spawn(client(
            stream,
            peer,
            Arc::clone(&shared),
            Arc::clone(&last_request),
        ));
        clients.push(ConnectedClient { task, last_request });
    }
}

/// Closes the client that has been idle for longest.
fn close_idle(clients: &mut Vec<ConnectedClient>) {
    let last = |index: &usize| clients.get(*index).map(ConnectedClient::last_request);
    let oldest = (0..clients.len()).min_by_key(last);
    if let Some(oldest) = oldest {
        clients.swap_remove(oldest).task.abort();
    }
}

async fn client(
    stream: TcpStream,
    peer: SocketAddr,
    shared: SharedFleet,
    last_request: Arc<Mutex<Instant>>,
) {
    debug!("SunSpec: {peer} is connected");
    let ended = serve_client(stream, &shared, &last_request).await;
    let reason = ended.map_or_else(|error| error.to_string(), |()| "it closed".to_owned());
    debug!("SunSpec: {peer} is gone: {reason}");
}

async fn serve_client(
    mut stream: TcpStream,
    shared: &SharedFleet,
    last_request: &Mutex<Instant>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(LONGEST);
    let mut sent = Vec::with_capacity(LONGEST);
    let mut deadline = Instant::now() + IDLE;
    loop {
        let room = LONGEST.saturating_sub(received.len());
        let was_partial = !received.is_empty();
        // What is beyond one request waits in the socket: a client can't fill the memory.
        let mut limited = (&mut stream).take(u64::try_from(room).unwrap_or_default());
        if timeout_at(deadline, limited.read_buf(&mut received)).await?? == 0 {
            return Ok(());
        }
        sent.clear();
        let mut used = 0;
        let rest = loop {
            let rest = received.get(used..).unwrap_or_default();
            match codec::parse(rest) {
                ParsedRequest::Whole(request, length) => {
                    reply(&request, shared, &mut sent);
                    used += length;
                }
                ParsedRequest::Partial => break rest.len(),
                ParsedRequest::Garbage => return Err(io::ErrorKind::InvalidData.into()),
            }
        };
        received.drain(..used);
        let now = Instant::now();
        if used > 0 {
            *lock(last_request) = now;
            timeout_at(now + PARTIAL, stream.write_all(&sent)).await??;
        }
        deadline = match rest {
            0 => now + IDLE,
            // A byte now and then does not extend the deadline.
            _ if used == 0 && was_partial => deadline,
            _ => now + PARTIAL,
        };
    }
}

/// Appends the reply to a request. Its registers come from one reading, whatever is read meanwhile.
fn reply(request: &ModbusRequest, shared: &SharedFleet, sent: &mut Vec<u8>) {
    let range = match request.wanted {
        Ok(range) => range,
        Err(exception) => return codec::reply(request, Err(exception), sent),
    };
    let registers = lock(shared).registers(request.unit, Instant::now());
    let wanted = match &registers {
        Ok(registers) => slice(registers, range),
        Err(exception) => Err(*exception),
    };
    codec::reply(request, wanted, sent);
}
