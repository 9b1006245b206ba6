//! A weak inverter or string is named, with its day; weather is not.

use super::{date, history, json};
use crate::support::logs::{Inverter, Model, dice, write, write_day};
use crate::support::program::{run, text};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const DAYS: usize = 61;

/// Inverters of one model, each with 3 % of noise of its own; `part` gives thousandths for a number
/// and a day.
fn write_plant(directory: &Path, model: Model, count: usize, part: impl Fn(usize, usize) -> i64) {
    for number in 0..count {
        let inverter = Inverter::new(model, 9_000, 0);
        for (place, day) in date("2026-03-14").iter_days().take(DAYS).enumerate() {
            let noise = (0..4)
                .map(|of| dice(day, (number * 10 + of) as u64 + 99, 105) - 52)
                .sum::<i64>()
                / 2;
            let points = inverter.day(day, 30, part(number, place) * (1000 + noise) / 1000);
            write_day(
                &directory.join(format!("{:02}", number + 1)),
                model,
                day,
                &points,
            );
        }
    }
}

#[test]
fn a_fifth_less_for_twelve_days_is_named_with_its_day() {
    for model in [Model::Python, Model::Standard] {
        let home = TempDir::new().unwrap();
        write_plant(home.path(), model, 4, |number, day| {
            if number == 3 && day >= DAYS - 12 {
                800
            } else {
                1000
            }
        });
        let run = history(home.path(), &["--compare", "--strict"]).expect_code(3);
        let sentence = run
            .stdout
            .lines()
            .find(|line| line.starts_with("04: "))
            .unwrap_or_default();
        assert!(
            sentence.contains(" % below the others since 2026-05-02 (before: "),
            "{}",
            run.stdout
        );
        let percent: i64 = sentence[4..].split(' ').next().unwrap().parse().unwrap();
        assert!((17..=23).contains(&percent), "{sentence}");
        assert_eq!(
            run.stdout.matches(" below the others since ").count(),
            1,
            "{}",
            run.stdout
        );
        let basis = if model == Model::Standard {
            "the rated power of the type"
        } else {
            "the best month of each"
        };
        assert!(
            run.stdout
                .contains(&format!("Yields are compared per kWp, by {basis}.")),
            "{}",
            run.stdout
        );
        history(home.path(), &["--compare"]).expect_code(0);

        let records = json(home.path(), &["--compare"]);
        let whole: Vec<_> = records
            .iter()
            .filter(|record| record["tracker"].is_null())
            .collect();
        assert_eq!(whole.len(), 4 * DAYS);
        assert!(
            whole
                .iter()
                .all(|record| record["flagged"] == (record["inverter"] == "04"))
        );
    }
}

