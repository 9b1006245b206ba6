//! A bus on a pseudo-terminal: plays replies as inverters would, byte by byte at 9600 baud, and notes what it was asked.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector};
use rustix::termios::{ioctl_tiocnxcl, tcflush, tcgetattr, tcsetattr};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One byte at 9600 baud.
pub const BYTE_TIME: Duration = Duration::from_nanos(1_041_667);

/// Usual time from a request to the first byte of its reply.
pub const REPLY_TIME: Duration = Duration::from_millis(120);

/// Something that appears on the bus.
#[derive(Clone, Debug)]
pub enum Play {
    /// Nothing for a while.
    Wait(Duration),
    /// Bytes at the pace of the wire.
    Send(Vec<u8>),
    /// Bytes with a pause after each.
    Slowly(Vec<u8>, Duration),
    /// The other side closes the line.
    HangUp,
}

/// A reply after the usual time.
pub fn reply(bytes: &[u8]) -> Vec<Play> {
    vec![Play::Wait(REPLY_TIME), Play::Send(bytes.to_vec())]
}

/// A reply that is there at once, for tests in which the bus does not matter.
pub fn at_once(bytes: &[u8]) -> Vec<Play> {
    vec![Play::Slowly(bytes.to_vec(), Duration::ZERO)]
}

/// Lets a script wait for what the test does meanwhile.
#[derive(Clone, Default)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    /// Waits until it is opened; not for ever, as the test may have failed.
    pub fn wait(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.0.load(Ordering::Relaxed) && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn open(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Who decides what appears on the bus: gets the request and how often it was asked before.
pub type Script = Box<dyn FnMut(&str, usize) -> Vec<Play> + Send>;

/// A running bus; it ends with this value.
pub struct Bus {
    /// The device to give to the program: a link, as `/dev/serial/by-id` has them.
    pub path: PathBuf,
    terminal: File,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
    received: Arc<AtomicUsize>,
    unasked: Arc<Mutex<Vec<Play>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bus {
    /// Starts a bus with this script. Requests are given to it as text without CR, for example `#020`.
    pub fn start(script: Script) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a pseudo-terminal");
        grantpt(&master).expect("access");
        unlockpt(&master).expect("access");
        let name = ptsname(&master, Vec::new()).expect("its name");
        let name = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let terminal = File::options()
            .read(true)
            .write(true)
            .open(&name)
            .expect("the terminal");
        let mut modes = tcgetattr(&terminal).expect("its modes");
        modes.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &modes).expect("raw mode");
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("ttyUSB0");
        symlink(&name, &path).expect("a link");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::new(AtomicUsize::new(0));
        let unasked = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let line = Line {
            master: File::from(master),
            _directory: directory,
            terminal: terminal.try_clone().expect("the terminal"),
            script,
            requests: Arc::clone(&requests),
            received: Arc::clone(&received),
            unasked: Arc::clone(&unasked),
            ended: Arc::clone(&ended),
            asked: HashMap::new(),
        };
        let thread = Some(thread::spawn(move || line.run()));
        Self {
            path,
            terminal,
            requests,
            received,
            unasked,
            ended,
            thread,
        }
    }

    /// A bus on which each request has one fixed reply; all others are silent.
    pub fn with_replies(replies: &[(&str, Vec<u8>)]) -> Self {
        Self::playing(replies, reply)
    }

    /// The same with replies that are there at once.
    pub fn with_quick_replies(replies: &[(&str, Vec<u8>)]) -> Self {
        Self::playing(replies, at_once)
    }

    fn playing(replies: &[(&str, Vec<u8>)], play: fn(&[u8]) -> Vec<Play>) -> Self {
        let replies: HashMap<String, Vec<u8>> = replies
            .iter()
            .map(|(request, bytes)| ((*request).to_owned(), bytes.clone()))
            .collect();
        Self::start(Box::new(move |request, _| {
            replies
                .get(request)
                .map(|bytes| play(bytes))
                .unwrap_or_default()
        }))
    }

    /// A bus on which nobody answers.
    pub fn silent() -> Self {
        Self::with_replies(&[])
    }

    /// Frees the terminal from the exclusive mode that a killed client leaves behind. A serial port needs no such help.
    pub fn free(&self) {
        ioctl_tiocnxcl(&self.terminal).expect("the terminal");
    }

    /// Plays this a second from now, unasked: others talk on the bus.
    pub fn play_soon(&self, plays: Vec<Play>) {
        self.unasked
            .lock()
            .unwrap()
            .push(Play::Wait(Duration::from_secs(1)));
        self.unasked.lock().unwrap().extend(plays);
    }

    /// Plays this from now on, unasked, and hears no request meanwhile.
    pub fn play_now(&self, plays: Vec<Play>) {
        self.unasked.lock().unwrap().extend(plays);
    }

    /// How many bytes the program sent.
    pub fn bytes_received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    /// All that was asked so far, and when its CR came.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        self.requests.lock().unwrap().clone()
    }

    /// The texts of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.requests().into_iter().map(|(_, text)| text).collect()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Who talks to nobody waits for ever when the terminal is full.
            while !thread.is_finished() {
                let _ = tcflush(&self.terminal, QueueSelector::IFlush);
                thread::sleep(Duration::from_millis(2));
            }
            let _ = thread.join();
        }
    }
}

