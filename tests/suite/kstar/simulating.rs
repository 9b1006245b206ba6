//! `simulate kstar`, asked by the program itself and by bytes.

use super::reading::values;
use super::{objects, run_at};
use crate::support::inverter::{address, bind};
use crate::support::program::{command, start, wait};
use kaco_ardexa::kstar::wire::{DISCOVERY_PORT, KstarRequest, PORT};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::Child;
use std::time::{Duration, Instant};

/// A running simulation; it is stopped by a signal.
struct Simulation {
    ip: Ipv4Addr,
    process: Option<Child>,
}

impl Simulation {
    fn start() -> Self {
        let ip = address();
        let (mut process, _) = start(command(&["simulate", "kstar", "--bind", &ip.to_string()]));
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{ip}\n"));
        Self {
            ip,
            process: Some(process),
        }
    }

    fn stop(mut self, signal: Signal) {
        let process = self.process.take().unwrap();
        let id = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
        let run = wait((process, Instant::now())).expect_code(0);
        assert_eq!(run.stderr, "");
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[test]
fn it_is_found_and_read_and_its_values_move() {
    let simulation = Simulation::start();
    let ip = simulation.ip.to_string();
    let found = run_at(&["discover", "--format", "json"], &[simulation.ip]).expect_code(0);
    let found = &objects(&found)[0];
    assert_eq!(found["ip"], ip);
    assert_eq!(found["model"], "KSE4000");
    let read = || {
        let run = run_at(&["read", "--format", "json"], &[simulation.ip]).expect_code(0);
        objects(&run)[0].clone()
    };
    let first = read();
    assert_eq!(first["serial"], found["serial"]);
    let missing = values(&first)
        .into_iter()
        .filter(|(_, value)| value.is_null());
    assert_eq!(missing.count(), 0, "{first}");
    let start = Instant::now();
    while values(&read()) == values(&first) {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing moves");
        std::thread::sleep(Duration::from_millis(200));
    }
    simulation.stop(Signal::TERM);
}

#[test]
fn two_are_two() {
    let (one, other) = (Simulation::start(), Simulation::start());
    let run = run_at(&["read", "--format", "json"], &[one.ip, other.ip]).expect_code(0);
    let objects = objects(&run);
    assert_eq!(objects.len(), 2);
    assert_ne!(objects[0]["serial"], objects[1]["serial"]);
    one.stop(Signal::INT);
    other.stop(Signal::INT);
}

#[test]
fn nonsense_gets_no_answer() {
    let simulation = Simulation::start();
    let asker = bind(Ipv4Addr::LOCALHOST, 0);
    asker
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let request = KstarRequest::Readings.bytes();
    for nonsense in [
        &b""[..],
        b"WIFIKIT-214028-REA",
        &request[..8],
        &[0xff; 2000],
    ] {
        for port in [DISCOVERY_PORT, PORT] {
            asker.send_to(nonsense, (simulation.ip, port)).unwrap();
        }
    }
    asker.send_to(&request, (simulation.ip, PORT)).unwrap();
    let mut answer = [0; 300];
    let (length, sender) = asker.recv_from(&mut answer).unwrap();
    assert_eq!((length, sender.port()), (92, PORT));
}

#[test]
fn a_port_that_stays_taken_is_reported() {
    let taken = bind(address(), PORT);
    let ip = taken.local_addr().unwrap().ip().to_string();
    let run = wait(start(command(&["simulate", "kstar", "--bind", &ip]))).expect_code(1);
    for due in ["error: UDP port 8899 on ", ip.as_str(), "ss -ulpn"] {
        assert!(run.stderr.contains(due), "{due}: {}", run.stderr);
    }
}
