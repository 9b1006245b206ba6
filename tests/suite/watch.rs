//! `watch`: lines where there is no terminal, a page where there is one, and an end that leaves
//! nothing behind.

mod terminal;

use crate::support::bus::{Bus, Play, reply};
use crate::support::captures::bytes;
use crate::support::inverter::address;
use crate::support::plant::{HEADER, ROW};
use crate::support::plant_file::PlantFile;
use crate::support::program::{
    PATIENT, WATCH_SIM, command, run, signal as stop, start, text, wait,
};
use kaco_ardexa::escape;
use kaco_ardexa::watch::screen::Screen;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::num::NonZero;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Waits until something holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "{what} never happened");
        sleep(Duration::from_millis(20));
    }
}

/// It runs unattended for years: cards are exchanged under it, full disks emptied.
#[test]
fn trouble_with_the_log_is_reported_once_and_its_end_too() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let home = TempDir::new().unwrap();
    let (logs, aside) = (home.path().join("logs"), home.path().join("aside"));
    let latest = logs.join("02/latest.csv");
    let log = text(&logs);
    let device = text(&bus.path);
    let options = [&["--every", "100ms", "--log", &log], &PATIENT[..]].concat();
    let watch = start(command(
        &[&["watch", &device, "2"], options.as_slice()].concat(),
    ));
    until("a row", || latest.exists());

    fs::rename(&logs, &aside).unwrap();
    until("a row in the new directory", || latest.exists());
    let other = run(&["log", "sim:", "2", &log]);
    assert_eq!(other.code, Some(7), "the new directory is held: {other:?}");

    let (folder, file) = (logs.join("02"), home.path().join("02"));
    fs::write(&file, "").unwrap();
    renameat_with(CWD, &folder, CWD, &file, RenameFlags::EXCHANGE).unwrap();
    let asked = bus.asked().len();
    until("a few more polls", || bus.asked().len() > asked + 5);
    fs::remove_file(&folder).unwrap();
    until("a row in the new folder", || latest.exists());

    let third = home.path().join("third");
    fs::write(&third, "").unwrap();
    renameat_with(CWD, &logs, CWD, &third, RenameFlags::EXCHANGE).unwrap();
    let asked = bus.asked().len();
    until("a few more polls", || bus.asked().len() > asked + 5);
    fs::remove_file(&logs).unwrap();
    until("a row in the third directory", || latest.exists());

    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(1);
    let said = |words: &str| {
        run.stderr
            .lines()
            .filter(|line| line.contains(words))
            .count()
    };
    assert_eq!(
        said("was taken away, it is made again"),
        2,
        "{}",
        run.stderr
    );
    for error in ["can't open", "can't make the directory"] {
        let error = format!("error: address 02: {error}");
        assert_eq!(said(&error), 1, "{}", run.stderr);
    }
    assert_eq!(
        said("address 02: its rows are written again"),
        2,
        "{}",
        run.stderr
    );
    for folder in [file, aside.join("02"), third.join("02"), folder] {
        let rows = fs::read_to_string(folder.join("latest.csv")).unwrap();
        let rows = rows.strip_prefix(HEADER).expect("a header");
        assert!(
            rows.lines().all(|row| row.ends_with(&format!(",{ROW}"))),
            "{rows}"
        );
    }
}

#[test]
fn implausible_values_are_reported_when_they_begin() {
    let frame = |power: &str| {
        let text = format!("*020   4 355.9  2.92  {power} 239.5  4.10   974  40   3221 ");
        let sum = text.bytes().fold(0_u8, u8::wrapping_add);
        [b"\n", text.as_bytes(), &[sum], b" 6400xi\r"].concat()
    };
    let bus = Bus::start(Box::new(move |_, count| {
        let is_odd = matches!(count, 1..5 | 7..);
        reply(&frame(if is_odd { "9039" } else { "1039" }))
    }));
    let device = text(&bus.path);
    let options = [&["--every", "100ms"], &PATIENT[..]].concat();
    let watch = start(command(
        &[&["watch", &device, "2"], options.as_slice()].concat(),
    ));
    until("ten polls", || bus.asked().len() > 10);
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    let said = run.stderr.matches("address 02: DC Power is 9039 W").count();
    assert_eq!(said, 2, "{}", run.stderr);
}

