//! The yield of a day is the inverter's own last figure, whatever happens on the way.

use super::{date, history, json};
use crate::support::logs::{Inverter, MODELS, Model, Point, write, write_day};
use chrono::{Datelike, NaiveDate};
use kaco_ardexa::kaco::layouts::THREE_UNITS;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

/// What is odd about a day: its points are changed, and what the counter of the inverter shows at
/// last is given.
type Quirk = fn(yesterday: i64, points: &mut Vec<Point>);

/// Writes a month of every model with this quirk on every second day, and compares the yields of
/// all days with the last figures of the inverters.
#[track_caller]
fn check(quirk: Quirk) {
    let home = TempDir::new().unwrap();
    let mut expected: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (number, model) in MODELS.into_iter().enumerate() {
        let inverter = Inverter::new(model, 9_000, number as u64);
        let mut yesterday = 0;
        for day in date("2026-05-01").iter_days().take(31) {
            let mut points = inverter.day(day, 5, 1000);
            if day.day() % 2 == 0 {
                quirk(yesterday, &mut points);
            }
            let label = format!("{number:02}");
            write_day(&home.path().join(&label), model, day, &points);
            let last = points
                .iter()
                .rev()
                .map(|point| point.counter)
                .find(|counter| model.shown(*counter) > 0);
            yesterday = last.unwrap();
            expected.insert((day.to_string(), label), model.shown(yesterday));
        }
    }
    assert_eq!(month(&home, "2026-05"), expected);
    // A day is read whole, a month by the ends of its files.
    for day in ["2026-05-01", "2026-05-16"] {
        let table = history(home.path(), &["--day", day]).expect_code(0).stdout;
        for ((_, label), energy) in expected.iter().filter(|((date, _), _)| date == day) {
            let row = table
                .lines()
                .find(|line| line.starts_with(label.as_str()))
                .unwrap();
            assert!(
                row.ends_with(&format!(" {:.1}", *energy as f64 / 1000.0)),
                "{energy}: {row}"
            );
        }
    }
}

/// Wh by day and label.
#[track_caller]
fn month(home: &TempDir, month: &str) -> BTreeMap<(String, String), i64> {
    let records = json(home.path(), &["--month", month]);
    let entry = |record: &serde_json::Value| {
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        (
            (text("day"), text("inverter")),
            (record["kwh"].as_f64().unwrap() * 1000.0).round() as i64,
        )
    };
    records.iter().map(entry).collect()
}

#[test]
fn plain_days_are_what_the_counter_shows() {
    check(|_, _| {});
}

#[test]
fn dawn_repeats_the_value_of_yesterday() {
    check(|yesterday, points| {
        for point in points.iter_mut().take(7) {
            (point.power, point.counter) = (0, yesterday);
        }
    });
}

/// Under snow, or with a fault: the inverter answers all day, and its counter is not reset.
#[test]
fn a_counter_that_stands_still_for_days_counts_once() {
    let home = TempDir::new().unwrap();
    let model = MODELS[0];
    let inverter = Inverter::new(model, 9_000, 0);
    let folder = home.path().join("02");
    let mut points = inverter.day(date("2026-05-01"), 5, 1000);
    let last = points.last().unwrap().counter;
    for day in date("2026-05-01").iter_days().take(5) {
        write_day(&folder, model, day, &points);
        for point in &mut points {
            (point.power, point.counter) = (0, last);
        }
    }
    let yields: Vec<i64> = month(&home, "2026-05").into_values().collect();
    assert_eq!(yields, [model.shown(last), 0, 0, 0, 0]);
    for day in ["2026-05-04", "2026-05-05"] {
        let table = history(home.path(), &["--day", day]).expect_code(0).stdout;
        let row = table.lines().find(|line| line.starts_with("02"));
        assert!(row.unwrap().ends_with(" 0.0"), "{table}");
    }
}

/// A day whose file has no row, as a power cut leaves it, does not part the days beside it.
#[test]
fn a_day_without_rows_does_not_hide_what_the_next_one_repeats() {
    let home = TempDir::new().unwrap();
    let model = MODELS[0];
    let folder = home.path().join("02");
    let rows = |day, hours: &[i32]| {
        let point = |hour: &i32| Point::new(hour * 3600, 7200, 0, 5_000);
        write_day(
            &folder,
            model,
            date(day),
            &hours.iter().map(point).collect::<Vec<_>>(),
        );
    };
    rows("2026-05-30", &[19, 20]);
    rows("2026-05-31", &[]);
    rows("2026-06-01", &[6, 7]);
    let june: Vec<i64> = month(&home, "2026-06").into_values().collect();
    assert_eq!(june, [0]);
    let day = history(home.path(), &["--day", "2026-06-01"]).expect_code(0);
    assert!(day.stdout.ends_with(" 0.0\n"), "{}", day.stdout);
}

