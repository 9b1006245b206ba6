//! Disks that are full or become read-only, before a run and under it; directories that go while
//! they are written to.

use super::figures::figures;
use super::peers::answer;
use crate::polling::at_address;
use crate::support::bus::Gate;
use crate::support::captures::bytes;
use crate::support::day::Day;
use crate::support::disk::{Disk, tree};
use crate::support::plant::{HEADER, Plant, ROW, expect_log};
use crate::support::program::{Run, WATCH_SIM, start, text, wait, wait_until};
use crate::watch::Terminal;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// So long that its next row starts on one page and ends on the next, whatever the size of pages.
const NEARLY_A_PAGE: usize = 65536 - 20;

#[test]
fn a_full_disk_costs_the_new_rows_only() {
    let disk = Disk::new();
    let plant = Plant::with_replies(&[("#020", bytes("G4-17")), ("#030", at_address("G4-17", 3))]);
    let log = || plant.log_to(disk.path(), "2,3", &[]);
    plant.log_to(disk.path(), "2", &[]).expect_silence();
    let today = disk.path().join("02").join(Day::Today.file());
    let mut rows = fs::read(&today).unwrap();
    rows.resize(NEARLY_A_PAGE - 1, b'x');
    rows.push(b'\n');
    fs::write(&today, &rows).unwrap();

    let filler = disk.fill();
    let run = log().expect_code(1);
    assert_eq!(run.stdout, "");
    for address in ["02", "03"] {
        let message = format!("error: address {address}: ");
        assert!(run.stderr.contains(&message), "{}", run.stderr);
    }
    assert_eq!(
        run.stderr.matches("the disk is full").count(),
        1,
        "{}",
        run.stderr
    );
    assert_eq!(fs::read(&today).unwrap(), rows, "no half row");
    assert_eq!(fs::read(disk.path().join("02/latest.csv")).unwrap(), rows);
    let names = tree(disk.path()).into_iter().map(|(path, _)| text(&path));
    assert!(
        names.clone().all(|path| !path.ends_with(".new")),
        "{names:?}"
    );
    assert!(!disk.path().join("03/latest.csv").exists());

    fs::remove_file(filler).unwrap();
    log().expect_silence();
    assert!(fs::read(&today).unwrap().starts_with(&rows));
    assert_eq!(
        fs::read(&today).unwrap(),
        fs::read(disk.path().join("02/latest.csv")).unwrap()
    );
    let third = fs::read_to_string(disk.path().join("03/latest.csv")).unwrap();
    expect_log(&third, HEADER, &[ROW]);
}

#[test]
fn a_disk_that_became_read_only() {
    let disk = Disk::new();
    let plant = Plant::new();
    plant.log_to(disk.path(), "2", &[]).expect_silence();
    disk.make_read_only();
    for directory in [disk.path().to_owned(), disk.path().join("logs")] {
        let run = plant.log_to(&directory, "2", &[]).expect_code(1);
        assert!(run.stderr.contains(&text(&directory)), "{}", run.stderr);
        assert!(run.stderr.contains("mounted read-only"), "{}", run.stderr);
    }
    let log = fs::read_to_string(disk.path().join("02/latest.csv")).unwrap();
    expect_log(&log, HEADER, &[ROW]);
}

/// Two inverters; address 3 answers when the gate is opened.
fn slow_plant() -> (Plant, Gate) {
    let gate = Gate::default();
    let waiting = gate.clone();
    let plant = Plant::with_script(Box::new(move |request, _| {
        if request == "#030" {
            waiting.wait();
        }
        answer(request)
    }));
    (plant, gate)
}

/// A run that meets this trouble when it has logged address 2 and waits for address 3.
fn run_into(plant: &Plant, gate: &Gate, directory: &Path, trouble: impl FnOnce()) -> Run {
    let asked = plant.bus.asked().len();
    let command = plant.command("2,3", directory, &["--timeout", "60s"]);
    let running = start(command);
    wait_until("address 3 is asked", || plant.bus.asked().len() > asked + 1);
    trouble();
    gate.open();
    wait(running)
}

fn rows(directory: &Path, address: &str) -> usize {
    let Ok(text) = fs::read_to_string(directory.join(address).join("latest.csv")) else {
        return 0;
    };
    let rows = text.lines().count() - 1;
    expect_log(&text, HEADER, &vec![ROW; rows]);
    let today = directory.join(address).join(Day::Today.file());
    assert_eq!(fs::read_to_string(today).unwrap(), text);
    rows
}

#[test]
fn a_disk_that_fills_up_under_a_run() {
    let disk = Disk::new();
    let (plant, gate) = slow_plant();
    let mut filler = None;
    let run = run_into(&plant, &gate, disk.path(), || filler = Some(disk.fill())).expect_code(1);
    assert!(run.stderr.contains("error: address 03: "), "{}", run.stderr);
    assert!(run.stderr.contains("the disk is full"), "{}", run.stderr);
    assert_eq!((rows(disk.path(), "02"), rows(disk.path(), "03")), (1, 0));
    fs::remove_file(filler.unwrap()).unwrap();
    plant.log_to(disk.path(), "2,3", &[]).expect_silence();
    assert_eq!((rows(disk.path(), "02"), rows(disk.path(), "03")), (2, 1));
    figures("a disk that is full, before and under a run", 2, 2, 0);
}