#[test]
fn a_unit_that_stays_silent_is_reported_once() {
    let bus = Bus::with_replies(&[
        ("#120", b"\n*124\r".to_vec()),
        ("#121", bytes("ST-14")),
        ("#123", bytes("ST-16")),
    ]);
    let device = text(&bus.path);
    let options = ["--every", "100ms", "--pace", "0s", "--timeout", "500ms"];
    let watch = start(command(
        &[&["watch", &device, "12"], options.as_slice()].concat(),
    ));
    until("five rounds", || bus.asked().len() > 20);
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    let said = run
        .stderr
        .matches("address 12: unit 2 was not read")
        .count();
    assert_eq!(said, 1, "{}", run.stderr);
}

#[test]
fn a_torn_row_of_a_silent_inverter_is_removed_at_the_start() {
    let bus = Bus::with_quick_replies(&[("#030", bytes("G4-17"))]);
    let home = TempDir::new().unwrap();
    let folder = home.path().join("02");
    fs::create_dir(&folder).unwrap();
    let whole = "# datetime, status\n2026-01-01T12:00:00+0100,1\n";
    let latest = folder.join("latest.csv");
    fs::write(&latest, format!("{whole}2026-01-01T12:05")).unwrap();
    let (device, log) = (text(&bus.path), text(home.path()));
    let options = ["--timeout", "100ms", "--pace", "0s", "--log", &log];
    let watch = start(command(
        &[&["watch", &device, "2"], options.as_slice()].concat(),
    ));
    until("a request", || !bus.asked().is_empty());
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    assert!(run.stderr.contains("torn"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&latest).unwrap(), whole);
}

