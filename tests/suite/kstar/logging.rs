//! `kstar log`: the files of `log`, in a folder for each inverter, whatever it calls itself.

use super::reading::changed;
use super::{for_each, kstar, run_at, search};
use crate::support::captures::bytes;
use crate::support::inverter::{DatagramPlay, Inverter, address, identity};
use crate::support::program::{command, signal, start, text, wait};
use kaco_ardexa::kstar::wire::KstarRequest;
use rustix::process::Signal;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use tempfile::TempDir;

fn log(directory: &Path, inverters: &[&Inverter]) {
    kstar(&["log", &text(directory)], inverters).expect_silence();
}

/// The folders in a directory, in order.
fn folders(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The rows of an inverter's log, without their times.
fn rows(directory: &Path, folder: &str) -> Vec<String> {
    let latest = fs::read_to_string(directory.join(folder).join("latest.csv")).unwrap();
    let mut lines = latest.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("# datetime, PV1 Voltage, ")
    );
    lines
        .map(|line| line.split_once(',').unwrap().1.to_owned())
        .collect()
}

const ROW: &str = "162.1,0.7,113.47,producing,173.2,1.7,294.44,producing,407.91,50.6,0,0.0,0.4,20.24,0,0,256,71,0,\
    charging,0,0,235.1,1.8,0,49.92,on,235.1,0.5,315,49.92,connected,on-grid,30.1,0,1347.5,3911,5.7,5.8,1665.6,423,1,48,\
    idle,1";

#[test]
fn rows_are_appended_as_log_does() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    log(directory, &[&inverter]);
    log(directory, &[&inverter]);
    assert_eq!(folders(directory), ["E4000K1234567890"]);
    assert_eq!(rows(directory, "E4000K1234567890"), [ROW, ROW]);
    let folder = directory.join("E4000K1234567890");
    let latest = fs::read_to_string(folder.join("latest.csv")).unwrap();
    let today = latest.lines().nth(1).unwrap().split('T').next().unwrap();
    let day = folder.join(format!("{today}.csv"));
    assert_eq!(fs::read_to_string(&day).unwrap(), latest);
    // The power was cut in the middle of a row.
    let mut file = OpenOptions::new().append(true).open(&day).unwrap();
    file.write_all(b"2026-11-20T09:40:17+0100,162").unwrap();
    let run = kstar(&["log", &text(directory)], &[&inverter]).expect_code(0);
    assert!(run.stderr.contains("torn"), "{}", run.stderr);
    assert_eq!(rows(directory, "E4000K1234567890"), [ROW, ROW, ROW]);
}

/// The round goes on: another inverter is still waited for.
#[test]
fn what_was_read_is_logged_when_a_signal_ends_the_round() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let silent = Inverter::start(address(), None, Box::new(|_, _| vec![]));
    let directory = TempDir::new().unwrap();
    let ips = format!("{},{}", inverter.ip, silent.ip);
    let logs = text(directory.path());
    let mut watch = start(command(&["kstar", "watch", "--ip", &ips, "--log", &logs]));
    let mut lines = BufReader::new(watch.0.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains("E4000K1234567890"), "{line}");
    signal(&watch.0, Signal::TERM);
    wait(watch).expect_code(0);
    assert_eq!(rows(directory.path(), "E4000K1234567890"), [ROW]);
}

#[test]
fn another_run_holds_the_directory() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000"));
    let directory = TempDir::new().unwrap();
    let other = File::open(directory.path()).unwrap();
    other.try_lock().unwrap();
    kstar(&["log", &text(directory.path())], &[&inverter]).expect_code(7);
    assert!(folders(directory.path()).is_empty());
    assert!(inverter.heard().is_empty());
}

#[test]
fn serial_numbers_never_lead_out_of_the_directory() {
    let serials = [
        ("../../etc/x", "etcx-85e99586"),
        ("/etc/passwd", "etcpasswd-"),
        (".hidden", "hidden-"),
        ("-rf", "rf-"),
        ("a b\x1b[2J\0\r\n", "abx1b2J-"),
        ("02", "02-"),
        ("192.168.1.50", "192.168.1.50-"),
    ];
    for_each(serials, |(serial, due)| {
        let inverter = Inverter::with(&bytes("AA-21"), Some(serial));
        let above = TempDir::new().unwrap();
        let directory = above.path().join("logs");
        log(&directory, &[&inverter]);
        assert_eq!(folders(above.path()), ["logs"]);
        let folders = folders(&directory);
        assert_eq!(folders.len(), 1, "{serial:?}: {folders:?}");
        assert!(folders[0].starts_with(due), "{serial:?}: {folders:?}");
        assert_eq!(rows(&directory, &folders[0]), [ROW]);
    });
}

#[test]
fn without_a_usable_serial_number_the_address_counts() {
    let serials = [None, Some(""), Some(".."), Some("///"), Some("....")];
    for_each(serials, |serial| {
        let inverter = Inverter::with(&bytes("AA-21"), serial);
        let directory = TempDir::new().unwrap();
        log(directory.path(), &[&inverter]);
        assert_eq!(folders(directory.path()), [inverter.ip.to_string()]);
        log(directory.path(), &[&inverter]);
        assert_eq!(rows(directory.path(), &inverter.ip.to_string()), [ROW, ROW]);
    });
}

#[test]
fn several_that_were_found_have_a_folder_each() {
    let first = Inverter::with(&bytes("AA-21"), Some("FIRST"));
    let second = Inverter::with(&bytes("AA-21"), Some("SECOND"));
    let directory = TempDir::new().unwrap();
    let words = ["log", &text(directory.path())];
    search(&words, &[second.ip, first.ip]).expect_silence();
    assert_eq!(folders(directory.path()), ["FIRST", "SECOND"]);
}