/// At dawn the second and third unit of a 000xi repeat what they showed last; the first does not
/// answer.
#[test]
fn a_unit_without_figures_does_not_hide_what_the_others_repeat() {
    const CELLS: &str = "mpp-track,400.0,1.00,400,230.0,1.70,380,30";
    let home = TempDir::new().unwrap();
    let folder = home.path().join("02");
    fs::create_dir(&folder).unwrap();
    let labels: Vec<&str> = THREE_UNITS.fields.iter().map(|field| field.label).collect();
    let header = format!("# datetime, {}", labels.join(", "));
    for (day, rows) in [
        ("2026-05-01", [("08:00", 0, 0), ("20:00", 5_000, 7_000)]),
        (
            "2026-05-02",
            [("06:00", 5_000, 7_000), ("06:05", 5_000, 7_000)],
        ),
    ] {
        let row = |(time, second, third)| {
            let silent = ",".repeat(9);
            format!("{day}T{time}:00+0200{silent},{CELLS},{second},{CELLS},{third},25000xi\n")
        };
        let text = format!("{header}\n{}", rows.map(row).concat());
        fs::write(folder.join(format!("{day}.csv")), text).unwrap();
    }
    let yields: Vec<i64> = month(&home, "2026-05").into_values().collect();
    assert_eq!(yields, [12_000, 0]);
}

#[test]
fn a_counter_is_reset_at_noon() {
    check(|_, points| {
        let noon = points
            .iter()
            .position(|point| point.clock >= 43_200)
            .unwrap();
        let before = points[noon].counter;
        points[noon..]
            .iter_mut()
            .for_each(|point| point.counter -= before);
    });
}

#[test]
fn an_inverter_restarts_in_the_afternoon() {
    check(|_, points| {
        let start = points
            .iter()
            .position(|point| point.clock >= 54_000)
            .unwrap();
        for point in &mut points[start..start + 4] {
            (point.power, point.counter, point.status) = (0, 0, "selftest");
        }
    });
}

#[test]
fn a_log_ends_at_14_and_dawn_repeats_what_it_has_not_seen() {
    check(|yesterday, points| {
        for point in points.iter_mut().take(5) {
            (point.power, point.counter) = (0, yesterday + 2_000);
        }
        points.retain(|point| point.clock < 50_400);
    });
}

#[test]
fn a_clock_that_is_ahead_begins_the_next_day_early() {
    check(|_, points| {
        let last = *points.last().unwrap();
        points.extend((1..40).map(|row| Point::new(last.clock + row * 60, 7200, 0, 0)));
    });
}

#[test]
fn a_day_like_the_day_before_counts() {
    check(|yesterday, points| {
        let last = points.last().unwrap().counter;
        points.retain(|point| point.counter < yesterday.min(last));
        let end = *points.last().unwrap();
        points.extend((1..30).map(|row| Point::new(end.clock + row * 300, 7200, 0, yesterday)));
    });
}

/// Days on which the clock on the wall is changed and that of the hybrid is not: until it begins
/// its day, it repeats yesterday.
#[test]
fn clocks_change_in_spring_and_autumn() {
    let home = TempDir::new().unwrap();
    let changes = [("2026-03-29", 3600, 7200), ("2026-10-25", 7200, 3600)];
    for (change, before, after) in changes {
        let mut expected = BTreeMap::new();
        let mut yesterday = 7_700;
        let first = date(change).pred_opt().unwrap();
        for day in first.iter_days().take(3) {
            let (start, end) = match day.cmp(&date(change)) {
                std::cmp::Ordering::Less => (before, before),
                std::cmp::Ordering::Equal => (before, after),
                std::cmp::Ordering::Greater => (after, after),
            };
            let total = 9_300 + 100 * i64::from(day.day() % 7);
            // Every five minutes of the day, by the real time that has passed.
            let hours = 24 + (start - end) / 3600;
            let points = (0..hours * 12).map(|row| {
                let passed = row * 300;
                let offset = if passed < 2 * 3600 { start } else { end };
                let clock = passed + offset - start;
                // Midnight of the inverter is an hour away from that of the wall.
                let counter = match passed {
                    passed if passed < 3600 => yesterday,
                    passed if passed < 6 * 3600 => 0,
                    passed => (total * i64::from(passed - 6 * 3600) / (12 * 3600)).min(total),
                };
                Point::new(clock, offset, 0, counter)
            });
            let points: Vec<Point> = points.collect();
            assert!(points.iter().all(|point| point.clock < 86_400));
            write_day(&home.path().join("E4000K"), Model::Kstar, day, &points);
            yesterday = total;
            expected.insert((day.to_string(), "E4000K".to_owned()), total);
        }
        assert_eq!(month(&home, &change[..7]), expected);
        // The hour that is missing, or there twice, takes its place in the power of the day.
        let records = json(home.path(), &["--day", change]);
        let mut times: Vec<&str> = records
            .iter()
            .map(|record| record["time"].as_str().unwrap())
            .collect();
        let hours = if after > before { 23 } else { 25 };
        assert_eq!(times.len(), hours * 12);
        times.dedup();
        assert_eq!(times.len(), hours * 12);
        assert!(
            times.contains(&format!("{change}T03:00:00+0{}:00", after / 3600).as_str()),
            "{times:?}"
        );
    }
}

