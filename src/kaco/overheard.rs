//! What passes on a bus besides the replies that were waited for: late replies, other masters,
//! other protocols, noise. Only commands that search for faults listen to it; a poll needs none of
//! it.

use super::reply::SHORTEST_REPLY;
use super::wire::{Body, Frame, LONGEST_FRAME, Monitor, Request, Traffic, find_modbus};
use crate::address::Address;
use bytes::{Buf, BytesMut};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::codec::Decoder;

/// A reply that begins later than this after its request answers another master.
const LATEST: Duration = Duration::from_secs(10);

/// Bytes of noise that are kept to be shown.
const SHOWN: usize = 16;

/// A good reply with readings, of an inverter that was polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GoodReply {
    pub(super) frame: Frame,
    /// From the last request to this inverter to the first byte.
    pub(super) first_byte: Duration,
}

/// Bytes and frames that no request of this program explains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Strays {
    /// Number of bytes that belong to no frame, NULs not counted.
    pub(crate) noise: usize,
    /// The first of them.
    pub(crate) shown: Vec<u8>,
    /// Inverters that another master polls.
    pub(crate) polled_by_others: BTreeSet<Address>,
    /// Units of Modbus RTU that are polled or reply.
    pub(crate) modbus: BTreeSet<u8>,
    /// True if the adapter echoes its own requests.
    pub(crate) has_echo: bool,
}

/// Follows everything that comes from a bus.
pub(super) struct Overheard {
    gap: Duration,
    /// Bytes that are not decoded yet.
    buffer: BytesMut,
    /// Number of bytes that left the buffer.
    taken: usize,
    /// When bytes came: the number of bytes until then, and the time.
    marks: VecDeque<(usize, Instant)>,
    /// Bytes in a row that belong to no frame.
    noise: Vec<u8>,
    /// The last request, and when it was sent.
    last_request: Option<(Request, Instant)>,
    /// When the reply to the last request began.
    pub(super) answered: Option<Duration>,
    has_own: bool,
    again: usize,
    requests: BTreeMap<Address, Instant>,
    replies: BTreeMap<Address, GoodReply>,
    strays: Strays,
}

impl Overheard {
    /// `gap`: silence that ends a frame whose end is missing.
    pub(super) fn new(gap: Duration) -> Self {
        Self {
            gap,
            buffer: BytesMut::new(),
            taken: 0,
            marks: VecDeque::new(),
            noise: Vec::new(),
            last_request: None,
            answered: None,
            has_own: false,
            again: 0,
            requests: BTreeMap::new(),
            replies: BTreeMap::new(),
            strays: Strays::default(),
        }
    }

    /// Notes a request of this program.
    pub(super) fn sent(&mut self, request: Request, now: Instant) {
        self.sort_noise();
        self.last_request = Some((request, now));
        self.answered = None;
        self.has_own = false;
        self.again = 0;
        if request.is_for_readings() {
            self.requests.insert(request.address, now);
            self.replies.remove(&request.address);
        }
    }

    /// Notes bytes that came just now.
    pub(super) fn receive(&mut self, bytes: &[u8], now: Instant) {
        let last = self.marks.back().map(|(_, time)| *time);
        if last.is_some_and(|last| now - last > self.gap) {
            self.settle();
        }
        self.buffer.extend_from_slice(bytes);
        self.marks.push_back((self.taken + self.buffer.len(), now));
        self.decode(false);
    }

    /// Ends what is not complete: nothing more belongs to it.
    pub(super) fn settle(&mut self) {
        self.decode(true);
        self.sort_noise();
    }

    /// The reply of an inverter to the last request for its readings, in time or not.
    pub(super) fn reply(&self, address: Address) -> Option<&GoodReply> {
        self.replies.get(&address)
    }

    /// True if another reply, or the ruins of one, came behind the reply to the last request.
    pub(super) const fn has_second_reply(&self) -> bool {
        self.again >= SHORTEST_REPLY
    }

    /// What no request explains, so far.
    pub(super) const fn strays(&self) -> &Strays {
        &self.strays
    }