#[test]
fn changes_are_lines_and_rows_are_logged() {
    let bus = Bus::start(Box::new(|request, count| match (request, count) {
        ("#028", _) => reply(b"\n*028 V1.0\r"),
        (_, 0..3) => reply(&bytes("G4-17")),
        _ => vec![],
    }));
    let directory = TempDir::new().unwrap();
    let logs = text(&directory.path().join("logs"));
    let arguments = [
        "watch",
        &text(&bus.path),
        "2",
        "--every",
        "200ms",
        "--pace",
        "0s",
        "--timeout",
        "2s",
        "--log",
        &logs,
    ];
    let watch = start(command(&arguments));
    until("the second chance", || bus.asked().len() >= 6);
    // Longer than the timeout of that.
    sleep(Duration::from_secs(3));
    assert_eq!(
        bus.asked().len(),
        6,
        "a silent inverter is asked again after a minute only: "
    );
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    let lines: Vec<&str> = run.stdout.lines().map(|line| line.split_at(20).1).collect();
    assert_eq!(
        lines,
        [
            "02: online: mpp-track, 585 W, 33969 Wh, 33 °C",
            "02: silent"
        ]
    );
    assert_eq!(run.stderr, "");
    let rows = fs::read_to_string(directory.path().join("logs/02/latest.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 3);
}

/// The first thing that the program says on standard error.
fn first_message(watch: &mut (Child, Instant)) -> String {
    let mut said = [0; 4096];
    let errors = watch.0.stderr.as_mut().unwrap();
    let count = errors.read(&mut said).unwrap();
    String::from_utf8_lossy(&said[..count]).into_owned()
}

#[test]
fn device_that_is_missing_at_the_start_is_waited_for() {
    let directory = TempDir::new().unwrap();
    let device = directory.path().join("ttyUSB0");
    let mut watch = start(command(&["watch", &text(&device), "2", "--pace", "0s"]));
    let said = first_message(&mut watch);
    let due = "does not exist; trying again until it is back\n";
    assert!(said.contains(due), "{said}");
    let time = said.split_once(" kaco_ardexa: warning: ").unwrap().0;
    let time = chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S");
    assert!(time.is_ok(), "{said}");
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    symlink(&bus.path, &device).unwrap();
    until("a poll", || !bus.asked().is_empty());
    stop(&watch.0, Signal::TERM);
    wait(watch).expect_code(1);
}

#[test]
fn gateway_that_is_missing_at_the_start_is_waited_for() {
    // No other test has this address, so the port stays free.
    let closed = TcpListener::bind((address(), 0)).unwrap();
    let place = closed.local_addr().unwrap();
    drop(closed);
    let device = format!("tcp://{place}");
    let mut watch = start(command(&["watch", &device, "2", "--pace", "0s"]));
    let said = first_message(&mut watch);
    assert!(said.contains("trying again until it is back"), "{said}");
    let gateway = TcpListener::bind(place).unwrap();
    let (mut stream, _) = gateway.accept().unwrap();
    let mut request = [0; 5];
    stream.read_exact(&mut request).unwrap();
    assert_eq!(&request, b"#020\r");
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(1);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
}

#[test]
fn kstar_module_that_is_missing_at_the_start_is_waited_for() {
    let ip = address();
    let arguments = ["-vv", "kstar", "watch", "--ip", &ip.to_string()];
    let mut watch = start(command(&arguments));
    let errors = BufReader::new(watch.0.stderr.take().unwrap()).lines();
    let unanswered = errors
        .map_while(Result::ok)
        .filter(|line| line.ends_with("-> no answer"));
    assert_eq!(
        unanswered.take(3).count(),
        3,
        "the attempts of the first poll"
    );
    assert_eq!(watch.0.try_wait().unwrap(), None, "it still runs");
    stop(&watch.0, Signal::TERM);
    wait(watch).expect_code(0);
}

#[test]
fn an_adapter_that_is_pulled_out_is_waited_for() {
    let first = Bus::start(Box::new(|request, count| match (request, count) {
        ("#020", 0) => reply(&bytes("G4-17")),
        _ => vec![Play::HangUp],
    }));
    let directory = TempDir::new().unwrap();
    let device = directory.path().join("ttyUSB0");
    symlink(&first.path, &device).unwrap();
    let watch = start(command(&[
        "watch",
        &text(&device),
        "2",
        "--every",
        "100ms",
        "--pace",
        "0s",
    ]));
    until("the adapter is pulled out", || first.asked().len() >= 2);
    sleep(Duration::from_secs(4));
    let second = Bus::with_replies(&[("#020", bytes("G4-17"))]);
    fs::remove_file(&device).unwrap();
    symlink(&second.path, &device).unwrap();
    let is_readings = |request: &&String| *request == "#020";
    until("more rounds", || {
        second.asked().iter().filter(is_readings).count() > 1
    });
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(1);
    assert!(
        run.stdout.contains("the connection is back"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert!(run.stderr.contains("trying again"), "{}", run.stderr);
}

#[test]
fn lost_link_leaves_no_inverter_up_in_the_metrics() {
    let first = Bus::start(Box::new(|request, count| match (request, count) {
        ("#020", 0) => reply(&bytes("G4-17")),
        ("#028", _) => reply(b"\n*028 V1.0\r"),
        _ => vec![Play::HangUp],
    }));
    let directory = TempDir::new().unwrap();
    let (device, metrics) = (
        directory.path().join("ttyUSB0"),
        directory.path().join("inverters.prom"),
    );
    symlink(&first.path, &device).unwrap();
    let is_up = |up: &str| {
        let line = format!("inverter_up{{address=\"2\"}} {up}\n");
        fs::read_to_string(&metrics).is_ok_and(|text| text.contains(&line))
    };
    let (port, file) = (text(&device), text(&metrics));
    let options = [&["--every", "100ms", "--textfile", &file], &PATIENT[..]].concat();
    let watch = start(command(
        &[&["watch", &port, "2"], options.as_slice()].concat(),
    ));
    until("the inverter is up", || is_up("1"));
    fs::remove_file(&device).unwrap();
    until("it is not, with its link", || is_up("0"));
    let second = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    symlink(&second.path, &device).unwrap();
    until("it is up again", || is_up("1"));
    stop(&watch.0, Signal::TERM);
    wait(watch).expect_code(1);
}

/// A terminal with the program in it.
pub(crate) struct Terminal {
    master: File,
    slave: File,
    /// All bytes so far.
    pub(crate) screen: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    pub(crate) fn start(arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_with(arguments, columns, rows, ("UNUSED", ""))
    }

    fn start_with(arguments: &[&str], columns: u16, rows: u16, variable: (&str, &str)) -> Self {
        let mut command = command(arguments);
        command.env(variable.0, variable.1);
        Self::run(command, columns, rows)
    }

    fn run(command: Command, columns: u16, rows: u16) -> Self {
        Self::run_with(command, (columns, rows), ("TERM", "xterm-256color"))
    }

    fn run_with(mut command: Command, size: (u16, u16), variable: (&str, &str)) -> Self {
        command.env("LC_ALL", "C.UTF-8").env(variable.0, variable.1);
        Self::run_as_is(command, size)
    }

    /// Starts a command that has all its variables.
    pub(crate) fn run_as_is(mut command: Command, size: (u16, u16)) -> Self {
        let (columns, rows) = size;
        let (master, slave) = pty(columns, rows);
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        command.stdin(stdio()).stdout(stdio()).stderr(stdio());
        let child = command.spawn().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, seen) = (master.try_clone().unwrap(), Arc::clone(&screen));
        spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                seen.lock().unwrap().extend(&bytes[..count]);
            }
        });
        Self {
            master,
            slave,
            screen,
            child,
        }
    }

    /// What a terminal of this size shows now.
    pub(crate) fn page(&self, columns: u16, rows: u16) -> String {
        let size = |size| NonZero::new(size).unwrap();
        let mut parser = vt100::Parser::new(size(rows), size(columns), 0);
        parser.process(&self.screen.lock().unwrap());
        parser.screen().contents()
    }

    /// Types these keys.
    pub(crate) fn press(&self, keys: &str) {
        (&self.master).write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the program's end; its exit code.
    pub(crate) fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Ends the program.
    pub(crate) fn stop(mut self) {
        stop(&self.child, Signal::TERM);
        self.child.wait().unwrap();
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).contains(text)
    }

    /// Waits for the end; the terminal must be as it was before.
    #[track_caller]
    fn expect_sane_end(mut self, before: &str) {
        let mut status = None;
        until("the end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
        until("the page is left", || {
            self.shows("\x1b[?1049l") && self.shows("\x1b[?25h")
        });
        assert_eq!(modes(&self.slave), before);
    }
}

/// Both ends of a pseudo-terminal of this size.
fn pty(columns: u16, rows: u16) -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    resize(&slave, columns, rows);
    (File::from(master), slave)
}