/// `watch` goes on without rows: the page shows the trouble as long as it lasts, and the exit code
/// is that of an error.
#[test]
fn full_disk_stands_on_the_live_page_until_there_is_room() {
    let disk = Disk::new();
    let logs = text(disk.path());
    let options = ["--every", "100ms", "--log", &logs];
    let arguments = [WATCH_SIM.as_slice(), &options].concat();
    let terminal = Terminal::start(&arguments, 100, 24);
    let latest = disk.path().join("02/latest.csv");
    wait_until("a row", || latest.exists());
    wait_until("a page without trouble", || terminal.shows("log ok"));
    let filler = disk.fill();
    wait_until("the trouble", || {
        terminal.page(100, 24).contains("No space left")
    });
    let page_of_trouble = terminal.page(100, 24);
    assert!(page_of_trouble.contains("log since "), "{page_of_trouble}");
    fs::remove_file(filler).unwrap();
    wait_until("its end", || terminal.page(100, 24).contains("log ok"));
    assert!(!terminal.page(100, 24).contains("log since "));
    terminal.press("q");
    assert_eq!(terminal.exit_code(), Some(1), "as log exits");
}

#[test]
fn a_disk_that_becomes_read_only_under_a_run() {
    let disk = Disk::new();
    let (plant, gate) = slow_plant();
    let run = run_into(&plant, &gate, disk.path(), || disk.make_read_only()).expect_code(1);
    assert!(run.stderr.contains("error: address 03: "), "{}", run.stderr);
    assert!(run.stderr.contains("mounted read-only"), "{}", run.stderr);
    assert_eq!((rows(disk.path(), "02"), rows(disk.path(), "03")), (1, 0));
    disk.make_writable();
    plant.log_to(disk.path(), "2,3", &[]).expect_silence();
    assert_eq!((rows(disk.path(), "02"), rows(disk.path(), "03")), (2, 1));
    figures(
        "a disk that becomes read-only, before and under a run",
        2,
        2,
        0,
    );
}

/// What happens to a directory while it is written to, and whether the row of address 3 finds its
/// place all the same.
type Trouble = (&'static str, fn(&Path, &Path));

/// Each leaves nothing behind that would keep the next run from working, except where a person put
/// a file in its way.
const TROUBLES: [Trouble; 6] = [
    ("the directory is removed", |logs, _| {
        fs::remove_dir_all(logs).unwrap();
    }),
    ("the directory is moved away", |logs, aside| {
        fs::rename(logs, aside).unwrap();
    }),
    ("the directory is exchanged", |logs, aside| {
        fs::rename(logs, aside).unwrap();
        fs::create_dir(logs).unwrap();
    }),
    ("the directory becomes a file", |logs, aside| {
        fs::rename(logs, aside).unwrap();
        fs::write(logs, "mine").unwrap();
    }),
    ("the folder of an inverter is removed", |logs, _| {
        fs::remove_dir_all(logs.join("02")).unwrap();
    }),
    ("the folder of an inverter becomes a file", |logs, _| {
        fs::write(logs.join("03"), "mine").unwrap();
    }),
];

#[test]
fn a_directory_that_goes_under_a_run() {
    for (what, trouble) in TROUBLES {
        let home = TempDir::new().unwrap();
        let (logs, aside) = (home.path().join("logs"), home.path().join("aside"));
        let (plant, gate) = slow_plant();
        let run = run_into(&plant, &gate, &logs, || trouble(&logs, &aside));
        assert_eq!(run.stdout, "", "{what}");
        // The row of address 3 is somewhere, or the run reports that it is not.
        let kept = rows_or_none(&logs, "03") + rows_or_none(&aside, "03");
        match run.code {
            Some(0) => assert_eq!(kept, 1, "{what}: {run:?}"),
            code => {
                assert_eq!((code, kept), (Some(1), 0), "{what}: {run:?}");
                assert!(
                    run.stderr.contains("error: address 03: "),
                    "{what}: {run:?}"
                );
            }
        }
        // What a person put there is not touched.
        for file in [&logs, &logs.join("03")] {
            if file.is_file() {
                assert_eq!(fs::read_to_string(file).unwrap(), "mine", "{what}");
                fs::remove_file(file).unwrap();
            }
        }
        let before = [rows_or_none(&logs, "02"), rows_or_none(&logs, "03")];
        plant.log_to(&logs, "2,3", &[]).expect_silence();
        let after = [rows(&logs, "02"), rows(&logs, "03")];
        assert_eq!(after, before.map(|rows| rows + 1), "{what}");
    }
    figures(
        "directories that go under a run",
        TROUBLES.len(),
        TROUBLES.len(),
        0,
    );
}

fn rows_or_none(directory: &Path, address: &str) -> usize {
    if directory.is_dir() {
        rows(directory, address)
    } else {
        0
    }
}
