//! The bytes of a bus: when the next request may start, what is sent, what comes until when.

use super::Bus;
use crate::escape;
use crate::kaco::connect::{Connect, LinkError};
use crate::kaco::timing::{FLOOD_PAUSE, LATE_REPLY, LONGEST_REPLY, PACE_MARGIN, WRITE_LIMIT};
use crate::kaco::wire::{Codec, LONGEST_FRAME, Request};
use bytes::BytesMut;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::codec::Encoder;
use tracing::trace;

impl<C: Connect> Bus<C> {
    /// Waits until the next request may start; what came before it is late and thrown away.
    pub(super) async fn keep_pace(&mut self) -> io::Result<()> {
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
        // Reading is the wait, instead of a sleep: `overheard` gets a late reply at its true time,
        // and a line that floods does not fill memory or the buffers of the system.
        while self.receive(start).await? {
            trace!(
                "{}thrown away before a request: {}",
                self.title,
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
    pub(super) async fn send(&mut self, request: Request) -> io::Result<()> {
        let mut bytes = BytesMut::new();
        Codec.encode(request, &mut bytes)?;
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        timeout(WRITE_LIMIT, stream.write_all(&bytes)).await?
    }

    /// Adds to the buffer what comes until `deadline`; `false` when nothing came.
    pub(super) async fn receive(&mut self, deadline: Instant) -> io::Result<bool> {
        let pending = self.buffer.len();
        let received = read_until(self.stream.as_mut(), &mut self.buffer, deadline).await?;
        if let Some(overheard) = self.overheard.as_mut().filter(|_| received) {
            let came = self.buffer.get(pending..).unwrap_or_default();
            overheard.receive(came, Instant::now());
        }
        Ok(received)
    }

    /// Receives what follows a reply, until the bus is idle for the gap. One inverter sends nothing
    /// more; two of the same address do.
    pub(in crate::kaco) async fn rest(&mut self) -> Result<(), LinkError> {
        let limit = Instant::now() + LONGEST_REPLY;
        while Instant::now() < limit {
            // `receive` has handed it to `overheard`: nothing is decoded here.
            self.buffer.clear();
            let deadline = Instant::now() + self.timing.gap;
            let received = self.receive(deadline).await;
            if !received.map_err(|source| self.lost(source))? {
                break;
            }
        }
        if let Some(overheard) = &mut self.overheard {
            overheard.settle();
        }
        Ok(())
    }

    /// Waits for the reply to the last request, whose time is over; returns when it began if it
    /// comes.
    pub(in crate::kaco) async fn late_reply(&mut self) -> Result<Option<Duration>, LinkError> {
        let sent = self.last_request.unwrap_or_else(Instant::now);
        let begins = sent + self.timing.first_byte + LATE_REPLY;
        let limit = begins + LONGEST_REPLY;
        let mut deadline = begins;
        // A line that never stops talking always has more, and is never waited for.
        while Instant::now() < limit {
            let answered = self
                .overheard
                .as_ref()
                .and_then(|overheard| overheard.answered);
            if answered.is_some() {
                return Ok(answered);
            }
            // As in `rest`: a late reply is what `overheard` makes of these bytes.
            self.buffer.clear();
            let received = self.receive(deadline).await;
            if !received.map_err(|source| self.lost(source))? {
                return Ok(None);
            }
            // What has begun may end.
            deadline = (Instant::now() + self.timing.gap).max(begins).min(limit);
        }
        Ok(None)
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
