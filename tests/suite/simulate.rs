//! Simulated inverters: `sim:` inside the program, and `simulate kaco` for any other program.

use crate::support::program::{Run, command, helper, kill, run, start, text, wait, wait_until};
use crate::watch::{Terminal, until};
use kaco_ardexa::kaco::layouts;
use kaco_ardexa::reading::Layout;
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Instant;
use tempfile::TempDir;

fn log(device: &str, directory: &Path, options: &[&str]) -> Run {
    let directory = text(directory);
    let arguments = ["log", device, "2,4-7", &directory, "--pace", "0s"];
    run(&[&arguments[..], options].concat())
}

/// Fails unless every inverter has one row, in its layout, with numbers that are not all zero.
#[track_caller]
fn expect_a_row_of_each(directory: &Path) {
    let expected: [(&str, &Layout); 5] = [
        ("02", &layouts::MPPT3),
        ("04", &layouts::STANDARD),
        ("05", &layouts::MPPT2),
        ("06", &layouts::THREE_UNITS),
        ("07", &layouts::XP),
    ];
    assert_eq!(fs::read_dir(directory).unwrap().count(), expected.len());
    for (address, layout) in expected {
        let text = fs::read_to_string(directory.join(address).join("latest.csv")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let [header, row] = lines[..] else {
            panic!("{address}: {text}");
        };
        let labels: Vec<&str> = layout.fields.iter().map(|field| field.label).collect();
        assert_eq!(header, format!("# datetime, {}", labels.join(", ")));
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells.len(), 1 + labels.len(), "{row}");
        let numbers = cells.iter().filter_map(|cell| cell.parse::<f64>().ok());
        assert!(numbers.clone().count() >= 8, "{row}");
        assert!(numbers.into_iter().any(|number| number > 0.0), "{row}");
    }
}

#[test]
fn a_bus_inside_the_program() {
    let directory = TempDir::new().unwrap();
    log("sim:", directory.path(), &["--strict"]).expect_silence();
    expect_a_row_of_each(directory.path());
}

#[test]
fn a_bus_inside_a_service() {
    // systemd and cron start programs in a session of their own, without a terminal: the simulated
    // one must not become it, or its end would be that of the program.
    let program = text(Path::new(command::<&str>(&[]).get_program()));
    let read = ["--wait", &program, "read", "sim:", "2", "--pace", "0s"];
    helper("setsid", &read, b"").expect_code(0);
}

#[test]
fn at_night_no_inverter_answers_and_nothing_is_printed() {
    let directory = TempDir::new().unwrap();
    let quick = ["--timeout", "50ms"];
    log("sim:night", directory.path(), &quick).expect_silence();
    let strict = log(
        "sim:night",
        directory.path(),
        &[&quick[..], &["--strict"]].concat(),
    );
    let strict = strict.expect_code(3);
    assert_eq!((strict.stdout.as_str(), strict.stderr.as_str()), ("", ""));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    let read = run(&[
        "read",
        "sim:night",
        "2",
        "--pace",
        "0s",
        "--timeout",
        "50ms",
    ])
    .expect_code(0);
    assert_eq!(
        (read.stdout.as_str(), read.stderr.as_str()),
        ("inverter 02: no reply\n", "")
    );
}

#[test]
fn noise_costs_time_and_no_row_and_comes_again_the_same() {
    let twice = [(); 2].map(|()| {
        thread::spawn(|| {
            let directory = TempDir::new().unwrap();
            // Some replies are late by this timeout.
            let options = ["--strict", "-vv", "--timeout", "1s"];
            let run = log("sim:noisy", directory.path(), &options).expect_code(0);
            expect_a_row_of_each(directory.path());
            outcomes(&run.stderr)
        })
    });
    let [first, second] = twice.map(|run| run.join().unwrap());
    assert_eq!(first, second);
    for outcome in ["read", "garbled", "silent"] {
        assert!(first.iter().any(|(_, word)| word == outcome), "{first:?}");
    }
}

/// Each request and what came of it: `12:00:00.000 kaco_ardexa: #020\r -> … (read after 120 ms)`.
fn outcomes(said: &str) -> Vec<(String, String)> {
    let outcome = |line: &str| {
        let (start, reply) = line.split_once(r"\r -> ")?;
        let (_, request) = start.rsplit_once('#')?;
        let (_, outcome) = reply.rsplit_once('(')?;
        let word = outcome.split([' ', ')']).next()?;
        Some((request.to_owned(), word.to_owned()))
    };
    said.lines().filter_map(outcome).collect()
}

/// A simulation for other programs.
struct Simulation {
    running: (Child, Instant),
    /// The line that it printed.
    path: String,
}

impl Simulation {
    fn start(options: &[&str]) -> Self {
        let mut running = start(command(
            &[&["simulate", "kaco", "2,4-7"][..], options].concat(),
        ));
        let mut line = String::new();
        // Its other output stays in the pipe: a reader that takes more than the line would lose it.
        let stdout = running.0.stdout.as_mut().unwrap();
        BufReader::with_capacity(1, stdout)
            .read_line(&mut line)
            .unwrap();
        let path = line.strip_suffix('\n').unwrap_or_else(|| panic!("{line}"));
        let path = path.to_owned();
        Self { running, path }
    }

