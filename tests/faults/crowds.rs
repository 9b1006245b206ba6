//! Two to twenty runs started at once: one works, the others exit 7 and touch nothing.

use super::figures::figures;
use super::peers::{answer, answering};
use crate::support::bus::{Bus, Gate};
use crate::support::day::Day;
use crate::support::disk::tree;
use crate::support::plant::{HEADER, ROW, expect_log};
use crate::support::program::{Run, command, start, text, wait, wait_until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the runs of a crowd have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Common {
    Directory,
    Device,
    Both,
}

/// Far less than the run that is in the way takes.
const AT_ONCE: Duration = Duration::from_secs(20);

fn log(device: &Path, directory: &Path) -> (Child, Instant) {
    let (device, directory) = (text(device), text(directory));
    let arguments = [
        "log",
        &device,
        "2",
        &directory,
        "--pace",
        "0s",
        "--timeout",
        "60s",
    ];
    let mut command = command(&arguments);
    command.env("TZ", Day::Today.zone());
    start(command)
}

/// Buses whose inverter answers when the gate is opened.
fn buses(count: usize, gate: &Gate) -> Vec<Bus> {
    let bus = || {
        let gate = gate.clone();
        Bus::start(Box::new(move |request, _| {
            gate.wait();
            answer(request)
        }))
    };
    (0..count).map(|_| bus()).collect()
}

/// So many runs at once, of which one is in the middle of its work until all others have ended.
fn crowd(count: usize, common: Common) {
    let what = format!("{count} runs, common: {common:?}");
    let home = TempDir::new().unwrap();
    let gate = Gate::default();
    let buses = buses(
        if common == Common::Directory {
            count
        } else {
            1
        },
        &gate,
    );
    let directories: Vec<PathBuf> = match common {
        Common::Device => (0..count)
            .map(|number| home.path().join(number.to_string()))
            .collect(),
        _ => vec![home.path().join("logs")],
    };
    for directory in &directories {
        fs::create_dir(directory).unwrap();
    }
    let before = tree(home.path());
    let each = (0..count).map(|number| {
        log(
            &buses[number % buses.len()].path,
            &directories[number % directories.len()],
        )
    });
    let mut runs: Vec<_> = each.collect();
    wait_until("all others end", || {
        let ended = |run: &mut (Child, Instant)| run.0.try_wait().unwrap().is_some();
        runs.iter_mut()
            .filter_map(|run| ended(run).then_some(()))
            .count()
            + 1
            == count
    });
    let others = |tree: Vec<(PathBuf, Option<Vec<u8>>)>, mine: &Path| -> Vec<_> {
        tree.into_iter()
            .filter(|(path, _)| !path.starts_with(mine))
            .collect()
    };
    gate.open();
    let runs: Vec<Run> = runs.into_iter().map(wait).collect();
    let worked: Vec<usize> = (0..count)
        .filter(|&run| runs[run].code == Some(0))
        .collect();
    assert_eq!(worked.len(), 1, "{what}: {runs:?}");
    for run in runs.iter().filter(|run| run.code != Some(0)) {
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(7), ""),
            "{what}: {run:?}"
        );
        assert!(run.time < AT_ONCE, "{what}: {run:?}");
        let says = match common {
            Common::Device => run.stderr.contains("is in use"),
            _ => run.stderr.contains("another run is writing to"),
        };
        assert!(
            says && run.stderr.contains("wait until it is done"),
            "{what}: {run:?}"
        );
    }
    let mine = &directories[worked[0] % directories.len()];
    assert_eq!(
        others(tree(home.path()), mine),
        others(before, mine),
        "{what}"
    );
    let row = fs::read_to_string(mine.join("02").join(Day::Today.file())).unwrap();
    expect_log(&row, HEADER, &[ROW]);
    assert_eq!(
        fs::read_to_string(mine.join("02/latest.csv")).unwrap(),
        row,
        "{what}"
    );
    let asked: Vec<String> = buses.iter().flat_map(Bus::asked).collect();
    assert_eq!(asked, ["#020"], "{what}");
}

#[test]
fn one_works_and_the_others_end() {
    let mut started = 0;
    for common in [Common::Directory, Common::Device, Common::Both] {
        for count in [2, 3, 7, 20] {
            crowd(count, common);
            started += count;
        }
    }
    figures(
        "2 to 20 runs at once on one directory, device, both",
        started,
        started,
        0,
    );
}

#[test]
fn a_run_that_starts_when_the_line_is_free_works() {
    let home = TempDir::new().unwrap();
    let logs = home.path().join("logs");
    let bus = answering();
    let (mut started, mut rows) = (0, 0);
    for _ in 0..4 {
        let runs: Vec<_> = (0..15).map(|_| log(&bus.path, &logs)).collect();
        for run in runs.into_iter().map(wait) {
            started += 1;
            match run.code {
                Some(0) => {
                    rows += 1;
                    assert_eq!(run.stderr, "");
                }
                code => assert_eq!(code, Some(7), "{run:?}"),
            }
        }
    }
    let today = fs::read_to_string(logs.join("02").join(Day::Today.file())).unwrap();
    expect_log(&today, HEADER, &vec![ROW; rows]);
    assert_eq!(
        fs::read_to_string(logs.join("02/latest.csv")).unwrap(),
        today
    );
    figures(
        "15 runs at once, four times, each as soon as it is free",
        started,
        started,
        0,
    );
}
