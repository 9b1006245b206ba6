//! A bus whose inverters answer at once, and a directory for their logs.

use super::bus::{Bus, Script};
use super::captures::bytes;
use super::day::Day;
use super::program::{self, Run, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The row of capture G4-17, without its time.
pub const ROW: &str = "mpp-track,398.5,1.56,621,227.8,2.61,585,33,33969,6400xi";

/// The header of that inverter.
pub const HEADER: &str = "# datetime, status, DC Voltage, DC Current, DC Power, AC Voltage, AC Current, AC Power, Device temperature, Daily yield, Type\n";

/// An inverter at address 2 unless said otherwise, polled at noon.
pub struct Plant {
    pub bus: Bus,
    pub directory: TempDir,
}

impl Plant {
    /// A 6400xi at address 2.
    pub fn new() -> Self {
        Self::with_replies(&[("#020", bytes("G4-17"))])
    }

    /// No inverter answers.
    pub fn silent() -> Self {
        Self::with_replies(&[])
    }

    pub fn with_replies(replies: &[(&str, Vec<u8>)]) -> Self {
        Self::on(Bus::with_quick_replies(replies))
    }

    pub fn with_script(script: Script) -> Self {
        Self::on(Bus::start(script))
    }

    fn on(bus: Bus) -> Self {
        let directory = TempDir::new().expect("a directory");
        Self { bus, directory }
    }

    /// `log`, as a command that can still be changed.
    pub fn command(&self, addresses: &str, directory: &Path, options: &[&str]) -> Command {
        let (device, directory) = (text(&self.bus.path), text(directory));
        let mut arguments = vec!["log", &device, addresses, &directory, "--pace", "0s"];
        arguments.extend(options);
        let mut command = program::command(&arguments);
        command.env("TZ", Day::Today.zone());
        command
    }

    /// Polls address 2 on that day.
    pub fn log_on(&self, day: Day) -> Run {
        let mut command = self.command("2", self.directory.path(), &[]);
        command.env("TZ", day.zone());
        program::wait(program::start(command))
    }

    /// Polls address 2.
    pub fn log(&self) -> Run {
        self.log_with("2", &[])
    }

    /// Polls silent inverters without waiting long.
    pub fn log_with(&self, addresses: &str, options: &[&str]) -> Run {
        self.log_to(self.directory.path(), addresses, options)
    }

    pub fn log_to(&self, directory: &Path, addresses: &str, options: &[&str]) -> Run {
        let command = self.command(addresses, directory, options);
        program::wait(program::start(command))
    }

    /// The folder of address 2.
    pub fn folder(&self) -> PathBuf {
        self.directory.path().join("02")
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.folder()).expect("the folder");
        fs::write(self.path(name), content).expect("a file");
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names in it, in order, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).expect("the folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Fails unless today's file has one header and so many rows of the inverter, and `latest.csv`
    /// holds the same.
    #[track_caller]
    pub fn expect_rows(&self, count: usize) {
        self.expect_text(HEADER, &vec![ROW; count]);
    }

    /// Fails unless today's file has this header and these rows behind their times, and
    /// `latest.csv` holds the same.
    #[track_caller]
    pub fn expect_text(&self, header: &str, rows: &[&str]) {
        let today = self.read(&Day::Today.file());
        expect_log(&today, header, rows);
        assert_eq!(self.read("latest.csv"), today, "latest.csv is another");
    }
}

/// Fails unless `log` is this header and these rows, each behind a time.
#[track_caller]
pub fn expect_log(log: &str, header: &str, rows: &[&str]) {
    let found = log.strip_prefix(header).unwrap_or_else(|| panic!("{log}"));
    assert!(found.is_empty() || found.ends_with('\n'), "{log}");
    let without_time = |row| str::split_once(row, ',').map(|(_, rest)| rest);
    let found: Vec<_> = found.lines().filter_map(without_time).collect();
    assert_eq!(found, rows, "{log}");
}