#[test]
fn an_inverter_that_keeps_silent_about_itself_stays_in_its_folder() {
    // It tells its serial number the first time only.
    let script = |request, count| match (request, count) {
        (KstarRequest::Readings, _) => vec![DatagramPlay::Send(bytes("AA-21"))],
        (KstarRequest::Identity, 0) => vec![DatagramPlay::Send(identity("E4000"))],
        (KstarRequest::Identity, _) => vec![],
    };
    let inverter = Inverter::start(address(), None, Box::new(script));
    let directory = TempDir::new().unwrap();
    log(directory.path(), &[&inverter]);
    log(directory.path(), &[&inverter]);
    assert_eq!(folders(directory.path()), ["E4000"]);
    assert_eq!(rows(directory.path(), "E4000"), [ROW, ROW]);
}

#[test]
fn two_of_the_same_serial_number_do_not_share_a_folder() {
    let first = Inverter::with(&bytes("AA-21"), Some("0000000000000000"));
    let second = Inverter::with(&bytes("AA-21"), Some("0000000000000000"));
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let run = kstar(&["log", &text(directory)], &[&first, &second]).expect_code(0);
    assert!(run.stderr.contains("warning: "), "{}", run.stderr);
    let own = |inverter: &Inverter| format!("0000000000000000_{}", inverter.ip);
    assert_eq!(folders(directory), [own(&first), own(&second)]);
    // It was said once. The folders stay when only one of them answers.
    log(directory, &[&first, &second]);
    log(directory, &[&second]);
    assert_eq!(rows(directory, &own(&second)), [ROW, ROW, ROW]);
    assert_eq!(folders(directory).len(), 2);
}

#[test]
fn a_search_without_an_inverter_is_exit_1_and_no_folder() {
    let directory = TempDir::new().unwrap();
    let run = run_at(&["log", &text(directory.path())], &[address()]).expect_code(1);
    assert!(run.stderr.contains("no KSTAR inverter answered"));
    assert_eq!(run.stdout, "");
    assert!(folders(directory.path()).is_empty());
}

#[test]
fn a_work_mode_that_is_a_fault_is_reported_when_it_begins_and_ends() {
    const WORK_MODE: usize = 42;
    let directory = TempDir::new().unwrap();
    let log = |mode: u8| {
        let inverter = Inverter::with(&changed("AA-21", &[(WORK_MODE, mode)]), Some("E4000"));
        let run = kstar(&["log", &text(directory.path())], &[&inverter]);
        run.expect_code(0).stderr
    };
    assert_eq!(log(1), "");
    let begun = log(3);
    let fault = "inverter E4000: the inverter reports a fault: severe fault (Work Mode)";
    assert!(begun.contains(fault), "{begun}");
    assert_eq!(log(3), "");
    let over = log(1);
    assert!(
        over.contains("inverter E4000: the fault is over: severe fault (Work Mode)"),
        "{over}"
    );
}

#[test]
fn strict_wants_all() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000"));
    let directory = TempDir::new().unwrap();
    let words = ["log", &text(directory.path()), "--strict"];
    run_at(&words, &[inverter.ip, address()]).expect_code(3);
    assert_eq!(rows(directory.path(), "E4000"), [ROW]);
}

#[test]
fn metrics_show_which_inverters_are_up() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let silent = Inverter::start(address(), None, Box::new(|_, _| vec![]));
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("inverters.prom");
    let (logs, metrics) = (text(directory.path()), text(&file));
    let log = |inverters: &[&Inverter]| {
        let run = kstar(&["log", &logs, "--textfile", &metrics], inverters);
        (run.code, fs::read_to_string(&file).unwrap())
    };
    let ups = |metrics: &str| {
        let lines = metrics.lines().filter(|line| line.contains("_up{"));
        lines.filter(|line| line.ends_with(" 1")).count()
    };
    let (code, both) = log(&[&inverter, &silent]);
    assert_eq!((code, ups(&both)), (Some(0), 1), "{both}");
    assert!(both.contains("E4000K1234567890"), "{both}");
    assert!(both.contains(&silent.ip.to_string()), "{both}");
    let (code, run) = log(&[&silent]);
    assert_eq!((code, ups(&run)), (Some(1), 0), "{run}");
    assert!(run.contains(&silent.ip.to_string()), "{run}");
}

#[test]
fn a_torn_row_of_a_silent_inverter_is_removed() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let header = "# datetime, PV1 Voltage\n";
    let row = "2026-11-20T09:35:17+0100,162\n";
    let own = ["E4000K1234567890", "10.1.2.3"];
    for name in [own[0], own[1], "others"] {
        let folder = directory.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(
            folder.join("2026-11-20.csv"),
            format!("{header}{row}2026-1"),
        )
        .unwrap();
    }
    fs::write(directory.join(own[0]).join(".ip"), "127.9.9.9\n").unwrap();
    let read = |name: &str| fs::read_to_string(directory.join(name).join("2026-11-20.csv"));
    let nowhere = address();
    let run = run_at(&["log", &text(directory)], &[nowhere]).expect_code(1);
    assert_eq!(run.stderr.matches("was torn").count(), 2, "{}", run.stderr);
    for name in own {
        assert_eq!(read(name).unwrap(), format!("{header}{row}"), "{name}");
    }
    assert!(read("others").unwrap().ends_with("2026-1"));
}
