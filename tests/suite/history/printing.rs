//! What is read, what is printed and written, and that nothing in the directory changes.

use super::{date, history, json};
use crate::faults::cost::cost;
use crate::support::logs::{Inverter, Model, Point, write, write_day};
use crate::support::program::{command, run, start, text, wait};
use crate::support::shim;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tempfile::TempDir;

/// Two buses, a KACO inverter and a hybrid without names, ten days.
fn plant() -> TempDir {
    let home = TempDir::new().unwrap();
    let inverters = [
        ("02", Model::Mppt3),
        ("roof/02", Model::Standard),
        ("roof/04", Model::Python),
        ("E4000K", Model::Kstar),
    ];
    for (salt, (label, model)) in inverters.into_iter().enumerate() {
        let inverter = Inverter::new(model, 8_000, salt as u64);
        for day in date("2026-04-26").iter_days().take(10) {
            write_day(
                &home.path().join(label),
                model,
                day,
                &inverter.day(day, 5, 1000),
            );
        }
    }
    home
}

/// Every file below, with what it holds and when it was changed.
fn state(directory: &Path) -> BTreeMap<String, (Vec<u8>, i64, i64)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let known = path.metadata().unwrap();
        let content = if path.is_dir() {
            found.extend(state(&path));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        found.insert(text(&path), (content, known.mtime(), known.mtime_nsec()));
    }
    found
}

#[test]
fn the_last_day_with_rows_is_shown_and_nothing_is_changed_beside_a_running_log() {
    let home = plant();
    // A header alone is not a day.
    write(
        &home.path().join("02"),
        "2026-05-09.csv",
        &Model::Mppt3.header(),
    );
    let before = state(home.path());
    let held = File::open(home.path()).unwrap();
    held.try_lock().unwrap();
    let run = history(home.path(), &[]).expect_code(0);
    assert_eq!(run.stderr, "");
    let head = "inverter  peak kW     at  first   last";
    assert!(run.stdout.starts_with(head), "{}", run.stdout);
    for label in ["02 ", "E4000K ", "roof/02 ", "roof/04 ", "sum "] {
        assert!(
            run.stdout.contains(&format!("\n{label}")),
            "{label}: {}",
            run.stdout
        );
    }
    let records = json(home.path(), &[]);
    assert!(
        records
            .iter()
            .all(|record| record["time"].as_str().unwrap().starts_with("2026-05-05T"))
    );
    for options in [
        &["--month", "2026-05"][..],
        &["--year", "2026"],
        &["--years"],
        &["--compare"],
    ] {
        history(home.path(), options).expect_code(0);
    }
    assert_eq!(state(home.path()), before);
}

/// The inverters in the series of a directory.
fn labels(directory: &Path, options: &[&str]) -> Vec<String> {
    let label = |record: &Value| record["inverter"].as_str().unwrap().to_owned();
    let labels: BTreeSet<String> = json(directory, options).iter().map(label).collect();
    labels.into_iter().collect()
}

#[test]
fn inverters_can_be_chosen() {
    let home = plant();
    let labels = |options| labels(home.path(), options);
    assert_eq!(
        labels(&["--month", "2026-05"]),
        ["02", "E4000K", "roof/02", "roof/04"]
    );
    assert_eq!(
        labels(&["--month", "2026-05", "--inverters", "2,roof/4"]),
        ["02", "roof/04"]
    );
    let run = history(home.path(), &["--inverters", "09"]).expect_code(1);
    assert!(
        run.stderr.contains("holds no logs of inverter `09`"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("there are 02, E4000K, roof/02, roof/04"),
        "{}",
        run.stderr
    );
    // A bus may be called as an inverter that has no bus.
    let inverter = Inverter::new(Model::Standard, 8_000, 9);
    let day = date("2026-05-01");
    write_day(
        &home.path().join("02/03"),
        inverter.model,
        day,
        &inverter.day(day, 5, 1000),
    );
    assert_eq!(
        labels(&["--month", "2026-05", "--inverters", "2,02/3"]),
        ["02", "02/03"]
    );
    // The folder of a single inverter is a directory of logs too.
    let run = history(&home.path().join("roof/04"), &["--month", "2026-05"]).expect_code(0);
    assert!(
        run.stdout.starts_with("day            04\n"),
        "{}",
        run.stdout
    );
    let mut inside = command(&["history", ".", "--month", "2026-05", "--inverters", "4"]);
    let inside = wait(start({
        inside.current_dir(home.path().join("roof/04"));
        inside
    }));
    assert_eq!(inside.expect_code(0).stdout, run.stdout);
}

/// As for the mails about faults.
#[test]
fn a_fault_is_one_in_capital_letters_too() {
    let home = TempDir::new().unwrap();
    let day = date("2026-05-03");
    let row = Model::Standard.row(day, &Point::new(36_000, 7200, 0, 5));
    let content = Model::Standard.header() + &row.replace("mpp-track", "GRID-FAIL");
    assert!(content.contains("GRID-FAIL"), "{content}");
    write(&home.path().join("02"), &format!("{day}.csv"), &content);
    let run = history(home.path(), &[]).expect_code(0);
    assert!(
        run.stdout.contains("02: GRID-FAIL (10:00)"),
        "{}",
        run.stdout
    );
}

/// Only root can read it: a disk of logs has it beside the inverters.
#[test]
fn what_a_file_system_keeps_at_its_root_is_not_read() {
    let home = plant();
    let lost = home.path().join("lost+found");
    fs::rename(home.path().join("roof"), &lost).unwrap();
    let labels = labels(home.path(), &["--month", "2026-05"]);
    assert_eq!(labels, ["02", "E4000K"]);
}

#[test]
fn series_are_printed_for_other_tools() {
    let home = plant();
    let records = json(
        home.path(),
        &["--inverters", "E4000K", "--day", "2026-05-01"],
    );
    let keys: Vec<&String> = records[50].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["time", "inverter", "power", "load", "grid", "battery"]
    );
    assert_eq!(records[50]["load"], 450.0);
    let run = history(home.path(), &["--month", "2026-05", "--format", "csv"]).expect_code(0);
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next(), Some("day,inverter,kwh"));
    assert_eq!(lines.clone().count(), 4 * 5);
    assert!(lines.all(|line| line.split(',').count() == 3));
    let head = |options: &[&str]| {
        let run = history(home.path(), &[options, &["--format", "csv"]].concat()).expect_code(0);
        run.stdout.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(head(&["--year", "2026"]), "month,inverter,kwh");
    assert_eq!(head(&["--years"]), "month,year,kwh");
    assert_eq!(
        head(&["--compare"]),
        "day,inverter,tracker,kwh,kwh_per_kwp,deviation_percent,flagged"
    );
}

