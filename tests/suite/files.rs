//! The files of `log`: days, `latest.csv`, torn rows, files set aside, locks, disks that are full
//! or closed.

use crate::polling::{MPPT3_HEADER, at_address};
use crate::support::bus::at_once;
use crate::support::captures::bytes;
use crate::support::day::Day;
use crate::support::disk::tree;
use crate::support::plant::{HEADER, Plant, ROW, expect_log};
use crate::support::program::{self, command_without_rights, is_root, text};
use crate::support::stumble::{traced, without_hard_links};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

#[test]
fn rows_follow_each_other_under_one_header() {
    let plant = Plant::new();
    for count in 1..=3 {
        plant.log().expect_silence();
        plant.expect_rows(count);
    }
    assert_eq!(plant.names(), [&Day::Today.file(), "latest.csv"]);
}

#[test]
fn latest_is_what_today_is_whatever_became_of_it() {
    let plant = Plant::new();
    plant.log().expect_silence();
    let latest = plant.path("latest.csv");
    fs::remove_file(&latest).unwrap();
    plant.log().expect_silence();
    plant.expect_rows(2);

    fs::remove_file(&latest).unwrap();
    plant.write("latest.csv", "something else\n");
    plant.log().expect_silence();
    plant.expect_rows(3);

    // As the Python program left it: a file of its own with the same content.
    let content = plant.read("latest.csv");
    fs::remove_file(&latest).unwrap();
    plant.write("latest.csv", content);
    plant.log().expect_silence();
    plant.expect_rows(4);

    fs::remove_file(&latest).unwrap();
    symlink("nowhere", &latest).unwrap();
    plant.log().expect_silence();
    plant.expect_rows(5);
    assert_eq!(plant.names(), [&Day::Today.file(), "latest.csv"]);
}

#[test]
fn latest_is_repaired_when_the_inverter_is_silent_too() {
    let plant = Plant::silent();
    let today = format!("{HEADER}2026-01-01T12:00:00+0100,{ROW}\n");
    plant.write(&Day::Today.file(), today);
    plant
        .log_with("2", &["--timeout", "100ms"])
        .expect_silence();
    plant.expect_rows(1);
}

#[test]
fn the_first_row_of_a_day_starts_both_anew() {
    let plant = Plant::new();
    plant.log_on(Day::Yesterday).expect_silence();
    plant.log_on(Day::Yesterday).expect_silence();
    let yesterday = plant.read(&Day::Yesterday.file());
    expect_log(&yesterday, HEADER, &[ROW, ROW]);
    assert_eq!(plant.read("latest.csv"), yesterday);

    plant.log().expect_silence();
    plant.expect_rows(1);
    assert_eq!(plant.read(&Day::Yesterday.file()), yesterday);
    plant.log().expect_silence();
    plant.expect_rows(2);
    assert_eq!(plant.read(&Day::Yesterday.file()), yesterday);
    assert_eq!(plant.names().len(), 3);
}

#[test]
fn what_a_killed_run_left_yesterday_does_not_stay() {
    let plant = Plant::new();
    plant.log_on(Day::Yesterday).expect_silence();
    let yesterday = plant.read(&Day::Yesterday.file());
    plant.write(".day.csv.new", "# datet");
    fs::hard_link(plant.path("latest.csv"), plant.path(".latest.csv.new")).unwrap();
    plant.log().expect_silence();
    plant.expect_rows(1);
    assert_eq!(plant.read(&Day::Yesterday.file()), yesterday);
    assert_eq!(plant.names().len(), 3, "{:?}", plant.names());
}

#[test]
fn a_latest_of_its_own_from_yesterday_is_replaced() {
    let plant = Plant::new();
    let yesterday = format!("{HEADER}2026-01-01T12:00:00+0100,{ROW}\n");
    plant.write(&Day::Yesterday.file(), &yesterday);
    plant.write("latest.csv", &yesterday);
    plant.log().expect_silence();
    plant.expect_rows(1);
    assert_eq!(plant.read(&Day::Yesterday.file()), yesterday);
}

