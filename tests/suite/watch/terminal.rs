//! Terminals that go, are taken away for a while, or have a size that can't be.

use super::{Terminal, fresh_modes, modes, pty, resize, until};
use crate::support::disk::in_memory;
use crate::support::plant_file::{self, PlantFile};
use crate::support::program::{WATCH_SIM, command, signal};
use rustix::process::Signal;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// Starts a command on a terminal, reads until the page is there, and takes the terminal away.
fn without_terminal(mut command: Command) -> ExitStatus {
    let (mut master, slave) = pty(80, 24);
    let stdio = || Stdio::from(slave.try_clone().unwrap());
    command.stdin(stdio()).stdout(stdio()).stderr(stdio());
    command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    let mut child = command.spawn().unwrap();
    let (mut page, mut bytes) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&page).contains("mpp-track") {
        let count = master.read(&mut bytes).unwrap();
        page.extend(&bytes[..count]);
    }
    drop(slave);
    drop(command);
    drop(master);
    ended(&mut child)
}

#[track_caller]
fn ended(child: &mut Child) -> ExitStatus {
    let mut status = None;
    until("its end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

#[test]
fn a_page_whose_terminal_is_gone_ends_with_an_error() {
    let directory = TempDir::new().unwrap();
    let mut command = command(&WATCH_SIM);
    command.arg("--log").arg(directory.path());
    let status = without_terminal(command);
    assert_eq!((status.code(), status.signal()), (Some(1), None));
    let rows = fs::read_to_string(directory.path().join("02/latest.csv")).unwrap();
    assert!(rows.ends_with('\n') && rows.lines().count() > 1, "{rows}");
}

#[test]
fn a_page_whose_terminal_hangs_up_ends_as_by_any_other_signal() {
    let program = command(&WATCH_SIM);
    // It gets the terminal as its own, as in a shell, and so a signal when that goes.
    let mut command = Command::new("setsid");
    command.arg("--ctty").arg(program.get_program());
    command.args(program.get_args());
    let status = without_terminal(command);
    assert_eq!((status.code(), status.signal()), (Some(0), None));
}

/// As when the computer at the other end of an SSH connection sleeps.
#[test]
fn a_terminal_that_takes_nothing_delays_neither_rows_nor_the_end() {
    for wakes in [false, true] {
        // A disk that is busy for seconds delays the end too, and then the signal ends the program.
        let directory = in_memory();
        let mut command = command(&WATCH_SIM);
        command.args(["--every", "100ms", "--log"]);
        command.arg(directory.path());
        let mut terminal = Terminal::run(command, 80, 24);
        let screen = Arc::clone(&terminal.screen);
        // Nothing more is read meanwhile.
        let asleep = screen.lock().unwrap();
        let mut columns = 80;
        until("rows", || {
            // Each time the whole page is drawn, until the terminal is full.
            columns ^= 1;
            resize(&terminal.slave, columns, 24);
            let rows = fs::read_to_string(directory.path().join("02/latest.csv"));
            rows.is_ok_and(|rows| rows.lines().count() > 15)
        });
        if wakes {
            drop(asleep);
            terminal.press("?");
            until("the keys", || terminal.page(81, 24).contains("page keys"));
        }
        signal(&terminal.child, Signal::TERM);
        let status = ended(&mut terminal.child);
        assert_eq!((status.code(), status.signal()), (Some(0), None));
    }
}

/// The letter of a process's state, as `ps` shows it.
fn state(child: &Child) -> char {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let (_, behind_name) = stat.rsplit_once(") ").unwrap();
    behind_name.chars().next().unwrap()
}

/// Sets the modes of a terminal as a shell does for its own prompt.
fn take(terminal: &File, modes: &Termios) {
    tcsetattr(terminal, OptionalActions::Now, modes).unwrap();
}

#[test]
fn a_page_that_was_stopped_draws_again_and_keys_work() {
    for by in [Signal::STOP, Signal::TSTP] {
        let (_master, fresh) = pty(80, 24);
        let of_shell = tcgetattr(&fresh).unwrap();
        let terminal = Terminal::start(&WATCH_SIM, 80, 24);
        until("the page", || terminal.shows("mpp-track"));
        let raw = modes(&terminal.slave);
        signal(&terminal.child, by);
        until("the stop", || state(&terminal.child) == 'T');
        if by == Signal::TSTP {
            assert_eq!(modes(&terminal.slave), fresh_modes());
            until("the page is left", || terminal.shows("\x1b[?1049l"));
        }
        take(&terminal.slave, &of_shell);
        terminal.screen.lock().unwrap().clear();
        signal(&terminal.child, Signal::CONT);
        until("the whole page", || {
            terminal.shows("\x1b[?1049h")
                && terminal.shows("\x1b[2J")
                && terminal.shows("mpp-track")
        });
        until("raw mode", || modes(&terminal.slave) == raw);
        (&terminal.master).write_all(b"q").unwrap();
        terminal.expect_sane_end(&fresh_modes());
    }
}

#[test]
fn an_absurd_size_is_clamped() {
    for (columns, rows, shows) in [
        (0, 0, "mpp-track"),
        (1, 1, "\x1b[?1049h"),
        (u16::MAX, 1, "\x1b[?1049h"),
        (1, u16::MAX, "\x1b[?1049h"),
        (u16::MAX, u16::MAX, "mpp-track"),
    ] {
        let program = command(&WATCH_SIM);
        // A page of that size would need a hundred gigabytes.
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""]);
        command.arg(program.get_program()).args(program.get_args());
        let terminal = Terminal::run(command, columns, rows);
        until("the page", || terminal.shows(shows));
        (&terminal.master).write_all(b"q").unwrap();
        terminal.expect_sane_end(&fresh_modes());
    }
}

