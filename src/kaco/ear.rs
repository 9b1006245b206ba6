//! Cuts what passes on a bus into requests, replies and the rest, for who only listens.

use super::interpret;
use super::wire::{FrameError, LONGEST_FRAME, scan};
use crate::reading::Reading;

/// Something that passed on the bus, with its bytes.
#[derive(Debug)]
pub enum Passing {
    /// A master asks.
    Request {
        /// Who is asked: two digits.
        address: String,
        /// The command character.
        command: char,
    },
    /// An inverter answers.
    Reply(Box<Reading>),
    /// It began as a reply and is none.
    Refused(FrameError),
    /// Nothing that is known.
    Noise,
}

/// Bytes of a request: `#AAc` and CR.
const REQUEST: usize = 5;

/// Hears a stream in any pieces.
#[derive(Debug, Default)]
pub struct Ear {
    buffer: Vec<u8>,
}

impl Ear {
    /// Adds bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether something is there that is not told yet.
    pub fn is_pending(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next thing that passed, and its bytes; `None` until more bytes come. `ended`: the line is silent, nothing more
    /// belongs to what is there.
    pub fn next(&mut self, ended: bool) -> Option<(Passing, Vec<u8>)> {
        let (passing, length) = self.look(ended)?;
        Some((passing, self.buffer.drain(..length).collect()))
    }

    fn look(&self, ended: bool) -> Option<(Passing, usize)> {
        let request = self
            .buffer
            .windows(REQUEST)
            .position(|bytes| request(bytes).is_some());
        if request == Some(0) {
            return Some((self.buffer.get(..REQUEST).and_then(self::request)?, REQUEST));
        }
        // What stands before a request is over.
        let part = self.buffer.get(..request.unwrap_or(self.buffer.len()))?;
        let is_over = ended || request.is_some() || part.len() >= LONGEST_FRAME;
        let found = scan(part, is_over);
        match found.item {
            _ if part.is_empty() => None,
            Some(_) if found.junk > 0 => Some((Passing::Noise, found.junk)),
            Some(Ok(frame)) => match interpret::frame(&frame) {
                Ok(reading) => Some((Passing::Reply(Box::new(reading)), found.used)),
                Err(_) => Some((Passing::Noise, found.used)),
            },
            Some(Err(error)) if is_over => {
                let length = error.bytes.len().max(found.used);
                Some((Passing::Refused(error), length))
            }
            // Its end may still come, and with it the bytes to show.
            Some(Err(_)) => None,
            None if is_over => Some((Passing::Noise, part.len())),
            None => None,
        }
    }
}

/// A request in exactly these bytes.
fn request(bytes: &[u8]) -> Option<Passing> {
    match bytes {
        [
            b'#',
            tens @ b'0'..=b'9',
            ones @ b'0'..=b'9',
            command @ b'!'..=b'~',
            b'\r',
        ] => {
            let address = [*tens, *ones].map(char::from).iter().collect();
            Some(Passing::Request {
                address,
                command: char::from(*command),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[&[u8]]) -> Vec<String> {
        let mut ear = Ear::default();
        let mut told = Vec::new();
        let mut tell = |ear: &mut Ear, ended| {
            while let Some((passing, bytes)) = ear.next(ended) {
                let what = match passing {
                    Passing::Request { address, command } => format!("request {address}{command}"),
                    Passing::Reply(reading) => format!("reply {}", reading.cells.layout.name),
                    Passing::Refused(error) => format!("refused {}", error.fault.kind()),
                    Passing::Noise => "noise".to_owned(),
                };
                told.push(format!("{what} ({})", bytes.len()));
            }
        };
        for piece in pieces {
            ear.push(piece);
            tell(&mut ear, false);
        }
        tell(&mut ear, true);
        assert!(!ear.is_pending());
        told
    }

    #[test]
    fn requests_replies_and_noise_are_told_apart() {
        let stream =
            b"\x00\xff#019\r\n*019 6400xi \xaf\r\0#020\r#034\rabc\n*124\r\n*019 6400xi \xae\r#0";
        let expected = [
            "noise (2)",
            "request 019",
            "reply type (15)",
            "noise (1)",
            "request 020",
            "request 034",
            "noise (3)",
            "reply parts (6)",
            "refused checksum (15)",
            "noise (2)",
        ];
        let whole = heard(&[stream]);
        assert_eq!(whole.len(), expected.len(), "{whole:?}");
        for (one, other) in whole.iter().zip(expected) {
            assert!(one.starts_with(other), "{whole:?}");
        }
    }

    #[test]
    fn nothing_is_lost_in_pieces() {
        let stream: &[u8] = b"#019\r\n*019 6400xi \xaf\r#129\r\n*124\r";
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(heard(&bytes), heard(&[stream]));
    }
}