#[test]
fn a_file_with_other_columns_is_set_aside() {
    // Each run meets another inverter at the same address.
    let inverters = ["G4-17", "GN-18", "G4-17", "GN-01"];
    let plant = Plant::with_script(Box::new(move |_, count| {
        at_once(&at_address(inverters[count], 2))
    }));
    plant.log().expect_silence();
    plant.expect_rows(1);
    let mut before = vec![plant.read("latest.csv")];
    for number in 1..inverters.len() {
        let run = plant.log().expect_code(0);
        let name = format!("{}.{number}", Day::Today.file());
        assert_eq!(run.stdout, "");
        let aside = run
            .stderr
            .lines()
            .filter(|line| !line.contains("reports a fault"));
        assert_eq!(aside.count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains("warning: "), "{}", run.stderr);
        assert!(
            run.stderr.contains(&text(&plant.path(&name))),
            "{}",
            run.stderr
        );
        let today = plant.read(&Day::Today.file());
        assert_eq!(today.lines().count(), 2, "{today}");
        assert_eq!(plant.read("latest.csv"), today);
        before.push(today);
        for (number, content) in before.iter().enumerate().take(number) {
            let name = format!("{}.{}", Day::Today.file(), number + 1);
            assert_eq!(&plant.read(&name), content, "{name}");
        }
    }
}

#[test]
fn setting_aside_overwrites_nothing() {
    let plant = Plant::new();
    let file = Day::Today.file();
    plant.write(&file, "# datetime, other\n2026-01-01T12:00:00+0100,1\n");
    plant.write(&format!("{file}.1"), "kept by a user\n");
    symlink("nowhere", plant.path(&format!("{file}.2"))).unwrap();
    plant.log().expect_code(0);
    plant.expect_rows(1);
    assert_eq!(plant.read(&format!("{file}.1")), "kept by a user\n");
    assert!(plant.path(&format!("{file}.2")).is_symlink());
    assert_eq!(
        plant.read(&format!("{file}.3")),
        "# datetime, other\n2026-01-01T12:00:00+0100,1\n"
    );
}

/// Else a power cut could leave neither: the second rename can reach the disk before the first.
#[test]
fn a_file_is_aside_on_the_disk_before_another_gets_its_name() {
    let plant = Plant::new();
    let file = Day::Today.file();
    plant.write(&file, "# datetime, other\n2026-01-01T12:00:00+0100,1\n");
    let trace = plant.directory.path().join("trace");
    let mut command = plant.command("2", plant.directory.path(), &[]);
    traced(&mut command, &trace);
    program::wait(program::start(command)).expect_code(0);
    let trace = fs::read_to_string(trace).unwrap();
    let steps: Vec<&str> = trace.lines().collect();
    let aside = format!(" {file} {file}.1");
    let is_aside = |step: &&str| step.starts_with("rename ") && step.ends_with(&aside);
    let place = steps.iter().position(is_aside).expect(&trace);
    let folder = plant.folder().metadata().unwrap().ino();
    assert_eq!(steps[place + 1], format!("sync {folder}"), "{trace}");
}

#[test]
fn the_file_of_the_python_program_is_set_aside() {
    let plant = Plant::with_replies(&[("#020", at_address("GN-01", 2))]);
    let header = MPPT3_HEADER.strip_suffix(", cos phi kind, Type").unwrap();
    let python = format!("{header}\n2026-01-01T12:00:00+0100,4,1.0\n");
    plant.write(&Day::Today.file(), &python);
    plant.write("latest.csv", &python);
    let run = plant.log().expect_code(0);
    assert!(run.stderr.contains("other columns"), "{}", run.stderr);
    assert_eq!(plant.read(&format!("{}.1", Day::Today.file())), python);
    let today = plant.read(&Day::Today.file());
    assert!(today.starts_with(&format!("{MPPT3_HEADER}\n")), "{today}");
    assert_eq!(today.lines().count(), 2);
    assert_eq!(plant.read("latest.csv"), today);
    plant.log().expect_silence();
    assert_eq!(plant.read("latest.csv").lines().count(), 3);
}

