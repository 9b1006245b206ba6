//! `--record` and `replay:`, and `listen`.

use crate::support::bus::{Bus, Play, reply};
use crate::support::captures::bytes;
use crate::support::disk::Disk;
use crate::support::program::{
    command, run, run_with_input, signal, start, text, wait, wait_until,
};
use kaco_ardexa::escape;
use rustix::process::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::Duration;
use tempfile::TempDir;

#[test]
fn what_was_recorded_reads_the_same() {
    let bus = Bus::with_replies(&[
        ("#020", [&b"#020\r"[..], &bytes("G4-17")].concat()),
        ("#030", bytes("G4-19")),
        ("#033", bytes("G4-20")),
    ]);
    let directory = TempDir::new().unwrap();
    let file = text(&directory.path().join("bus.jsonl"));
    let options = [
        "--format",
        "json",
        "--pace",
        "0s",
        "--counters",
        "--timeout",
        "2s",
    ];
    let read = |device: &str, further: &[&str]| {
        let arguments: Vec<&str> = ["read", device, "2-4"]
            .iter()
            .chain(&options)
            .chain(further)
            .copied()
            .collect();
        run(&arguments).expect_code(0).stdout
    };
    let values = |objects: &str| {
        let lines = objects
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let untimed = lines.map(|mut object| {
            assert!(object["time"].take().is_string(), "{object}");
            object
        });
        untimed.collect::<Vec<_>>()
    };
    let live = read(&text(&bus.path), &["--record", &file]);
    assert_eq!(values(&live).len(), 3);
    let again = read(&format!("replay:{file}"), &[]);
    assert_eq!(values(&again), values(&live));

    let recording = fs::read_to_string(&file).unwrap();
    let first: serde_json::Value = serde_json::from_str(recording.lines().next().unwrap()).unwrap();
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "time",
            "device",
            "request",
            "reply",
            "first_byte_ms",
            "outcome"
        ]
    );
    assert_eq!(first["device"], text(&bus.path));
    assert_eq!(first["request"], "233032300d");
    assert_eq!(first["outcome"], "read");
    assert!(
        recording.contains(r#""first_byte_ms":null,"outcome":"silent""#),
        "{recording}"
    );
}

#[test]
fn a_damaged_recording_names_the_line() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("bus.jsonl");
    fs::write(
        &file,
        "{\"request\":\"233032300d\",\"reply\":\"\"}\n{\"request\":\"2330\n",
    )
    .unwrap();
    let damaged = run(&["read", &format!("replay:{}", text(&file)), "2"]).expect_code(1);
    assert!(
        damaged.stderr.contains("bus.jsonl") && damaged.stderr.contains("line 2"),
        "{}",
        damaged.stderr
    );
    let missing = run(&[
        "read",
        &format!("replay:{}", text(&directory.path().join("none"))),
        "2",
    ])
    .expect_code(1);
    assert!(missing.stderr.contains("none"), "{}", missing.stderr);
}

/// An editor may leave the last line without its end, and begin the file with a byte order mark.
#[test]
fn a_recording_that_was_edited_goes_on_and_is_played() {
    let directory = TempDir::new().unwrap();
    let file = text(&directory.path().join("bus.jsonl"));
    let record = |address| {
        run(&["read", "sim:", address, "--pace", "0", "--record", &file]).expect_code(0);
    };
    record("4");
    let line = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("\u{feff}{}", line.trim_end())).unwrap();
    record("1");
    run(&[
        "read",
        &format!("replay:{file}"),
        "1,4",
        "--pace",
        "0",
        "--strict",
    ])
    .expect_code(0);
}

#[test]
fn a_recording_that_can_not_be_written_is_an_error() {
    let directory = TempDir::new().unwrap();
    let run = run(&["read", "sim:", "2", "--record", &text(directory.path())]).expect_code(1);
    assert!(run.stderr.contains("can't record"), "{}", run.stderr);
}