fn resize(terminal: &File, columns: u16, rows: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

fn modes(terminal: &File) -> String {
    let modes = tcgetattr(terminal).unwrap();
    format!(
        "{:?} {:?} {:?}",
        modes.input_modes, modes.output_modes, modes.local_modes
    )
}

/// The modes of a terminal that was not used yet.
fn fresh_modes() -> String {
    modes(
        &File::options()
            .read(true)
            .write(true)
            .open("/dev/ptmx")
            .unwrap(),
    )
}

#[test]
fn the_page_shows_the_plant_and_leaves_a_sane_terminal() {
    for (columns, rows, end) in [
        (80, 24, "q"),
        (200, 50, "\x03"),
        (80, 24, "TERM"),
        (40, 8, "q"),
    ] {
        let terminal = Terminal::start(&WATCH_SIM, columns, rows);
        let before = "InputModes(BRKINT | ICRNL | IXON)";
        until("the page", || {
            terminal.shows("mpp-track") || (columns < 80 && terminal.shows("quit"))
        });
        assert!(terminal.shows("\x1b[?1049h"));
        assert!(columns < 80 || terminal.shows("online"));
        // Blanks are not drawn again, so look for one word of the model.
        assert_eq!(terminal.shows("Powador"), columns >= 120);
        assert!(
            !modes(&terminal.slave).starts_with(before),
            "the page takes the terminal"
        );
        match end {
            "TERM" => stop(&terminal.child, Signal::TERM),
            keys => terminal.press(keys),
        }
        terminal.expect_sane_end(&fresh_modes());
    }
}

#[test]
fn page_shows_a_lost_adapter_and_a_broker_that_is_away_and_exits_as_log_would() {
    let bus = Bus::start(Box::new(|_, count| match count {
        0 => reply(&bytes("G4-17")),
        _ => vec![Play::HangUp],
    }));
    let directory = TempDir::new().unwrap();
    let device = directory.path().join("ttyUSB0");
    symlink(&bus.path, &device).unwrap();
    let device = text(&device);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let broker = closed.local_addr().unwrap().to_string();
    drop(closed);
    let watch = ["watch", &device, "2", "--pace", "0s", "--every", "100ms"];
    let arguments = [watch.as_slice(), &["--mqtt", &broker]].concat();
    let terminal = Terminal::start(&arguments, 100, 24);
    until("the bus hangs up", || bus.asked().len() >= 2);
    fs::remove_file(&device).unwrap();
    until("the link is lost", || terminal.shows("LOST"));
    until("the broker is missed", || terminal.shows("refused"));
    assert!(!terminal.shows("kaco_ardexa: "));
    terminal.press("q");
    assert_eq!(terminal.exit_code(), Some(1));
}

#[test]
fn page_of_a_dumb_terminal_is_ascii() {
    let mut command = command(&WATCH_SIM);
    command.env("NO_COLOR", "1");
    let terminal = Terminal::run_with(command, (80, 24), ("TERM", "dumb"));
    until("the page", || terminal.shows("mpp-track"));
    let bytes = terminal.screen.lock().unwrap().clone();
    assert!(bytes.is_ascii(), "{}", String::from_utf8_lossy(&bytes));
    terminal.stop();
}

#[test]
fn a_signal_takes_the_progress_off_the_terminal() {
    let bus = Bus::silent();
    let directory = TempDir::new().unwrap();
    let (device, logs) = (text(&bus.path), text(directory.path()));
    for signal in [Signal::TERM, Signal::INT] {
        let patient = ["--timeout", "60s"];
        let log = ["log", &device, "2", &logs];
        let commands: [(&[&str], &str); 3] = [
            (&log, "- 0 of 1 inverters"),
            (&["scan", &device], "- 0 of 32 addresses"),
            (&["ping", &device, "2"], "- 0 of 10 requests"),
        ];
        for (words, progress) in commands {
            let mut terminal = Terminal::start(&[words, &patient].concat(), 80, 24);
            until("the progress", || terminal.shows(progress));
            // Echoed as ^C; the signal is sent below, for the terminal is not the program's own.
            terminal.press("\x03");
            until("the echo", || terminal.shows("^C"));
            stop(&terminal.child, signal);
            let status = terminal.child.wait().unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()));
            until("the progress is gone", || {
                let page = terminal.page(80, 24);
                !page.contains(progress) && !page.contains("^C")
            });
            assert_eq!(modes(&terminal.slave), fresh_modes());
        }
    }
}