/// What a power cut can leave of a file, and how many rows of it are whole.
fn torn() -> Vec<(&'static str, Vec<u8>, usize)> {
    let row = format!("2026-01-01T12:00:00+0100,{ROW}\n");
    let whole = format!("{HEADER}{row}{row}");
    let long = format!("{HEADER}{row}{}", "x".repeat(2000));
    vec![
        ("half a row", whole[..whole.len() - 20].into(), 1),
        ("a row without its end", whole[..whole.len() - 1].into(), 1),
        ("one byte of a row", whole[..HEADER.len() + 1].into(), 0),
        ("a torn row longer than any block", long.into(), 1),
        ("half a header", HEADER[..30].into(), 0),
        ("a header without its end", HEADER.trim_end().into(), 0),
        (
            "NULs behind a row",
            [whole.as_bytes(), &[0; 700]].concat(),
            2,
        ),
        (
            "NULs in a row",
            [&whole.as_bytes()[..whole.len() - 20], &[0; 20]].concat(),
            1,
        ),
        (
            "a row whose beginning was lost",
            [whole.as_bytes(), &[0; 40], &row.as_bytes()[40..]].concat(),
            2,
        ),
        (
            "two rows whose blocks were lost",
            [
                whole.as_bytes(),
                &[0; 900],
                b"1\n",
                &row.as_bytes()[..9],
                &[0; 20],
                b"\n",
            ]
            .concat(),
            2,
        ),
        ("nothing but NULs", vec![0; 9000], 0),
        ("nothing", vec![], 0),
    ]
}

/// Fails unless this run warned of each of these files, once, and said nothing else.
#[track_caller]
fn expect_warnings(run: program::Run, files: &[&Path], what: &str) {
    let run = run.expect_code(0);
    assert_eq!(run.stdout, "", "{what}");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), files.len(), "{what}: {}", run.stderr);
    for (line, file) in lines.iter().zip(files) {
        let start = format!("kaco_ardexa: warning: {}: ", text(file));
        assert!(line.starts_with(&start), "{what}: {}", run.stderr);
    }
}

#[test]
fn what_a_power_cut_left_is_never_joined_with_a_row() {
    for (what, content, whole) in torn() {
        for has_latest in [false, true] {
            let plant = Plant::new();
            let today = Day::Today.file();
            plant.write(&today, &content);
            if has_latest {
                plant.write("latest.csv", &content);
            }
            let (file, latest) = (plant.path(&today), plant.path("latest.csv"));
            let without_a_line = has_latest && !content.starts_with(HEADER.as_bytes());
            let both = [file.as_path(), latest.as_path()];
            let warned = if without_a_line { 2 } else { 1 };
            expect_warnings(plant.log(), &both[..warned], what);
            plant.expect_rows(whole + 1);
            plant.log().expect_silence();
            plant.expect_rows(whole + 2);
            assert_eq!(plant.names(), [&today, "latest.csv"], "{what}");
        }
    }
}

#[test]
fn what_a_power_cut_left_is_repaired_when_the_inverter_is_silent_too() {
    for (what, content, whole) in torn() {
        let plant = Plant::silent();
        let today = Day::Today.file();
        plant.write(&today, &content);
        fs::hard_link(plant.path(&today), plant.path("latest.csv")).unwrap();
        let log = || plant.log_with("2", &["--timeout", "50ms"]);
        let run = log().expect_code(0);
        assert!(
            run.stderr.contains(&text(&plant.path(&today))),
            "{what}: {}",
            run.stderr
        );
        log().expect_silence();
        if content.starts_with(HEADER.as_bytes()) {
            plant.expect_rows(whole);
        } else {
            assert_eq!(plant.names(), [""; 0], "{what}: nothing was whole");
        }
    }
}

