//! SIGTERM and SIGINT at any moment: a clean end within two seconds. Nothing is half made, every
//! row that was read is there and reported, and the parent of the program sees that a signal ended
//! it.

use super::figures::figures;
use super::logs::{Tally, stopped};
use super::peers::{mute, server};
use super::random::{Random, in_each};
use crate::support::bus::{Bus, Play};
use crate::support::disk::tree;
use crate::support::inverter::{Inverter, address};
use crate::support::plant::Plant;
use crate::support::program::wait_until_it_hears;
use crate::support::program::{Run, command, signal, start, text, wait, wait_until};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two seconds are promised, and a busy machine may be late; everything that is waited for here
/// takes longer than this.
const LATE: Duration = Duration::from_secs(8);

const PLANTS: u64 = 4;
const DIRECTORIES: usize = 3;
const SIGNALS: usize = 20;

#[test]
fn a_signal_at_any_moment_ends_a_run_between_two_rows() {
    let all = Tally::sum(&in_each(PLANTS, plant));
    assert!(all.rows > all.ended, "too early to mean much");
    // A kill leaves such things behind; a signal does not.
    assert_eq!((all.unreported, all.unpublished), (0, 0));
    figures(
        "SIGTERM and SIGINT at random moments",
        all.ended,
        all.ended,
        0,
    );
}

fn plant(random: Random) -> Tally {
    let stops = (DIRECTORIES, SIGNALS);
    // In turn, also where one ends no run: SIGINT is ignored in what a shell starts in the background.
    let mut in_turn = [Signal::TERM, Signal::INT].into_iter().cycle();
    stopped(random, stops, |_, directory, _, running| {
        let sent = in_turn.next().unwrap();
        let (run, _) = end_by(running, sent);
        assert!(
            run.signal == Some(sent.as_raw()) || run.code == Some(0),
            "{run:?}"
        );
        let names = tree(directory).into_iter();
        let names = names.filter_map(|(path, _)| Some(path.file_name()?.to_owned()));
        let left: Vec<_> = names
            .filter(|name| name.as_encoded_bytes()[0] == b'.')
            .collect();
        assert!(left.is_empty(), "{left:?}, {run:?}");
        run
    })
}

/// Sends a signal; how the run ended, and how long that took.
fn end_by(running: (Child, Instant), sent: Signal) -> (Run, Duration) {
    signal(&running.0, sent);
    let since = Instant::now();
    let run = wait(running);
    (run, since.elapsed())
}

/// How a command ends at a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// By the signal: it was not done yet.
    Signalled,
    /// With exit code 0: there is no other end.
    Proper,
}

#[test]
fn every_command_ends_within_two_seconds() {
    let silent = Bus::silent();
    let plant = Plant::new();
    let inverter = Inverter::start(address(), None, Box::new(|_, _| vec![]));
    let broker = &*server(mute);
    let directory = TempDir::new().unwrap();
    let logs = text(directory.path());
    let silent = text(&silent.path);
    let (answering, ip) = (text(&plant.bus.path), inverter.ip.to_string());
    let gateway = format!("tcp://{broker}");
    let patient = ["--timeout", "60s"];
    let commands: [(&[&str], &[&str], End); 13] = [
        (&["log", &silent, "2", &logs], &patient, End::Signalled),
        (&["read", &silent, "2"], &patient, End::Signalled),
        (&["scan", &silent], &patient, End::Signalled),
        (&["read", &gateway, "2"], &patient, End::Signalled),
        (
            &["read", &answering, "2"],
            &["--mqtt", broker],
            End::Signalled,
        ),
        (&["kstar", "read", "--ip", &ip], &[], End::Signalled),
        (&["kstar", "log", &logs, "--ip", &ip], &[], End::Signalled),
        (&["kstar", "discover", "--ip", &ip], &[], End::Signalled),
        (&["kstar", "watch", "--broadcast", &ip], &[], End::Proper),
        (&["kstar", "watch", "--ip", &ip], &[], End::Proper),
        (&["watch", &gateway, "2"], &["--mqtt", broker], End::Proper),
        (&["listen", &gateway], &[], End::Proper),
        (&["simulate", "kaco", "2"], &[], End::Proper),
    ];
    let mut random = Random::new(1);
    let mut tried = 0;
    for sent in [Signal::TERM, Signal::INT] {
        for (words, options, end) in commands {
            let running = start(command(&[words, options].concat()));
            wait_until_it_hears(&running.0);
            sleep(random.duration(Duration::from_millis(300)));
            let (run, time) = end_by(running, sent);
            let due = match end {
                End::Signalled => (None, Some(sent.as_raw())),
                End::Proper => (Some(0), None),
            };
            assert_eq!((run.code, run.signal), due, "{words:?}: {run:?}");
            assert!(time < LATE, "{words:?}: {time:?}");
            tried += 1;
        }
    }
    figures(
        "SIGTERM and SIGINT in the waits of every command",
        tried,
        tried,
        0,
    );
}

/// A pipe without a reader: opening it for writing waits for ever.
fn pipe(directory: &Path) -> String {
    let path = directory.join("pipe");
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, &path, FileType::Fifo, mode, 0).unwrap();
    text(&path)
}

#[test]
fn the_pause_before_an_adapter_is_opened_again_ends_too() {
    let bus = Bus::start(Box::new(|_, _| vec![Play::HangUp]));
    let directory = TempDir::new().unwrap();
    let said = directory.path().join("stderr");
    let mut read = command(&["read", &text(&bus.path), "2"]);
    read.stderr(File::create(&said).unwrap());
    let child = read.spawn().unwrap();
    wait_until("it is in the pause", || {
        fs::read_to_string(&said)
            .unwrap()
            .contains("opening it again")
    });
    let (run, _) = end_by((child, Instant::now()), Signal::TERM);
    assert_eq!(run.signal, Some(Signal::TERM.as_raw()), "{run:?}");
}

#[test]
fn a_run_that_the_system_holds_ends_too() {
    let directory = TempDir::new().unwrap();
    let pipe = pipe(directory.path());
    let stuck = || -> (Child, Instant) {
        let arguments = ["read", "sim:", "2", "--record", &pipe];
        let running = start(command(&arguments));
        wait_until_it_hears(&running.0);
        sleep(Duration::from_millis(100));
        running
    };
    let (run, time) = end_by(stuck(), Signal::TERM);
    assert_eq!(run.signal, Some(Signal::TERM.as_raw()), "{run:?}");
    assert!(time < LATE, "{time:?}");
    // Impatient people press Ctrl-C twice.
    let running = stuck();
    signal(&running.0, Signal::INT);
    sleep(Duration::from_millis(50));
    let (run, again) = end_by(running, Signal::INT);
    assert_eq!(run.signal, Some(Signal::INT.as_raw()), "{run:?}");
    assert!(again < LATE, "{again:?}");
}

#[test]
fn commands_that_wait_for_nothing_end_at_once() {
    let mut decode: Command = command(&["decode"]);
    decode.stdin(std::process::Stdio::piped());
    let running = start(decode);
    sleep(Duration::from_millis(100));
    // Not SIGINT: it is ignored in what a shell starts in the background, and then `decode` ignores it.
    let (run, _) = end_by(running, Signal::TERM);
    assert_eq!(run.signal, Some(Signal::TERM.as_raw()), "{run:?}");
}
