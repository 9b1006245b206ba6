//! Runs that are killed, or find the disk full, at each single step on files: what chance would
//! need years for.

use super::figures::figures;
use crate::support::day::Day;
use crate::support::disk::in_memory;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::{Run, start, wait};
use crate::support::stumble::{Stumble, without_hard_links};
use std::fs;
use std::thread;

/// A row that was there before.
fn row() -> String {
    format!("2026-01-01T12:00:00+0100,{ROW}\n")
}

/// What was in the folder of the inverter before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Yesterday,
    Today,
    /// As the Python program left it.
    TwoFiles,
    Torn,
    OtherColumns,
}

const ALL: [Before; 6] = [
    Before::Nothing,
    Before::Yesterday,
    Before::Today,
    Before::TwoFiles,
    Before::Torn,
    Before::OtherColumns,
];

const OTHER: &str = "# datetime, other\n2026-01-01T12:00:00+0100,1\n";

impl Before {
    fn prepare(self, plant: &Plant, links: bool) {
        let _ = fs::remove_dir_all(plant.folder());
        let both = |file: &str, content: String| {
            plant.write(file, &content);
            if links {
                fs::hard_link(plant.path(file), plant.path("latest.csv")).unwrap();
            } else {
                plant.write("latest.csv", content);
            }
        };
        let today = Day::Today.file();
        let rows = format!("{HEADER}{}", row());
        match self {
            Self::Nothing => {}
            Self::Yesterday => both(&Day::Yesterday.file(), rows),
            Self::Today => both(&today, rows),
            Self::TwoFiles => {
                plant.write(&today, &rows);
                plant.write("latest.csv", rows);
            }
            Self::Torn => both(&today, rows + "2026-01-01T12:05"),
            Self::OtherColumns => both(&today, OTHER.to_owned()),
        }
    }

    /// How many rows today's file had, with the columns of today.
    fn rows(self) -> usize {
        match self {
            Self::Nothing | Self::Yesterday | Self::OtherColumns => 0,
            Self::Today | Self::TwoFiles | Self::Torn => 1,
        }
    }
}

/// Lets runs stumble in every way at step after step, until a run gets through; gives the number of
/// steps.
fn walk(before: Before, links: bool) -> usize {
    let mut plant = Plant::new();
    plant.directory = in_memory();
    for step in 1.. {
        stumble(&plant, before, links, Stumble::Tear, step);
        stumble(&plant, before, links, Stumble::Full, step);
        if stumble(&plant, before, links, Stumble::Die, step).code == Some(0) {
            return step - 1;
        }
    }
    0
}

/// One run that stumbles, and one that repairs what it left.
fn stumble(plant: &Plant, before: Before, links: bool, stumble: Stumble, step: usize) -> Run {
    before.prepare(plant, links);
    let log = |stumble: Option<Stumble>| {
        let mut command = plant.command("2", plant.directory.path(), &[]);
        if !links {
            without_hard_links(&mut command);
        }
        if let Some(stumble) = stumble {
            stumble.at(step, &mut command);
        }
        wait(start(command))
    };
    let run = log(Some(stumble));
    let what = format!("{before:?}, {stumble:?} at step {step}, hard links: {links}, {run:?}");
    let rows = check_rows(plant, before, stumble, &what);
    if stumble == Stumble::Full {
        check_complaint(&run, plant, rows > before.rows(), &what);
    } else {
        assert!(matches!(run.code, None | Some(0)), "{what}");
    }
    check_latest(plant, before, links, run.code == Some(0), &what);

    let next = log(None);
    assert_eq!(
        (next.code, next.stdout.as_str()),
        (Some(0), ""),
        "{what}, {next:?}"
    );
    assert_eq!(
        check_rows(plant, before, Stumble::Die, &what),
        rows + 1,
        "{what}"
    );
    check_latest(plant, before, links, true, &what);
    check_others(plant, before, &what);
    run
}

