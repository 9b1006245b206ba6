//! The reply to one request while it is received, and the verdict at its end.

use super::interpret;
use super::timing::{LONGEST_REPLY, Timing};
use super::wire::{Frame, FrameError, LONGEST_FRAME, Request};
use crate::escape;
use crate::observation::Outcome;
use std::time::Duration;
use tokio::time::Instant;
use tracing::debug;

/// The shortest reply, `LF * A A 4 CR`. Fewer bytes are noise on a bus that no transmitter drives.
pub(super) const SHORTEST_REPLY: usize = 6;

/// The reply to a request, as far as it came.
pub(super) struct Reply {
    pub(super) request: Request,
    /// When the request was out.
    pub(super) sent: Instant,
    /// From then to the first byte that is neither echo nor NUL.
    pub(super) first_byte: Option<Duration>,
    /// All that came, up to the length of the longest frame.
    pub(super) received: Vec<u8>,
    last_byte: Option<Instant>,
    /// Good frames came that do not answer the request.
    others: bool,
    reason: Option<String>,
}

impl Reply {
    pub(super) fn new(request: Request) -> Self {
        let sent = Instant::now();
        Self {
            request,
            sent,
            first_byte: None,
            received: Vec::new(),
            last_byte: None,
            others: false,
            reason: None,
        }
    }

    /// Notes bytes that came just now.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.last_byte = Some(Instant::now());
        let room = LONGEST_FRAME.saturating_sub(self.received.len());
        self.received.extend(bytes.iter().take(room));
        if self.first_byte.is_none() && self.foreign_bytes() > 0 {
            self.first_byte = Some(self.sent.elapsed());
        }
    }

    /// When listening ends: with the gap if a frame has begun, else not before the first byte had
    /// its time.
    pub(super) fn deadline(&self, timing: &Timing, is_pending: bool) -> Instant {
        let first_byte = self.sent + timing.first_byte;
        let deadline = match self.last_byte.map(|last| last + timing.gap) {
            Some(gap) if is_pending => gap,
            Some(gap) => gap.max(first_byte),
            None => first_byte,
        };
        deadline.min(self.limit(timing))
    }

    /// Whether even the longest reply would be over.
    pub(super) fn is_over(&self, timing: &Timing) -> bool {
        Instant::now() >= self.limit(timing)
    }

    fn limit(&self, timing: &Timing) -> Instant {
        self.sent + timing.first_byte + LONGEST_REPLY
    }

    /// Returns the outcome if this frame is the answer; notes what else came, and `None` to go on
    /// listening. `bus` begins messages.
    pub(super) fn judge(
        &mut self,
        bus: &str,
        item: Result<Frame, FrameError>,
    ) -> Option<Outcome<Frame>> {
        match item {
            Ok(frame) if self.request.is_answered_by(&frame) => Some(self.answered(frame)),
            Ok(frame) => {
                let asked = self.request.address;
                debug!("{bus}address {asked}: another reply came and is left alone: {frame:?}");
                self.others = true;
                self.first_byte = None; // that was the other one's
                None
            }
            Err(error) => {
                // Whatever address it claims: that may be the damaged part.
                self.reason = Some(error.to_string());
                None
            }
        }
    }

    fn answered(&self, answer: Frame) -> Outcome<Frame> {
        if let Err(fault) = interpret::check(&answer) {
            return Outcome::Garbled(fault.to_string());
        }
        let first_byte = self.first_byte.unwrap_or_else(|| self.sent.elapsed());
        Outcome::Read { answer, first_byte }
    }

    /// The verdict when the time is over without an answer.
    pub(super) fn unanswered(&mut self) -> Outcome<Frame> {
        match self.reason.take() {
            Some(reason) => Outcome::Garbled(reason),
            // Replies of others explain the bytes: the polled inverter sent nothing itself.
            None if !self.others && self.foreign_bytes() >= SHORTEST_REPLY => {
                Outcome::Garbled(format!(
                    "no reply to be found in {}",
                    escape::printable(&self.received)
                ))
            }
            None => Outcome::Silent,
        }
    }

    /// Whether the adapter echoed the request.
    pub(super) fn has_echo(&self) -> bool {
        self.received.starts_with(&self.request.bytes())
    }

    /// How many bytes came that are neither NUL nor the adapter's echo of the request.
    fn foreign_bytes(&self) -> usize {
        let received: Vec<u8> = self
            .received
            .iter()
            .copied()
            .filter(|&byte| byte != 0)
            .collect();
        let request = self.request.bytes();
        match received.strip_prefix(&request) {
            Some(rest) => rest.len(),
            // The beginning of an echo, the rest of which is still to come.
            None if request.starts_with(&received) => 0,
            None => received.len(),
        }
    }
}
