//! One request, one outcome: pace, timeouts, attempts, and what is thrown away. Every wait has an
//! end.

mod line;

use super::connect::{Connect, LinkError};
use super::overheard::{Overheard, Strays};
use super::reply::Reply;
use super::timing::{BYTE_TIME, PIECE, REOPEN_PAUSE, REPORTED_FOR, Timing};
use super::untyped::names_type;
use super::wire::{Codec, Frame, Request};
use crate::address::Address;
use crate::escape;
use crate::observation::{Attempts, Outcome};
use bytes::BytesMut;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::codec::Decoder;
use tracing::{debug, info, warn};

/// One request and all bytes received until it was decided, for recordings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) request: &'a [u8],
    /// The bytes that came, echo and noise included.
    pub(crate) reply: &'a [u8],
    /// From the request to the first byte of the reply.
    pub(crate) first_byte: Option<Duration>,
    /// `read`, `garbled` or `silent`.
    pub(crate) outcome: &'static str,
}

/// Called after every exchange.
pub(crate) type Observer = Box<dyn FnMut(Exchange<'_>)>;

/// One RS485 line, and the link to it.
pub struct Bus<C: Connect> {
    connector: C,
    /// Begins each message: `roof: `, or empty for a bus without a name.
    pub(crate) title: String,
    /// `None` after it was lost.
    stream: Option<C::Stream>,
    timing: Timing,
    /// Bytes that came and are not decoded yet.
    buffer: BytesMut,
    last_request: Option<Instant>,
    /// Whether the link was lost and opened again in this round.
    pub(super) reopened: bool,
    /// When the link was lost last.
    lost: Option<Instant>,
    observer: Option<Observer>,
    /// Whether the echo of the adapter was reported.
    echo_reported: bool,
    /// Follows everything that comes, where faults are searched for.
    pub(super) overheard: Option<Box<Overheard>>,
    /// Requests since it was taken last.
    pub(super) attempts: Attempts,
    /// Whether an inverter ever named its type; the requests of one that never does are not
    /// repeated for it.
    names_type: BTreeMap<Address, bool>,
}

impl<C: Connect> Bus<C> {
    /// Opens the link. The error says why that is not possible now.
    pub async fn open(mut connector: C, timing: Timing) -> Result<Self, LinkError> {
        let stream = Some(connector.connect().await?);
        Ok(Self {
            connector,
            title: String::new(),
            stream,
            timing,
            buffer: BytesMut::new(),
            last_request: None,
            reopened: false,
            lost: None,
            observer: None,
            echo_reported: false,
            overheard: None,
            attempts: Attempts::default(),
            names_type: BTreeMap::new(),
        })
    }

    /// Closes a link that was lost; `connector` leads to it again. The pace is kept, and so is
    /// what is known of the inverters.
    pub(super) fn hang_up(&mut self, connector: C) {
        self.connector = connector;
        self.stream = None;
    }

    /// Opens the link if there is none.
    pub(super) async fn connect(&mut self) -> Result<(), LinkError> {
        if self.stream.is_none() {
            self.stream = Some(self.connector.connect().await?);
        }
        Ok(())
    }

    /// Calls `observer` after every exchange from now on.
    pub(crate) fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// From now on follows what passes besides the replies that are waited for.
    pub(super) fn overhear(&mut self) {
        let gap = self.timing.gap;
        self.overheard
            .get_or_insert_with(|| Box::new(Overheard::new(gap)));
    }

    /// What passed that no request explains, where that is followed.
    pub(crate) fn strays(&mut self) -> Strays {
        self.overheard
            .as_mut()
            .map_or_else(Strays::default, |overheard| {
                overheard.settle();
                overheard.strays().clone()
            })
    }

    /// Sets the wait for the first byte of a reply, and returns the wait until now.
    pub(super) fn set_timeout(&mut self, first_byte: Duration) -> Duration {
        std::mem::replace(&mut self.timing.first_byte, first_byte)
    }

    /// Sends a request until there is a good reply, silence, or no attempt left. Frames that do not
    /// answer it are dropped, and listening goes on. It is also sent again after a reply whose type
    /// was lost, which counts if no other is better; an inverter that never names its type costs
    /// these attempts once. [`LinkError`] when the link got lost, could not be opened again or got
    /// lost a second time.
    pub(crate) async fn request(&mut self, request: Request) -> Result<Outcome<Frame>, LinkError> {
        let Request { address, .. } = request;
        let mut attempt = 1;
        let mut untyped = None;
        // One that is not known yet may name its type: only one that was seen never to is left
        // alone.
        let wants_type = self.names_type.get(&address) != Some(&false);
        loop {
            let has_more = attempt < self.timing.attempts;
            match self.exchange_or_reopen(request).await? {
                Outcome::Garbled(reason) if has_more => {
                    let bus = &self.title;
                    info!("{bus}address {address}: garbled reply, attempt {attempt}: {reason}");
                }
                Outcome::Read { answer, first_byte }
                    if has_more && wants_type && names_type(&answer) == Some(false) =>
                {
                    let bus = &self.title;
                    info!("{bus}address {address}: reply without type, attempt {attempt}");
                    untyped = Some(Outcome::Read { answer, first_byte });
                }
                read @ Outcome::Read { .. } => return Ok(self.learn_type(address, read)),
                outcome => {
                    // Silence ends the attempts too: a bus that is silent at night would take three
                    // times as long. The round polls silent inverters once more, behind the others.
                    let outcome = untyped.unwrap_or(outcome);
                    return Ok(self.learn_type(address, outcome));
                }
            }
            attempt += 1;
        }
    }

    /// Notes whether an inverter names its type, once its reply is decided.
    fn learn_type(&mut self, address: Address, outcome: Outcome<Frame>) -> Outcome<Frame> {
        if let Outcome::Read { answer, .. } = &outcome
            && let Some(is_named) = names_type(answer)
        {
            // Where it was named once, a missing type was lost on the way.
            *self.names_type.entry(address).or_default() |= is_named;
        }
        outcome
    }

    /// One exchange; a lost link is opened again once.
    pub(super) async fn exchange_or_reopen(
        &mut self,
        request: Request,
    ) -> Result<Outcome<Frame>, LinkError> {
        match self.exchange(request).await {
            // Once in a round, so that a run of cron ends where the plug is loose. `watch` tries
            // again after the error, with pauses that grow.
            Err(error) if !self.reopened => {
                let (bus, device) = (&self.title, self.connector.device());
                let before = self.lost.replace(Instant::now());
                if before.is_some_and(|before| before.elapsed() < REPORTED_FOR) {
                    info!("{bus}the connection to {device} was lost again ({error})");
                } else {
                    warn!("{bus}the connection to {device} was lost ({error}); opening it again");
                }
                self.reopened = true;
                self.stream = None; // releases its lock
                sleep(REOPEN_PAUSE).await;
                self.stream = Some(self.connector.connect().await?);
                // The first one may have been answered: requests only read, so a second does no
                // harm.
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
        // The time behind the write: a port that takes the bytes late puts them on the wire late,
        // and the next request must not come nearer to them than the pace.
        self.last_request = Some(reply.sent);
        if let Some(overheard) = &mut self.overheard {
            overheard.sent(request, reply.sent);
        }
        let outcome = self.listen(&mut reply).await?;
        self.attempts.count(&outcome);
        self.note(&reply, outcome.word());
        Ok(outcome)
    }

    /// Logs an exchange and passes it to the observer.
    fn note(&mut self, reply: &Reply, outcome: &'static str) {
        let request = reply.request.bytes();
        let [sent, received] = [&request[..], &reply.received].map(escape::printable);
        let time = reply
            .first_byte
            .map(|time| format!(" after {} ms", time.as_millis()));
        let bus = &self.title;
        debug!(
            "{bus}{sent} -> {received} ({outcome}{})",
            time.unwrap_or_default()
        );
        if reply.has_echo() && !self.echo_reported {
            self.echo_reported = true;
            info!("{bus}the adapter hears its own requests (local echo); they are left out");
        }
        if let Some(observer) = &mut self.observer {
            let (reply, first_byte) = (&reply.received, reply.first_byte);
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
                if let Some(outcome) = reply.judge(&self.title, item) {
                    return Ok(outcome);
                }
            }
            let pending = self.buffer.len();
            if pending > 0 {
                let missing = u32::try_from(Codec::missing(&self.buffer)).unwrap_or_default();
                sleep(PIECE.max(BYTE_TIME * missing)).await;
            }
            let deadline = reply.deadline(&self.timing, pending > 0);
            // Not left to the deadline alone: bytes that are there are read even behind it, so a
            // line that never stops talking would be read without end.
            if !reply.is_over(&self.timing) && self.receive(deadline).await? {
                reply.receive(self.buffer.get(pending..).unwrap_or_default());
                continue;
            }
            // Nothing more came: what is in the buffer ends here, or was cut off.
            while let Some(item) = Codec.decode_eof(&mut self.buffer)? {
                if let Some(outcome) = reply.judge(&self.title, item) {
                    return Ok(outcome);
                }
            }
            // The gap ends a frame, not the wait: behind the frame of another inverter the reply
            // may still come, while its first byte has time.
            if Instant::now() >= reply.deadline(&self.timing, false) {
                return Ok(reply.unanswered());
            }
        }
    }
}
