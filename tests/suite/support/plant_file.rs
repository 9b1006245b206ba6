//! A plant file in a directory of its own, and the program that is given it.

use super::day::Day;
use super::program::{self, Run, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A directory with `plant.toml` in it.
pub struct PlantFile(TempDir);

impl PlantFile {
    /// A file with this in it.
    pub fn new(content: &str) -> Self {
        let file = Self(TempDir::new().expect("a directory"));
        file.write(content);
        file
    }

    /// Exchanges what is in it.
    pub fn write(&self, content: &str) {
        fs::write(self.path(), content).expect("the plant file");
    }

    pub fn path(&self) -> PathBuf {
        self.inside("plant.toml")
    }

    /// A path beside it.
    pub fn inside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `COMMAND --plant FILE …`, which can still be changed.
    pub fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let path = text(&self.path());
        let mut words = vec![command, "--plant", &path];
        words.extend(arguments);
        let mut command = program::command(&words);
        command.env("TZ", Day::Today.zone());
        command
    }

    pub fn run(&self, command: &str, arguments: &[&str]) -> Run {
        program::wait(program::start(self.command(command, arguments)))
    }
}

/// `[[bus]]` with these keys behind device and addresses; nothing is waited for long.
pub fn bus(device: &Path, addresses: &str, more: &str) -> String {
    let device = device.display();
    format!(
        "[[bus]]\ndevice = \"{device}\"\naddresses = \"{addresses}\"\npace = 0\ntimeout = 5\n{more}\n"
    )
}
