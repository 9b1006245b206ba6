//! The program itself, run as a user runs it.

use assert_cmd::cargo::CommandCargoExt;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// No run of the program may take longer; one that does is ended and the test fails.
const LONGEST_RUN: Duration = Duration::from_secs(120);

/// As quick as the bus is, and patient: on a busy machine a reply may be late, and `watch` polls an
/// inverter that counts as silent again after a minute only.
pub const PATIENT: [&str; 4] = ["--pace", "0s", "--timeout", "10s"];

/// Watches a simulated inverter.
pub const WATCH_SIM: [&str; 7] = ["watch", "sim:", "2", "--pace", "0s", "--timeout", "10s"];

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote on standard output.
    pub stdout: String,
    /// What it wrote on standard error.
    pub stderr: String,
    /// How long it ran.
    pub time: Duration,
}

impl Run {
    /// Fails unless it exited with this code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless it ended well and said nothing at all.
    #[track_caller]
    pub fn expect_silence(self) -> Self {
        let run = self.expect_code(0);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
        run
    }
}

/// Variables that the program takes options from, besides `KACO_ARDEXA_…`.
const VARIABLES: [&str; 11] = [
    "INFLUX_USERNAME",
    "INFLUX_PASSWORD",
    "INFLUX_TOKEN",
    "IP_ADDRESS_INVERTER",
    "IP",
    "MQTT_CONNECTION_STRING",
    "MQTT",
    "MQTT_USERNAME",
    "MQTT_PASSWORD",
    "SILENT_MODE",
    "SILENT",
];

/// The program with these arguments, not started yet; its local time is that of Berlin.
pub fn command<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::cargo_bin("kaco_ardexa").expect("the program is built");
    command
        .args(arguments)
        .env("TZ", "Europe/Berlin")
        .stdin(Stdio::null());
    let named = std::env::vars_os().map(|(name, _)| name);
    let named = named.filter(|name| name.to_string_lossy().starts_with("KACO_ARDEXA_"));
    for variable in named.chain(VARIABLES.map(OsString::from)) {
        command.env_remove(variable);
    }
    // Unless a test says how long: no inverter is silent because other tests keep the machine busy.
    command.env("KACO_ARDEXA_TIMEOUT", "3s");
    command
}

/// The program as a user without rights. `copies` gets a copy of it, as that user may not reach
/// where it was built. When the tests are not run by root, it is the user of the tests: only root
/// may write everywhere.
pub fn command_without_rights<S: AsRef<OsStr>>(arguments: &[S], copies: &Path) -> Command {
    let original = command::<S>(&[]);
    let copy = copies.join("kaco_ardexa");
    // By another process: a file that this one had open for writing can't be started while other
    // tests start programs.
    let copied = Command::new("cp")
        .arg(original.get_program())
        .arg(&copy)
        .status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "a copy of the program"
    );
    let mut command = Command::new(copy);
    command.args(arguments).stdin(Stdio::null());
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Whether root runs the tests.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// User and group without rights, on every Linux.
const NOBODY: u32 = 65534;

/// Runs the program with these arguments.
pub fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Run {
    wait(start(command(arguments)))
}

/// Runs the program with this on standard input.
pub fn run_with_input<S: AsRef<OsStr>>(arguments: &[S], input: &[u8]) -> Run {
    let mut command = command(arguments);
    command.stdin(Stdio::piped());
    feed(start(command), input)
}

/// Runs a program of others with this on standard input.
#[track_caller]
pub fn helper(program: &str, arguments: &[&str], input: &[u8]) -> Run {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child
        .unwrap_or_else(|error| panic!("{program} is needed (tests/all.sh installs it): {error}"));
    feed((child, Instant::now()), input)
}

fn feed(mut child: (Child, Instant), input: &[u8]) -> Run {
    let mut stdin = child.0.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let run = wait(child);
    let _ = writer.join();
    run
}

/// Starts the program and goes on.
pub fn start(mut command: Command) -> (Child, Instant) {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    (child, Instant::now())
}

/// Waits for its end.
pub fn wait((mut child, started): (Child, Instant)) -> Run {
    let id = i32::try_from(child.id()).expect("a process id");
    let (sender, receiver) = channel::<()>();
    let guard = std::thread::spawn(move || {
        if receiver.recv_timeout(LONGEST_RUN) == Err(RecvTimeoutError::Timeout) {
            kill(id);
        }
    });
    child.stdin.take();
    let output = child.wait_with_output().expect("it ends");
    drop(sender);
    let _ = guard.join();
    Run {
        code: output.status.code(),
        signal: output.status.signal(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        time: started.elapsed(),
    }
}

/// Waits until something has happened.
#[track_caller]
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < end, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until a run hears signals. Before that it has done nothing, and they end it as any
/// program.
pub fn wait_until_it_hears(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    wait_until("the program hears signals", || {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.map(|caught| u64::from_str_radix(caught.trim(), 16).unwrap());
        let both = 1 << (Signal::TERM.as_raw() - 1) | 1 << (Signal::INT.as_raw() - 1);
        caught.is_some_and(|caught| caught & both == both)
    });
}

/// Ends a process that this test started, at once.
pub fn kill(id: i32) {
    let process = Pid::from_raw(id).expect("a process id");
    let _ = kill_process(process, Signal::KILL);
}

/// Sends a signal to a process that this test started.
pub fn signal(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id()).expect("a process id");
    kill_process(Pid::from_raw(id).expect("a process id"), signal).expect("it is there");
}

/// A path as an argument.
pub fn text(path: &Path) -> String {
    path.display().to_string()
}
