//! Requests to the database over one connection, which is made when it is needed and kept as long
//! as it lasts.

use super::InfluxPlan;
use super::error::PushError;
use super::login::DatabaseLogin;
use crate::escape;
use crate::link::dial::dial;
use crate::sink::mqtt::error::words;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tracing::{debug, trace};

/// From look-up to the end of the handshake, as with brokers.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A request with its response.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// Bytes that are read of a response, and characters that are shown of it.
const LONGEST_RESPONSE: usize = 16 * 1024;
const LONGEST_SHOWN: usize = 300;

/// A database that wants a longer pause is tried again all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// A client of one database.
pub(super) struct DatabaseClient {
    name: String,
    authority: String,
    host: String,
    port: u16,
    path: String,
    login: DatabaseLogin,
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Tls>,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl DatabaseClient {
    /// Nothing is connected yet.
    pub(super) fn new(options: &InfluxPlan) -> Result<Self, PushError> {
        let database = &options.database;
        Ok(Self {
            name: database.to_string(),
            authority: database.authority(),
            host: database.host.clone(),
            port: database.port,
            path: database.path.clone(),
            login: DatabaseLogin::new(options)?,
            #[cfg(feature = "tls")]
            tls: match database.is_encrypted {
                true => Some(super::tls::Tls::new(options)?),
                false => None,
            },
            connection: None,
        })
    }

    /// Scheme, host and port.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Sends lines; without an error, the database has taken them. After an error it may have some
    /// of them. The same lines again change nothing.
    pub(super) async fn send(&mut self, lines: &Bytes) -> Result<(), PushError> {
        // Taken out, so that a connection whose exchange was dropped half-way is not used again.
        if let Some(connection) = self.connection.take()
            && let Ok(taken) = self.exchange(connection, lines).await
        {
            return taken;
        }
        // A server closes idle connections sooner or later: only the failure of a new one counts.
        let connection = timeout(CONNECT_LIMIT, self.connect()).await;
        let connection = connection.unwrap_or_else(|_| {
            Err(PushError::Unreachable {
                database: self.name.clone(),
                reason: "no answer in time".to_owned(),
            })
        })?;
        self.exchange(connection, lines).await?
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, PushError> {
        let stream = dial(self.host.clone(), self.port).await;
        let stream = stream.map_err(|error| PushError::Unreachable {
            database: self.name.clone(),
            reason: words(&error),
        })?;
        debug!("{}: connected", self.name);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return self.start(tls.handshake(stream).await?).await;
        }
        self.start(stream).await
    }

    /// Starts HTTP on a stream.
    async fn start<S>(&self, stream: S) -> Result<SendRequest<Full<Bytes>>, PushError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| self.lost(&error))?;
        // It ends with the sender; its errors come with the requests too.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }

    /// One request and its response. The outer error is that there is none.
    async fn exchange(
        &mut self,
        mut connection: SendRequest<Full<Bytes>>,
        lines: &Bytes,
    ) -> Result<Result<(), PushError>, PushError> {
        let exchange = async {
            connection
                .ready()
                .await
                .map_err(|error| self.lost(&error))?;
            trace!("{}: {}", self.name, String::from_utf8_lossy(lines));
            let response = connection.send_request(self.request(lines)?).await;
            let response = response.map_err(|error| self.lost(&error))?;
            let (code, wait) = (response.status(), wait(&response));
            let detail = self.detail(response).await;
            debug!("{}: {} bytes, {code}", self.name, lines.len());
            Ok((code, wait, detail))
        };
        let exchanged = timeout(REQUEST_LIMIT, exchange).await;
        let (code, wait, detail) = exchanged.unwrap_or_else(|_| {
            Err(PushError::Slow {
                database: self.name.clone(),
                seconds: REQUEST_LIMIT.as_secs(),
            })
        })?;
        // A response that was not read to its end blocks the connection.
        if detail.is_some() {
            self.connection = Some(connection);
        }
        if code.is_success() {
            return Ok(Ok(()));
        }
        Ok(Err(PushError::Refused {
            database: self.name.clone(),
            code,
            detail: detail.unwrap_or_default(),
            wait,
        }))
    }

    fn request(&self, lines: &Bytes) -> Result<Request<Full<Bytes>>, PushError> {
        let mut request = Request::post(self.path.as_str())
            .header(HOST, self.authority.as_str())
            .header(
                USER_AGENT,
                concat!("kaco_ardexa/", env!("CARGO_PKG_VERSION")),
            )
            .header(CONTENT_TYPE, "text/plain; charset=utf-8");
        if let Some(login) = &self.login.header {
            request = request.header(AUTHORIZATION, login);
        }
        let request = request.body(Full::new(lines.clone()));
        request.map_err(|_| PushError::NoHeader(self.name.clone()))
    }

    /// The text of a response, made safe to show; `None` if it has no end.
    async fn detail(&self, response: Response<Incoming>) -> Option<String> {
        let mut body = response.into_body();
        let mut text = Vec::new();
        while let Some(frame) = body.frame().await {
            text.extend_from_slice(frame.ok()?.data_ref()?);
            if text.len() > LONGEST_RESPONSE {
                return None;
            }
        }
        let text = self.login.masked(&String::from_utf8_lossy(&text));
        let text = escape::printable(text.trim().as_bytes());
        Some(text.chars().take(LONGEST_SHOWN).collect())
    }

    fn lost(&self, error: &hyper::Error) -> PushError {
        let reason = match error {
            error if error.is_incomplete_message() => {
                "the other side closed the connection".to_owned()
            }
            error if error.is_parse() => "what answers is not an HTTP server".to_owned(),
            error => words(error),
        };
        PushError::Lost {
            database: self.name.clone(),
            reason,
        }
    }
}

/// The pause that the database wants, if it gives one in seconds.
fn wait(response: &Response<Incoming>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let wait = Duration::from_secs(seconds.trim().parse().ok()?);
    Some(wait.min(LONGEST_WAIT))
}
