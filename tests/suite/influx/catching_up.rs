//! Rows that are pushed when they are there, and rows that are caught up.

use super::{file, seconds, seconds_of};
use crate::support::captures::bytes;
use crate::support::database::{Answer, Database};
use crate::support::day::Day;
use crate::support::inverter::{Inverter, address};
use crate::support::plant::{HEADER, Plant};
use crate::support::program::{run, start, text, wait};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// A line without its time.
fn timeless(line: &str) -> &str {
    line.trim_end().rsplit_once(' ').unwrap().0
}

#[test]
fn a_row_is_pushed_as_read_prints_it_at_the_second_of_the_log() {
    let (plant, database) = (Plant::new(), Database::good());
    let url = database.url().replace("//", "//ann:secret@");
    plant.log_with("2", &["--influx", &url]).expect_silence();
    let device = text(&plant.bus.path);
    let read = ["read", &device, "2", "--pace", "0s", "--format", "influx"];
    let printed = run(&read).expect_code(0).stdout;
    let taken = database.taken();
    assert_eq!(timeless(&taken[0]), timeless(&printed));
    assert_eq!(seconds(&taken), seconds_of(&plant.read("latest.csv")));
    assert!(taken[0].ends_with("000000000"), "{taken:?}");
    let requests = database.requests();
    assert_eq!(requests.len(), 1);
    let head = requests[0].head.to_lowercase();
    assert!(
        head.starts_with("post /write?db=solar http/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\nauthorization: basic yw5uonnly3jlda==\r\n"),
        "{head}"
    );
}

#[test]
fn a_hybrid_is_pushed_as_read_prints_it() {
    let inverter = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let ip = inverter.ip.to_string();
    let (database, directory) = (Database::good(), TempDir::new().unwrap());
    let log = text(directory.path());
    let pushed = [
        "kstar",
        "log",
        &log,
        "--ip",
        &ip,
        "--influx",
        &database.url(),
    ];
    run(&pushed).expect_silence();
    run(&pushed).expect_silence();
    let read = ["kstar", "read", "--ip", &ip, "--format", "influx"];
    let printed = run(&read).expect_code(0).stdout;
    let taken = database.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    for line in &taken {
        assert_eq!(timeless(line), timeless(&printed));
    }
}

#[test]
fn what_was_not_taken_is_caught_up_oldest_first_and_once() {
    let plant = Plant::with_replies(&[("#020", bytes("G4-17")), ("#030", bytes("G4-19"))]);
    let database = Database::start(Box::new(|_, earlier| match earlier {
        0..4 => Answer::Status(500, "", "no space left on device"),
        _ => Answer::Taken,
    }));
    let url = database.url();
    plant.write(&Day::Yesterday.file(), file(Day::Yesterday, 700));
    for _ in 0..3 {
        let refused = plant.log_with("2,3", &["--influx", &url]).expect_code(1);
        assert!(
            refused.stderr.contains("500: no space left on device"),
            "{}",
            refused.stderr
        );
    }
    // An inverter that is silent is caught up too.
    let options = ["--influx", &url, "--timeout", "50ms"];
    plant.log_with("2,9", &options).expect_code(1);
    assert_eq!(database.taken(), [""; 0]);
    plant.log_with("3", &options).expect_silence();
    plant.log_with("2", &options).expect_silence();
    plant.log_with("2,3", &options).expect_silence();
    let taken = database.taken();
    let of = |address: &str| -> Vec<String> {
        let tag = format!(",address={address},");
        taken
            .iter()
            .filter(|line| line.contains(&tag))
            .cloned()
            .collect()
    };
    let other = fs::read_to_string(plant.directory.path().join("03/latest.csv")).unwrap();
    assert_eq!(seconds(&of("3")), seconds_of(&other));
    let due = plant.read(&Day::Yesterday.file()) + &plant.read("latest.csv");
    assert_eq!(seconds(&of("2")), seconds_of(&due));
}

#[test]
fn an_inverter_begins_with_its_newest_day_or_the_given_day() {
    let day_before = || {
        let plant = Plant::new();
        plant.write(
            "2020-05-03.csv",
            format!("{HEADER}2020-05-03T12:00:00+0000,mpp-track,1,2,3,4,5,6,7,8,6400xi\n"),
        );
        plant.write(
            "2020-05-04.csv",
            format!("{HEADER}2020-05-04T12:00:00+0000,mpp-track,1,2,3,4,5,6,7,8,6400xi\n"),
        );
        plant
    };
    for (options, days) in [(vec![], 1), (vec!["--influx-since", "2020-01-01"], 2)] {
        let (plant, database) = (day_before(), Database::good());
        let url = database.url();
        let options = [vec!["--influx", &url], options].concat();
        plant.log_with("2", &options).expect_silence();
        assert_eq!(database.taken().len(), days + 1);
        plant.log_with("2", &["--influx", &url]).expect_silence();
        assert_eq!(database.taken().len(), days + 2);
    }
}

