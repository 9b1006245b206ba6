//! `--plant FILE`: several buses and KSTAR inverters in one run.

mod checking;
mod served;

use crate::polling::at_address;
use crate::support::broker::{Broker, OPEN};
use crate::support::bus::{Bus, Play};
use crate::support::captures::bytes;
use crate::support::day::Day;
use crate::support::disk::tree;
use crate::support::inverter::{Inverter, address};
use crate::support::plant::{HEADER, ROW, expect_log};
use crate::support::plant_file::{PlantFile, bus};
use crate::support::program::{command, run, signal, start, text, wait, wait_until};
use crate::support::served::Served;
use crate::watch::memory;
use rustix::process::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// An inverter at each of these addresses, which answers at once.
fn inverters(addresses: &[u8]) -> Bus {
    let replies: Vec<(String, Vec<u8>)> = addresses
        .iter()
        .map(|address| (format!("#{address:02}0"), at_address("G4-17", *address)))
        .collect();
    let replies: Vec<_> = replies
        .iter()
        .map(|(request, reply)| (request.as_str(), reply.clone()))
        .collect();
    Bus::with_quick_replies(&replies)
}

/// Two named buses, `roof` with address 2 and `barn` with address 3.
fn two() -> (Bus, Bus, PlantFile) {
    let (roof, barn) = (inverters(&[2]), inverters(&[3]));
    let file = PlantFile::new(&(named(&roof, "2", "roof") + &named(&barn, "3", "barn")));
    (roof, barn, file)
}

fn named(line: &Bus, addresses: &str, name: &str) -> String {
    bus(&line.path, addresses, &format!("name = \"{name}\""))
}

fn latest(directory: &Path, folder: &str) -> String {
    fs::read_to_string(directory.join(folder).join("latest.csv")).unwrap_or_default()
}

