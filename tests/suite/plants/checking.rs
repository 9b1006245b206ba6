//! `check FILE`, and `scan --format toml`, whose output is a plant file.

use super::{inverters, named};
use crate::support::bus::Bus;
use crate::support::plant_file::{PlantFile, bus};
use crate::support::program::{Run, command, run, start, text, wait};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

fn check(file: &PlantFile) -> Run {
    run(&["check", &text(&file.path())])
}

#[test]
fn a_good_file_shows_what_it_has_polled() {
    let (roof, barn) = (inverters(&[2]), inverters(&[3]));
    let file = PlantFile::new("");
    let logs = file.inside("logs");
    let top = format!(
        "name = \"Hill\"\nlog = \"{}\"\nevery = \"1s\"\nsunspec = \"127.0.0.1:5020\"\npace = \"1s\"\n",
        text(&logs)
    );
    let roof_bus =
        named(&roof, "2,4", "roof").replace("pace = 0\n", "") + "names = { 2 = \"south left\" }\n";
    let barn_bus = named(&barn, "3", "barn") + "sunspec-offset = 100\n";
    let rest = "[[kstar]]\nname = \"house\"\nip = \"127.0.0.9\"\n[mqtt]\nurl = \"mqtt://host\"\n";
    file.write(&(top + &roof_bus + &barn_bus + rest));
    let run = check(&file).expect_code(0);
    assert_eq!(run.stderr, "");
    let cells = |line: &str| {
        let cells = line.split(['│', '┆']).map(str::trim);
        cells
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
            .join("|")
    };
    let lines: Vec<String> = run.stdout.lines().map(cells).collect();
    for due in [
        &format!("roof|{}|2|1 s|3.3 s|20 s", text(&roof.path)),
        &format!("barn|{}|1|0 s|0.6 s|10 s", text(&barn.path)),
        "KSTAR|the network|1",
        "roof/02|south left|roof/02|kaco/roof_02/state|2",
        "roof/04|roof/04|kaco/roof_04/state|4",
        "barn/03|barn/03|kaco/barn_03/state|103",
        "127.0.0.9|house|its serial number|kstar/SERIAL/state|201, meter 202",
        "Hill",
        &format!("log       {}", text(&logs)),
        "sunspec   127.0.0.1:5020",
        "mqtt      mqtt://host:1883",
        "a round takes about 3.3 s, as long as roof; watch starts one every 1 s, longer than that",
    ] {
        assert!(
            lines.iter().any(|line| line == due),
            "{due}\n{}",
            run.stdout
        );
    }
    assert!(!logs.exists(), "nothing is made");
    assert!(roof.asked().is_empty() && barn.asked().is_empty());
}

#[test]
fn a_file_whose_name_begins_with_a_dash_is_checked() {
    let file = PlantFile::new("");
    fs::write(file.inside("-p.toml"), bus("sim:".as_ref(), "2", "")).unwrap();
    let mut check = command(&["check", "--", "-p.toml"]);
    check.current_dir(file.inside(""));
    wait(start(check)).expect_code(0);
}

#[test]
fn mistakes_in_the_file_are_reported_and_nothing_is_looked_at() {
    let file = PlantFile::new("[[bus]]\ndevice = \"/dev/nowhere\"\nadresses = \"2\"\n");
    let run = check(&file).expect_code(2);
    let path = text(&file.path());
    let due = format!("{path}:3: key 'adresses' is not known; did you mean 'addresses'?\n");
    assert!(run.stderr.contains(&due), "{}", run.stderr);
    assert!(!run.stderr.contains("nowhere") && run.stdout.is_empty());
}

