//! Plays simulated KACO inverters on a pseudo-terminal, byte by byte as on a real line.

use super::kaco::{Inverters, Mood};
use crate::address::Address;
use chrono::Local;
use rustix::fs::{Mode, OFlags};
use rustix::termios::ioctl_tiocnxcl;
use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep_until};
use tokio_serial::{SerialPort, SerialStream};
use tracing::debug;

/// One byte at 9600 baud: start bit, eight data bits, stop bit.
const BYTE_TIME: Duration = Duration::from_nanos(1_041_667);

/// How often the terminal is freed from the exclusive mode that a client left behind when it was killed.
const FREE_EVERY: Duration = Duration::from_millis(200);

/// Simulated inverters at work; they stop when this is dropped.
pub struct Simulation {
    path: PathBuf,
    task: JoinHandle<io::Result<()>>,
}

impl Simulation {
    /// Starts them on a new pseudo-terminal; `addresses` are those that answer, `None` for all.
    ///
    /// # Errors
    /// When the system gives no pseudo-terminal.
    pub fn start(mood: Mood, addresses: Option<Vec<Address>>) -> io::Result<Self> {
        let (master, slave) = SerialStream::pair()?;
        let path = PathBuf::from(slave.name().unwrap_or_default());
        // Held open, so that the terminal lives on between its clients. It must not become the terminal of a service or cron
        // job, which has none: its end would be the end of that.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(&path, flags, Mode::empty())?;
        let line = Line {
            master,
            terminal,
            inverters: Inverters::new(mood, addresses),
            due: BTreeMap::new(),
            count: 0,
        };
        let task = tokio::spawn(line.run());
        Ok(Self { path, task })
    }

    /// The device that clients open.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until the terminal fails, which it does not while the system is well.
    ///
    /// # Errors
    /// What went wrong with it.
    pub async fn run(&mut self) -> io::Result<()> {
        match (&mut self.task).await {
            Ok(outcome) => outcome,
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The inverters' end of the line.
struct Line {
    master: SerialStream,
    terminal: OwnedFd,
    inverters: Inverters,
    /// What is to be sent and when; the count keeps bytes of one time in order.
    due: BTreeMap<(Instant, u64), u8>,
    count: u64,
}

impl Line {
    async fn run(mut self) -> io::Result<()> {
        let mut request = Vec::new();
        let mut bytes = [0; 64];
        let mut free = interval(FREE_EVERY);
        loop {
            let next = self.due.keys().next().map(|(time, _)| *time);
            let wait = async {
                match next {
                    Some(time) => sleep_until(time).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                count = self.master.read(&mut bytes) => {
                    for &byte in bytes.iter().take(count?) {
                        self.take(byte, &mut request);
                    }
                }
                () = wait => self.send().await?,
                _ = free.tick() => {
                    let _ = ioctl_tiocnxcl(&self.terminal);
                }
            }
        }
    }

    /// Collects a request; at its CR the inverters decide what to say.
    fn take(&mut self, byte: u8, request: &mut Vec<u8>) {
        if byte == b'#' {
            request.clear();
        }
        request.push(byte);
        request.truncate(16); // longer than any request
        if byte != b'\r' {
            return;
        }
        debug!(
            "simulated inverters hear {}",
            crate::escape::printable(request)
        );
        for play in self.inverters.answer(request, Local::now().time()) {
            // One line for all: who comes too soon waits until the other has spoken.
            let free = self.due.keys().next_back().map(|(time, _)| *time);
            let mut time = free
                .unwrap_or_else(Instant::now)
                .max(Instant::now() + play.delay);
            for byte in play.bytes {
                time += BYTE_TIME;
                self.count += 1;
                self.due.insert((time, self.count), byte);
            }
        }
        request.clear();
    }

    async fn send(&mut self) -> io::Result<()> {
        let later = self.due.split_off(&(Instant::now(), u64::MAX));
        let now = std::mem::replace(&mut self.due, later);
        let bytes: Vec<u8> = now.into_values().collect();
        self.master.write_all(&bytes).await
    }
}