#[test]
fn one_run_logs_all_buses_and_kstar_inverters() {
    let (_roof, _barn, file) = two();
    let house = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let content = fs::read_to_string(file.path()).unwrap();
    let kstar = format!("[[kstar]]\nname = \"house\"\nip = \"{}\"\n", house.ip);
    file.write(&format!(
        "log = \"{}\"\n{content}{kstar}",
        text(&file.inside("logs"))
    ));
    for _ in 0..2 {
        file.run("log", &[]).expect_silence();
    }
    let logs = file.inside("logs");
    expect_log(&latest(&logs, "roof/02"), HEADER, &[ROW, ROW]);
    expect_log(&latest(&logs, "barn/03"), HEADER, &[ROW, ROW]);
    assert_eq!(latest(&logs, "E4000K1234567890").lines().count(), 3);
    // The folder has the name that the file gives to the address.
    let day = run(&["history", &text(&logs), "--plant", &text(&file.path())]).expect_code(0);
    assert!(day.stdout.contains("E4000K1234567890 house"), "{day:?}");
    let run = file.run("read", &["--format", "json"]).expect_code(0);
    for part in [
        r#""protocol":"kaco","bus":"roof","address":2"#,
        r#""bus":"barn""#,
        "E4000K",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
}

/// Text without its times: they differ from run to run.
fn timeless(text: &str) -> String {
    let is_of_word = |sign: char| sign.is_ascii_alphanumeric() || "-:.+".contains(sign);
    let mut out = String::new();
    for part in text.split_inclusive(|sign| !is_of_word(sign)) {
        let word = part.trim_end_matches(|sign| !is_of_word(sign));
        let is_date = word.len() >= 10 && word.starts_with("20") && word.as_bytes()[4] == b'-';
        let is_clock = word.len() == 8 && word.as_bytes()[2] == b':';
        let is_nanoseconds = word.len() >= 19 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_date || is_clock || is_nanoseconds {
            out.push_str("TIME");
            out.push_str(&part[word.len()..]);
        } else {
            out.push_str(part);
        }
    }
    without_reply_times(&out)
}

/// A table without its last column, the reply times: they have widths that differ too.
fn without_reply_times(text: &str) -> String {
    let line = |line: &str| match line.rfind(['┬', '┆', '╪', '┴']) {
        Some(place) => line[..place].to_owned(),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn one_unnamed_bus_gives_the_bytes_of_the_plain_command() {
    let line = inverters(&[2, 4]);
    let file =
        PlantFile::new(&bus(&line.path, "2,4-5", "timeout = \"2s\"").replace("timeout = 5\n", ""));
    let device = text(&line.path);
    let plain = |words: &[&str]| {
        let mut command = command(&[words, &["--pace", "0", "--timeout", "2s"]].concat());
        command.env("TZ", Day::Today.zone());
        wait(start(command))
    };
    for format in ["table", "json", "csv", "influx", "prometheus"] {
        let one = plain(&["read", &device, "2,4-5", "--format", format]);
        let other = file.run("read", &["--format", format]);
        assert_eq!((one.code, &one.stderr), (other.code, &other.stderr));
        assert_eq!(timeless(&one.stdout), timeless(&other.stdout));
    }
    let told = |run: &dyn Fn(&str)| {
        let broker = Broker::start(OPEN);
        let listener = broker.listen();
        run(&broker.host());
        broker.publish("end", "", &[]);
        wait_until("all messages", || {
            listener.heard().iter().any(|one| one.topic == "end")
        });
        let heard = listener.heard();
        let text = |topic: &str, payload: &str| format!("{topic} {}", timeless(payload));
        heard
            .iter()
            .map(|one| text(&one.topic, &one.payload))
            .collect::<Vec<_>>()
    };
    let (one, other) = (file.inside("one"), file.inside("other"));
    let outputs = |name: &str| {
        (
            text(&file.inside(name)),
            text(&file.inside(&format!("{name}.prom"))),
        )
    };
    let (logs, metrics) = outputs("one");
    let first = told(&|host| {
        let words = [
            "log",
            &device,
            "2,4-5",
            &logs,
            "--textfile",
            &metrics,
            "--mqtt",
            host,
        ];
        plain(&words).expect_silence();
    });
    let (logs, metrics) = outputs("other");
    let second = told(&|host| {
        let words = [&logs, "--textfile", &metrics, "--mqtt", host];
        file.run("log", &words).expect_silence();
    });
    assert_eq!(first, second);
    let files = |directory: &Path| {
        let relative = |path: &Path| path.strip_prefix(directory).unwrap().to_owned();
        let content = |bytes: Option<Vec<u8>>| {
            bytes.map(|bytes| timeless(&String::from_utf8(bytes).unwrap()))
        };
        let tree = tree(directory).into_iter();
        tree.map(|(path, bytes)| (relative(&path), content(bytes)))
            .collect::<Vec<_>>()
    };
    assert!(files(&one).len() > 4);
    assert_eq!(files(&one), files(&other));
    let metrics = |name: &str| fs::read_to_string(file.inside(name)).unwrap();
    assert_eq!(
        timeless(&metrics("one.prom")),
        timeless(&metrics("other.prom"))
    );
}

#[test]
fn keys_of_the_broker_are_the_options() {
    let line = inverters(&[2]);
    let broker = Broker::start(OPEN);
    let mqtt = format!(
        "[mqtt]\nurl = \"mqtt://{}\"\nprefix = \"plants/hill\"\ndiscovery = false\n",
        broker.host()
    );
    let file = PlantFile::new(&(bus(&line.path, "2", "name = \"roof\"") + &mqtt));
    let listener = broker.listen();
    file.run("read", &["--format", "csv"]).expect_code(0);
    file.run("read", &["--format", "csv", "--mqtt-prefix", "other"])
        .expect_code(0);
    broker.publish("end", "", &[]);
    let heard = || {
        listener
            .heard()
            .into_iter()
            .map(|one| one.topic)
            .collect::<Vec<_>>()
    };
    wait_until("all messages", || heard().contains(&"end".to_owned()));
    let due = [
        "plants/hill/kaco/roof_02/state",
        "other/kaco/roof_02/state",
        "end",
    ];
    assert_eq!(heard(), due);
}

#[test]
fn what_is_typed_counts_before_the_file_and_the_file_before_the_environment() {
    let line = inverters(&[2]);
    let file = PlantFile::new(&format!(
        "strict = true\n{}",
        bus(&line.path, "2-3", "counters = false\nattempts = 1")
    ));
    let quickly = ["--timeout", "2s"];
    let asked = |arguments: &[&str], variables: &[(&str, &str)]| {
        let before = line.asked().len();
        let arguments = [arguments, quickly.as_slice()].concat();
        let mut command = file.command("read", &arguments);
        for (name, value) in variables {
            command.env(format!("KACO_ARDEXA_{name}"), value);
        }
        wait(start(command)).expect_code(3);
        line.asked().split_off(before)
    };
    let has_counters = |asked: &[String]| asked.iter().any(|request| request == "#023");
    assert!(!has_counters(&asked(&[], &[])));
    assert!(has_counters(&asked(&["--counters"], &[])));
    assert!(!has_counters(&asked(&[], &[("COUNTERS", "1")])));
    // Of the environment counts what neither says.
    let variables = [
        ("STRICT", "0"),
        ("FORMAT", "json"),
        ("DEVICE", "/nowhere"),
        ("ADDRESSES", "9"),
    ];
    assert_eq!(asked(&[], &variables), asked(&[], &[]));
}

#[test]
fn the_environment_names_a_plant_file_unless_a_device_is_typed() {
    let (_roof, barn, file) = two();
    let logs = text(&file.inside("logs"));
    let device = text(&barn.path);
    let with = |words: &[&str]| {
        let mut command = command(words);
        command
            .env("KACO_ARDEXA_PLANT", file.path())
            .env("TZ", Day::Today.zone());
        wait(start(command))
    };
    with(&["log", &logs]).expect_silence();
    assert!(file.inside("logs/roof/02/latest.csv").exists());
    let run = with(&["read", &device, "3", "--format", "csv"]).expect_code(0);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    let run = with(&["read", &device]).expect_code(2);
    assert!(run.stderr.contains("<ADDRESSES>"), "{}", run.stderr);
    let help = with(&["watch", "--help"]).expect_code(0).stdout;
    assert!(help.contains("[env: KACO_ARDEXA_PLANT]"), "{help}");
}

#[test]
fn a_plant_file_and_a_device_are_too_much() {
    let (roof, barn, file) = two();
    let device = text(&roof.path);
    let logs = text(&file.inside("logs"));
    for words in [
        vec!["log", &device, "2", &logs],
        vec!["log", &device],
        vec!["log", "sim:"],
        vec!["log", &logs, "--bus", "roof"],
        vec!["log"],
        vec!["read", &device, "2"],
        vec!["read", &device],
        vec!["watch", &device, "2"],
    ] {
        let run = file.run(words[0], &words[1..]).expect_code(2);
        assert!(run.stderr.contains("--plant"), "{words:?}: {}", run.stderr);
    }
    assert!(!file.inside("logs").exists());
    assert_eq!((roof.asked().len(), barn.asked().len()), (0, 0));
}

#[test]
fn a_directory_that_is_missing_below_dev_is_to_be_made_first() {
    let (_roof, _barn, file) = two();
    let run = file.run("log", &["/dev/shm/kaco none"]).expect_code(2);
    let due = "/dev/shm/kaco none does not exist: below /dev it is taken for DEVICE, which can't \
               be used with --plant; if it is DIR, make it first: `mkdir -p '/dev/shm/kaco none'`";
    assert!(run.stderr.contains(due), "{}", run.stderr);
}

#[test]
fn a_wrong_file_polls_nothing_and_makes_nothing() {
    let (roof, _barn, file) = two();
    let good = fs::read_to_string(file.path()).unwrap();
    let before = fs::read_dir(file.inside("")).unwrap().count();
    let logs = text(&file.inside("logs"));
    for (wrong, due) in [
        (
            good.replace("addresses", "adresses"),
            ":3: key 'adresses' is not known; did you mean 'addresses'?",
        ),
        (
            good.clone() + "[mqtt]\nurl = \"mqtt://me:hunter2@host\"\n",
            "secrets do not belong in this file",
        ),
    ] {
        file.write(&wrong);
        for words in [&["log", &logs][..], &["read"], &["watch", "--log", &logs]] {
            let run = file.run(words[0], &words[1..]).expect_code(2);
            let path = text(&file.path());
            assert!(run.stderr.starts_with(&path), "{}", run.stderr);
            assert!(
                run.stderr.contains(due) && !run.stderr.contains("hunter2"),
                "{}",
                run.stderr
            );
            assert_eq!(run.stdout, "");
        }
    }
    assert_eq!(fs::read_dir(file.inside("")).unwrap().count(), before);
    assert!(roof.asked().is_empty());
}

#[test]
fn names_are_shown_to_people_alone() {
    let line = inverters(&[2]);
    let file = PlantFile::new(&bus(&line.path, "2", "names = { 2 = \"south left\" }"));
    let table = file.run("read", &[]).expect_code(0).stdout;
    assert!(table.contains("02 south left"), "{table}");
    for format in ["json", "csv", "influx", "prometheus"] {
        let text = file
            .run("read", &["--format", format])
            .expect_code(0)
            .stdout;
        assert!(!text.contains("south"), "{text}");
    }
}

#[test]
fn each_bus_has_its_own_recording_and_one_that_can_not_be_written_costs_no_reading() {
    let (roof, barn) = (inverters(&[2]), inverters(&[3]));
    let file = PlantFile::new("");
    let record = |name: &str| format!("record = \"{}\"\n", text(&file.inside(name)));
    let content = named(&roof, "2", "roof") + &record("roof.jsonl");
    file.write(&(content + &named(&barn, "3", "barn") + &record("nowhere/barn.jsonl")));
    let run = file.run("read", &["--format", "csv"]).expect_code(1);
    assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
    assert!(
        run.stderr.contains("error: barn: can't record to"),
        "{}",
        run.stderr
    );
    let recorded = fs::read_to_string(file.inside("roof.jsonl")).unwrap();
    assert!(recorded.contains(&text(&roof.path)) && !recorded.contains(&text(&barn.path)));
}

/// Rows of an inverter in a log.
fn rows(logs: &Path, folder: &str) -> usize {
    latest(logs, folder).lines().count().saturating_sub(1)
}

#[test]
fn a_changed_file_stops_and_starts_what_differs() {
    let (roof, barn, field) = (inverters(&[2]), inverters(&[3]), inverters(&[4]));
    let file = PlantFile::new("");
    let logs = file.inside("logs");
    let top = format!("log = \"{}\"\nevery = \"100ms\"\n", text(&logs));
    let roof_bus = named(&roof, "2", "roof");
    file.write(&(top.clone() + &roof_bus + &named(&barn, "3", "barn")));
    let watch = start(file.command("watch", &[]));
    wait_until("rows of both", || {
        rows(&logs, "roof/02") > 0 && rows(&logs, "barn/03") > 0
    });

    file.write(&(top.clone() + &roof_bus + "adresses = 1\n"));
    signal(&watch.0, Signal::HUP);
    let before = rows(&logs, "barn/03");
    wait_until("the old plan stays", || rows(&logs, "barn/03") > before + 2);

    let influx = "[influx]\nurl = \"http://127.0.0.1:1\"\n";
    let changed = top.replace("100ms", "200ms") + &roof_bus;
    file.write(&(changed + &named(&field, "4", "field") + influx));
    signal(&watch.0, Signal::HUP);
    wait_until("a row of the new bus", || rows(&logs, "field/04") > 0);
    let (asked, before) = (barn.asked().len(), rows(&logs, "roof/02"));
    wait_until("rows of the bus that stays", || {
        rows(&logs, "roof/02") > before + 2
    });
    assert_eq!(
        barn.asked().len(),
        asked,
        "the bus that is gone is polled no more"
    );
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    for due in [
        "what was polled before still is",
        "key 'adresses' is not known",
        "a change of every, [influx] in the plant file takes a restart",
    ] {
        assert_eq!(run.stderr.matches(due).count(), 1, "{due}: {}", run.stderr);
    }
    assert!(
        run.stdout
            .contains("the plant file was read again: polling roof, field"),
        "{}",
        run.stdout
    );
}

/// Reads lines, at each call until one with this text.
fn lines_of(stream: impl Read) -> impl FnMut(&str) {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    move |text| assert!(lines.any(|line| line.contains(text)), "{text}")
}

#[test]
fn reloads_leave_nothing_behind() {
    let bus = |attempts: usize| {
        format!(
            "http = \"127.0.0.1:0\"\nattempts = {attempts}\n[[bus]]\ndevice = \"sim:\"\naddresses = \"1-99\"\n"
        )
    };
    let file = PlantFile::new(&bus(1));
    // What is logged of each inverter is looked for after each reload.
    let logs = text(&file.inside("logs"));
    let mut command = file.command("watch", &["--log", &logs]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watch = command.spawn().unwrap();
    let mut line_with = lines_of(watch.stdout.take().unwrap());
    line_with("online");
    let mut reload = |times: usize| {
        for time in 0..times {
            file.write(&bus(2 + time % 2));
            signal(&watch, Signal::HUP);
            line_with("read again: polling sim:");
        }
        memory(&watch)
    };
    let (early, late) = (reload(50), reload(300));
    assert!(late <= early + 1024, "{early} kB became {late} kB");
    signal(&watch, Signal::TERM);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
}

/// Many buses are read at the same moment, and the signal comes while their rows are written.
#[test]
fn what_was_read_before_a_signal_is_logged() {
    let file = PlantFile::new("");
    let (logs, record) = (file.inside("logs"), |name: &str| file.inside(name));
    let names: Vec<String> = (1..=24).map(|number| format!("b{number}")).collect();
    let bus = |name: &String| {
        let keys = format!("name = \"{name}\"\nrecord = \"{}\"", text(&record(name)));
        bus("sim:".as_ref(), "2", &keys)
    };
    let buses: String = names.iter().map(bus).collect();
    file.write(&format!("log = \"{}\"\n{buses}", text(&logs)));
    let watch = start(file.command("watch", &[]));
    wait_until("a row", || {
        names
            .iter()
            .any(|name| rows(&logs, &format!("{name}/02")) > 0)
    });
    signal(&watch.0, Signal::TERM);
    wait(watch).expect_code(0);
    for name in &names {
        let recording = fs::read_to_string(record(name)).unwrap_or_default();
        let read = recording.matches(r#""outcome":"read""#).count();
        assert_eq!(rows(&logs, &format!("{name}/02")), read, "{name}");
    }
}

#[test]
fn a_reload_to_a_bus_of_another_run_ends_nothing() {
    let line = inverters(&[2]);
    let other = start(command(&["watch", &text(&line.path), "2"]));
    wait_until("the other run polls", || !line.asked().is_empty());
    let file = PlantFile::new(&bus(Path::new("/dev/nowhere"), "2", ""));
    let mut watch = file.command("watch", &[]);
    watch.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut watch = watch.spawn().unwrap();
    let mut line_with = lines_of(watch.stderr.take().unwrap());
    line_with("trying again until it is back");
    file.write(&bus(&line.path, "2", ""));
    signal(&watch, Signal::HUP);
    line_with("trying again until it is back");
    signal(&watch, Signal::TERM);
    assert_eq!(watch.wait().unwrap().code(), Some(7));
    signal(&other.0, Signal::TERM);
    wait(other).expect_code(0);
}

#[test]
fn messages_about_replies_and_links_name_their_bus() {
    let roof = Bus::with_quick_replies(&[
        ("#020", at_address("G4-17", 2)),
        (
            "#023",
            b"\n*023 2286 41x4 42 581 8:46 11:04 11:04\r".to_vec(),
        ),
    ]);
    let barn = Bus::start(Box::new(|_, _| vec![Play::HangUp]));
    let file = PlantFile::new(&(named(&roof, "2", "roof") + &named(&barn, "3", "barn")));
    let run = file.run("read", &["--counters", "-vv"]).expect_code(1);
    for due in [
        "roof: #020\\r -> ",
        "roof: address 02: garbled reply, attempt 1: ",
        "warning: roof: address 02: no counters: ",
        &format!(
            "warning: barn: the connection to {} was lost",
            text(&barn.path)
        ),
    ] {
        assert!(run.stderr.contains(due), "{due}: {}", run.stderr);
    }
}

/// The first inverter gives the plant its serial number, so a reload must not make another the first.
#[test]
fn inverters_have_the_order_of_the_file_after_a_reload_too() {
    let (roof, barn, file) = two();
    let top = "http = \"127.0.0.1:0\"\nevery = \"100ms\"\n";
    let barn_bus = named(&barn, "3", "barn");
    file.write(&(top.to_owned() + &named(&roof, "2", "roof") + &barn_bus));
    let served = Served::run(file.command("watch", &["-v"]));
    let addresses = || {
        let readings: serde_json::Value =
            serde_json::from_str(&served.get("/readings.json")).unwrap();
        let inverters = readings["inverters"].as_array().unwrap();
        inverters
            .iter()
            .map(|one| one["address"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(addresses(), [2, 3]);
    wait_until("a reading: signals are heard by then", || {
        served.get("/readings.json").contains(r#""outcome":"read""#)
    });
    file.write(&(top.to_owned() + &named(&roof, "2,4", "roof") + &barn_bus));
    signal(&served.child, Signal::HUP);
    wait_until("an inverter more", || addresses().len() == 3);
    assert_eq!(addresses(), [2, 4, 3]);
}

/// A reload ends a round of the network: what was read in it is not a second inverter.
#[test]
fn a_hybrid_keeps_its_folder_when_a_reload_interrupts_its_round() {
    let house = Inverter::with(&bytes("AA-21"), Some("E4000K1234567890"));
    let mute = Inverter::start(address(), None, Box::new(|_, _| Vec::new()));
    let file = PlantFile::new("");
    let logs = file.inside("logs");
    let top = format!("log = \"{}\"\nevery = \"100ms\"\n", text(&logs));
    let one = format!("[[kstar]]\nip = \"{}\"\n", house.ip);
    file.write(&format!("{top}{one}[[kstar]]\nip = \"{}\"\n", mute.ip));
    let watch = start(file.command("watch", &[]));
    // A round lasts until the mute one was asked three times.
    wait_until("a round in which one is read already", || {
        mute.asked()
            .iter()
            .filter(|asked| **asked == "readings")
            .count()
            > 1
    });
    file.write(&(top + &one));
    signal(&watch.0, Signal::HUP);
    wait_until("rows after the reload", || {
        rows(&logs, "E4000K1234567890") > 2
    });
    signal(&watch.0, Signal::TERM);
    let run = wait(watch).expect_code(0);
    assert!(!run.stderr.contains("serial number"), "{}", run.stderr);
    let folders = fs::read_dir(&logs).unwrap().flatten();
    let folders = folders.filter(|entry| entry.path().is_dir());
    assert_eq!(folders.count(), 1);
}

#[test]
fn the_service_manager_is_notified() {
    let (_roof, _barn, file) = two();
    let path = file.inside("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut command = file.command("watch", &["--every", "100ms"]);
    command
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "200000");
    let watch = start(command);
    let mut told = String::new();
    let mut hear = |word: &str| {
        told.clear();
        while !told.contains(word) {
            let mut bytes = [0; 256];
            let length = socket.recv(&mut bytes).expect("a message");
            told += std::str::from_utf8(&bytes[..length]).unwrap();
        }
        told.clone()
    };
    hear("READY=1");
    hear("WATCHDOG=1");
    hear("WATCHDOG=1");
    signal(&watch.0, Signal::HUP);
    let reloading = hear("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    hear("READY=1");
    signal(&watch.0, Signal::TERM);
    hear("STOPPING=1");
    wait(watch).expect_code(0);
}

#[test]
fn a_plain_run_ends_when_it_is_hung_up() {
    let line = inverters(&[2]);
    let plain = command(&["watch", &text(&line.path), "2"]);
    // Under nohup the signal is ignored, by all that is started too.
    let mut watch = Command::new("env");
    watch.arg("--default-signal=HUP").arg(plain.get_program());
    watch.args(plain.get_args());
    let watch = start(watch);
    wait_until("a request", || !line.asked().is_empty());
    signal(&watch.0, Signal::HUP);
    assert_eq!(wait(watch).signal, Some(1));
    run(&["read", "--plant", "/nowhere/plant.toml"]).expect_code(2);
}
