//! What a run takes of the machine at most.

use crate::support::program::{Run, wait};
use std::fs;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// At most, at any moment.
#[derive(Debug, Default)]
pub struct Cost {
    /// In KiB.
    pub memory: u64,
    /// Files and sockets that are open.
    pub files: usize,
}

/// Waits for the end of a run, and watches what it takes.
pub fn cost(running: (Child, Instant)) -> (Run, Cost) {
    let process = format!("/proc/{}", running.0.id());
    let ended = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&ended);
    let watching = thread::spawn(move || {
        let mut cost = Cost::default();
        while !is_over.load(Ordering::Relaxed) {
            let text = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
            cost.memory = cost.memory.max(size.unwrap_or_default());
            let files = fs::read_dir(format!("{process}/fd")).map(Iterator::count);
            cost.files = cost.files.max(files.unwrap_or_default());
            thread::sleep(Duration::from_millis(5));
        }
        cost
    });
    let run = wait(running);
    ended.store(true, Ordering::Relaxed);
    let cost = watching.join().unwrap();
    assert_ne!(cost.memory, 0, "the program was never seen");
    (run, cost)
}
