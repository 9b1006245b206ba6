//! `listen`: show what passes on the bus, sending nothing.

use super::plan::Listen;
use super::print::print;
use crate::clock;
use crate::escape;
use crate::exit::{Exit, Failure};
use crate::format::table;
use crate::kaco::connect::{Connect, LinkError};
use crate::kaco::interpret;
use crate::kaco::wire::{Command, Monitor, Traffic};
use crate::link::Link;
use bytes::BytesMut;
use std::io;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::Decoder;
use tracing::warn;

/// Bytes that are read at once.
const CHUNK: usize = 512;

/// Listens until the time that was asked for is over, if one was.
///
/// # Errors
/// [`Failure`] if the device can't be opened or goes away.
pub(super) async fn run(arguments: Listen) -> Result<Exit, Failure> {
    let over = async {
        match arguments.duration {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        outcome = listen(&arguments) => outcome.map(|()| Exit::Done),
        () = over => Ok(Exit::Done),
    }
}

async fn listen(arguments: &Listen) -> Result<(), Failure> {
    let mut link = Link::new(arguments.device.clone());
    let mut stream = link.connect().await?;
    let mut buffer = BytesMut::new();
    let mut told = Told::default();
    loop {
        // Without a gap to wait for, wait as long as it takes.
        let patience = if buffer.is_empty() {
            Duration::MAX
        } else {
            arguments.gap
        };
        buffer.reserve(CHUNK);
        let is_idle = match timeout(patience, stream.read_buf(&mut buffer)).await {
            Ok(Ok(0)) => return Err(lost(&link, io::ErrorKind::UnexpectedEof.into())),
            Ok(Ok(_)) => false,
            Ok(Err(error)) => return Err(lost(&link, error)),
            Err(_) => true,
        };
        while let Some((traffic, bytes)) = if is_idle {
            Monitor.decode_eof(&mut buffer)
        } else {
            Monitor.decode(&mut buffer)
        }
        .unwrap_or_default()
        {
            if !told.tell(&traffic, &bytes)? {
                return Ok(());
            }
        }
    }
}

fn lost(link: &Link, source: io::Error) -> Failure {
    LinkError::Lost {
        device: link.device(),
        source,
    }
    .into()
}

/// What was told so far.
#[derive(Default)]
struct Told {
    last: Option<Instant>,
    master_said: bool,
}

impl Told {
    /// One line: time, time since the line before, what it is, what it says.
    ///
    /// False if nothing reads the output any more.
    fn tell(&mut self, traffic: &Traffic, bytes: &[u8]) -> Result<bool, Failure> {
        let now = Instant::now();
        let since = self
            .last
            .replace(now)
            .map_or(Duration::ZERO, |last| now - last);
        let (kind, text) = describe(traffic, bytes);
        let time = clock::now().format("%H:%M:%S%.3f");
        let since = since.as_secs_f64();
        let is_read = print(&format!("{time} {since:+8.3}s  {kind:8} {text}\n"))?;
        if let Traffic::Request { .. } = traffic
            && !self.master_said
        {
            self.master_said = true;
            warn!(
                "another master asks on this bus; two masters garble each other, only one can stay"
            );
        }
        Ok(is_read)
    }
}

fn describe(traffic: &Traffic, bytes: &[u8]) -> (&'static str, String) {
    let raw = escape::printable(bytes);
    match traffic {
        Traffic::Request { address, command } => {
            let meaning = u8::try_from(*command).map_or("", Command::meaning);
            ("request", format!("{address} {meaning:24} {raw}"))
        }
        Traffic::Reply(frame) => match interpret::frame(frame) {
            Ok(reading) => ("reply", table::line(&reading)),
            Err(_) => ("bytes", raw),
        },
        Traffic::Refused(error) => ("refused", format!("{} {raw}", error.fault)),
        Traffic::Noise => ("bytes", raw),
    }
}
