//! Least rights: nothing in a log directory leads a run out of it, by whatever user it was put
//! there.

use crate::support::day::Day;
use crate::support::disk::tree;
use crate::support::plant::{HEADER, Plant, ROW, expect_log};
use crate::support::program::{Run, command_without_rights, is_root, start, text, wait};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tempfile::TempDir;

/// What lies outside, and must stay as it is.
struct Outside(TempDir);

impl Outside {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("treasure"), "kept\n").unwrap();
        Self(directory)
    }

    #[track_caller]
    fn expect_untouched(&self) {
        let treasure = self.0.path().join("treasure");
        let expected = vec![(treasure, Some(b"kept\n".to_vec()))];
        assert_eq!(tree(self.0.path()), expected);
    }
}

#[track_caller]
fn expect_refusal(run: Run, words: &[&str]) {
    let run = run.expect_code(1);
    assert_eq!(run.stdout, "");
    for word in words {
        assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
    }
}

#[test]
fn a_folder_that_is_a_link_is_refused() {
    let (plant, outside) = (Plant::new(), Outside::new());
    symlink(outside.0.path(), plant.folder()).unwrap();
    expect_refusal(
        plant.log(),
        &["can't open", "02: it is a symbolic link", "move it away"],
    );
    outside.expect_untouched();
    fs::remove_file(plant.folder()).unwrap();
    plant.log().expect_silence();
    plant.expect_rows(1);
}

#[test]
fn a_file_of_the_day_that_is_a_link_is_refused() {
    let today = Day::Today.file();
    for target in ["treasure", "new"] {
        let (plant, outside) = (Plant::new(), Outside::new());
        plant.write("other", "");
        symlink(outside.0.path().join(target), plant.path(&today)).unwrap();
        expect_refusal(plant.log(), &[&today, "it is a symbolic link"]);
        outside.expect_untouched();
        assert_eq!(plant.names(), [&today, "other"]);
    }
}

/// Files that are exchanged replace a link.
#[test]
fn links_instead_of_other_files_are_replaced() {
    for name in ["latest.csv", ".day.csv.new", ".latest.csv.new"] {
        let (plant, outside) = (Plant::new(), Outside::new());
        plant.write("other", "");
        symlink(outside.0.path().join("treasure"), plant.path(name)).unwrap();
        plant.log().expect_silence();
        outside.expect_untouched();
        plant.expect_rows(1);
        assert_eq!(plant.names(), [&Day::Today.file(), "latest.csv", "other"]);
    }
}

#[test]
fn a_directory_that_is_a_link_is_the_users_own_way() {
    let (plant, home) = (Plant::new(), TempDir::new().unwrap());
    let link = home.path().join("logs");
    symlink(plant.directory.path(), &link).unwrap();
    plant.log_to(&link, "2", &[]).expect_silence();
    plant.expect_rows(1);
}

/// A pipe may never have a writer, and opening it to read would wait for one.
#[test]
fn a_pipe_instead_of_a_file_delays_no_run() {
    for name in [&Day::Today.file(), "latest.csv"] {
        let plant = Plant::new();
        plant.write("other", "");
        let pipe = plant.path(name);
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        expect_refusal(plant.log(), &[name, "it is not an ordinary file"]);
    }
}

/// A program that looks for links first, and writes then, would be led away in between.
#[test]
fn a_link_that_comes_and_goes_leads_nowhere() {
    const RUNS: usize = 40;
    let (plant, outside) = (Plant::new(), Outside::new());
    plant.write("other", "");
    let (folder, link) = (plant.folder(), plant.directory.path().join("link"));
    symlink(outside.0.path(), &link).unwrap();
    let is_over = AtomicBool::new(false);
    let runs: Vec<Run> = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                renameat_with(CWD, &folder, CWD, &link, RenameFlags::EXCHANGE).unwrap();
            }
        });
        let runs = (0..RUNS).map(|_| plant.log()).collect();
        is_over.store(true, Ordering::Relaxed);
        runs
    });
    outside.expect_untouched();
    let refused = runs.iter().filter(|run| run.code == Some(1)).count();
    assert!(refused > 0, "the link was never in the way");
    assert!(runs.iter().all(|run| matches!(run.code, Some(0 | 1))));
}

/// Neither root nor the owner of anything but the logs.
#[test]
fn membership_in_the_group_of_the_port_is_enough() {
    const GROUP: u32 = 20; // dialout, on Debian
    let (plant, home) = (Plant::new(), TempDir::new().unwrap());
    let port = fs::canonicalize(&plant.bus.path).unwrap();
    if is_root() {
        chown(&port, Some(0), Some(GROUP)).unwrap();
        fs::set_permissions(&port, Permissions::from_mode(0o660)).unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
    }
    let (port, logs) = (text(&port), text(&home.path().join("logs")));
    let arguments = ["log", &port, "2", &logs, "--pace", "0s"];
    let mut command = command_without_rights(&arguments, home.path());
    command.env("TZ", Day::Today.zone());
    if is_root() {
        command.gid(GROUP);
    }
    wait(start(command)).expect_silence();
    let rows = fs::read_to_string(home.path().join("logs/02/latest.csv")).unwrap();
    expect_log(&rows, HEADER, &[ROW]);
}
