//! How long `history` takes for a year of 31 inverters, 3.3 million rows, beside `wc -l` on the
//! same files; and how much memory. The aim: a day in 0.1 s, a month or a year in 2 s, a comparison
//! in 4 s, all in 30 MB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    dead_code
)]

#[path = "../tests/suite/support/logs.rs"]
mod logs;

use chrono::NaiveDate;
use logs::{Inverter, Model, Point, write_day};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A row each five minutes, at night too.
fn whole_day(inverter: &Inverter, date: NaiveDate) -> Vec<Point> {
    let points = inverter.day(date, 5, 1000);
    let first = points[0].clock;
    let last = *points.last().unwrap();
    let before = (0..)
        .map(|row| row * 300)
        .take_while(|clock| *clock < first);
    let after = (1..)
        .map(|row| last.clock + row * 300)
        .take_while(|clock| *clock < 86_400);
    let before = before.map(|clock| Point::new(clock, 7200, 0, 0));
    let after = after.map(|clock| Point::new(clock, 7200, 0, last.counter));
    before.chain(points.iter().copied()).chain(after).collect()
}

fn write(directory: &Path) -> (usize, u64) {
    let (mut rows, mut bytes) = (0, 0);
    for number in 1..=31_u64 {
        let inverter = Inverter::new(Model::Mppt3, 30_000, number);
        let folder = directory.join(format!("{number:02}"));
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        for date in first.iter_days().take(365) {
            let points = whole_day(&inverter, date);
            rows += points.len();
            write_day(&folder, inverter.model, date, &points);
            bytes += fs::metadata(folder.join(format!("{date}.csv")))
                .unwrap()
                .len();
        }
    }
    (rows, bytes)
}

/// Seconds and MB of a run.
fn measure(mut command: Command) -> (f64, f64) {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        most = kilobytes.map_or(most, |kilobytes| kilobytes / 1000.0);
        sleep(Duration::from_millis(1));
    }
    (started.elapsed().as_secs_f64(), most)
}

fn main() {
    let kept = std::env::var_os("KEEP_LOGS").map(std::path::PathBuf::from);
    let home = tempfile::TempDir::new().unwrap();
    let directory = kept.as_deref().unwrap_or(home.path());
    let (rows, bytes) = write(directory);
    println!("{rows} rows, {} MB", bytes / 1_000_000);
    let mut count = Command::new("sh");
    count
        .current_dir(directory)
        .args(["-c", "find . -name '*.csv' -print0 | xargs -0 cat | wc -l"]);
    let (seconds, _) = measure(count);
    println!("{:<24} {seconds:>6.2} s", "cat | wc -l");
    for options in [
        &["--day", "2026-05-03"][..],
        &["--month", "2026-05"],
        &["--year", "2026"],
        &["--years"],
        &["--compare"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaco_ardexa"));
        command.arg("history").arg(directory).args(options);
        let (seconds, megabytes) = measure(command);
        println!(
            "{:<24} {seconds:>6.2} s {megabytes:>6.1} MB",
            options.join(" ")
        );
    }
}
