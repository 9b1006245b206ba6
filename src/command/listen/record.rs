//! The recording of `listen`: a request of another master and what came after it are an exchange.

use crate::kaco::bus::{Exchange, Observer};
use crate::kaco::wire::{LONGEST_FRAME, Traffic};
use std::time::Duration;
use tokio::time::Instant;

/// Makes exchanges of what is heard.
pub(super) struct Transcript {
    observer: Observer,
    request: Vec<u8>,
    reply: Vec<u8>,
    began: Instant,
    first_byte: Option<Duration>,
    outcome: &'static str,
}

impl Transcript {
    /// `observer` gets each exchange when the next one begins.
    pub(super) fn new(observer: Observer) -> Self {
        Self {
            observer,
            request: Vec::new(),
            reply: Vec::new(),
            began: Instant::now(),
            first_byte: None,
            outcome: "silent",
        }
    }

    /// Notes something that was heard.
    pub(super) fn note(&mut self, traffic: &Traffic, bytes: &[u8]) {
        let outcome = match traffic {
            Traffic::Request { .. } => {
                self.end();
                self.request = bytes.to_vec();
                return;
            }
            Traffic::Reply(_) => "read",
            Traffic::Noise if bytes.iter().all(|byte| *byte == 0) => self.outcome,
            Traffic::Refused(_) | Traffic::Noise if self.outcome == "read" => "read",
            Traffic::Refused(_) | Traffic::Noise => "garbled",
        };
        if self.reply.len() + bytes.len() > LONGEST_FRAME {
            self.end();
        }
        if self.outcome == "silent" && outcome != "silent" {
            self.first_byte = Some(self.began.elapsed()).filter(|_| !self.request.is_empty());
        }
        self.outcome = outcome;
        self.reply.extend_from_slice(bytes);
    }

    /// Ends the exchange that is open.
    pub(super) fn end(&mut self) {
        let (request, reply) = (
            std::mem::take(&mut self.request),
            std::mem::take(&mut self.reply),
        );
        let outcome = std::mem::replace(&mut self.outcome, "silent");
        let first_byte = self.first_byte.take();
        self.began = Instant::now();
        if !request.is_empty() || !reply.is_empty() {
            (self.observer)(Exchange {
                request: &request,
                reply: &reply,
                first_byte,
                outcome,
            });
        }
    }
}