#[test]
fn long_messages_are_parted_between_words_on_a_terminal_only() {
    let file = PlantFile::new("[[bus]]\ndevice = \"sim:\"\nadresses = \"2\"\n");
    let file = text(&file.path());
    for words in [
        &["read", "/dev/none", "2"][..],
        &["log", "sim:", "logs"],
        &["explain", "120"],
        &["check", &file],
    ] {
        let piped = run(words);
        let piped = piped.stdout + &piped.stderr;
        assert!(piped.lines().any(|line| line.len() > 40), "{piped}");
        let terminal = Terminal::start(words, 40, 40);
        let shown = || terminal.page(40, 40);
        let last = piped.split_whitespace().next_back().unwrap();
        until("the message", || shown().trim_end().ends_with(last));
        // A word that is cut would be two.
        let is_same = shown().split_whitespace().eq(piped.split_whitespace());
        assert!(is_same, "{}\n{piped}", shown());
        terminal.exit_code();
    }
    let terminal = Terminal::start(&["read", "/dev/none", "2"], 24, 10);
    until("further lines indented", || {
        let page = terminal.page(24, 10);
        let lines = page.lines().map(str::trim_end).take(3);
        lines.eq(["kaco_ardexa: error:", "  /dev/none does not", "  exist"])
    });
    terminal.exit_code();
}

#[test]
fn silent_means_lines_also_on_a_terminal() {
    for (variable, further) in [("SILENT_MODE", ""), ("SILENT", ""), ("UNUSED", "--silent")] {
        let arguments = [WATCH_SIM.as_slice(), &[further]].concat();
        let arguments: Vec<&str> = arguments
            .into_iter()
            .filter(|argument| !argument.is_empty())
            .collect();
        let mut terminal = Terminal::start_with(&arguments, 80, 24, (variable, "true"));
        until("a line", || terminal.shows("02: online"));
        assert!(!terminal.shows("\x1b[?1049h"), "no page");
        stop(&terminal.child, Signal::TERM);
        terminal.child.wait().unwrap();
    }
}

