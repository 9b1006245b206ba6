//! A bus on a pseudo-terminal: takes requests from its client and plays replies at the pace of a
//! real line.

use crate::kaco::timing::BYTE_TIME;
use rustix::fs::{Mode, OFlags, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, ioctl_tiocnxcl, tcgetattr, tcsetattr};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{Instant, sleep_until, timeout};

/// Bytes that a serial port hands over at once: each piece costs the processor the same, whatever
/// is in it.
const FIFO: usize = 4;

/// Longer than any request; more bytes without a CR are handed on in pieces.
const LONGEST_REQUEST: usize = 64;

/// A piece of what appears on a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Play {
    /// Nothing for a while.
    Wait(Duration),
    /// Bytes at the pace of the wire.
    Send(Vec<u8>),
    /// Bytes, each after this time.
    Slowly(Vec<u8>, Duration),
    /// The line is closed.
    HangUp,
}

/// A pseudo-terminal with the inverters' end of the line; it closes with this value.
#[derive(Debug)]
pub struct SimulatedBus {
    path: PathBuf,
    idle: Duration,
    requests: Receiver,
    replies: Sender,
    /// Held open, so that the terminal outlives its clients.
    terminal: OwnedFd,
}

impl SimulatedBus {
    /// Opens a new pseudo-terminal, within a Tokio runtime. After an `idle` time it hands on bytes
    /// that came without a CR, and is free for the next client. An error where the system gives
    /// none.
    pub fn open(idle: Duration) -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        // `from_owned_fd_unchecked` does not set this, unlike the constructors for real pipes.
        fcntl_setfl(&master, OFlags::NONBLOCK)?;
        let path = PathBuf::from(OsStr::from_bytes(ptsname(&master, Vec::new())?.as_bytes()));
        // Without NOCTTY it becomes the terminal of a service or cron job, which has none: its end
        // would be the end of that.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(&path, flags, Mode::empty())?;
        let mut modes = tcgetattr(&terminal)?;
        // A new terminal echoes what its client sends, and turns CR into LF.
        modes.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        Ok(Self {
            path,
            idle,
            requests: Receiver::from_owned_fd_unchecked(master.try_clone()?)?,
            replies: Sender::from_owned_fd_unchecked(master)?,
            terminal,
        })
    }

    /// The device that clients open.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Plays what `answer` returns for each request, one after the other, until a [`Play::HangUp`].
    ///
    /// `answer` gets all bytes up to a CR. While the line is idle it gets those without a CR,
    /// mostly none. An error if the terminal fails.
    pub async fn run(mut self, mut answer: impl FnMut(&[u8]) -> Vec<Play>) -> io::Result<()> {
        let mut request = Vec::new();
        // One byte at a time: what comes behind a CR belongs to the next request.
        let mut byte = [0];
        loop {
            if let Ok(count) = timeout(self.idle, self.requests.read(&mut byte)).await {
                request.extend(byte.iter().take(count?));
                if request.last() != Some(&b'\r') && request.len() < LONGEST_REQUEST {
                    continue;
                }
            } else {
                // A client that was killed leaves the terminal in exclusive mode.
                ioctl_tiocnxcl(&self.terminal)?;
            }
            let plays = answer(&request);
            request.clear();
            if !self.play(plays).await? {
                return Ok(());
            }
        }
    }

    /// False after a [`Play::HangUp`].
    async fn play(&mut self, plays: Vec<Play>) -> io::Result<bool> {
        // Times add up from here: a pause that ended late does not delay the next one.
        let mut time = Instant::now();
        for play in plays {
            let (bytes, piece, pause) = match play {
                Play::Wait(duration) => {
                    time += duration;
                    continue;
                }
                Play::HangUp => {
                    sleep_until(time).await;
                    return Ok(false);
                }
                Play::Send(bytes) => (bytes, FIFO, BYTE_TIME),
                Play::Slowly(bytes, Duration::ZERO) => (bytes, usize::MAX, Duration::ZERO),
                Play::Slowly(bytes, pause) => (bytes, 1, pause),
            };
            for piece in bytes.chunks(piece) {
                piece.iter().for_each(|_| time += pause);
                sleep_until(time).await;
                self.replies.write_all(piece).await?;
            }
        }
        Ok(true)
    }
}