#[test]
fn a_row_torn_yesterday_is_repaired_today() {
    let plant = Plant::silent();
    let torn = format!("{HEADER}2026-01-01T12:00:00+0100,{ROW}\n2026-01-01T12:05:00+0100,mpp");
    plant.write(&Day::Yesterday.file(), torn);
    let (yesterday, latest) = (plant.path(&Day::Yesterday.file()), plant.path("latest.csv"));
    fs::hard_link(&yesterday, &latest).unwrap();
    let log = || plant.log_with("2", &["--timeout", "50ms"]);
    expect_warnings(log(), &[&latest], "yesterday's row");
    log().expect_silence();
    expect_log(&plant.read(&Day::Yesterday.file()), HEADER, &[ROW]);
    expect_log(&plant.read("latest.csv"), HEADER, &[ROW]);
}

/// What no run can have left is kept, whatever it is.
#[test]
fn a_long_file_without_a_newline_is_set_aside() {
    let row = format!("2026-01-01T12:00:00+0100,{ROW}\r");
    let content = HEADER.replace('\n', "\r") + &row.repeat(70_000);
    assert!(content.len() > 5_000_000);
    for plant in [Plant::new(), Plant::silent()] {
        plant.write(&Day::Today.file(), &content);
        let run = plant.log_with("2", &["--timeout", "1s"]).expect_code(0);
        assert!(run.stderr.contains("has no whole line"), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        let aside = format!("{}.1", Day::Today.file());
        assert!(plant.read(&aside) == content, "another file");
    }
}

/// A card of FAT: two files where others have one.
#[test]
fn a_row_torn_yesterday_is_repaired_without_hard_links_too() {
    let plant = Plant::silent();
    let torn = format!("{HEADER}2026-01-01T12:00:00+0100,{ROW}\n2026-01-01T12:05:00+0100,mpp");
    plant.write(&Day::Yesterday.file(), &torn);
    plant.write("2001-01-01.csv", "not touched");
    plant.write("latest.csv", &torn);
    let (yesterday, latest) = (plant.path(&Day::Yesterday.file()), plant.path("latest.csv"));
    let log = || plant.log_with("2", &["--timeout", "50ms"]);
    expect_warnings(log(), &[&latest, &yesterday], "yesterday's row");
    log().expect_silence();
    expect_log(&plant.read(&Day::Yesterday.file()), HEADER, &[ROW]);
    expect_log(&plant.read("latest.csv"), HEADER, &[ROW]);
    assert_eq!(plant.read("2001-01-01.csv"), "not touched");
}

#[test]
fn a_missing_directory_is_made() {
    let plant = Plant::new();
    let directory = plant.directory.path().join("opt/kaco/logs");
    plant.log_to(&directory, "2", &[]).expect_silence();
    assert!(directory.join("02/latest.csv").exists());
}

#[test]
fn a_file_where_the_directory_should_be() {
    let plant = Plant::new();
    let file = plant.directory.path().join("logs");
    fs::write(&file, "mine").unwrap();
    for directory in [file.clone(), file.join("below")] {
        let run = plant.log_to(&directory, "2", &[]).expect_code(1);
        assert!(run.stderr.contains(&text(&directory)), "{}", run.stderr);
        assert!(run.stderr.contains("move it away"), "{}", run.stderr);
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
    assert_eq!(plant.bus.asked(), [""; 0]);
}

/// What is wrong with the files of one inverter must not cost the rows of the others.
#[track_caller]
fn expect_trouble_with_02_only(plant: &Plant, words: &str) {
    let directory = plant.directory.path();
    let run = plant.log_to(directory, "2,3", &[]).expect_code(1);
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    let begin = "kaco_ardexa: error: address 02: can't ";
    assert!(run.stderr.starts_with(begin), "{}", run.stderr);
    assert!(
        run.stderr.contains(&text(&plant.folder())),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let third = fs::read_to_string(directory.join("03/latest.csv")).unwrap();
    expect_log(&third, HEADER, &[ROW]);
}

fn two_inverters() -> Plant {
    Plant::with_replies(&[("#020", bytes("G4-17")), ("#030", at_address("G4-17", 3))])
}

#[test]
fn a_file_where_the_folder_of_an_inverter_should_be() {
    let plant = two_inverters();
    fs::write(plant.folder(), "mine").unwrap();
    expect_trouble_with_02_only(&plant, "move it away");
    assert_eq!(fs::read_to_string(plant.folder()).unwrap(), "mine");
}

#[test]
fn a_directory_where_a_file_should_be() {
    let plant = two_inverters();
    fs::create_dir_all(plant.path(&Day::Today.file())).unwrap();
    expect_trouble_with_02_only(&plant, &Day::Today.file());

    let plant = two_inverters();
    fs::create_dir_all(plant.path("latest.csv")).unwrap();
    expect_trouble_with_02_only(&plant, "latest.csv");
}

#[test]
fn a_directory_of_another_user() {
    let home = TempDir::new().unwrap();
    let directory = home.path().join("logs");
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o555)).unwrap();
    let logs = text(&directory);
    let command = command_without_rights(&["log", "sim:", "2", &logs, "--pace", "0s"], home.path());
    let run = program::wait(program::start(command)).expect_code(1);
    let command = format!("`sudo chown -R $USER {logs}`");
    assert!(run.stderr.contains(&command), "{}", run.stderr);
    assert_eq!(tree(&directory), []);
}

#[test]
fn directory_of_the_system_is_not_to_be_given_away() {
    let home = TempDir::new().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let arguments = ["log", "sim:", "2", "/usr/lib/", "--pace", "0s"];
    let command = command_without_rights(&arguments, home.path());
    let run = program::wait(program::start(command)).expect_code(1);
    let command = "`sudo install -d -o $USER /usr/lib/kaco`";
    assert!(run.stderr.contains(command), "{}", run.stderr);
    assert!(!run.stderr.contains("chown"), "{}", run.stderr);
}

#[test]
fn directory_that_may_not_be_made_has_a_command_that_makes_it() {
    let home = TempDir::new().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let owned = home.path().join("owned");
    fs::create_dir(&owned).unwrap();
    fs::set_permissions(&owned, Permissions::from_mode(0o555)).unwrap();
    for (name, word) in [("logs", "{}/logs"), ("my logs", "'{}/my logs'")] {
        let logs = text(&owned.join(name));
        let arguments = ["log", "sim:", "2", &logs, "--pace", "0s"];
        let command = command_without_rights(&arguments, home.path());
        let run = program::wait(program::start(command)).expect_code(1);
        let word = word.replace("{}", &text(&owned));
        let command = format!("`sudo install -d -o $USER {word}`");
        assert!(run.stderr.contains(&command), "{}", run.stderr);
    }
}

#[test]
fn a_file_of_another_user() {
    let home = TempDir::new().unwrap();
    let logs = text(&home.path().join("logs"));
    fs::create_dir_all(home.path().join("logs/02")).unwrap();
    for path in ["", "logs", "logs/02"] {
        let permissions = Permissions::from_mode(if is_root() { 0o777 } else { 0o755 });
        fs::set_permissions(home.path().join(path), permissions).unwrap();
    }
    let today = home.path().join("logs/02").join(Day::Today.file());
    fs::write(&today, HEADER).unwrap();
    fs::set_permissions(&today, Permissions::from_mode(0o444)).unwrap();
    let arguments = ["log", "sim:", "2,4", &logs, "--pace", "0s"];
    let mut command = command_without_rights(&arguments, home.path());
    command.env("TZ", Day::Today.zone());
    let run = program::wait(program::start(command)).expect_code(1);
    assert!(run.stderr.contains(&text(&today)), "{}", run.stderr);
    assert!(run.stderr.contains("chown"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&today).unwrap(), HEADER);
    assert!(
        home.path().join("logs/04/latest.csv").exists(),
        "{}",
        run.stderr
    );
}

#[test]
fn every_user_may_read_and_only_the_owner_write_whatever_the_umask() {
    let plant = Plant::new();
    let directory = plant.directory.path().join("logs");
    let program = plant.command("2", &directory, &[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 0; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args())
        .env("TZ", Day::Today.zone())
        .stdin(Stdio::null());
    program::wait(program::start(command)).expect_silence();
    let mode = |name: &str| directory.join(name).metadata().unwrap().mode() & 0o7777;
    assert_eq!(format!("{:o} {:o}", mode(""), mode("02")), "755 755");
    let today = format!("02/{}", Day::Today.file());
    assert_eq!(
        format!("{:o} {:o}", mode(&today), mode("02/latest.csv")),
        "644 644"
    );
}

#[test]
fn a_text_with_a_comma_or_a_quote_is_quoted() {
    let text = "*020   4 355.9  2.92  1039 239.5  1.60   374  40   3229 ";
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    let frame = [b"\n", text.as_bytes(), &[sum], b" 6,4\"xi\r"].concat();
    let plant = Plant::with_replies(&[("#020", frame)]);
    for _ in 0..2 {
        plant.log().expect_silence();
    }
    let row = r#"mpp-track,355.9,2.92,1039,239.5,1.60,374,40,3229,"6,4""xi""#;
    plant.expect_text(HEADER, &[row, row]);
}

#[test]
fn latest_is_what_today_is_without_hard_links_too() {
    let plant = Plant::with_script(Box::new(|_, count| match count {
        5 | 6 => vec![], // night: asked, and once more
        _ => at_once(&bytes("G4-17")),
    }));
    let log = |day: Day| {
        let mut command = plant.command("2", plant.directory.path(), &[]);
        command.env("TZ", day.zone());
        without_hard_links(&mut command);
        program::wait(program::start(command))
    };
    log(Day::Yesterday).expect_silence();
    assert_eq!(plant.read("latest.csv"), plant.read(&Day::Yesterday.file()));
    for count in 1..=3 {
        log(Day::Today).expect_silence();
        plant.expect_rows(count);
        let links = plant.path("latest.csv").metadata().unwrap().nlink();
        assert_eq!(links, 1, "the disk has hard links after all");
    }
    expect_log(&plant.read(&Day::Yesterday.file()), HEADER, &[ROW]);
    plant.write("latest.csv", "something else");
    log(Day::Today).expect_silence();
    plant.expect_rows(4);
    assert_eq!(plant.names().len(), 3, "{:?}", plant.names());

    // At night nothing is written to the card.
    let identity = || {
        let metadata = plant.path("latest.csv").metadata().unwrap();
        (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    };
    let before = identity();
    log(Day::Today).expect_silence();
    plant.expect_rows(4);
    assert_eq!(identity(), before, "exchanged without need");

    // What differs in the middle is not a copy, whatever its end is.
    let other = plant.read("latest.csv").replacen("6400xi", "6401xi", 1);
    plant.write("latest.csv", other);
    log(Day::Today).expect_silence();
    plant.expect_rows(5);

    // The card goes into a machine with a better disk.
    plant.log().expect_silence();
    plant.expect_rows(6);
}

/// A day of 10 s has 8640 rows: writing all of them for each row wears the card out.
#[test]
fn without_hard_links_a_row_costs_a_row() {
    let plant = Plant::new();
    let log = || {
        let mut command = plant.command("2", plant.directory.path(), &[]);
        without_hard_links(&mut command);
        program::wait(program::start(command)).expect_silence()
    };
    log();
    let identity = || plant.path("latest.csv").metadata().unwrap().ino();
    let before = identity();
    for count in 2..=4 {
        log();
        plant.expect_rows(count);
        assert_eq!(identity(), before, "written anew");
    }
}