    fn decode(&mut self, is_over: bool) {
        loop {
            let item = match is_over {
                true => Monitor.decode_eof(&mut self.buffer),
                false => Monitor.decode(&mut self.buffer),
            };
            let Ok(Some((traffic, bytes))) = item else {
                return;
            };
            let began = self.marks.iter().find(|(end, _)| *end > self.taken);
            let began = began.map(|(_, time)| *time);
            self.taken += bytes.len();
            // The last mark stays: the gap is measured from it.
            while self.marks.len() > 1
                && self
                    .marks
                    .front()
                    .is_some_and(|(end, _)| *end <= self.taken)
            {
                self.marks.pop_front();
            }
            match traffic {
                // Collected up to the next frame or gap: the decoder cuts a Modbus frame wherever a
                // byte in it could begin a reply.
                Traffic::Refused(_) | Traffic::Noise => self.noise.extend_from_slice(&bytes),
                Traffic::Reply(frame) => {
                    self.sort_noise();
                    self.note_reply(frame, bytes.len(), began);
                }
                Traffic::Request { address, command } => {
                    self.sort_noise();
                    self.note_request(&address, command);
                }
            }
            // Noise without end must not take memory without end.
            if self.noise.len() > LONGEST_FRAME {
                self.sort_noise();
            }
        }
    }

    fn note_reply(&mut self, frame: Frame, length: usize, began: Option<Instant>) {
        let (Some((request, sent)), Some(began)) = (self.last_request, began) else {
            return self.note_master(frame.address);
        };
        let is_answer = request.is_answered_by(&frame);
        if is_answer && self.answered.is_none() {
            self.answered = Some(began.saturating_duration_since(sent));
        } else if is_answer {
            self.again += length;
        }
        let Some(address) = frame.address.and_then(Address::new) else {
            return;
        };
        let sent = self.requests.get(&address);
        let first_byte = sent.map(|sent| began.saturating_duration_since(*sent));
        match first_byte.filter(|time| *time < LATEST) {
            Some(first_byte) if has_readings(&frame) => {
                let reply = GoodReply { frame, first_byte };
                self.replies.entry(address).or_insert(reply);
            }
            // Not requested by this program, or too long ago: another master waits for it.
            None if address != request.address => self.note_master(Some(address.number())),
            _ => {}
        }
    }

    fn note_request(&mut self, address: &str, command: char) {
        let own = self.last_request.map(|(request, _)| request);
        let is_own = own.is_some_and(|own| {
            own.address.to_string() == address && char::from(own.command.character()) == command
        });
        // An adapter echoes a request once; the same bytes again come from another master.
        if is_own && !std::mem::replace(&mut self.has_own, true) {
            self.strays.has_echo = true;
        } else {
            self.note_master(address.parse().ok());
        }
    }

    fn note_master(&mut self, address: Option<u8>) {
        let address = address.and_then(Address::new);
        self.strays.polled_by_others.extend(address);
    }

    /// Looks for Modbus RTU in the noise; the rest is counted.
    fn sort_noise(&mut self) {
        let noise = std::mem::take(&mut self.noise);
        let mut noise = noise.as_slice();
        while let Some(frame) = find_modbus(noise) {
            self.strays.modbus.insert(frame.unit);
            self.count(noise.get(..frame.start).unwrap_or_default());
            noise.advance(frame.start + frame.length);
        }
        self.count(noise);
    }

    fn count(&mut self, noise: &[u8]) {
        let count = noise.iter().filter(|byte| **byte != 0).count();
        if count == 0 {
            return; // the line turning around
        }
        if self.answered.is_some() {
            self.again += count;
        }
        self.strays.noise += count;
        let room = SHOWN.saturating_sub(self.strays.shown.len());
        self.strays.shown.extend(noise.iter().take(room));
    }
}

