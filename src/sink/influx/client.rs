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

/// A request with its answer.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// Bytes that are read of an answer, and characters that are shown of it.
const LONGEST_ANSWER: usize = 16 * 1024;
const LONGEST_SHOWN: usize = 300;

/// A database that asks to be left alone for longer is tried again all the same.
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

    /// Sends lines; they are taken when this comes back without an error. After an error it is not
    /// known whether the database has some of the lines. The same lines again change nothing.
    pub(super) async fn send(&mut self, lines: &Bytes) -> Result<(), PushError> {
        // Taken out, so that one whose exchange was dropped half-way is not used again.
        if let Some(connection) = self.connection.take()
            && let Ok(answered) = self.exchange(connection, lines).await
        {
            return answered;
        }
        // A connection that was idle is closed sooner or later: that is told by a new one alone.
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
            return self.speak(tls.handshake(stream).await?).await;
        }
        self.speak(stream).await
    }

    async fn speak<S>(&self, stream: S) -> Result<SendRequest<Full<Bytes>>, PushError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| self.lost(&error))?;
        // It ends with the sender; what goes wrong in it goes wrong with a request too.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }

    /// One request and its answer. The outer error is that there is none.
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
            let answer = connection.send_request(self.request(lines)?).await;
            let answer = answer.map_err(|error| self.lost(&error))?;
            let (code, wait) = (answer.status(), wait(&answer));
            let said = self.said(answer).await;
            debug!("{}: {} bytes, {code}", self.name, lines.len());
            Ok((code, wait, said))
        };
        let answered = timeout(REQUEST_LIMIT, exchange).await;
        let (code, wait, said) = answered.unwrap_or_else(|_| {
            Err(PushError::Slow {
                database: self.name.clone(),
                seconds: REQUEST_LIMIT.as_secs(),
            })
        })?;
        // Where the answer was not read to its end, no other can come.
        if said.is_some() {
            self.connection = Some(connection);
        }
        if code.is_success() {
            return Ok(Ok(()));
        }
        Ok(Err(PushError::Refused {
            database: self.name.clone(),
            code,
            said: said.unwrap_or_default(),
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

    /// What an answer says, made safe to show; `None` if it has no end.
    async fn said(&self, answer: Response<Incoming>) -> Option<String> {
        let mut body = answer.into_body();
        let mut said = Vec::new();
        while let Some(frame) = body.frame().await {
            said.extend_from_slice(frame.ok()?.data_ref()?);
            if said.len() > LONGEST_ANSWER {
                return None;
            }
        }
        let said = self.login.masked(&String::from_utf8_lossy(&said));
        let said = escape::printable(said.trim().as_bytes());
        Some(said.chars().take(LONGEST_SHOWN).collect())
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

/// How long the database wants to be left alone, if it says so in seconds.
fn wait(answer: &Response<Incoming>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let wait = Duration::from_secs(seconds.trim().parse().ok()?);
    Some(wait.min(LONGEST_WAIT))
}