/// Counts the rows of today; fails if one is lost or torn.
fn check_rows(plant: &Plant, before: Before, stumble: Stumble, what: &str) -> usize {
    let today = fs::read_to_string(plant.path(&Day::Today.file())).unwrap_or_default();
    if today.is_empty() || (before == Before::OtherColumns && today == OTHER) {
        assert_eq!(before.rows(), 0, "{what}: {today}");
        return 0;
    }
    let rows = today
        .strip_prefix(HEADER)
        .unwrap_or_else(|| panic!("{what}: {today}"));
    let whole = rows.rfind('\n').map_or(0, |end| end + 1);
    let is_torn = whole < rows.len();
    assert!(
        !is_torn || stumble == Stumble::Tear || before == Before::Torn,
        "{what}: {today}"
    );
    let rows = rows[..whole].lines();
    assert!(
        rows.clone().all(|row| row.ends_with(&format!(",{ROW}"))),
        "{what}: {today}"
    );
    assert!(rows.clone().count() >= before.rows(), "{what}: {today}");
    rows.count()
}

/// `latest.csv` holds what today's file holds; after a run that stumbled also what was there
/// before.
fn check_latest(plant: &Plant, before: Before, links: bool, done: bool, what: &str) {
    let read = |name: &str| fs::read_to_string(plant.path(name)).ok();
    let (latest, today) = (read("latest.csv"), read(&Day::Today.file()));
    if latest == today {
        return;
    }
    assert!(!done, "{what}: {latest:?}");
    // A copy gets its row after the file of the day has it, and can be torn by itself; the next run
    // makes it whole.
    let is_behind = |(latest, today): (&String, &String)| {
        latest.lines().count() >= before.rows() && today.starts_with(latest)
    };
    if !links && latest.as_ref().zip(today.as_ref()).is_some_and(is_behind) {
        return;
    }
    let rows = Some(format!("{HEADER}{}", row()));
    let old = match before {
        Before::Nothing => None,
        Before::Yesterday | Before::TwoFiles | Before::Today => rows,
        Before::Torn if latest == rows => rows,
        Before::Torn => rows.map(|rows| rows + "2026-01-01T12:05"),
        Before::OtherColumns => Some(OTHER.to_owned()),
    };
    assert_eq!(latest, old, "{what}");
}

/// A full disk is reported; the row that could not be written is not there, nor anything else that
/// was not there before.
fn check_complaint(run: &Run, plant: &Plant, has_row: bool, what: &str) {
    assert_eq!(run.stdout, "", "{what}");
    match run.code {
        Some(0) => assert!(has_row, "{what}"),
        _ => {
            assert_eq!(run.code, Some(1), "{what}");
            assert!(run.stderr.contains("the disk is full"), "{what}");
        }
    }
    if plant.folder().exists() {
        assert!(
            plant.names().iter().all(|name| !name.ends_with(".new")),
            "{what}"
        );
    }
}

/// Files of other days and columns are as they were, and there are none besides.
fn check_others(plant: &Plant, before: Before, what: &str) {
    let aside = format!("{}.1", Day::Today.file());
    let mut names = vec![Day::Today.file(), "latest.csv".to_owned()];
    match before {
        Before::Yesterday => {
            names.push(Day::Yesterday.file());
            assert_eq!(
                plant.read(&Day::Yesterday.file()),
                format!("{HEADER}{}", row()),
                "{what}"
            );
        }
        Before::OtherColumns => {
            assert_eq!(plant.read(&aside), OTHER, "{what}");
            names.push(aside);
        }
        _ => {}
    }
    names.sort();
    assert_eq!(plant.names(), names, "{what}");
}

#[test]
fn killed_or_out_of_space_at_every_step() {
    let scenarios = ALL
        .into_iter()
        .flat_map(|before| [(before, true), (before, false)]);
    let walks: Vec<_> = scenarios
        .map(|(before, links)| thread::spawn(move || walk(before, links)))
        .collect();
    let steps: Vec<usize> = walks.into_iter().map(|walk| walk.join().unwrap()).collect();
    // A row and its sync at least; less, and nothing made the runs stumble.
    assert!(steps.iter().all(|&steps| steps >= 2), "{steps:?}");
    let stumbles = 3 * steps.iter().sum::<usize>();
    figures(
        "killed, torn or out of space at each step on files",
        stumbles,
        stumbles,
        0,
    );
}
