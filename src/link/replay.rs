//! `replay:FILE`: answers out of a recording.

use crate::kaco::connect::LinkError;
use crate::lines::TOO_LONG;
use crate::recording::{self, RecordedExchange};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tracing::warn;

/// Room for the longest reply on its way.
const BUFFER: usize = 4096;

/// Opens the recording and answers from it, at once, until the stream is closed.
pub(super) fn open(path: &Path) -> Result<DuplexStream, LinkError> {
    let unusable = |reason: String| LinkError::Unusable {
        device: format!("replay:{}", path.display()),
        reason,
    };
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    let skip = |line| warn!("{}, line {line}: {TOO_LONG}, left out", path.display());
    let exchanges = recording::read(BufReader::new(file), skip).map_err(unusable)?;
    let (near, far) = duplex(BUFFER);
    tokio::spawn(play(far, Replies::new(exchanges)));
    Ok(near)
}

/// The replies to each request, in the order in which they came.
struct Replies(HashMap<Vec<u8>, (Vec<Vec<u8>>, usize)>);

impl Replies {
    fn new(exchanges: Vec<RecordedExchange>) -> Self {
        let mut replies: HashMap<Vec<u8>, (Vec<Vec<u8>>, usize)> = HashMap::new();
        for exchange in exchanges {
            replies
                .entry(exchange.request)
                .or_default()
                .0
                .push(exchange.reply);
        }
        Self(replies)
    }

    /// The next reply to `request`; after the last comes the first again. A request that was never
    /// recorded is not answered.
    fn next(&mut self, request: &[u8]) -> &[u8] {
        let Some((replies, next)) = self.0.get_mut(request) else {
            return &[];
        };
        let place = *next % replies.len().max(1);
        *next = place + 1;
        replies.get(place).map(Vec::as_slice).unwrap_or_default()
    }
}

async fn play(mut line: DuplexStream, mut replies: Replies) {
    let mut request = Vec::new();
    while let Ok(byte) = line.read_u8().await {
        request.push(byte);
        // Every request ends with a carriage return.
        if byte == b'\r' {
            if line.write_all(replies.next(&request)).await.is_err() {
                return;
            }
            request.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_come_in_order_and_then_again() {
        let exchange = |request: &[u8], reply: &[u8]| RecordedExchange {
            time: String::new(),
            device: String::new(),
            request: request.to_vec(),
            reply: reply.to_vec(),
            first_byte: None,
            outcome: String::new(),
        };
        let mut replies = Replies::new(vec![
            exchange(b"a", b"1"),
            exchange(b"b", b""),
            exchange(b"a", b"2"),
        ]);
        assert_eq!(replies.next(b"a"), b"1");
        assert_eq!(replies.next(b"b"), b"");
        assert_eq!(replies.next(b"a"), b"2");
        assert_eq!(replies.next(b"a"), b"1");
        assert_eq!(replies.next(b"c"), b"");
    }
}
