//! `history`: what the logs say, in numbers and pictures.

mod comparing;
mod pictures;
mod printing;
mod yields;

use crate::support::program::{Run, run, text};
use chrono::NaiveDate;
use serde_json::Value;
use std::path::Path;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The program on this directory.
fn history(directory: &Path, options: &[&str]) -> Run {
    let directory = text(directory);
    run(&[&["history", &directory], options].concat())
}

/// What it prints as JSON, one object per line.
#[track_caller]
fn json(directory: &Path, options: &[&str]) -> Vec<Value> {
    let run = history(directory, &[options, &["--format", "json"]].concat()).expect_code(0);
    let lines = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}
