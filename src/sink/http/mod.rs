//! The HTTP port of `watch`: a page, metrics, JSON, events. Serves what was observed; never polls.

mod metrics;
mod page;
mod pictures;
mod routes;
mod state;

use crate::clock;
use crate::exit::Failure;
use crate::history::names::Names;
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::sink::lock::lock;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use pictures::Pictures;
pub(super) use state::State;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tower_service::Service;
use tracing::{debug, info};

/// Connections at a time; a further one closes one of them.
const CONNECTIONS: usize = 32;
/// Marks a connection whose request has not come yet.
const NO_REQUEST: u64 = u64::MAX;
/// Bytes of a request's head: the least that hyper takes.
const HEAD: usize = 8192;
/// Time for a request and its response.
const LIMIT: Duration = Duration::from_secs(10);
/// Time for a picture: a year of a large plant on a small machine.
const DRAWING: Duration = Duration::from_secs(60);
/// Time after which a stream of events ends; browsers connect again.
const STREAM: Duration = Duration::from_secs(600);
/// Events that wait for a slow client; it misses older ones.
const QUEUE: usize = 256;

/// What the handlers share.
#[derive(Clone)]
struct HttpShared {
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<String>,
    pictures: Option<Pictures>,
}

impl HttpShared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The port, and what it serves.
pub(super) struct Http {
    /// Until it is served.
    listener: Option<TcpListener>,
    shared: HttpShared,
    task: Option<AbortHandle>,
}

impl Http {
    /// Binds to the address. `names`: of the plant and its inverters; `log`: the directory that
    /// pictures are drawn of.
    pub(super) fn open(
        address: SocketAddr,
        names: Names,
        log: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let failed = |error| {
            Failure::new(
                format!("can't serve HTTP at {address}: {error}"),
                Some("--http takes an address of this machine and a free port"),
            )
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        // tokio takes only sockets that do not block.
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        info!("serving http://{address}/");
        let mut state = State::new(|| clock::now().fixed_offset(), Duration::ZERO);
        state.title.clone_from(&names.title);
        Ok(Self {
            listener: Some(listener),
            shared: HttpShared {
                state: Arc::new(Mutex::new(state)),
                events: broadcast::channel(QUEUE).0,
                pictures: log.map(|log| Pictures::new(log, names)),
            },
            task: None,
        })
    }

    /// Serves from now on, on the current runtime; `every` is the time between rounds.
    pub(super) fn serve(
        &mut self,
        inverters: &[InverterId],
        every: Duration,
    ) -> Result<(), Failure> {
        let Some(listener) = self.listener.take() else {
            return Ok(());
        };
        let listener = tokio::net::TcpListener::from_std(listener)
            .map_err(|error| Failure::new(format!("can't serve HTTP: {error}"), None))?;
        self.change(|state| {
            state.every = every;
            inverters.iter().for_each(|inverter| state.add(inverter));
        });
        let router = routes::router(self.shared.clone());
        self.task = Some(tokio::spawn(accept(listener, router)).abort_handle());
        Ok(())
    }

    pub(super) fn observe(&self, observation: &Observation) {
        let HttpShared { events, .. } = &self.shared;
        let mut state = self.shared.state();
        state.observe(observation);
        // Without listeners no object is made.
        if events.receiver_count() > 0 {
            let _ = events.send(state.object(observation).to_string());
        }
    }

    /// From now on these inverters are polled, and have these names.
    pub(super) fn exchange(&self, latest: &[Observation], names: &Names) {
        self.change(|state| state.exchange(latest));
        if let Some(pictures) = &self.shared.pictures {
            pictures.rename(names);
        }
    }

    /// Changes what is served.
    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state());
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// A connection.
struct HttpClient {
    task: AbortHandle,
    /// Seconds beyond [`LIMIT`] that its request may take; [`NO_REQUEST`] until there is one.
    extra: Arc<AtomicU64>,
}

impl HttpClient {
    fn extra(&self) -> u64 {
        self.extra.load(Ordering::Relaxed)
    }
}

async fn accept(listener: tokio::net::TcpListener, router: Router) {
    let mut clients: Vec<HttpClient> = Vec::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                clients.retain(|client| !client.task.is_finished());
                if clients.len() >= CONNECTIONS {
                    close_one(&mut clients);
                }
                let extra = Arc::new(AtomicU64::new(NO_REQUEST));
                let served = serve_one(stream, router.clone(), Arc::clone(&extra));
                let task = tokio::spawn(served).abort_handle();
                clients.push(HttpClient { task, extra });
            }
            Err(error) => {
                debug!("a connection failed: {error}");
                // File descriptors may be short: without a pause this loop would never rest.
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Closes the oldest connection without a request, else the oldest stream of events, else the
/// oldest: clients that only hold a place do not keep others out.
fn close_one(clients: &mut Vec<HttpClient>) {
    let oldest = |extra| clients.iter().position(|client| client.extra() == extra);
    let closed = oldest(NO_REQUEST)
        .or_else(|| oldest(STREAM.as_secs()))
        .unwrap_or_default();
    clients.remove(closed).task.abort();
}

/// Time beyond [`LIMIT`] for the response to a request.
fn extra_time(path: &str) -> Duration {
    match path.split('/').nth(1) {
        Some("events") => STREAM,
        Some("day" | "month" | "year" | "compare") => DRAWING,
        _ => Duration::ZERO,
    }
}

/// Serves the one request of a connection. A client that is slow or sends none is not waited for.
async fn serve_one(stream: TcpStream, router: Router, extra: Arc<AtomicU64>) {
    let noted = Arc::clone(&extra);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        noted.store(
            extra_time(request.uri().path()).as_secs(),
            Ordering::Relaxed,
        );
        let mut router = router.clone();
        async move { router.call(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LIMIT)
        .max_buf_size(HEAD)
        // An idle connection would hold one of the few places.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How long the response may take depends on the request.
    if timeout(LIMIT, connection.as_mut()).await.is_err() {
        let extra = extra.load(Ordering::Relaxed);
        if extra != NO_REQUEST {
            let _ = timeout(Duration::from_secs(extra), connection).await;
        }
    }
}