#[test]
fn a_month_has_sums_the_best_and_the_worst() {
    let home = TempDir::new().unwrap();
    for (day, counters) in [
        ("2026-05-01", [4_000, 5_000]),
        ("2026-05-03", [1_000, 9_500]),
    ] {
        for (label, counter) in ["02", "03"].into_iter().zip(counters) {
            let points = [
                Point::new(40_000, 7200, 900, counter / 2),
                Point::new(50_000, 7200, 900, counter),
            ];
            write_day(
                &home.path().join(label),
                Model::Standard,
                date(day),
                &points,
            );
        }
    }
    let run = history(home.path(), &["--month", "2026-05"]).expect_code(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "day          02    03   sum");
    assert_eq!(lines[1], "2026-05-01  4.0   5.0   9.0");
    assert_eq!(lines[2], "2026-05-02");
    assert_eq!(lines[3], "2026-05-03  1.0   9.5  10.5");
    let end = [
        "---------------------------",
        "sum         5.0  14.5  19.5",
        "best        4.0   9.5  10.5",
        "worst       1.0   5.0   9.0",
        "",
    ];
    assert_eq!(&lines[32..37], end);
    assert_eq!(
        lines[37..],
        ["The best day was 2026-05-03 with 10.5 kWh, the worst 2026-05-01 with 9.0 kWh."]
    );
}

/// The clock was far off once: the millennia between two rows cost neither time nor memory.
#[test]
fn years_that_are_far_apart_cost_no_more_than_others() {
    let home = TempDir::new().unwrap();
    for label in ["02", "03", "04", "05", "06"] {
        for (day, counter) in [("1970-01-01", 4_000), ("9999-12-31", 5_000)] {
            let points = [Point::new(40_000, 7200, 900, counter)];
            write_day(
                &home.path().join(label),
                Model::Standard,
                date(day),
                &points,
            );
        }
    }
    let arguments = ["history", &text(home.path()), "--years", "--format", "csv"];
    let (run, cost) = cost(start(command(&arguments)));
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines, ["month,year,kwh", "Jan,1970,20.0", "Dec,9999,25.0"]);
    assert!(cost.memory < 48 * 1024, "{cost:?}");
}

#[test]
fn where_the_system_grants_no_thread_one_reads_all() {
    let home = plant();
    let arguments = ["history", &text(home.path()), "--month", "2026-05"];
    let mut alone = command(&arguments);
    shim::load(&mut alone, &shim::THREADS);
    let alone = wait(start(alone)).expect_code(0);
    assert_eq!(alone.stdout, run(&arguments).stdout);
}