/// A bus that changes is stopped and started, so its inverters have other places in the list.
#[test]
fn the_inverter_that_was_chosen_stays_so_after_a_reload() {
    let bus = |name, addresses| {
        let name = format!("name = \"{name}\"");
        plant_file::bus(Path::new("sim:"), addresses, &name)
    };
    let barn = bus("barn", "4,5");
    let file = PlantFile::new(&(bus("roof", "2,3") + &barn));
    let terminal = Terminal::run(file.command("watch", &[]), 80, 24);
    let shows = |text| terminal.page(80, 24).contains(text);
    until("the page", || shows("barn/05"));
    terminal.press("Gk\r");
    until("details", || shows("inverter barn/04"));
    file.write(&(bus("roof", "2") + &barn));
    signal(&terminal.child, Signal::HUP);
    until("the reload", || shows("of 3"));
    assert!(shows("inverter barn/04"), "{}", terminal.page(80, 24));
    // In the order of the file, as after a start.
    for keys in ["\x1b", "b"] {
        terminal.press(keys);
        until("the list", || shows("3 inverters by address"));
        until("roof first", || {
            let page = terminal.page(80, 24);
            page.contains(" roof, barn ") && page.find("roof/02") < page.find("barn/04")
        });
    }
    // Without it there are no details: those of another one would be taken for its.
    file.write(&bus("roof", "2"));
    signal(&terminal.child, Signal::HUP);
    until("the list", || shows("1 inverter by address"));
    terminal.stop();
}

/// The trouble of a bus that is stopped is over, and that of one that stays is not.
#[test]
fn a_recording_that_a_reload_takes_away_is_no_trouble_any_more() {
    let bus = |name, record: &str| {
        let more = format!("name = \"{name}\"\n{record}");
        plant_file::bus(Path::new("sim:"), "2", &more)
    };
    let record = "record = \"/proc/none\"";
    let file = PlantFile::new(&(bus("roof", record) + &bus("barn", record)));
    let terminal = Terminal::run(file.command("watch", &[]), 80, 24);
    let troubles = || terminal.page(80, 24).matches("recording since").count();
    until("two troubles", || troubles() == 2);
    file.write(&(bus("roof", record) + &bus("barn", "")));
    signal(&terminal.child, Signal::HUP);
    until("the end of one", || troubles() == 1);
    let page = terminal.page(80, 24);
    assert!(page.contains(": roof: can't record"), "{page}");
    terminal.stop();
}
