//! `docs/ardexa.md`: a reader who follows it ends with a RUN command, a cron line and CSV files
//! that work, and with those that the cloud knows from the Python program.

use super::{examples, page};
use crate::support::day::Day;
use crate::support::program::{Run, command, start, text, wait};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What the Python program wrote above its rows.
const PYTHON_HEADER: &str = "# datetime, status, DC Voltage MPPT1, DC Current MPPT1, DC Power MPPT1, DC Voltage MPPT2, DC Current MPPT2, DC Power MPPT2, DC Voltage MPPT3, DC Current MPPT3, DC Power MPPT3, AC Voltage phase 1, AC Current phase 1, AC Voltage phase 2, AC Current phase 2, AC Voltage phase 3, AC Current phase 3, DC Power total, AC Power total, cos phi, Circuit board temperature, Daily yield";

/// A row of it.
const PYTHON_ROW: &str = "T09:40:17+0100,mpp-track,602.1,9.10,5479,0.0,0.00,0,0.0,0.00,0,231.2,7.81,231.0,7.80,231.4,7.82,5479,5370,1.000,36.1,3240";

/// What is new, behind that.
const NEW_COLUMNS: &str = ", cos phi kind, Type";

/// The directory that the page speaks of.
const LOGS: &str = "/opt/ardexa/kaco/logs";

/// Runs a line of the page, its bus and its directory replaced.
fn follow(line: &str, logs: &Path) -> Run {
    let typed = line
        .trim_start_matches("*/5 * * * * ")
        .trim_start_matches("sudo ")
        .trim_start_matches("/usr/local/bin/")
        .strip_prefix("kaco_ardexa ")
        .unwrap_or_else(|| panic!("{line}"));
    let logs = text(logs);
    let arguments = typed.split(' ').map(|word| match word {
        "/dev/ttyUSB0" => "sim:",
        LOGS => &logs,
        word => word,
    });
    // At once: the maker's pace is for real inverters.
    let arguments: Vec<&str> = arguments.chain(["--pace", "0s"]).collect();
    let mut command = command(&arguments);
    command.env("TZ", Day::Today.zone());
    wait(start(command))
}

/// Fails unless the cloud takes this file for one of the Python program with two further columns.
#[track_caller]
fn expect_known_columns(log: &str) {
    let (header, rows) = log.split_once('\n').unwrap();
    assert_eq!(
        header.strip_prefix(PYTHON_HEADER),
        Some(NEW_COLUMNS),
        "{log}"
    );
    let columns = header.split(", ").count();
    assert!(!rows.is_empty() && rows.ends_with('\n'), "{log}");
    for row in rows.lines() {
        assert_eq!(row.split(',').count(), columns, "{row}");
    }
}

#[test]
fn run_and_capture_work_as_the_page_says() {
    let page = page("ardexa.md");
    let examples = examples(&page);
    assert!(
        examples.contains(&format!("{PYTHON_HEADER}{NEW_COLUMNS}").as_str()),
        "the page shows another header"
    );
    let runs: BTreeSet<&str> = examples
        .iter()
        .copied()
        .filter(|line| line.contains("kaco_ardexa log "))
        .collect();
    let is_cron = |line: &&str| line.starts_with("*/5 * * * * /usr/local/bin/");
    assert!(runs.iter().any(is_cron), "no cron line: {runs:?}");
    let is_run = |line: &&str| line.starts_with("/usr/local/bin/kaco_ardexa log ");
    assert!(runs.iter().any(is_run), "no command for RUN: {runs:?}");
    let captures: Vec<&str> = examples
        .iter()
        .copied()
        .filter(|line| line.starts_with(LOGS) && line.ends_with("/latest.csv"))
        .collect();

    for run in runs {
        let directory = TempDir::new().unwrap();
        follow(run, directory.path()).expect_silence();
        let folders = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(
            captures.len(),
            folders,
            "{run}: a CAPTURE for each inverter"
        );
        for capture in &captures {
            let inside = capture.trim_start_matches(LOGS).trim_start_matches('/');
            let log = fs::read_to_string(directory.path().join(inside))
                .unwrap_or_else(|error| panic!("{run}: {capture}: {error}"));
            assert_eq!(log.lines().count(), 2, "{capture}: {log}");
        }
        let folder = directory.path().join("02");
        let latest = fs::read_to_string(folder.join("latest.csv")).unwrap();
        expect_known_columns(&latest);
        let today = fs::read_to_string(folder.join(Day::Today.file())).unwrap();
        assert_eq!(today, latest);
    }
}

#[test]
fn the_first_day_after_the_python_program() {
    let page = page("ardexa.md");
    let directory = TempDir::new().unwrap();
    let folder = directory.path().join("02");
    let file = |day: Day| folder.join(day.file());
    fs::create_dir(&folder).unwrap();
    let content = |day: Day| format!("{PYTHON_HEADER}\n{}{PYTHON_ROW}\n", day.date());
    for day in [Day::Yesterday, Day::Today] {
        fs::write(file(day), content(day)).unwrap();
    }
    fs::write(folder.join("latest.csv"), content(Day::Today)).unwrap();

    // At night all stays as it is.
    let command_of_the_page = examples(&page)
        .into_iter()
        .find(|line| line.starts_with("sudo kaco_ardexa log "))
        .unwrap();
    let at_night = command_of_the_page.replace("/dev/ttyUSB0", "sim:night");
    follow(&format!("{at_night} --timeout 100ms"), directory.path()).expect_silence();
    let latest = fs::read_to_string(folder.join("latest.csv")).unwrap();
    assert_eq!(latest, content(Day::Today));

    let run = follow(command_of_the_page, directory.path()).expect_code(0);
    let warning = examples(&page)
        .into_iter()
        .find(|line| line.starts_with("kaco_ardexa: warning: "))
        .unwrap();
    let warning = warning
        .replace(LOGS, &text(directory.path()))
        .replace("2026-11-20.csv", &Day::Today.file());
    assert_eq!(
        run.stderr.trim_end(),
        warning,
        "the page shows another warning"
    );

    let latest = fs::read_to_string(folder.join("latest.csv")).unwrap();
    expect_known_columns(&latest);
    assert_eq!(latest.lines().count(), 2, "{latest}");
    assert_eq!(fs::read_to_string(file(Day::Today)).unwrap(), latest);
    let aside = folder.join(format!("{}.1", Day::Today.file()));
    assert_eq!(fs::read_to_string(aside).unwrap(), content(Day::Today));
    let yesterday = fs::read_to_string(file(Day::Yesterday)).unwrap();
    assert_eq!(yesterday, content(Day::Yesterday));

    follow(command_of_the_page, directory.path()).expect_silence();
    let latest = fs::read_to_string(folder.join("latest.csv")).unwrap();
    assert_eq!(latest.lines().count(), 3, "{latest}");
}
