//! `--influx`: databases that take what the log has, and databases that do not do what they should.

mod catching_up;
#[cfg(feature = "tls")]
mod encrypted;
mod refusals;
mod watching;

use crate::support::day::Day;
use crate::support::plant::{HEADER, ROW};
use std::fmt::Write;

/// A file of that day with so many rows of a 6400xi, a minute apart.
fn file(day: Day, count: usize) -> String {
    let mut file = HEADER.to_owned();
    for minute in 0..count {
        let (date, hour, minute) = (day.date(), minute / 60, minute % 60);
        let _ = writeln!(file, "{date}T{hour:02}:{minute:02}:00+0000,{ROW}");
    }
    file
}

/// The seconds that lines are of.
fn seconds(lines: &[String]) -> Vec<i64> {
    let nanoseconds = lines.iter().map(|line| line.rsplit_once(' ').unwrap().1);
    let times = nanoseconds.map(|text| text.parse::<i64>().unwrap());
    times.map(|time| time / 1_000_000_000).collect()
}

/// The seconds of the rows of a log.
fn seconds_of(log: &str) -> Vec<i64> {
    let rows = log.lines().filter(|line| !line.starts_with('#'));
    let times = rows.map(|row| row.split_once(',').unwrap().0);
    let times = times.map(|time| chrono::DateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S%z"));
    times.map(|time| time.unwrap().timestamp()).collect()
}
