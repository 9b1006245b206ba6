//! `listen`: show what passes on the bus, sending nothing.

mod counts;
mod record;

use super::plan::ListenPlan;
use super::print::{advise, print};
use super::stop::{Ended, Stop};
use crate::clock;
use crate::escape;
use crate::exit::{Exit, Failure};
use crate::format::table;
use crate::kaco::connect::{Connect, LinkError};
use crate::kaco::interpret;
use crate::kaco::wire::{Command, Monitor, Traffic, find_modbus};
use crate::link::Link;
use crate::source::recorder::Recorder;
use bytes::BytesMut;
use counts::TrafficCounts;
use record::Transcript;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::Decoder;
use tracing::warn;

/// Bytes that are read at once.
const CHUNK: usize = 512;

/// Silence after which there is advice: data loggers poll at least this often by day.
const PATIENCE: Duration = Duration::from_secs(10);

/// The advice on a silent bus.
const SILENT: &str = "\
nothing was received for 10 s. Inverters send only when they are polled. Check:
  - does another master (a data logger) run? Without one the bus is silent:
    `kaco_ardexa scan DEVICE` polls the inverters itself
  - A and B (D+ and D-) are swapped, or a wire is loose
  - another speed than 9600 baud; a port that is RS232 and not RS485";

/// Listens until the requested time is over, if there is one, or a signal comes.
pub(super) async fn run(arguments: ListenPlan, mut stop: Stop) -> Result<Ended, Failure> {
    let device = arguments.device.to_string();
    let record = |path| Recorder::open(path, device.clone());
    let recorder = arguments.record.as_deref().map(record).transpose()?;
    let mut listener = Listener {
        print,
        gap: arguments.gap,
        with_bytes: arguments.with_bytes,
        buffer: BytesMut::new(),
        last: None,
        counts: TrafficCounts::default(),
        record: recorder.as_ref().map(|one| Transcript::new(one.observer())),
    };
    let over = async {
        match arguments.duration {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    let listening = async {
        let mut link = Link::new(arguments.device.clone());
        let mut stream = link.connect().await?;
        advise(&format!(
            "listening on {device} at 9600 baud, sending nothing; Ctrl-C ends it"
        ));
        let silent = || advise(&SILENT.replace("DEVICE", &escape::shell_word(&device)));
        let lost = |source| LinkError::Lost {
            device: link.device(),
            source,
        };
        listener.listen(&mut stream, silent, lost).await
    };
    let outcome = tokio::select! {
        outcome = listening => outcome,
        () = over => Ok(()),
        _ = stop.signal() => Ok(()),
    };
    let rest = listener.finish();
    // Nothing was received from a device that can't be opened: the error is enough.
    if outcome.is_ok() || !listener.counts.is_empty() {
        advise(&listener.counts.summary());
    }
    match recorder.as_ref().and_then(Recorder::failure) {
        Some(failure) => outcome.and(rest).and(Err(failure.into())),
        None => outcome.and(rest),
    }
    .map(|()| Ended::Exit(Exit::Done))
}

/// Prints what passes, one line per request, reply, or piece of something else.
struct Listener {
    /// False if the output was closed.
    print: fn(&str) -> Result<bool, Failure>,
    gap: Duration,
    /// Whether lines of replies end with the bytes, for `decode`.
    with_bytes: bool,
    buffer: BytesMut,
    last: Option<Instant>,
    counts: TrafficCounts,
    record: Option<Transcript>,
}

impl Listener {
    /// Prints what is received, until the link is lost or the output is closed. `silent` is called
    /// once if nothing is received at first.
    async fn listen(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        silent: impl FnOnce(),
        lost: impl Fn(io::Error) -> LinkError,
    ) -> Result<(), Failure> {
        let mut silent = Some(silent);
        loop {
            // Without a gap to wait for, wait as long as it takes.
            let patience = match (self.buffer.is_empty(), &silent) {
                (false, _) => self.gap,
                (true, Some(_)) if self.last.is_none() => PATIENCE,
                (true, _) => Duration::MAX,
            };
            self.buffer.reserve(CHUNK);
            let is_idle = match timeout(patience, stream.read_buf(&mut self.buffer)).await {
                Ok(Ok(0)) => return Err(lost(io::ErrorKind::UnexpectedEof.into()).into()),
                Ok(Ok(_)) => false,
                Ok(Err(error)) => return Err(lost(error).into()),
                Err(_) => true,
            };
            if is_idle
                && self.buffer.is_empty()
                && let Some(silent) = silent.take()
            {
                silent();
            }
            if !self.decode(is_idle)? {
                return Ok(());
            }
        }
    }

    /// Prints what is complete, and the rest if the bus is idle. False if the output was closed.
    fn decode(&mut self, is_idle: bool) -> Result<bool, Failure> {
        while let Some((traffic, bytes)) = match is_idle {
            true => Monitor.decode_eof(&mut self.buffer),
            false => Monitor.decode(&mut self.buffer),
        }
        .unwrap_or_default()
        {
            if let Some(record) = &mut self.record {
                record.note(&traffic, &bytes);
            }
            if !self.print(&traffic, &bytes)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Prints the rest.
    fn finish(&mut self) -> Result<(), Failure> {
        let rest = self.decode(true);
        if let Some(record) = &mut self.record {
            record.end();
        }
        rest.map(drop)
    }

    /// One line: time, time since the line before, kind, content.
    fn print(&mut self, traffic: &Traffic, bytes: &[u8]) -> Result<bool, Failure> {
        let now = Instant::now();
        let since = self
            .last
            .replace(now)
            .map_or(Duration::ZERO, |last| now - last);
        let had_master = self.counts.has_master();
        self.counts.note(traffic, bytes);
        let (kind, text) = describe(traffic, bytes, self.with_bytes);
        let time = clock::now().format("%H:%M:%S%.3f");
        let since = since.as_secs_f64();
        let is_read = (self.print)(&format!("{time} {since:+8.3}s  {kind:8} {text}\n"))?;
        if !had_master && self.counts.has_master() {
            warn!(
                "another master polls on this bus; two masters garble each other, only one can stay"
            );
        }
        Ok(is_read)
    }
}

/// Kind and content. The bytes follow a tab where the text does not show them.
fn describe(traffic: &Traffic, bytes: &[u8], with_bytes: bool) -> (&'static str, String) {
    let raw = escape::printable(bytes);
    match traffic {
        Traffic::Request { address, command } => {
            let meaning = u8::try_from(*command).map_or("", Command::meaning);
            ("request", format!("{address} {meaning:24} {raw}"))
        }
        Traffic::Reply(frame) => match interpret::frame(frame) {
            Ok(reading) if with_bytes => ("reply", format!("{}\t{raw}", table::line(&reading))),
            Ok(reading) => ("reply", table::line(&reading)),
            // A good frame of a layout that is not known.
            Err(_) => ("bytes", raw),
        },
        Traffic::Refused(_) | Traffic::Noise if find_modbus(bytes).is_some() => ("modbus", raw),
        Traffic::Refused(error) => ("refused", format!("{}\t{raw}", error.fault)),
        Traffic::Noise => ("bytes", raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::io::{AsyncWriteExt, duplex};

    fn listener() -> Listener {
        Listener {
            print: |_| Ok(true),
            gap: Duration::from_millis(400),
            with_bytes: true,
            buffer: BytesMut::new(),
            last: None,
            counts: TrafficCounts::default(),
            record: None,
        }
    }

    fn lost(source: io::Error) -> LinkError {
        let device = String::new();
        LinkError::Lost { device, source }
    }

    /// Seconds after which a silent bus gets advice; `None` if it never does.
    async fn advised(first_byte: Duration) -> Option<u64> {
        let (mut bus, mut near) = duplex(64);
        let start = Instant::now();
        let advised = Cell::new(None);
        let mut listener = listener();
        let silent = || advised.set(Some(start.elapsed().as_secs()));
        let speaking = async {
            sleep(first_byte).await;
            let _ = bus.write_all(b"\0").await;
            sleep(Duration::from_secs(60)).await;
            drop(bus);
        };
        let (heard, ()) = tokio::join!(listener.listen(&mut near, silent, lost), speaking);
        assert!(heard.is_err(), "the bus hung up");
        advised.get()
    }

    #[tokio::test(start_paused = true)]
    async fn ten_seconds_of_silence_get_advice() {
        assert_eq!(advised(Duration::from_secs(11)).await, Some(10));
        assert_eq!(advised(Duration::from_secs(9)).await, None);
    }
}