    /// Ends it, which takes no time and is not a failure.
    fn end(self, signal: Signal) {
        let process = Pid::from_child(&self.running.0);
        kill_process(process, signal).unwrap();
        wait(self.running).expect_silence();
    }
}

fn read(path: &str, addresses: &str) -> Run {
    run(&["read", path, addresses, "--pace", "0s", "--format", "csv"])
}

#[test]
fn a_bus_for_other_programs() {
    let directory = TempDir::new().unwrap();
    let link = text(&directory.path().join("bus"));
    let simulation = Simulation::start(&["--link", &link]);
    assert_eq!(simulation.path, link);
    let run = read(&link, "2,3").expect_code(0);
    assert_eq!(run.stderr, "");
    let rows: Vec<&str> = run.stdout.lines().skip(1).collect();
    assert_eq!(rows.len(), 2, "{}", run.stdout);
    assert!(rows[0].contains(",02,read,300TL,"), "{}", run.stdout);
    assert!(rows[1].contains(",03,silent,,"), "{}", run.stdout);
    simulation.end(Signal::TERM);
    assert!(fs::symlink_metadata(&link).is_err(), "the link stays");
}

#[test]
fn a_bus_without_a_link() {
    let simulation = Simulation::start(&["--mood", "night"]);
    assert!(simulation.path.starts_with("/dev/"), "{}", simulation.path);
    let run = run(&[
        "read",
        &simulation.path,
        "2",
        "--pace",
        "0s",
        "--timeout",
        "50ms",
        "--format",
        "json",
    ]);
    assert!(
        run.expect_code(0)
            .stdout
            .contains(r#""outcome":"silent","reason":"no reply"}"#)
    );
    simulation.end(Signal::TERM);
}

#[test]
fn a_bus_survives_clients_that_are_killed() {
    let simulation = Simulation::start(&[]);
    for _ in 0..2 {
        let mut client = start(command(&["read", &simulation.path, "3"]));
        wait_until("the port is taken", || {
            let fd = format!("/proc/{}/fd", client.0.id());
            let mut files = fs::read_dir(fd).unwrap().flatten();
            files.any(|file| {
                fs::read_link(file.path()).is_ok_and(|path| path == Path::new(&simulation.path))
            })
        });
        client.0.kill().unwrap();
        assert_eq!(wait(client).code, None);
        // The exclusive mode that it leaves keeps all users out but root.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        wait_until("the port is free", || {
            rustix::fs::open(&simulation.path, flags, Mode::empty()).is_ok()
        });
    }
    assert!(
        read(&simulation.path, "2")
            .expect_code(0)
            .stdout
            .contains(",02,read,300TL,")
    );
    simulation.end(Signal::TERM);
}

#[test]
fn a_simulation_stopped_right_after_its_path_leaves_no_link() {
    let directory = TempDir::new().unwrap();
    for number in 0..20 {
        let link = text(&directory.path().join(format!("bus{number}")));
        let simulation = Simulation::start(&["--link", &link]);
        simulation.end([Signal::TERM, Signal::INT][number % 2]);
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_link_replaces_an_older_link_only() {
    let directory = TempDir::new().unwrap();
    let link = text(&directory.path().join("bus"));
    let killed = Simulation::start(&["--link", &link]);
    kill(i32::try_from(killed.running.0.id()).unwrap());
    wait(killed.running);
    assert!(fs::symlink_metadata(&link).is_ok());
    let old = Simulation::start(&["--link", &link]);
    let new = Simulation::start(&["--link", &link]);
    let terminal = fs::read_link(&link).unwrap();
    old.end(Signal::TERM);
    assert_eq!(
        fs::read_link(&link).unwrap(),
        terminal,
        "the link of the other is gone"
    );
    new.end(Signal::TERM);
    assert!(fs::symlink_metadata(&link).is_err());

    fs::write(&link, "mine").unwrap();
    let run = run(&["simulate", "kaco", "2", "--link", &link]).expect_code(1);
    assert!(
        run.stderr
            .contains(&format!("can't make the link {link}: ")),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
    assert_eq!(fs::read_to_string(&link).unwrap(), "mine");
}

#[test]
fn simulation_on_a_terminal_shows_how_to_poll_it() {
    let pattern = |before: &str, shown: &str| {
        let rest = shown.split_once(before)?.1;
        Some(rest.split_once("\r\n")?.0.to_owned())
    };
    let address = "127.0.77.9";
    for (arguments, options) in [
        (
            ["simulate", "kaco", "2,4-5"].as_slice(),
            ["--pace", "0s"].as_slice(),
        ),
        (&["simulate", "kstar", "--bind", address], &[]),
    ] {
        let terminal = Terminal::start(arguments, 80, 24);
        until("the advice", || terminal.shows("Ctrl-C ends it."));
        let shown = terminal.screen.lock().unwrap().clone();
        let shown = String::from_utf8(shown).unwrap();
        let typed = pattern("another terminal: kaco_ardexa ", &shown).unwrap();
        let typed: Vec<&str> = typed.split(' ').chain(options.iter().copied()).collect();
        let run = run(&typed).expect_code(0);
        assert_eq!(
            (run.stdout.is_empty(), run.stderr.as_str()),
            (false, ""),
            "{typed:?}"
        );
        terminal.stop();
    }
}
