//! Plants of several buses, of which one is bad: the others pay nothing for it. Kills and full
//! disks at each step.

use super::figures::figures;
use super::peers::{answering, flood, gateway, mute};
use crate::support::bus::Bus;
use crate::support::day::Day;
use crate::support::disk::in_memory;
use crate::support::plant::{HEADER, ROW};
use crate::support::plant_file::{PlantFile, bus};
use crate::support::program::{signal, start, text, wait, wait_until};
use crate::support::stumble::Stumble;
use rustix::process::Signal;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

/// A missing adapter, and gateways that refuse, hang, and send garbage for ever.
fn bad() -> [(&'static str, String); 4] {
    let refuses = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    [
        ("missing", "/dev/serial/by-id/missing".to_owned()),
        ("refuses", format!("tcp://{refuses}")),
        ("hangs", gateway(mute)),
        (
            "garbage",
            gateway(|mut stream, _| flood(&mut stream, &[0x5a; 4096])),
        ),
    ]
}

fn plant(good: &Bus) -> PlantFile {
    let mut content = "timeout = \"300ms\"\npace = \"50ms\"\nattempts = 1\n".to_owned();
    for (name, device) in bad() {
        content += &bus(Path::new(&device), "1-2", &format!("name = \"{name}\""))
            .replace("pace = 0\ntimeout = 5\n", "");
    }
    let good = bus(&good.path, "2-4", "name = \"good\"")
        .replace("pace = 0\ntimeout = 5\n", "pace = \"100ms\"\ntimeout = 1\n");
    PlantFile::new(&(content + &good))
}

fn rows(logs: &Path, folder: &str) -> usize {
    let path = logs.join(folder).join("latest.csv");
    let Ok(text) = fs::read_to_string(path) else {
        return 0;
    };
    let rows = text.strip_prefix(HEADER).expect("a header");
    for row in rows.split_inclusive('\n') {
        assert!(row.ends_with(&format!(",{ROW}\n")), "torn: {text}");
    }
    rows.lines().count()
}

#[test]
fn four_bad_buses_cost_a_good_one_nothing() {
    let line = answering();
    let file = plant(&line);
    let logs = file.inside("logs");
    let run = file.run("log", &[&text(&logs)]).expect_code(1);
    for address in 2..=4 {
        assert_eq!(rows(&logs, &format!("good/{address:02}")), 1);
    }
    for (name, due) in [
        ("missing", "error: missing: "),
        ("refuses", "error: refuses: "),
        ("garbage", "garbage: "),
    ] {
        assert!(run.stderr.contains(due), "{name}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("good: "), "{}", run.stderr);
    // Each is polled once: none of them seems silent because another bus keeps the program busy.
    assert_eq!(line.asked(), ["#020", "#030", "#040"]);
    figures("four bad buses beside a good one", 1, 1, 0);
}

#[test]
fn four_bad_buses_beside_a_good_one_that_is_watched() {
    let line = answering();
    let file = plant(&line);
    let logs = file.inside("logs");
    let watch = start(file.command("watch", &["--log", &text(&logs), "--every", "1s"]));
    wait_until("rows", || rows(&logs, "good/04") >= 4);
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(1);
    for name in ["missing", "refuses"] {
        let lost = format!("warning: {name}: ");
        let reports = run
            .stderr
            .lines()
            .filter(|line| line.contains(&lost))
            .count();
        assert_eq!(reports, 1, "{name}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("good: "), "{}", run.stderr);
    assert!(run.stdout.contains("good/02: online"), "{}", run.stdout);
}

#[test]
fn a_bus_that_comes_back_is_reported_by_its_name() {
    let (one, other) = (answering(), answering());
    let file = PlantFile::new("");
    let link = file.inside("adapter");
    let buses =
        |link: &Path| bus(link, "2", "name = \"roof\"") + &bus(&one.path, "2", "name = \"barn\"");
    file.write(&buses(&link));
    let logs = file.inside("logs");
    let watch = start(file.command("watch", &["--log", &text(&logs), "--every", "200ms"]));
    wait_until("rows of the other bus", || rows(&logs, "barn/02") > 1);
    std::os::unix::fs::symlink(fs::canonicalize(&other.path).unwrap(), &link).unwrap();
    wait_until("rows of the bus that comes", || rows(&logs, "roof/02") > 1);
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(1);
    assert!(
        run.stderr.contains("roof: ") && run.stderr.contains("trying again"),
        "{}",
        run.stderr
    );
    assert!(
        run.stdout.contains("roof: the connection is back"),
        "{}",
        run.stdout
    );
}

/// Lets `log` of two buses stumble at step after step until a run gets through; then rows are
/// whole, and the next run repairs what was left.
fn walk(stumble: Stumble) -> usize {
    let (one, other) = (answering(), answering());
    let file = PlantFile::new("");
    let content =
        bus(&one.path, "2", "name = \"roof\"") + &bus(&other.path, "3", "name = \"barn\"");
    file.write(&content);
    for step in 1.. {
        let directory = in_memory();
        let logs = directory.path();
        let log = |stumbles: bool| {
            let mut command = file.command("log", &[&text(logs)]);
            if stumbles {
                stumble.at(step, &mut command);
            }
            wait(start(command))
        };
        log(false).expect_silence();
        let run = log(true);
        one.free();
        other.free();
        let what = format!("{stumble:?} at step {step}: {run:?}");
        let counts = ["roof/02", "barn/03"].map(|folder| {
            let today = fs::read(logs.join(folder).join(Day::Today.file())).unwrap();
            let whole = today.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
            assert!(stumble == Stumble::Tear || whole == today.len(), "{what}");
            String::from_utf8_lossy(&today[..whole]).lines().count() - 1
        });
        assert!(counts.iter().all(|count| (1..=2).contains(count)), "{what}");
        if stumble == Stumble::Full {
            // The disk stays full: its bus reports each row that it costs.
            for (count, subject) in counts.iter().zip(["roof: address 02", "barn: address 03"]) {
                let is_reported = run.stderr.contains(&format!("error: {subject}: "));
                assert!(
                    *count == 2 || (is_reported && run.code == Some(1)),
                    "{what}"
                );
            }
        }
        let next = log(false);
        assert_eq!(next.code, Some(0), "{what}, {next:?}");
        let after = ["roof/02", "barn/03"].map(|folder| rows(logs, folder));
        assert_eq!(after, counts.map(|count| count + 1), "{what}, {next:?}");
        if run.code == Some(0) && run.stderr.is_empty() && counts == [2, 2] {
            return step;
        }
    }
    0
}

#[test]
fn plants_that_are_killed_or_find_the_disk_full_at_each_step() {
    let steps: usize = [Stumble::Die, Stumble::Tear, Stumble::Full]
        .map(walk)
        .iter()
        .sum();
    assert!(steps > 6, "{steps}");
    figures("plants that stumble at each step on files", steps, steps, 0);
}
