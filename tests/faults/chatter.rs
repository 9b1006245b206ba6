//! A bus that never stops talking: every wait ends all the same, and nothing of it becomes a
//! reading.

use super::figures::figures;
use super::random::Random;
use crate::polling::at_address;
use crate::support::bus::{BYTE_TIME, Bus, Play};
use crate::support::captures::bytes;
use crate::support::program::{command, run, signal, start, text, wait, wait_until_it_hears};
use rustix::process::Signal;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// More than any run here takes.
const MINUTES: usize = 200_000;

/// Each wait has its end after seconds; a run that waited for the bus would take these minutes.
const LATE: Duration = Duration::from_secs(60);

/// What is heard, over and over.
fn chatter() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("noise", Random::new(1).bytes(10_000)),
        ("stars", b"*".to_vec()),
        ("line ends", b"\r".to_vec()),
        ("another master", b"#020\r#030\r".to_vec()),
        ("a neighbour", at_address("G4-17", 3)),
        ("heads of replies", b"\n*020   4 355.9 ".to_vec()),
        ("generic heads", b"\n*02n 23 ".to_vec()),
        ("replies with a wrong sum", {
            let mut reply = bytes("G4-17");
            reply[12] ^= 1;
            reply
        }),
    ]
}

fn talking(words: &[u8]) -> Bus {
    let bus = Bus::silent();
    let words = words.iter().copied().cycle().take(MINUTES).collect();
    bus.play_now(vec![Play::Slowly(words, BYTE_TIME)]);
    bus
}

fn survives(kind: &str, words: &[u8]) -> usize {
    let bus = talking(words);
    let device = text(&bus.path);
    let directory = TempDir::new().unwrap();
    let logs = text(directory.path());
    let quickly = ["--attempts", "1", "--timeout", "100ms"];
    let commands: [&[&str]; 4] = [
        &["log", &device, "2", &logs],
        &["read", &device, "2", "--format", "json"],
        &["scan", &device, "2", "--format", "json"],
        &["listen", &device, "--for", "200ms"],
    ];
    for words in commands {
        let is_listening = words[0] == "listen";
        let options: &[&str] = if is_listening { &[] } else { &quickly };
        let run = run(&[words, options].concat()).expect_code(0);
        assert!(run.time < LATE, "{kind}, {words:?}: {:?}", run.time);
        assert!(
            is_listening || !run.stdout.contains(r#""outcome":"read""#),
            "{kind}: {}",
            run.stdout
        );
    }
    assert_eq!(directory.path().read_dir().unwrap().count(), 0, "{kind}");
    let watch = start(command(&["watch", &device, "2", "--every", "1s"]));
    wait_until_it_hears(&watch.0);
    thread::sleep(Duration::from_millis(500));
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    assert!(run.time < LATE, "{kind}: {:?}", run.time);
    commands.len() + 1
}

#[test]
fn every_wait_ends() {
    let threads: Vec<_> = chatter()
        .into_iter()
        .map(|(kind, words)| thread::spawn(move || survives(kind, &words)))
        .collect();
    let tried = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum();
    figures("a bus that never stops talking", tried, tried, 0);
}
