//! `listen`: show what passes on the bus, sending nothing.

use super::{Exit, Failure};
use crate::cli::Listen;
use crate::escape;
use crate::kaco::connect::{Connect, LinkError};
use crate::kaco::ear::{Ear, Passing};
use crate::kaco::wire::Command;
use crate::link::Link;
use crate::format::table;
use chrono::Local;
use std::io::{self, Write, stdout};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep, timeout};
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
    let mut ear = Ear::default();
    let mut told = Told::default();
    let mut bytes = [0; CHUNK];
    loop {
        // Without a gap to wait for, wait as long as it takes.
        let patience = if ear.is_pending() {
            arguments.gap
        } else {
            Duration::MAX
        };
        let heard = match timeout(patience, stream.read(&mut bytes)).await {
            Ok(Ok(0)) => return Err(lost(&link, io::ErrorKind::UnexpectedEof.into())),
            Ok(Ok(count)) => bytes.get(..count).unwrap_or_default(),
            Ok(Err(error)) => return Err(lost(&link, error)),
            Err(_) => &[],
        };
        let is_over = heard.is_empty();
        ear.push(heard);
        while let Some((passing, bytes)) = ear.next(is_over) {
            told.tell(&passing, &bytes)?;
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
    fn tell(&mut self, passing: &Passing, bytes: &[u8]) -> io::Result<()> {
        let now = Instant::now();
        let since = self
            .last
            .replace(now)
            .map_or(Duration::ZERO, |last| now - last);
        let (kind, text) = describe(passing, bytes);
        let time = Local::now().format("%H:%M:%S%.3f");
        let mut out = stdout().lock();
        writeln!(out, "{time} {:+8.3}s  {kind:8} {text}", since.as_secs_f64())?;
        out.flush()?;
        if let Passing::Request { .. } = passing
            && !self.master_said
        {
            self.master_said = true;
            warn!(
                "another master asks on this bus; two masters garble each other, only one can stay"
            );
        }
        Ok(())
    }
}

fn describe(passing: &Passing, bytes: &[u8]) -> (&'static str, String) {
    let raw = escape::printable(bytes);
    match passing {
        Passing::Request { address, command } => {
            let meaning = u8::try_from(*command).map_or("", Command::meaning);
            ("request", format!("{address} {meaning:24} {raw}"))
        }
        Passing::Reply(reading) => ("reply", table::line(reading)),
        Passing::Refused(error) => ("refused", format!("{} {raw}", error.fault)),
        Passing::Noise => ("bytes", raw),
    }
}
