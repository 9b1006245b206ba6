//! The recording of `listen`: a request of another master and what follows it are an exchange.

use crate::kaco::bus::{Exchange, Observer};
use crate::kaco::wire::{LONGEST_FRAME, Traffic};
use std::time::Duration;
use tokio::time::Instant;

/// Makes exchanges of what is received.
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

    /// Notes something that was received.
    pub(super) fn note(&mut self, traffic: &Traffic, bytes: &[u8]) {
        // Noise without end becomes exchanges of this length, instead of one that grows for ever.
        if self.reply.len() + bytes.len() > LONGEST_FRAME {
            self.end();
        }
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
        if self.outcome == "silent" && outcome != "silent" {
            // Without its request, the time that a reply took is not known.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaco::wire::decode_all;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn noise_behind_a_full_exchange_is_not_read() {
        let outcomes = Rc::new(RefCell::new(Vec::new()));
        let noted = Rc::clone(&outcomes);
        let mut transcript = Transcript::new(Box::new(move |exchange| {
            let length = exchange.reply.len();
            noted.borrow_mut().push((exchange.outcome, length));
        }));
        let reply = b"\n*124\r";
        for frame in decode_all(reply).flatten() {
            transcript.note(&Traffic::Reply(frame), reply);
        }
        for _ in 0..2 {
            transcript.note(&Traffic::Noise, &[b'x'; 300]);
        }
        transcript.end();
        assert_eq!(*outcomes.borrow(), [("read", 306), ("garbled", 300)]);
    }
}