/// Set in the process that is to panic.
const TO_PANIC: &str = "PANIC_ON_THE_PAGE";

#[test]
fn a_panic_gives_the_terminal_back() {
    if std::env::var_os(TO_PANIC).is_some() {
        let _screen = Screen::start().unwrap();
        panic!("in the middle of the page");
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "watch::a_panic_gives_the_terminal_back",
            "--nocapture",
        ])
        .env(TO_PANIC, "1");
    let mut terminal = Terminal::run(command, 80, 24);
    assert!(!terminal.child.wait().unwrap().success());
    until("the page is left", || terminal.shows("\x1b[?1049l"));
    assert!(terminal.shows("\x1b[?1049h") && terminal.shows("in the middle of the page"));
    assert_eq!(modes(&terminal.slave), fresh_modes());
}

#[test]
fn kstar_inverters_are_watched_by_the_same_code() {
    let address = "127.0.77.1";
    let simulation = start(command(&["simulate", "kstar", "--bind", address]));
    let directory = TempDir::new().unwrap();
    let logs = directory.path().join("logs");
    let metrics = directory.path().join("kstar.prom");
    let arguments = ["kstar", "watch", "--ip", address, "--every", "200ms"];
    let mut command = command(&arguments);
    command
        .arg("--log")
        .arg(&logs)
        .arg("--textfile")
        .arg(&metrics);
    let watch = start(command);
    let folder = || {
        fs::read_dir(&logs)
            .ok()?
            .flatten()
            .next()
            .map(|folder| folder.path())
    };
    let rows = || {
        Some(
            fs::read_to_string(folder()?.join("latest.csv"))
                .ok()?
                .lines()
                .count(),
        )
    };
    until("three rows", || rows().is_some_and(|rows| rows >= 4));
    stop(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    stop(&simulation.0, Signal::TERM);
    wait(simulation).expect_code(0);
    assert!(
        folder().unwrap().ends_with("SIM127000077001"),
        "{:?}",
        folder()
    );
    assert!(
        run.stdout.contains("SIM127000077001: online: on, "),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    let metrics = fs::read_to_string(&metrics).unwrap();
    assert!(
        metrics.contains("inverter_up{serial=\"SIM127000077001\"} 1"),
        "{metrics}"
    );
}

/// Memory of a running process, kB.
pub fn memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_does_not_grow_over_thousands_of_rounds() {
    let directory = TempDir::new().unwrap();
    let recording = directory.path().join("bus.jsonl");
    let line = |address: &str, reply: &[u8]| {
        format!(
            "{{\"request\":\"{}\",\"reply\":\"{}\"}}\n",
            escape::hex(address.as_bytes()),
            escape::hex(reply)
        )
    };
    // Good and garbled in turn, so that the state changes all the time.
    let replies = [
        line("#020\r", &bytes("G4-17")),
        line("#020\r", b"\n*020 garbled and over \r"),
    ];
    fs::write(&recording, replies.concat()).unwrap();
    let device = format!("replay:{}", text(&recording));
    let arguments = [
        "watch",
        &device,
        "2",
        "--every",
        "1ms",
        "--pace",
        "0s",
        "--timeout",
        "1ms",
        "--gap",
        "1ms",
        "--attempts",
        "1",
    ];
    let mut command = command(&arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    sleep(Duration::from_secs(3));
    let early = memory(&child);
    sleep(Duration::from_secs(8));
    let late = memory(&child);
    stop(&child, Signal::TERM);
    child.wait().unwrap();
    println!("memory: {early} kB after 3 s, {late} kB after 11 s");
    assert!(late <= early + 256, "{early} kB became {late} kB");
}

#[test]
fn second_watch_of_a_device_ends_at_once() {
    let bus = Bus::with_replies(&[("#020", bytes("G4-17"))]);
    let first = start(command(&["watch", &text(&bus.path), "2"]));
    until("a request", || !bus.asked().is_empty());
    run(&["watch", &text(&bus.path), "2"]).expect_code(7);
    stop(&first.0, Signal::INT);
    wait(first).expect_code(0);
}