#[test]
fn pictures_go_into_files() {
    let home = plant();
    let file = |name: &str| home.path().join(name);
    for (number, options) in [
        &["--day", "2026-05-03"][..],
        &["--month", "2026-05"],
        &["--year", "2026"],
        &["--years"],
        &["--compare"],
    ]
    .into_iter()
    .enumerate()
    {
        let picture = file(&format!("{number}.svg"));
        history(home.path(), &[options, &["-o", &text(&picture)]].concat()).expect_silence();
        let picture = fs::read_to_string(picture).unwrap();
        assert!(picture.starts_with("<svg xmlns=") && picture.ends_with("</svg>\n"));
    }
    let page = file("page.html");
    fs::write(&page, "an older one").unwrap();
    history(home.path(), &["-o", &text(&page)]).expect_silence();
    let page = fs::read_to_string(page).unwrap();
    assert_eq!(page.matches("<svg class=\"hp\"").count(), 4);
    assert!(page.contains("<h2>Comparison</h2>") && !page.contains("http"));
    // No half of a file is left.
    let names: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().starts_with('.')),
        "{names:?}"
    );
    let run = history(home.path(), &["-o", "/nowhere/at/all.svg"]).expect_code(1);
    assert!(
        run.stderr.contains("can't write /nowhere/at/all.svg"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_missing_is_reported() {
    let home = plant();
    let page = text(&home.path().join("page.html"));
    for output in [&[][..], &["-o", &page]] {
        let run = history(home.path(), &[&["--day", "2026-04-01"], output].concat());
        let stderr = run.expect_code(1).stderr;
        assert!(stderr.contains("holds no rows of 2026-04-01"), "{stderr}");
    }
    let run = history(home.path(), &["--day", "2026-04-01"]).expect_code(1);
    assert!(
        run.stderr
            .contains("there are files from 2026-04-26 to 2026-05-05"),
        "{}",
        run.stderr
    );
    let empty = TempDir::new().unwrap();
    let run = history(empty.path(), &[]).expect_code(1);
    assert!(run.stderr.contains("holds no logs"), "{}", run.stderr);
    let run = history(&empty.path().join("gone"), &[]).expect_code(1);
    assert!(run.stderr.contains("can't read"), "{}", run.stderr);
}

#[test]
fn wrong_usage_is_refused() {
    for options in [
        &["--day", "2026-02-30"][..],
        &["--month", "2026"],
        &["--day", "2026-05-03", "--compare"],
        &["-o", "picture.png"],
        &["-o", "a.svg", "--format", "json"],
        &["--strict"],
        &["--inverters", ","],
        &["--format", "xml"],
    ] {
        let run = run(&[&["history", "/nowhere"], options].concat());
        assert_eq!(run.code, Some(2), "{options:?}: {}", run.stderr);
    }
}

/// What the program writes on a terminal of this size.
fn on_terminal(
    home: &Path,
    options: &[&str],
    (width, height): (u16, u16),
    variables: &[(&str, &str)],
) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let size = Winsize {
        ws_col: width,
        ws_row: height,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size).unwrap();
    let slave = ptsname(&master, Vec::new()).unwrap();
    let slave = File::options()
        .read(true)
        .write(true)
        .open(slave.to_str().unwrap())
        .unwrap();
    let mut command = command(&[&["history", &text(home)], options].concat());
    for name in ["NO_COLOR", "LC_ALL", "LC_CTYPE"] {
        command.env_remove(name);
    }
    command
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .envs(variables.iter().copied());
    command.stdout(slave).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // With it the other side of the terminal is closed here.
    drop(command);
    let mut shown = Vec::new();
    // Ends with an error when the last process with the other side has closed it.
    let mut master = File::from(master);
    let mut block = [0; 4096];
    while let Ok(count @ 1..) = master.read(&mut block) {
        shown.extend_from_slice(&block[..count]);
    }
    wait((child, Instant::now())).expect_code(0);
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

#[test]
fn a_terminal_shows_a_picture_above_the_numbers() {
    let home = plant();
    for size in [(80, 24), (200, 60)] {
        let shown = on_terminal(home.path(), &[], size, &[]);
        assert!(shown.contains("\x1b[0;38;5;"), "{shown}");
        assert!(
            shown.contains('█') && shown.contains("inverter  peak kW"),
            "{shown}"
        );
        let plain = on_terminal(
            home.path(),
            &["--month", "2026-05"],
            size,
            &[("NO_COLOR", "1")],
        );
        assert!(!plain.contains('\x1b') && plain.contains('█'), "{plain}");
        assert!(
            plain
                .lines()
                .all(|line| line.chars().count() <= usize::from(size.0)),
            "{plain}"
        );
        for variables in [
            [("LANG", "C"), ("TERM", "xterm")],
            [("LANG", "C.UTF-8"), ("TERM", "dumb")],
        ] {
            let ascii = on_terminal(home.path(), &["--year", "2026"], size, &variables);
            assert!(ascii.is_ascii(), "{ascii}");
            assert!(ascii.contains('#'), "{ascii}");
        }
    }
    let run = wait(start(command(&["history", &text(home.path())])));
    assert!(
        !run.stdout.contains('█') && run.stdout.starts_with("inverter"),
        "elsewhere the numbers alone"
    );
}

#[test]
fn a_picture_is_as_wide_as_columns_say() {
    let home = plant();
    let shown = |width, variables: &[_]| on_terminal(home.path(), &[], (width, 24), variables);
    assert_eq!(shown(80, &[("COLUMNS", "50")]), shown(50, &[]));
}
