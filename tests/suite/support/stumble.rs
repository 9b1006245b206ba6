//! The program with `stumble.c` below it: it dies, or finds the disk full, at one of its steps on
//! files.

use super::shim;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// What happens at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stumble {
    /// It is killed right before.
    Die,
    /// It is killed, and half of what it was to write is written.
    Tear,
    /// The disk is full.
    Full,
}

impl Stumble {
    /// At the step of this number, counted from 1.
    pub fn at(self, step: usize, command: &mut Command) {
        let what = match self {
            Self::Die => "die",
            Self::Tear => "tear",
            Self::Full => "full",
        };
        load(command)
            .env("STUMBLE", what)
            .env("STUMBLE_AT", step.to_string());
    }
}

/// On a disk without hard links.
pub fn without_hard_links(command: &mut Command) {
    load(command).env("NO_LINKS", "1");
}

/// Notes changes of files and folders in a file, and what is synced, one per line.
pub fn traced(command: &mut Command, file: &Path) {
    load(command).env("TRACE", file);
}

fn load(command: &mut Command) -> &mut Command {
    shim::load(command, &LIBRARY)
}

static LIBRARY: LazyLock<PathBuf> =
    LazyLock::new(|| shim::library("tests/suite/support/stumble.c"));
