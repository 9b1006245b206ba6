//! A router gives the address of an inverter to another one: its rows and messages are never those
//! of the first one.

use crate::support::broker::{Broker, Heard, Listener, OPEN};
use crate::support::captures::bytes;
use crate::support::day::Day;
use crate::support::inverter::{DatagramPlay, Inverter, Script, address, identity};
use crate::support::program::{command, signal, start, text, wait, wait_until};
use crate::support::shim;
use kaco_ardexa::kstar::wire::KstarRequest;
use rustix::process::Signal;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tempfile::TempDir;

const FIRST: &str = "FIRST00000000001";
const SECOND: &str = "SECOND0000000002";

/// What the inverter of this serial number replies.
fn answer(serial: &str, request: KstarRequest) -> Vec<DatagramPlay> {
    let capture = if serial == FIRST { "AA-21" } else { "AA-25" };
    vec![DatagramPlay::Send(match request {
        KstarRequest::Readings => bytes(capture),
        KstarRequest::Identity => identity(serial),
    })]
}

/// `kstar watch` of an inverter and of a neighbour that always answers, with all that it writes.
struct Watch {
    inverter: Inverter,
    _neighbour: Inverter,
    directory: TempDir,
    _broker: Broker,
    listener: Listener,
    child: (Child, Instant),
}

impl Watch {
    fn start(directory: TempDir, script: Script) -> Self {
        let inverter = Inverter::start(address(), None, script);
        let neighbour = Inverter::with(&bytes("AA-21"), Some("NEIGHBOUR"));
        let broker = Broker::start(OPEN);
        let file = |name: &str| text(&directory.path().join(name));
        let (ip, other) = (inverter.ip.to_string(), neighbour.ip.to_string());
        let mut command = command(&["kstar", "watch", "--ip", &ip, "--ip", &other]);
        command.env("TZ", Day::Today.zone());
        command
            .args(["--every", "100ms", "--mqtt", &broker.host()])
            .args(["--log", &file("logs"), "--textfile", &file("kstar.prom")])
            .env("AHEAD", file("ahead"));
        shim::load(&mut command, &shim::CLOCKS);
        let listener = broker.listen();
        set_ahead(directory.path(), 0);
        Self {
            inverter,
            _neighbour: neighbour,
            directory,
            _broker: broker,
            listener,
            child: start(command),
        }
    }

    /// The rows of an inverter, without their times.
    fn rows(&self, serial: &str) -> Vec<String> {
        let folder = self.directory.path().join("logs").join(serial);
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let days = files.filter(|file| file.file_name().to_string_lossy().starts_with("20"));
        let texts = days.map(|file| fs::read_to_string(file.path()).unwrap());
        let rows = |text: String| -> Vec<String> {
            let rows = text.lines().skip(1);
            rows.map(|row| row.split_once(',').unwrap().1.to_owned())
                .collect()
        };
        texts.flat_map(rows).collect()
    }

    fn metrics(&self) -> String {
        fs::read_to_string(self.directory.path().join("kstar.prom")).unwrap_or_default()
    }

    /// Ends it once the second inverter is there in every output, and each has what is its own.
    fn expect_both_apart(self) {
        let rows = self.rows(FIRST);
        let topic = |serial: &str| format!("kstar/{serial}/state");
        let states = |serial: &str| {
            let heard = self.listener.heard().into_iter();
            heard
                .filter(|heard| heard.topic == topic(serial))
                .collect::<Vec<Heard>>()
        };
        wait_until("its messages", || states(SECOND).len() >= 2);
        wait_until("its metrics", || self.metrics().contains(&up(SECOND, 1)));
        assert_eq!(self.rows(FIRST), rows, "nothing more of the first one");
        assert!(rows.iter().all(|row| row.starts_with("162.1,")), "{rows:?}");
        let others = self.rows(SECOND);
        assert!(!others.iter().any(|row| row.starts_with("162.1,")));
        let is_of_first = |heard: &Heard| heard.json()["pv1_voltage"].as_f64() == Some(162.1);
        assert!(states(FIRST).iter().all(is_of_first));
        assert!(!states(SECOND).iter().any(is_of_first));
        signal(&self.child.0, Signal::TERM);
        let run = wait(self.child).expect_code(0);
        let ip = self.inverter.ip;
        let due = format!("another inverter answers at {ip}: {SECOND} instead of {FIRST}");
        assert_eq!(run.stderr.matches(&due).count(), 1, "{}", run.stderr);
    }
}