/// A month of one inverter, written as `change` has it.
fn damaged(
    model: Model,
    change: impl Fn(NaiveDate, String) -> Vec<(&'static str, String)>,
) -> (TempDir, BTreeMap<(String, String), i64>) {
    let home = TempDir::new().unwrap();
    let inverter = Inverter::new(model, 9_000, 1);
    let mut expected = BTreeMap::new();
    for day in date("2026-05-01").iter_days().take(10) {
        let points = inverter.day(day, 5, 1000);
        let rows: String = points.iter().map(|point| model.row(day, point)).collect();
        for (end, content) in change(day, model.header() + &rows) {
            write(
                &home.path().join("02"),
                &format!("{day}.csv{end}"),
                &content,
            );
        }
        let last = points.last().unwrap().counter;
        expected.insert((day.to_string(), "02".to_owned()), model.shown(last));
    }
    (home, expected)
}

#[test]
fn torn_and_foreign_lines_are_skipped_and_counted() {
    for model in MODELS {
        let (home, expected) = damaged(model, |_, content| {
            let mut lines: Vec<&str> = content.split_inclusive('\n').collect();
            let torn = &lines[20][..lines[20].len() / 2];
            let torn = format!("{torn}\n");
            lines.insert(20, &torn);
            lines.insert(90, "2026-05-03T10:00:00+0200,\u{fffd}\n");
            let last = lines.pop().unwrap();
            let all = lines.concat();
            // The row of the last figure, then the beginning of one that never came to its end.
            vec![("", format!("{all}{last}{}", &last[..last.len() - 2]))]
        });
        assert_eq!(month(&home, "2026-05"), expected, "{model:?}");
        let run = history(home.path(), &["--day", "2026-05-04"]).expect_code(0);
        let file = home.path().join("02/2026-05-04.csv");
        let expected = format!(
            "kaco_ardexa: warning: 3 lines were skipped, torn or not a row of a log; the first in {}\n",
            file.display()
        );
        assert_eq!(run.stderr, expected, "{model:?}");
    }
}

#[test]
fn carriage_returns_do_no_harm() {
    let (home, expected) = damaged(Model::Python, |_, content| {
        vec![("", content.replace('\n', "\r\n"))]
    });
    assert_eq!(month(&home, "2026-05"), expected);
    assert_eq!(
        history(home.path(), &["--month", "2026-05"])
            .expect_code(0)
            .stderr,
        ""
    );
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    for model in MODELS {
        let (home, expected) =
            damaged(model, |_, content| vec![("", format!("\u{feff}{content}"))]);
        assert_eq!(month(&home, "2026-05"), expected, "{model:?}");
        for period in [["--month", "2026-05"], ["--day", "2026-05-04"]] {
            let run = history(home.path(), &period).expect_code(0);
            assert_eq!(run.stderr, "", "{model:?}");
        }
    }
}

/// At noon, the Python program was exchanged: its file was set aside.
#[test]
fn files_that_were_set_aside_belong_to_the_day() {
    let home = TempDir::new().unwrap();
    let day = date("2026-05-03");
    let points = Inverter::new(Model::Python, 9_000, 1).day(day, 5, 1000);
    let file = |model: Model, points: &[Point]| {
        let rows: String = points.iter().map(|point| model.row(day, point)).collect();
        model.header() + &rows
    };
    let folder = home.path().join("02");
    write(
        &folder,
        "2026-05-03.csv.1",
        &file(Model::Python, &points[..40]),
    );
    write(
        &folder,
        "2026-05-03.csv.2",
        &file(Model::Mppt2, &points[40..90]),
    );
    write(
        &folder,
        "2026-05-03.csv",
        &file(Model::Mppt3, &points[90..]),
    );
    write(&folder, "latest.csv", &file(Model::Mppt3, &points[90..]));
    let last = points.last().unwrap().counter;
    let expected = BTreeMap::from([(("2026-05-03".to_owned(), "02".to_owned()), last)]);
    assert_eq!(month(&home, "2026-05"), expected);
    let records = json(home.path(), &["--day", "2026-05-03"]);
    let powers: Vec<i64> = records
        .iter()
        .map(|record| record["power"].as_f64().unwrap() as i64)
        .collect();
    let own: Vec<i64> = points.iter().map(|point| point.power).collect();
    assert_eq!(powers, own);
    // Without the last of them as well.
    std::fs::remove_file(folder.join("2026-05-03.csv")).unwrap();
    assert_eq!(
        month(&home, "2026-05")
            .values()
            .copied()
            .collect::<Vec<_>>(),
        [points[89].counter]
    );
}

#[test]
fn a_reset_is_reported() {
    let home = TempDir::new().unwrap();
    let day = date("2026-05-03");
    let mut points = Inverter::new(Model::Mppt3, 9_000, 1).day(day, 5, 1000);
    let before = points[100].counter;
    points[101..]
        .iter_mut()
        .for_each(|point| point.counter -= before);
    write_day(&home.path().join("02"), Model::Mppt3, day, &points);
    let run = history(home.path(), &[]).expect_code(0);
    let note = format!(
        "02: its counter was reset at {:.1} kWh, which its yield does not hold",
        before as f64 / 1000.0
    );
    assert_eq!(run.stdout.lines().last(), Some(note.as_str()));
}