#[test]
fn files_that_were_set_aside_replaced_or_torn_are_caught_up() {
    let (plant, database) = (Plant::new(), Database::good());
    let url = database.url();
    let today = Day::Today.file();
    let old = "# datetime, status, AC Power, Daily yield\n";
    let date = Day::Today.date();
    plant.write(
        &today,
        format!("{old}{date}T00:10:00+0000,night,0,1\nwhat is this\n"),
    );
    plant.log_with("2", &["--influx", &url]).expect_code(0);
    let taken = database.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(taken[0].starts_with(
        "inverter,protocol=kaco,address=2 status=\"night\",ac_power=0,daily_yield=1,status_code=15 "
    ));
    // As the Python program and others may have left it, and a memory that is damaged.
    plant.write(".influx", "\0\0\0");
    plant.write(&today, file(Day::Today, 3) + "2020-");
    plant.log_with("2", &["--influx", &url]).expect_code(0);
    let times = seconds(&database.taken()[2..]);
    for time in seconds_of(&plant.read(&today)) {
        assert!(times.contains(&time), "{time}");
    }
}

/// As a damaged disk leaves them: longer than any row, and than what is read at once.
#[test]
fn long_lines_hold_up_no_row() {
    let (plant, database) = (Plant::new(), Database::good());
    let rows = file(Day::Yesterday, 2);
    let (rest, last) = rows.trim_end().rsplit_once('\n').unwrap();
    let long = "x".repeat(5000) + "\n";
    let hole = "\0".repeat(300 * 1024) + "\n";
    let damaged = format!("{rest}\n{}{hole}{last}\n", long.repeat(100));
    plant.write(&Day::Yesterday.file(), damaged);
    let options = ["--influx", &database.url(), "--influx-since", "2020-01-01"];
    plant.log_with("2", &options).expect_silence();
    plant.log_with("2", &options).expect_silence();
    let times = seconds(&database.taken());
    assert_eq!(times.len(), 4, "{times:?}");
    assert_eq!(times[..2], seconds_of(&rows));
}

#[test]
fn rows_of_a_wrong_clock_are_pushed() {
    let (plant, database) = (Plant::new(), Database::good());
    let url = database.url();
    let options = ["--influx", url.as_str()];
    plant.log_with("2", &options).expect_silence();
    // The database has this day; then a clock that was wrong adds to it.
    plant.write(&Day::Yesterday.file(), file(Day::Yesterday, 5));
    plant.write(".influx", format!("through {}\n", Day::Yesterday.date()));
    plant.log_with("2", &options).expect_silence();
    let before = database.taken().len();
    let mut command = plant.command("2", plant.directory.path(), &options);
    command.env("TZ", Day::Yesterday.zone());
    wait(start(command)).expect_silence();
    let taken = database.taken();
    let log = plant.read(&Day::Yesterday.file());
    assert_eq!(log.lines().count(), 7);
    assert_eq!(seconds(&taken[before..]), seconds_of(&log)[5..]);
}

#[test]
fn a_plant_file_names_a_database() {
    let (database, directory) = (Database::good(), TempDir::new().unwrap());
    let path = |name: &str| text(&directory.path().join(name));
    fs::write(path("token"), "secret\n").unwrap();
    fs::set_permissions(path("token"), Permissions::from_mode(0o600)).unwrap();
    let file = format!(
        "log = \"{}\"\n[influx]\nurl = \"{}\"\ntoken-file = \"{}\"\n\
         [[bus]]\nname = \"roof\"\ndevice = \"sim:\"\naddresses = \"2,4\"\npace = 0\n",
        path("logs"),
        database.url(),
        path("token"),
    );
    fs::write(path("plant.toml"), file).unwrap();
    run(&["log", "--plant", &path("plant.toml")]).expect_code(0);
    let taken = database.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(taken.iter().all(|line| line.contains(",bus=roof,address=")));
    let head = database.requests()[0].head.to_lowercase();
    assert!(
        head.contains("\r\nauthorization: token secret\r\n"),
        "{head}"
    );
    let checked = run(&["check", &path("plant.toml")]).expect_code(0).stdout;
    assert!(
        checked.contains(&format!("influx    http://{}\n", database.host)),
        "{checked}"
    );
}

#[test]
fn nothing_is_kept_in_mind_without_a_database() {
    let plant = Plant::new();
    plant.log().expect_silence();
    assert!(!plant.names().contains(&".influx".to_owned()));
    let ip = address();
    let nobody = plant.log_with("2", &["--influx", &format!("http://{ip}:9/write")]);
    assert!(nobody.expect_code(1).stderr.contains("can't be reached"));
    assert!(plant.names().contains(&".influx".to_owned()));
}
