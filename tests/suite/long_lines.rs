//! Lines without end in files from outside: refused by name, the next line counts, memory stays
//! bounded.

use crate::support::captures::bytes;
use crate::support::program::{Run, WATCH_SIM, command, run, signal, start, text, wait};
use kaco_ardexa::escape;
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use tempfile::TempDir;

/// Bytes of the endless line.
const ENDLESS: u64 = 100 << 20;

/// No run may need more, in kB; most of it is the program itself, not optimised.
const MOST: u64 = 40_000;

/// The most memory that a running process needed, in kB.
fn peak(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse().unwrap()
}

/// A file whose second line is endless; without blocks on the disk.
fn file_with(directory: &Path, before: &str, behind: &str) -> PathBuf {
    let path = directory.join("lines.txt");
    let mut file = File::create(&path).unwrap();
    write!(file, "{before}").unwrap();
    file.set_len(before.len() as u64 + ENDLESS).unwrap();
    let mut file = File::options().append(true).open(&path).unwrap();
    write!(file, "\n{behind}").unwrap();
    path
}

fn capture() -> String {
    format!("{}\n", escape::hex(&bytes("G4-17")))
}

#[track_caller]
fn expect_refusal(run: &Run, due: &str) {
    let due = format!("{due}: longer than 64 kB");
    assert_eq!(run.stderr.matches(&due).count(), 1, "{}", run.stderr);
}

#[test]
fn decode_refuses_a_line_of_standard_input_and_goes_on() {
    let mut command = command(&["decode"]);
    command.stdin(Stdio::piped());
    let mut child = start(command);
    let mut input = child.0.stdin.take().unwrap();
    let block = vec![0; 1 << 20];
    for _ in 0..ENDLESS >> 20 {
        input.write_all(&block).unwrap();
    }
    write!(input, "\n{}", capture()).unwrap();
    let mut output = BufReader::new(child.0.stdout.as_mut().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with("line 2: "), "{line}");
    let peak = peak(&child.0);
    assert!(peak < MOST, "{peak} kB");
    drop(input);
    expect_refusal(&wait(child).expect_code(1), "standard input, line 1");
}

#[test]
fn decode_refuses_a_line_of_a_file_and_goes_on() {
    let directory = TempDir::new().unwrap();
    let path = text(&file_with(directory.path(), &capture(), &capture()));
    let run = run(&["decode", "--format", "json", &path]).expect_code(1);
    expect_refusal(&run, &format!("{path}, line 2"));
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
}

#[test]
fn the_longest_line_is_decoded() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("lines.txt");
    let blanks = " ".repeat((64 << 10) - capture().len() + 1);
    fs::write(&path, format!("{blanks}{}", capture())).unwrap();
    run(&["decode", &text(&path)]).expect_code(0);
    fs::write(&path, format!("{blanks} {}", capture())).unwrap();
    expect_refusal(
        &run(&["decode", &text(&path)]).expect_code(1),
        &format!("{}, line 1", text(&path)),
    );
}

#[test]
fn a_replay_leaves_a_long_line_out() {
    let directory = TempDir::new().unwrap();
    let reply = escape::hex(&bytes("G4-17"));
    let exchange = format!("{{\"request\":\"233032300d\",\"reply\":\"{reply}\"}}\n");
    let path = text(&file_with(directory.path(), &exchange, ""));
    let arguments = ["watch", &format!("replay:{path}"), "2", "--pace", "0s"];
    let mut child = start(command(&arguments));
    let mut output = BufReader::new(child.0.stdout.as_mut().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.contains("02: online"), "{line}");
    let peak = peak(&child.0);
    assert!(peak < MOST, "{peak} kB");
    signal(&child.0, Signal::TERM);
    expect_refusal(&wait(child).expect_code(0), &format!("{path}, line 2"));
}

#[test]
fn a_file_with_a_password_is_one_short_line() {
    let directory = TempDir::new().unwrap();
    let path = text(&file_with(directory.path(), "", ""));
    let broker = ["--mqtt", "ann@127.0.0.1:1", "--mqtt-password-file", &path];
    let arguments = WATCH_SIM;
    let run = run(&[&arguments[..], &broker].concat()).expect_code(1);
    expect_refusal(&run, &path);
    assert_eq!(run.stdout, "");
}