#[test]
fn noise_and_a_cloudy_week_name_none() {
    for model in [Model::Python, Model::Kstar] {
        let home = TempDir::new().unwrap();
        write_plant(home.path(), model, 5, |_, day| {
            if (48..55).contains(&day) { 200 } else { 1000 }
        });
        let run = history(home.path(), &["--compare", "--strict"]).expect_code(0);
        assert!(
            run.stdout.contains("\nNo inverter is below the others.\n"),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn a_string_that_failed_is_named() {
    let home = TempDir::new().unwrap();
    let inverter = Inverter::new(Model::Mppt3, 9_000, 1);
    for (place, day) in date("2026-03-14").iter_days().take(DAYS).enumerate() {
        let mut points = inverter.day(day, 30, 1000);
        if place >= 50 {
            points
                .iter_mut()
                .for_each(|point| point.trackers = [1000, 500, 1000]);
        }
        write_day(&home.path().join("02"), Model::Mppt3, day, &points);
    }
    let run = history(home.path(), &["--compare", "--strict"]).expect_code(3);
    let sentence = "\n02 MPPT2: 50 % below the other trackers since 2026-05-03 (before: 0 %)\n";
    assert!(run.stdout.contains(sentence), "{}", run.stdout);
}

/// Yields are at the ends of files; trackers need all rows, in which more lines can be torn.
#[test]
fn torn_lines_of_all_inverters_are_counted_once() {
    let home = TempDir::new().unwrap();
    let day = date("2026-05-03");
    for (label, model, torn) in [
        ("02", Model::Mppt2, 3),
        ("03", Model::Mppt3, 2),
        ("04", Model::Standard, 1),
    ] {
        let inverter = Inverter::new(model, 9_000, 1);
        let rows = inverter.day(day, 5, 1000);
        let rows: String = rows.iter().map(|point| model.row(day, point)).collect();
        let torn = "torn\n".repeat(torn);
        // In front of rows that are longer than an end, and of one that is within it.
        let (front, end) = if model == Model::Standard {
            ("", &*torn)
        } else {
            (&*torn, "")
        };
        let content = [&model.header(), front, &rows, end].concat();
        write(&home.path().join(label), &format!("{day}.csv"), &content);
    }
    let page = home.path().join("page.html");
    for options in [&["--compare"][..], &["-o", &text(&page)]] {
        let run = history(home.path(), options).expect_code(0);
        let due = "warning: 6 lines were skipped, torn or not a row of a log; the first in ";
        assert!(run.stderr.contains(due), "{options:?}: {}", run.stderr);
    }
}

#[test]
fn one_inverter_with_one_tracker_has_nothing_to_compare() {
    let home = TempDir::new().unwrap();
    write_plant(home.path(), Model::Standard, 1, |_, _| 1000);
    let run = history(home.path(), &["--compare", "--strict"]).expect_code(0);
    assert!(
        run.stdout.contains("There is nothing to compare"),
        "{}",
        run.stdout
    );
}

/// The type is in the last row, which need not be in the last file: a power cut leaves a header.
#[test]
fn a_last_file_without_rows_does_not_hide_the_rated_power() {
    let home = TempDir::new().unwrap();
    write_plant(home.path(), Model::Standard, 2, |_, _| 1000);
    write(
        &home.path().join("02"),
        "2026-05-14.csv",
        &Model::Standard.header(),
    );
    let run = history(home.path(), &["--compare"]).expect_code(0);
    let due = "Yields are compared per kWp, by the rated power of the type.\n";
    assert!(run.stdout.ends_with(due), "{}", run.stdout);
}

#[test]
fn a_plant_file_gives_names_and_installed_power() {
    let home = TempDir::new().unwrap();
    write_plant(home.path(), Model::Standard, 4, |_, _| 1000);
    let file = home.path().join("plant.toml");
    let logs = text(home.path());
    let bus = "[[bus]]\ndevice = \"sim:\"\naddresses = \"1-9\"\nnames = { 4 = \"south <left>\" }\n";
    let kwp = "kwp = { 1 = 5, 2 = 5, 3 = 5, 4 = 10 }\n";
    fs::write(
        &file,
        format!("name = \"Hill\"\nlog = \"{logs}\"\n{bus}{kwp}"),
    )
    .unwrap();
    let plant = ["history", "--plant", &text(&file)];
    let compared = run(&[&plant[..], &["--compare", "--strict"]].concat());
    assert_eq!(
        compared.code,
        Some(3),
        "the power of 04 is half of what is installed: {compared:?}"
    );
    assert!(
        compared.stdout.contains("04 south <left>: "),
        "{}",
        compared.stdout
    );
    assert!(
        compared.stdout.contains("per kWp, by the plant file."),
        "{}",
        compared.stdout
    );
    let page = home.path().join("page.html");
    run(&[&plant[..], &["-o", &text(&page)]].concat()).expect_code(0);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Hill") && page.contains("south &lt;left&gt;"));
    fs::write(&file, bus).unwrap();
    let nowhere = run(&plant).expect_code(2);
    assert!(
        nowhere.stderr.contains("has no key 'log'"),
        "{}",
        nowhere.stderr
    );
    fs::write(&file, "x").unwrap();
    run(&[&plant[..], &[&logs]].concat()).expect_code(2);
}
