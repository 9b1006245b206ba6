//! KSTAR inverters over UDP on loopback, through the program.

mod decoding;
mod discovering;
mod logging;
mod reading;
mod simulating;

use crate::support::inverter::Inverter;
use crate::support::program::{Run, command, start, wait};
use serde_json::Value;
use std::net::Ipv4Addr;

/// Runs `kstar` with these arguments, and these inverters behind `--ip`.
fn kstar(arguments: &[&str], inverters: &[&Inverter]) -> Run {
    let addresses: Vec<Ipv4Addr> = inverters.iter().map(|inverter| inverter.ip).collect();
    run_at(arguments, &addresses)
}

/// The same with addresses where perhaps nobody is.
fn run_at(arguments: &[&str], addresses: &[Ipv4Addr]) -> Run {
    let mut words = vec!["kstar".to_owned()];
    words.extend(arguments.iter().map(|word| (*word).to_owned()));
    for ip in addresses {
        words.extend(["--ip".to_owned(), ip.to_string()]);
    }
    wait(start(command(&words)))
}

/// The JSON objects of a run, a line each.
fn objects(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