fn has_readings(frame: &Frame) -> bool {
    match &frame.body {
        Body::Readings(readings) => readings.unit.is_none(),
        body => matches!(body, Body::Generic(_) | Body::Parts),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::wire::Command;
    use super::*;

    const READING: &[u8] =
        b"\n*010   4 355.9  2.92  1039 239.5  4.12   974  40   3229 \xd6 5000xi\r";

    fn reply(address: u8) -> Vec<u8> {
        let mut text = READING.to_vec();
        let star = text.iter().position(|byte| *byte == b'*').unwrap();
        text.splice(star + 1..star + 3, format!("{address:02}").bytes());
        let end = text.iter().rposition(|byte| *byte == b' ').unwrap();
        let sum = text.get(star..end - 1).unwrap();
        let sum = sum.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        text.splice(end - 1..end, [sum]);
        text
    }

    fn readings(number: u8) -> Request {
        Request {
            address: Address::new(number).unwrap(),
            command: Command::Readings,
        }
    }

    /// What comes from a bus: how long after the start, and which bytes.
    fn overheard(asked: &[(u64, u8)], came: &[(u64, &[u8])]) -> Overheard {
        let start = Instant::now();
        let mut overheard = Overheard::new(Duration::from_millis(400));
        let mut asked = asked.iter().peekable();
        for (time, bytes) in came {
            while let Some((sent, address)) = asked.next_if(|(sent, _)| sent <= time) {
                overheard.sent(readings(*address), start + Duration::from_millis(*sent));
            }
            overheard.receive(bytes, start + Duration::from_millis(*time));
        }
        overheard.settle();
        overheard
    }

    #[test]
    fn late_reply_belongs_to_its_request() {
        let (late, own) = (reply(7), reply(8));
        let (head, tail) = late.split_at(20);
        let came = [(1300, head), (1340, tail), (1500, own.as_slice())];
        let overheard = overheard(&[(0, 7), (1000, 8)], &came);
        let first_byte = |number| {
            let reply = overheard.reply(Address::new(number).unwrap());
            reply.map(|reply| reply.first_byte.as_millis())
        };
        assert_eq!((first_byte(7), first_byte(8)), (Some(1300), Some(500)));
        assert_eq!(overheard.answered, Some(Duration::from_millis(500)));
        assert!(!overheard.has_second_reply());
        assert_eq!(overheard.strays(), &Strays::default());
    }

    #[test]
    fn late_reply_behind_another_is_not_a_second_one() {
        let both = [reply(8), reply(7)].concat();
        let came = [(1100, both.as_slice())];
        assert!(!overheard(&[(0, 7), (1000, 8)], &came).has_second_reply());
        let both = [reply(8), b"\0".to_vec(), reply(8)].concat();
        let came = [(1100, both.as_slice())];
        assert!(overheard(&[(0, 7), (1000, 8)], &came).has_second_reply());
        let ruins = [reply(8), b"\n*0\xf84 35\xff.9  2".to_vec()].concat();
        let came = [(1100, ruins.as_slice())];
        assert!(overheard(&[(1000, 8)], &came).has_second_reply());
    }

    #[test]
    fn echo_is_not_another_master() {
        let echo = [(5, b"#080\r".as_slice())];
        let strays = overheard(&[(0, 8)], &echo).strays().clone();
        assert!(strays.has_echo && strays.polled_by_others.is_empty());
        let twice = [(5, b"#080\r".as_slice()), (300, b"#080\r")];
        let strays = overheard(&[(0, 8)], &twice).strays().clone();
        assert_eq!(strays.polled_by_others.len(), 1);
        let stranger = reply(9);
        let unasked = [(300, stranger.as_slice())];
        let strays = overheard(&[(0, 8)], &unasked).strays().clone();
        assert!(strays.polled_by_others.contains(&Address::new(9).unwrap()));
    }

    #[test]
    fn modbus_is_not_noise() {
        let request = b"\x11\x03\x00\x6b\x00\x03\x76\x87".as_slice();
        let reply = b"\x11\x03\x06\xae\x41\x56\x52\x43\x40\x49\xad".as_slice();
        let came = [(50, b"\0\xf0".as_slice()), (700, request), (760, reply)];
        let strays = overheard(&[(0, 8)], &came).strays().clone();
        assert_eq!(strays.modbus, BTreeSet::from([17]));
        assert_eq!(
            (strays.noise, strays.shown.as_slice()),
            (1, b"\0\xf0".as_slice())
        );
    }

    #[test]
    fn noise_without_end_takes_no_memory() {
        let start = Instant::now();
        let mut overheard = Overheard::new(Duration::from_millis(400));
        overheard.sent(readings(8), start);
        for _ in 0..1000 {
            overheard.receive(&[0x0a, 0xff, 0x2a, 0x35].repeat(100), start);
        }
        let kept = overheard.buffer.len() + overheard.noise.len() + overheard.marks.len();
        assert!(kept < 3 * LONGEST_FRAME, "{kept}");
        assert_eq!(overheard.strays().shown.len(), SHOWN);
    }
}
