//! How long whole runs of the program take on a paced bus, beside what maker's rule and wire allow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    missing_docs,
    unreachable_pub
)]

#[path = "../tests/suite/support/bus.rs"]
mod bus;

use bus::{BYTE_TIME, Bus, Play, REPLY_TIME};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Bytes of a request.
const REQUEST: u32 = 5;

fn main() {
    println!("{:44} {:>9} {:>9} {:>7}", "", "limit", "taken", "over");
    let reply = reply(1);
    let wire = (BYTE_TIME * u32::try_from(reply.len()).unwrap()) + REPLY_TIME;
    show("one inverter", 1, wire, "1", &["--pace", "1s"]);
    show(
        "five inverters at the maker's pace",
        1,
        Duration::from_secs(4) + wire,
        "1-5",
        &[],
    );
    let back_to_back = (wire + BYTE_TIME * REQUEST) * 5 - BYTE_TIME * REQUEST;
    show(
        "five inverters, --pace 0s",
        1,
        back_to_back,
        "1-5",
        &["--pace", "0s"],
    );
    show(
        "thirty-one silent addresses",
        0,
        Duration::from_secs(62),
        "1-31",
        &[],
    );
}

/// Runs `log` once and prints its time; `answer` is whether the inverters speak.
fn show(name: &str, answer: u8, limit: Duration, addresses: &str, options: &[&str]) {
    let bus = Bus::start(Box::new(move |request, _| match request.get(1..3) {
        Some(address) if answer == 1 => {
            vec![
                Play::Wait(REPLY_TIME),
                Play::Send(reply(address.parse().unwrap())),
            ]
        }
        _ => Vec::new(),
    }));
    let directory = TempDir::new().unwrap();
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_kaco_ardexa"))
        .arg("log")
        .arg(&bus.path)
        .arg(addresses)
        .arg(directory.path())
        .args(options)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    let taken = started.elapsed();
    assert!(status.success());
    let over = taken.as_secs_f64() / limit.as_secs_f64() * 100.0 - 100.0;
    println!(
        "{name:44} {:8.3}s {:8.3}s {over:+6.1}%",
        limit.as_secs_f64(),
        taken.as_secs_f64()
    );
}

/// A good standard reply of this address.
fn reply(address: u8) -> Vec<u8> {
    let text = format!("*{address:02}0   4 355.9  2.92  1039 239.5  4.12   974  40   3229 ");
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    [b"\n", text.as_bytes(), &[sum], b" 5000xi\r"].concat()
}
