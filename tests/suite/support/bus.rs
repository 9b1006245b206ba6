//! A bus on a pseudo-terminal that replies as a script decides, and notes every request.

pub use kaco_ardexa::kaco::timing::BYTE_TIME;
pub use kaco_ardexa::sim::bus::Play;

use kaco_ardexa::sim::bus::SimulatedBus;
use rustix::termios::ioctl_tiocnxcl;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Usual time from a request to the first byte of its reply.
pub const REPLY_TIME: Duration = Duration::from_millis(120);

/// Idle time after which the bus plays what it is to play unasked.
const IDLE: Duration = Duration::from_millis(20);

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

/// Decides what appears on the bus: gets the request and the number of earlier requests of the same
/// text.
pub type Script = Box<dyn FnMut(&str, usize) -> Vec<Play> + Send>;

/// What a bus knows of its past, and what it is to play when it is idle.
#[derive(Default)]
struct Notes {
    requests: Vec<String>,
    counts: HashMap<String, usize>,
    bytes: usize,
    unasked: Vec<Play>,
}

/// A running bus; it ends with this value.
pub struct Bus {
    /// The device to give to the program: a link, as `/dev/serial/by-id` has them.
    pub path: PathBuf,
    terminal: File,
    notes: Arc<Mutex<Notes>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bus {
    /// Starts a bus with this script. Requests are given to it as text without CR, for example
    /// `#020`.
    pub fn start(mut script: Script) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let line = {
            let _inside = runtime.enter();
            SimulatedBus::open(IDLE).expect("a pseudo-terminal")
        };
        let terminal = File::options().read(true).write(true).open(line.path());
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("ttyUSB0");
        symlink(line.path(), &path).expect("a link");
        let notes = Arc::new(Mutex::new(Notes::default()));
        let heard = Arc::clone(&notes);
        let answer = move |bytes: &[u8]| {
            let mut notes = heard.lock().unwrap();
            notes.bytes += bytes.len();
            let Some(text) = bytes.strip_suffix(b"\r") else {
                return std::mem::take(&mut notes.unasked);
            };
            let text = String::from_utf8_lossy(text).into_owned();
            notes.requests.push(text.clone());
            let count = notes.counts.entry(text.clone()).or_default();
            *count += 1;
            let earlier = *count - 1;
            drop(notes);
            script(&text, earlier)
        };
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    over = line.run(answer) => over.expect("the bus"),
                    _ = ended => {}
                }
            });
            // When the line is closed its name goes too, as that of an adapter that is pulled out.
            drop(directory);
        });
        Self {
            path,
            terminal: terminal.expect("the terminal"),
            notes,
            end: Some(end),
            thread: Some(thread),
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

    /// A bus on which no inverter answers.
    pub fn silent() -> Self {
        Self::with_replies(&[])
    }

    /// Frees the terminal from the exclusive mode that a killed client leaves behind. A serial port
    /// needs no such help.
    pub fn free(&self) {
        ioctl_tiocnxcl(&self.terminal).expect("the terminal");
    }

    /// Plays this a second from now, unasked: others talk on the bus.
    pub fn play_soon(&self, plays: Vec<Play>) {
        let wait = vec![Play::Wait(Duration::from_secs(1))];
        self.play_now([wait, plays].concat());
    }

    /// Plays this from now on, unasked, and hears no request meanwhile.
    pub fn play_now(&self, plays: Vec<Play>) {
        self.notes.lock().unwrap().unasked.extend(plays);
    }

    /// The texts of the requests so far, and the number of all bytes that the program sent.
    pub fn heard(&self) -> (Vec<String>, usize) {
        let notes = self.notes.lock().unwrap();
        (notes.requests.clone(), notes.bytes)
    }

    /// Number of bytes that the program sent.
    pub fn bytes_received(&self) -> usize {
        self.heard().1
    }

    /// The texts of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.heard().0
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