#[test]
fn an_unreadable_file_is_an_error_as_any_other() {
    let file = PlantFile::new("");
    let directory = text(&file.inside(""));
    let missing = text(&file.inside("missing"));
    let latin = text(&file.inside("latin"));
    fs::write(&latin, b"name = \"S\xfcd\"").unwrap();
    let long = text(&file.inside("long"));
    fs::write(&long, "#".repeat((1 << 20) + 1)).unwrap();
    for path in [&directory, &missing, &latin, &long] {
        for words in [
            &["check"][..],
            &["read", "--plant"],
            &["history", "--plant"],
        ] {
            let run = run(&[words, &[path]].concat()).expect_code(2);
            let due = format!("kaco_ardexa: error: can't read the plant file {path}: ");
            assert!(run.stderr.starts_with(&due), "{words:?}: {}", run.stderr);
            let is_latin = run
                .stderr
                .contains("is not UTF-8; save it with this encoding");
            assert_eq!(is_latin, *path == latin, "{}", run.stderr);
        }
    }
}

#[test]
fn two_names_of_one_device_are_the_same_device() {
    let line = Bus::silent();
    let file = PlantFile::new("");
    let by_id = file.inside("by-id");
    std::os::unix::fs::symlink(&line.path, &by_id).unwrap();
    let other = |first: &str, second: &str| {
        let named = |name: &str, device: &str| {
            let device = std::path::Path::new(device);
            bus(device, "2", &format!("name = \"{name}\""))
        };
        file.write(&(named("roof", first) + &named("barn", second)));
        let run = check(&file).expect_code(2);
        let due = format!("key 'device': {second} is the bus of line 1 too");
        assert!(run.stderr.contains(&due), "{due}: {}", run.stderr);
    };
    other(&text(&line.path), &text(&by_id));
    other("/dev/nowhere", "/dev//nowhere");
    other("tcp://gateway:8899", "tcp://Gateway:8899");
    assert_eq!(line.bytes_received(), 0);
}

