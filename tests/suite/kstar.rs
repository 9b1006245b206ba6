//! KSTAR inverters over UDP on loopback, through the program.

mod decoding;
mod discovering;
mod identity;
mod logging;
mod reading;
mod simulating;

use crate::support::day::Day;
use crate::support::inverter::Inverter;
use crate::support::program::{Run, command, start, wait};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::thread;

/// Runs `kstar` with these arguments, and these inverters behind `--ip`.
fn kstar(arguments: &[&str], inverters: &[&Inverter]) -> Run {
    let addresses: Vec<Ipv4Addr> = inverters.iter().map(|inverter| inverter.ip).collect();
    run_at(arguments, &addresses)
}

/// The same with addresses where perhaps no inverter is.
fn run_at(arguments: &[&str], addresses: &[Ipv4Addr]) -> Run {
    run_with("--ip", arguments, addresses)
}

/// The same, searching.
fn search(arguments: &[&str], targets: &[Ipv4Addr]) -> Run {
    run_with("--broadcast", arguments, targets)
}

fn run_with(option: &str, arguments: &[&str], addresses: &[Ipv4Addr]) -> Run {
    let mut words = vec!["kstar".to_owned()];
    words.extend(arguments.iter().map(|word| (*word).to_owned()));
    for ip in addresses {
        words.extend([option.to_owned(), ip.to_string()]);
    }
    let mut command = command(&words);
    // No midnight between two runs.
    command.env("TZ", Day::Today.zone());
    wait(start(command))
}

/// Checks each of these at the same time: most of it is waiting.
fn for_each<T: Send>(all: impl IntoIterator<Item = T>, check: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for one in all {
            let check = &check;
            scope.spawn(move || check(one));
        }
    });
}

/// The JSON objects of a run, one per line.
fn objects(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
