//! One request, one outcome: pace, timeouts, attempts, and what is thrown away. Every wait has an end.

use super::connect::{Connect, LinkError};
use super::reply::Reply;
use super::timing::{FLOOD_PAUSE, LONGEST_REPLY, PACE_MARGIN, REOPEN_PAUSE, Timing, WRITE_LIMIT};
use super::untyped::lacks_type;
use super::wire::{Codec, Frame, LONGEST_FRAME, Request};
use crate::escape;
use crate::observation::Outcome;
use bytes::BytesMut;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::codec::{Decoder, Encoder};
use tracing::{debug, info, trace, warn};

/// One request and all that came until it was decided, for who keeps a record.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The bytes sent.
    pub request: &'a [u8],
    /// The bytes that came, echo and noise included.
    pub reply: &'a [u8],
    /// From the request to the first byte of the reply.
    pub first_byte: Option<Duration>,
    /// `read`, `garbled` or `silent`.
    pub outcome: &'static str,
}

/// Hears of every exchange.
pub type Observer = Box<dyn FnMut(Exchange<'_>)>;

/// A line to inverters that answer when asked.
pub struct Bus<C: Connect> {
    connector: C,
    /// `None` after it was lost.
    stream: Option<C::Stream>,
    timing: Timing,
    /// Bytes that came and are not decoded yet.
    buffer: BytesMut,
    last_request: Option<Instant>,
    reopened: bool,
    observer: Option<Observer>,
    /// Whether it was said that the adapter hears its own requests.
    echo_said: bool,
}

impl<C: Connect> Bus<C> {
    /// Opens the link.
    ///
    /// # Errors
    /// As the link says.
    pub async fn open(mut connector: C, timing: Timing) -> Result<Self, LinkError> {
        let stream = Some(connector.connect().await?);
        Ok(Self {
            connector,
            stream,
            timing,
            buffer: BytesMut::new(),
            last_request: None,
            reopened: false,
            observer: None,
            echo_said: false,
        })
    }

    /// Tells `observer` of every exchange from now on.
    pub(crate) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// Asks until there is a good reply, silence, or no attempt left. Frames that are not the answer are dropped, and
    /// listening goes on. A reply whose type was lost is asked for again too; it counts if no other is better.
    ///
    /// # Errors
    /// [`LinkError`] when the link got lost, could not be opened again or got lost a second time.
    pub(crate) async fn ask(&mut self, request: Request) -> Result<Outcome<Frame>, LinkError> {
        let Request { address, .. } = request;
        let mut attempt = 1;
        let mut untyped = None;
        loop {
            let has_more = attempt < self.timing.attempts;
            match self.exchange_or_reopen(request).await? {
                Outcome::Garbled(reason) if has_more => {
                    info!("address {address}: garbled reply, attempt {attempt}: {reason}");
                }
                Outcome::Read { answer, first_byte } if has_more && lacks_type(&answer) => {
                    info!("address {address}: reply without type, attempt {attempt}");
                    untyped = Some(Outcome::Read { answer, first_byte });
                }
                read @ Outcome::Read { .. } => return Ok(read),
                outcome => return Ok(untyped.unwrap_or(outcome)),
            }
            attempt += 1;
        }
    }

    /// One exchange; a lost link is opened again once in a bus's life.
    async fn exchange_or_reopen(&mut self, request: Request) -> Result<Outcome<Frame>, LinkError> {
        match self.exchange(request).await {
            Err(error) if !self.reopened => {
                let device = self.connector.device();
                warn!("the connection to {device} was lost ({error}); opening it again");
                self.reopened = true;
                self.stream = None; // lets go of its lock
                sleep(REOPEN_PAUSE).await;
                self.stream = Some(self.connector.connect().await?);
                let outcome = self.exchange(request).await;
                outcome.map_err(|source| self.lost(source))
            }
            outcome => outcome.map_err(|source| self.lost(source)),
        }
    }

    fn lost(&self, source: io::Error) -> LinkError {
        LinkError::Lost {
            device: self.connector.device(),
            source,
        }
    }

    async fn exchange(&mut self, request: Request) -> io::Result<Outcome<Frame>> {
        self.keep_pace().await?;
        self.send(request).await?;
        let mut reply = Reply::new(request);
        self.last_request = Some(reply.sent);
        let outcome = self.listen(&mut reply).await?;
        self.note(&reply, outcome.word());
        Ok(outcome)
    }

    /// Logs an exchange and tells the observer of it.
    fn note(&mut self, reply: &Reply, outcome: &'static str) {
        let request = reply.request.bytes();
        let (sent, heard) = (escape::printable(&request), escape::printable(&reply.heard));
        let time = reply
            .first_byte
            .map(|time| format!(" after {} ms", time.as_millis()));
        debug!("{sent} -> {heard} ({outcome}{})", time.unwrap_or_default());
        if reply.has_echo() && !self.echo_said {
            self.echo_said = true;
            info!("the adapter hears its own requests (local echo); they are left out");
        }
        if let Some(observer) = &mut self.observer {
            let (reply, first_byte) = (&reply.heard, reply.first_byte);
            observer(Exchange {
                request: &request,
                reply,
                first_byte,
                outcome,
            });
        }
    }

    /// Collects bytes until the reply is there or its time is over.
    async fn listen(&mut self, reply: &mut Reply) -> io::Result<Outcome<Frame>> {
        loop {
            while let Some(item) = Codec.decode(&mut self.buffer)? {
                if let Some(outcome) = reply.judge(item) {
                    return Ok(outcome);
                }
            }
            let pending = self.buffer.len();
            let deadline = reply.deadline(&self.timing, pending > 0);
            if !reply.is_over(&self.timing)
                && read_until(self.stream.as_mut(), &mut self.buffer, deadline).await?
            {
                reply.hear(self.buffer.get(pending..).unwrap_or_default());
                continue;
            }
            while let Some(item) = Codec.decode_eof(&mut self.buffer)? {
                if let Some(outcome) = reply.judge(item) {
                    return Ok(outcome);
                }
            }
            if Instant::now() >= reply.deadline(&self.timing, false) {
                return Ok(reply.unanswered());
            }
        }
    }

    /// What still comes behind a reply, until the line is silent for the gap. One inverter has nothing more to say; two of
    /// the same address do.
    ///
    /// # Errors
    /// [`LinkError::Lost`] when the link got lost.
    pub(super) async fn rest(&mut self) -> Result<BytesMut, LinkError> {
        let mut rest = self.buffer.split();
        let limit = Instant::now() + LONGEST_REPLY;
        while Instant::now() < limit {
            let deadline = Instant::now() + self.timing.gap;
            match read_until(self.stream.as_mut(), &mut rest, deadline).await {
                // A line that never stops talking must not fill the memory.
                Ok(true) => rest.truncate(LONGEST_FRAME),
                Ok(false) => break,
                Err(source) => return Err(self.lost(source)),
            }
        }
        Ok(rest)
    }

    /// Waits until the next request may start; what came before it is late and thrown away.
    async fn keep_pace(&mut self) -> io::Result<()> {
        let pace = self.timing.pace;
        let margin = if pace.is_zero() {
            Duration::ZERO
        } else {
            PACE_MARGIN
        };
        let start = self
            .last_request
            .map_or_else(Instant::now, |last| last + pace + margin);
        self.buffer.clear();
        tokio::task::yield_now().await; // lets the reactor notice what lies there
        while read_until(self.stream.as_mut(), &mut self.buffer, start).await? {
            trace!(
                "thrown away before a request: {}",
                escape::printable(&self.buffer)
            );
            self.buffer.clear();
            if Instant::now() >= start {
                break; // a line that never stops talking
            }
        }
        Ok(())
    }

    /// Never flushes: on a serial port that would block until the last bit is out.
    async fn send(&mut self, request: Request) -> io::Result<()> {
        let mut bytes = BytesMut::new();
        Codec.encode(request, &mut bytes)?;
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        timeout(WRITE_LIMIT, stream.write_all(&bytes)).await?
    }
}

/// Adds to `buffer` what the line gives until `deadline`; `false` when nothing came.
async fn read_until(
    stream: Option<&mut (impl AsyncReadExt + Unpin)>,
    buffer: &mut BytesMut,
    deadline: Instant,
) -> io::Result<bool> {
    let stream = stream.ok_or(io::ErrorKind::NotConnected)?;
    buffer.reserve(LONGEST_FRAME);
    match timeout_at(deadline, stream.read_buf(buffer)).await {
        Ok(Ok(0)) => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the other side hung up",
        )),
        Ok(Ok(count)) => {
            if count >= LONGEST_FRAME {
                sleep(FLOOD_PAUSE).await;
            }
            Ok(true)
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(false),
    }
}