#[test]
fn what_is_wrong_on_the_machine_is_reported_with_exit_1() {
    let line = Bus::silent();
    let file = PlantFile::new("");
    let good = bus(&line.path, "2", "");
    let path = |name: &str| text(&file.inside(name));
    fs::write(file.inside("a-file"), "").unwrap();
    fs::write(file.inside("password"), "hunter2").unwrap();
    let mode =
        |mode| fs::set_permissions(file.inside("password"), Permissions::from_mode(mode)).unwrap();
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    fs::write(file.inside("ca.pem"), certificate).unwrap();
    let device = |device: &str| bus(std::path::Path::new(device), "2", "");
    let mqtt = |more: &str| format!("{good}[mqtt]\nurl = \"mqtts://me@host\"\n{more}\n");
    mode(0o644);
    for (content, due) in [
        (
            device("/dev/nowhere"),
            "/dev/nowhere: /dev/nowhere does not exist",
        ),
        (device("/etc/hostname"), "it is not a serial port"),
        (device("replay:/nowhere"), "replay:/nowhere"),
        (
            format!("log = \"{}/logs\"\n{good}", path("a-file")),
            "the rows can't be written to",
        ),
        (
            format!("textfile = \"{}\"\n{good}", path("nowhere/a.prom")),
            "the metrics can't be written to",
        ),
        (
            format!("textfile = \"/dev/null\"\n{good}"),
            "the metrics can't be written to /dev/null: it is not a regular file",
        ),
        (
            good.clone() + &format!("record = \"{}\"\n", path("nowhere/a")),
            "the recording can't be written to",
        ),
        (
            mqtt(&format!("password-file = \"{}\"", path("nowhere"))),
            "nowhere",
        ),
        (
            mqtt(&format!("password-file = \"{}\"", path("password"))),
            "every user of this machine can read",
        ),
        (
            mqtt(&format!("ca = \"{}\"", path("a-file"))),
            "no certificate in PEM format",
        ),
        (
            mqtt(&format!("ca = \"{}\"", path("ca.pem"))),
            "can't read the certificates in",
        ),
        (
            mqtt(&format!(
                "cert = \"{}\"\nkey = \"{}\"",
                path("ca.pem"),
                path("nowhere")
            )),
            "can't use the key in",
        ),
    ] {
        file.write(&content);
        let run = check(&file).expect_code(1);
        assert!(run.stderr.contains(due), "{due}: {}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        assert!(run.stdout.contains("a round takes about"), "{}", run.stdout);
    }
    mode(0o600);
    file.write(&mqtt(&format!("password-file = \"{}\"", path("password"))));
    check(&file).expect_code(0);
    assert_eq!(line.bytes_received(), 0);
}

#[test]
fn files_of_secrets_that_every_user_can_read_are_named_once_by_what_they_are() {
    let line = Bus::silent();
    let file = PlantFile::new("");
    let path = |name: &str| text(&file.inside(name));
    let names = ["password", "token"];
    let mode = |mode| {
        for name in names {
            fs::set_permissions(file.inside(name), Permissions::from_mode(mode)).unwrap();
        }
    };
    for name in names {
        fs::write(file.inside(name), "hunter2").unwrap();
    }
    let key = |name: &str| format!("{name}-file = \"{}\"\n", path(name));
    let mqtt = format!("[mqtt]\nurl = \"mqtt://me@host\"\n{}", key("password"));
    let influx = format!(
        "[influx]\nurl = \"http://me@host\"\n{}{}",
        key("password"),
        key("token")
    );
    file.write(&(bus(&line.path, "2", "") + &mqtt + &influx));
    mode(0o644);
    let run = check(&file).expect_code(1);
    let due = names.map(|name| {
        let path = path(name);
        let wrong = format!("every user of this machine can read the {name} file {path}");
        format!("kaco_ardexa: error: {wrong}: `chmod o= {path}`")
    });
    assert_eq!(run.stderr.lines().collect::<Vec<_>>(), due);
    mode(0o640);
    assert_eq!(check(&file).expect_code(0).stderr, "");
}

#[test]
fn a_scan_prints_a_bus_that_a_plant_file_takes() {
    let line = inverters(&[2, 3, 5]);
    let device = text(&line.path);
    let quickly = ["--pace", "0", "--timeout", "200ms"];
    let words = ["scan", &device, "1-5", "--format", "toml"];
    let run = run(&[&words[..], &quickly].concat()).expect_code(0);
    assert!(run.stdout.starts_with("[[bus]]\n"), "{}", run.stdout);
    assert!(
        run.stdout.contains("\n# 02: 6400xi, Powador 6400xi\n"),
        "{}",
        run.stdout
    );
    let file = PlantFile::new(&run.stdout);
    let run = file
        .run(
            "read",
            &["--format", "csv", "--timeout", "5s", "--pace", "0"],
        )
        .expect_code(0);
    assert_eq!(
        run.stdout.matches(",read,6400xi,").count(),
        3,
        "{}",
        run.stdout
    );
    let silent = Bus::silent();
    let words = ["scan", &text(&silent.path), "1", "--format", "toml"];
    let run = crate::support::program::run(&[&words[..], &quickly].concat()).expect_code(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_scan_of_a_bus_with_a_name_prints_it() {
    let line = inverters(&[2]);
    let device = text(&line.path);
    let scan = |format| {
        let named = ["--bus", "roof", "--pace", "0", "--timeout", "5s"];
        let words = ["scan", &device, "2", "--format", format];
        run(&[&words[..], &named].concat()).expect_code(0)
    };
    let toml = scan("toml");
    assert!(
        toml.stdout.starts_with("[[bus]]\nname = \"roof\"\n"),
        "{}",
        toml.stdout
    );
    let advice = format!("kaco_ardexa log {device} 2 DIR --bus roof");
    assert!(toml.stderr.contains(&advice), "{}", toml.stderr);
    let object = scan("json").stdout;
    assert!(
        object.contains("\"protocol\":\"kaco\",\"bus\":\"roof\""),
        "{object}"
    );
}