/// Whole at any moment: the program may be looking.
fn set_ahead(directory: &Path, seconds: u32) {
    fs::write(directory.join("new"), seconds.to_string()).unwrap();
    fs::rename(directory.join("new"), directory.join("ahead")).unwrap();
}

fn up(serial: &str, value: u8) -> String {
    format!("inverter_up{{serial=\"{serial}\"}} {value}\n")
}

#[test]
fn another_inverter_that_answers_after_silence_has_its_own_folder_device_and_topic() {
    let present = Arc::new(Mutex::new(Some(FIRST)));
    let there = Arc::clone(&present);
    let script = move |request, _| match *there.lock().unwrap() {
        Some(serial) => answer(serial, request),
        None => vec![],
    };
    let watch = Watch::start(TempDir::new().unwrap(), Box::new(script));
    wait_until("rows", || watch.rows(FIRST).len() >= 2);
    *present.lock().unwrap() = None;
    wait_until("silence", || watch.metrics().contains(&up(FIRST, 0)));
    *present.lock().unwrap() = Some(SECOND);
    set_ahead(watch.directory.path(), 61);
    wait_until("rows of the second", || watch.rows(SECOND).len() >= 2);
    watch.expect_both_apart();
}

#[test]
fn an_inverter_is_asked_for_its_identity_once_an_hour() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().to_owned();
    let is_over = Arc::new(AtomicBool::new(false));
    let hour = Arc::clone(&is_over);
    let mut serial = FIRST;
    // The hour is over, and another inverter is there, at the same moment.
    let script = move |request, _| {
        if request == KstarRequest::Readings && hour.swap(false, Ordering::Relaxed) {
            set_ahead(&path, 3601);
            serial = SECOND;
        }
        answer(serial, request)
    };
    let watch = Watch::start(directory, Box::new(script));
    let asked = || {
        let asked = watch.inverter.asked();
        asked.iter().filter(|word| **word == "identity").count()
    };
    wait_until("rows", || watch.rows(FIRST).len() >= 3);
    assert_eq!(asked(), 1);
    is_over.store(true, Ordering::Relaxed);
    wait_until("rows of the second", || watch.rows(SECOND).len() >= 3);
    assert_eq!(asked(), 2);
    watch.expect_both_apart();
}

#[test]
fn an_inverter_that_gets_another_address_is_one_inverter() {
    let directory = TempDir::new().unwrap();
    let at = |ip: Ipv4Addr| {
        let module = format!("{ip},ACCF23456789,EzManage_01").into_bytes();
        Inverter::start(
            ip,
            Some(module),
            Box::new(|request, _| answer(FIRST, request)),
        )
    };
    let [before, after] = [address(), address()];
    let file = |name: &str| text(&directory.path().join(name));
    let mut command = command(&["kstar", "watch", "--every", "100ms"]);
    command
        .args([
            "--broadcast",
            &before.to_string(),
            "--broadcast",
            &after.to_string(),
        ])
        .args(["--textfile", &file("kstar.prom")])
        .env("AHEAD", file("ahead"));
    shim::load(&mut command, &shim::CLOCKS);
    set_ahead(directory.path(), 0);
    let metrics = || fs::read_to_string(directory.path().join("kstar.prom")).unwrap_or_default();
    let is_alone = |value| {
        let metrics = metrics();
        metrics.contains(&up(FIRST, value)) && metrics.matches("\ninverter_up{").count() == 1
    };
    let inverter = at(before);
    let child = start(command);
    wait_until("a reading", || is_alone(1));
    drop(inverter);
    wait_until("silence", || is_alone(0));
    let inverter = at(after);
    set_ahead(directory.path(), 61);
    wait_until("its reading from the other address", || is_alone(1));
    // Both addresses are silent.
    drop(inverter);
    wait_until("silence", || is_alone(0));
    let rounds = fs::metadata(directory.path().join("kstar.prom")).unwrap();
    set_ahead(directory.path(), 122);
    wait_until("a round", || {
        let now = fs::metadata(directory.path().join("kstar.prom")).unwrap();
        now.modified().unwrap() > rounds.modified().unwrap() && is_alone(0)
    });
    signal(&child.0, Signal::TERM);
    wait(child).expect_code(0);
}