/// The next run would write its first line behind a part of one, and nothing could play the file.
#[test]
fn a_full_disk_leaves_no_part_of_a_line() {
    let disk = Disk::new();
    let file = disk.path().join("rec");
    let name = text(&file);
    let read = ["read", "sim:", "4", "--pace", "0", "--record", &name];
    run(&read).expect_code(0);
    let line = fs::read_to_string(&file).unwrap();
    // The last page of the file has room for a part of a line.
    let before = line.repeat(4096 / line.len());
    fs::write(&file, &before).unwrap();
    let filler = disk.fill();
    let full = run(&read).expect_code(1);
    assert!(full.stderr.contains("can't record"), "{full:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    fs::remove_file(filler).unwrap();
    run(&read).expect_code(0);
    run(&["read", &format!("replay:{name}"), "4", "--pace", "0"]).expect_code(0);
}

#[test]
fn listening_shows_both_sides_and_sends_nothing() {
    let bus = Bus::silent();
    let plays = vec![
        Play::Send(b"#020\r".to_vec()),
        Play::Wait(Duration::from_millis(100)),
        Play::Send(bytes("G4-17")),
        Play::Wait(Duration::from_millis(100)),
        Play::Send(b"\x00\x1b[31m".to_vec()),
        Play::Wait(Duration::from_millis(600)),
    ];
    bus.play_soon(plays);
    let mut listen = start(command(&["listen", &text(&bus.path), "--gap", "2s"]));
    let output = BufReader::new(listen.0.stdout.take().unwrap());
    let mut lines: Vec<String> = Vec::new();
    let is_noise = |line: &String| line.contains("bytes");
    for line in output.lines().map(Result::unwrap) {
        if is_noise(&line) && !lines.iter().any(is_noise) {
            signal(&listen.0, Signal::INT);
        }
        lines.push(line);
    }
    let run = wait(listen).expect_code(0);
    let line = |word: &str| {
        let line = lines.iter().find(|line| line.contains(word));
        line.unwrap_or_else(|| panic!("{word}: {lines:?}"))
    };
    assert!(line("request").contains("02 readings") && line("request").contains(r"#020\r"));
    assert!(line("reply").contains("02 standard 6400xi: mpp-track, 585 W, 33969 Wh, 33 °C"));
    assert!(line("bytes").contains(r"\x00\x1b[31m"));
    assert!(!lines.concat().contains('\x1b'));
    assert!(run.stderr.contains("another master"), "{}", run.stderr);
    assert_eq!(bus.bytes_received(), 0, "not one byte was sent");
}

#[test]
fn what_was_listened_to_is_counted_recorded_and_decoded() {
    let bus = Bus::silent();
    let pause = Play::Wait(Duration::from_millis(60));
    let talk = [
        b"#020\r".to_vec(),
        bytes("G4-17"),
        b"#030\r".to_vec(),
        bytes("G4-19"),
    ];
    bus.play_soon(
        talk.into_iter()
            .flat_map(|bytes| [Play::Send(bytes), pause.clone()])
            .collect(),
    );
    let directory = TempDir::new().unwrap();
    let file = text(&directory.path().join("bus.jsonl"));
    let listen = ["listen", &text(&bus.path), "--for", "3s", "--record", &file];
    let heard = run(&listen).expect_code(0);
    let first = heard.stderr.lines().next().unwrap();
    assert!(
        first.starts_with("listening on ") && first.contains("sending nothing"),
        "{first}"
    );
    let summary = "\naddress  requests  replies\n     02         1        1\n     03         1        1\nrequests of another master: 2, replies: 2\n";
    assert!(heard.stderr.ends_with(summary), "{}", heard.stderr);

    let hex = [bytes("G4-17"), bytes("G4-19")].map(|bytes| escape::hex(&bytes) + "\n");
    let decode = |input: &str| {
        let input = input.as_bytes();
        run_with_input(&["decode", "--format", "json"], input)
            .expect_code(0)
            .stdout
    };
    let due = decode(&hex.concat());
    assert!(due.contains("6400xi") && due.contains("86L32"), "{due}");
    assert_eq!(decode(&fs::read_to_string(&file).unwrap()), due);
    assert_eq!(decode(&heard.stdout), due);
    let again = run(&[
        "read",
        &format!("replay:{file}"),
        "2-3",
        "--pace",
        "0s",
        "--format",
        "json",
    ]);
    assert_eq!(again.expect_code(0).stdout.lines().count(), 2);
    let quiet = run(&["-q", "listen", "sim:", "--for", "100ms"]);
    quiet.expect_silence();
}

#[test]
fn listening_to_a_busy_device_gives_its_error_alone() {
    let bus = Bus::silent();
    let device = text(&bus.path);
    let first = start(command(&["watch", &device, "2", "--timeout", "60s"]));
    wait_until("a request", || !bus.asked().is_empty());
    let busy = run(&["listen", &device, "--for", "1s"]).expect_code(7);
    assert!(busy.stderr.starts_with("kaco_ardexa: error: "), "{busy:?}");
    signal(&first.0, Signal::TERM);
    wait(first).expect_code(0);
    // What was heard before a link was lost counts.
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let device = format!("tcp://{}", gateway.local_addr().unwrap());
    let (mut listen, _) = start(command(&["listen", &device]));
    let mut line = gateway.accept().unwrap().0;
    let mut told = BufReader::new(listen.stderr.take().unwrap());
    let mut stderr = String::new();
    told.read_line(&mut stderr).unwrap();
    line.write_all(&bytes("G4-17")).unwrap();
    drop(line);
    told.read_to_string(&mut stderr).unwrap();
    assert_eq!(listen.wait().unwrap().code(), Some(1), "{stderr}");
    let counts = "\n     02         0        1\n";
    assert!(stderr.contains(counts), "{stderr}");
}

#[test]
fn every_exchange_is_one_line() {
    let bus = Bus::start(Box::new(|_, _| reply(&bytes("G4-17"))));
    let run = run(&["read", &text(&bus.path), "2", "-vv"]).expect_code(0);
    let line = run
        .stderr
        .lines()
        .find(|line| line.contains("#020"))
        .unwrap();
    assert!(
        line.contains(r"#020\r -> \n*020   4 398.5") && line.contains("(read after "),
        "{line}"
    );
}