struct Line {
    master: File,
    /// Holds the link. When the line is closed the name goes too, as that of an adapter that is pulled out.
    _directory: TempDir,
    /// Held open so that the terminal survives its clients.
    terminal: File,
    script: Script,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
    received: Arc<AtomicUsize>,
    unasked: Arc<Mutex<Vec<Play>>>,
    ended: Arc<AtomicBool>,
    asked: HashMap<String, usize>,
}

impl Line {
    fn run(mut self) {
        let mut request = Vec::new();
        let mut byte = [0];
        while !self.ended.load(Ordering::Relaxed) {
            if !self.is_readable() {
                // A client that was killed leaves the terminal in exclusive mode.
                let _ = ioctl_tiocnxcl(&self.terminal);
                let unasked = std::mem::take(&mut *self.unasked.lock().unwrap());
                if !self.play(unasked) {
                    return;
                }
                continue;
            }
            self.received.fetch_add(1, Ordering::Relaxed);
            match self.master.read(&mut byte) {
                Ok(1) if byte[0] == b'\r' => {
                    let text = String::from_utf8_lossy(&request).into_owned();
                    request.clear();
                    if !self.answer(text) {
                        return;
                    }
                }
                Ok(_) => request.push(byte[0]),
                Err(error) => panic!("the bus can't be read: {error}"),
            }
        }
    }

    /// Whether a byte comes within a short time.
    fn is_readable(&self) -> bool {
        let time = Timespec {
            tv_sec: 0,
            tv_nsec: 20_000_000,
        };
        let mut files = [PollFd::new(&self.master, PollFlags::IN)];
        poll(&mut files, Some(&time)).expect("a poll") > 0
    }

    /// Notes a request and plays what the script says; false when the line is to be closed.
    fn answer(&mut self, text: String) -> bool {
        self.requests
            .lock()
            .unwrap()
            .push((Instant::now(), text.clone()));
        let count = self.asked.entry(text.clone()).or_default();
        let plays = (self.script)(&text, *count);
        *count += 1;
        self.play(plays)
    }

    /// Plays all of it; false when the line is to be closed.
    fn play(&mut self, plays: Vec<Play>) -> bool {
        let mut time = Instant::now();
        for play in plays {
            match play {
                Play::Wait(duration) => time += duration,
                Play::Send(bytes) => self.send(&bytes, &mut time, BYTE_TIME),
                Play::Slowly(bytes, pause) => self.send(&bytes, &mut time, pause),
                Play::HangUp => {
                    thread::sleep(time.saturating_duration_since(Instant::now()));
                    return false;
                }
            }
        }
        true
    }

    fn send(&mut self, bytes: &[u8], time: &mut Instant, pause: Duration) {
        for &byte in bytes {
            *time += pause;
            thread::sleep(time.saturating_duration_since(Instant::now()));
            if self.ended.load(Ordering::Relaxed) || self.master.write_all(&[byte]).is_err() {
                return;
            }
        }
    }
}
