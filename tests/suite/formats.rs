//! Lines for InfluxDB and metrics for Prometheus, which `promtool` judges (a Debian package that
//! `tests/all.sh` installs).

use crate::polling::at_address;
use crate::support::bus::{Bus, Play, REPLY_TIME, reply};
use crate::support::captures::bytes;
use crate::support::program::{Run, command, helper, run, text};
use kaco_ardexa::format::prometheus::exposition;
use kaco_ardexa::inverter::InverterId;
use kaco_ardexa::kaco::layouts::{COUNTERS, READINGS};
use kaco_ardexa::kstar::layout::KSTAR;
use kaco_ardexa::observation::{Observation, Outcome};
use kaco_ardexa::reading::{
    Cells, Decimal, Facts, Field, Kind, Layout, Reading, StatusCode, Value,
};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A one-phase inverter, one of three parts, one with two MPP trackers, and none at 9.
fn bus() -> Bus {
    Bus::with_replies(&[
        ("#020", bytes("G4-17")),
        ("#120", b"\n*124\r".to_vec()),
        ("#121", bytes("ST-14")),
        ("#122", bytes("ST-15")),
        ("#123", bytes("ST-16")),
        ("#030", at_address("GN-18", 3)),
        (
            "#023",
            b"\n  4899  33971 112706 112706     12:29  71858:16  71858:16\0".to_vec(),
        ),
    ])
}

fn read(bus: &Bus, format: &str, options: &[&str]) -> Run {
    let device = text(&bus.path);
    let mut arguments = vec!["read", &device, "2,9,12,3", "--pace", "0s"];
    arguments.extend(["--format", format]);
    arguments.extend(options);
    run(&arguments)
}

/// Fails if `promtool` has anything to say.
#[track_caller]
fn check_metrics(text: &str) {
    let run = helper("promtool", &["check", "metrics"], text.as_bytes());
    assert_eq!(
        (run.code, run.stdout + &run.stderr),
        (Some(0), String::new()),
        "{text}"
    );
}

#[test]
fn influx_lines_come_with_the_readings() {
    let run = read(&bus(), "influx", &[]).expect_code(0);
    assert_eq!(run.stderr, "");
    let lines: Vec<(&str, &str)> = run
        .stdout
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .collect();
    let due = [
        "inverter,protocol=kaco,address=2,type=6400xi status=\"mpp-track\",dc_voltage=398.5,dc_current=1.56,dc_power=621,\
         ac_voltage=227.8,ac_current=2.61,ac_power=585,device_temperature=33,daily_yield=33969,status_code=4",
        "inverter,protocol=kaco,address=12,type=3x10k status_unit_1=\"mpp-track\",dc_voltage_unit_1=440.6,",
        "inverter,protocol=kaco,address=3,type=3X24 status=\"mpp-track\",dc_voltage_mppt1=214.7,",
    ];
    assert_eq!(lines.len(), due.len(), "{}", run.stdout);
    for ((line, time), due) in lines.into_iter().zip(due) {
        assert!(line.starts_with(due), "{line}");
        let nanoseconds = chrono::DateTime::from_timestamp_nanos(time.parse().unwrap());
        let age = chrono::Utc::now() - nanoseconds;
        assert!((0..60).contains(&age.num_seconds()), "{time}");
    }
    assert!(run.stdout.contains(",cos_phi=0.735,"), "{}", run.stdout);
    assert!(
        run.stdout.contains(",cos_phi_kind=\"i\","),
        "{}",
        run.stdout
    );
}

#[test]
fn metrics_of_all_inverters_that_were_polled() {
    let run = read(&bus(), "prometheus", &["--counters"]).expect_code(0);
    check_metrics(&run.stdout);
    for (metric, samples) in [
        (
            "inverter_up",
            "{address=\"2\"} 1,{address=\"9\"} 0,{address=\"12\"} 1,{address=\"3\"} 1",
        ),
        (
            "inverter_info",
            "{address=\"2\",protocol=\"kaco\",model=\"Powador 6400xi\",type=\"6400xi\"} 1,\
             {address=\"12\",protocol=\"kaco\",model=\"Powador 30000xi\",type=\"3x10k\"} 1,\
             {address=\"3\",protocol=\"kaco\",model=\"blueplanet 3.0NX3 M2\",type=\"3X24\"} 1",
        ),
        (
            "inverter_status_code",
            "{address=\"2\"} 4,{address=\"3\"} 4",
        ),
        ("inverter_status_unit_2_code", "{address=\"12\"} 4"),
        ("inverter_dc_voltage_volts", "{address=\"2\"} 398.5"),
        ("inverter_dc_voltage_unit_3_volts", "{address=\"12\"} 400.8"),
        ("inverter_ac_power_total_watts", "{address=\"3\"} 413"),
        ("inverter_cos_phi", "{address=\"3\"} 0.735"),
        (
            "inverter_daily_yield_joules_total",
            "{address=\"2\"} 122288400,{address=\"3\"} 5904000",
        ),
        (
            "inverter_yield_joules_total",
            "{address=\"2\"} 405741600000",
        ),
        (
            "inverter_operating_time_seconds_total",
            "{address=\"2\"} 258689760",
        ),
        ("inverter_daily_peak_power_watts", "{address=\"2\"} 4899"),
    ] {
        let found = run
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix(metric));
        let found: Vec<&str> = found.filter(|rest| rest.starts_with('{')).collect();
        assert_eq!(found.join(","), samples, "{metric}");
    }
    let texts = ["mpp-track", "cos_phi_kind", "inverter_type"];
    assert!(texts.iter().all(|text| !run.stdout.contains(text)));
}

#[test]
fn silent_inverters_are_in_the_metrics_and_nowhere_else() {
    let bus = Bus::silent();
    let run = read(&bus, "prometheus", &["--timeout", "100ms"]).expect_code(0);
    check_metrics(&run.stdout);
    assert_eq!(run.stdout.matches("} 0\n").count(), 4, "{}", run.stdout);
    let run = read(&bus, "influx", &["--timeout", "100ms"]).expect_silence();
    assert_eq!(run.stdout, "");
    let run = read(&bus, "prometheus", &["--timeout", "100ms", "--strict"]);
    run.expect_code(3);
}

#[test]
fn nothing_in_a_type_code_breaks_a_format() {
    let content = b"*020   4 355.9  2.92  1039 239.5  1.60   974  40   3229 ";
    let sum = content.iter().copied().fold(0, u8::wrapping_add);
    let frame = [b"\n", content.as_slice(), &[sum], b" 6\",=4\x1b\\x\\\r"].concat();
    let bus = Bus::start(Box::new(move |request, _| match request {
        "#020" => reply(&frame),
        _ => vec![],
    }));
    let run = read(&bus, "prometheus", &["--timeout", "2s"]).expect_code(0);
    check_metrics(&run.stdout);
    let label = r#",type="6\",=4\\x1b\\\\x\\\\"} 1"#;
    assert!(run.stdout.contains(label), "{}", run.stdout);
    let run = read(&bus, "influx", &["--timeout", "2s"]).expect_code(0);
    let tag = r#",type=6"\,\=4\x1b\\x status="#;
    assert!(run.stdout.contains(tag), "{}", run.stdout);
}

/// All numbers of a layout are 1.5, so that every metric there can be is judged.
fn full(layout: &'static Layout, inverter: InverterId) -> Reading {
    let number = |field: &Field| {
        let is_number = field.kind.is_numeric() || field.kind == Kind::Code;
        is_number.then(|| Value::Number(Decimal::new(15, 1)))
    };
    let cells = |layout: &'static Layout| Cells {
        layout,
        values: layout.fields.iter().map(number).collect(),
    };
    Reading {
        time: None,
        inverter,
        cells: cells(layout),
        further: Some(cells(&COUNTERS)),
        type_code: None,
        model: None,
        status_code: StatusCode::Each(vec![Some(4); 3]),
        is_fault: false,
        facts: Facts::default(),
        unreadable: vec![],
        missing: vec![],
    }
}

#[test]
fn promtool_takes_the_metrics_of_all_tables() {
    let inverters = (1..).map(|address| InverterId::kaco(Some(address)));
    let layouts = READINGS.into_iter().chain([&KSTAR]);
    let read = |(layout, inverter): (_, InverterId)| {
        let outcome = Outcome::Read {
            answer: Box::new(full(layout, inverter.clone())),
            first_byte: std::time::Duration::ZERO,
        };
        Observation::new(inverter, outcome)
    };
    let observations: Vec<_> = layouts.zip(inverters).map(read).collect();
    check_metrics(&exposition(&observations));
}

fn log(bus: &Bus, directory: &Path, textfile: &Path) -> Run {
    run(&[
        "log",
        &text(&bus.path),
        "2,3",
        &text(directory),
        "--pace",
        "0s",
        "--timeout",
        "2s",
        "--textfile",
        &text(textfile),
    ])
}

#[test]
fn a_textfile_is_exchanged_whole() {
    let directory = TempDir::new().unwrap();
    let (logs, file) = (
        directory.path().join("logs"),
        directory.path().join("inverters.prom"),
    );
    log(&bus(), &logs, &file).expect_silence();
    let day = fs::read_to_string(&file).unwrap();
    check_metrics(&day);
    assert!(
        day.contains("inverter_dc_voltage_volts{address=\"2\"} 398.5\n"),
        "{day}"
    );
    let mut reader = File::open(&file).unwrap();
    log(&Bus::silent(), &logs, &file).expect_silence();
    let night = fs::read_to_string(&file).unwrap();
    check_metrics(&night);
    assert_eq!(night.matches("} 0\n").count(), 2, "{night}");
    let mut before = String::new();
    reader.read_to_string(&mut before).unwrap();
    assert_eq!(before, day, "an open file stays the old one");
    let names = fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        ["inverters.prom", "logs"],
        "nothing is left beside it"
    );
}

#[test]
fn a_textfile_can_be_read_by_its_collector() {
    let directory = TempDir::new().unwrap();
    let (logs, file) = (
        directory.path().join("logs"),
        directory.path().join("inverters.prom"),
    );
    let program = command::<&str>(&[]);
    let status = Command::new("sh")
        .args(["-c", "umask 022; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(["log", "sim:", "1", &text(&logs), "--textfile", &text(&file)])
        .status();
    assert!(status.unwrap().success());
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_textfile_that_cant_be_written_costs_no_row() {
    let directory = TempDir::new().unwrap();
    let (logs, file) = (
        directory.path().join("logs"),
        directory.path().join("missing/inverters.prom"),
    );
    let run = log(&bus(), &logs, &file).expect_code(1);
    assert!(run.stderr.contains(&text(&file)), "{}", run.stderr);
    let missing = text(&directory.path().join("missing"));
    assert!(
        run.stderr.contains(&format!("`mkdir -p {missing}`")),
        "{}",
        run.stderr
    );
    for address in ["02", "03"] {
        let rows = fs::read_to_string(logs.join(address).join("latest.csv")).unwrap();
        assert_eq!(rows.lines().count(), 2);
    }
    let run = log(&bus(), &logs, directory.path()).expect_code(1);
    assert!(run.stderr.contains("irectory"), "{}", run.stderr);
}

#[test]
fn what_is_not_a_file_is_not_replaced_by_metrics() {
    let directory = TempDir::new().unwrap();
    let logs = directory.path().join("logs");
    let socket = directory.path().join("inverters.prom");
    let _listener = UnixListener::bind(&socket).unwrap();
    let link = directory.path().join("link.prom");
    symlink("/dev/null", &link).unwrap();
    for file in [&socket, &link] {
        let before = fs::symlink_metadata(file).unwrap().file_type();
        let run = log(&bus(), &logs, file).expect_code(1);
        assert!(run.stderr.contains("it is not a regular file"), "{run:?}");
        assert!(run.stderr.contains(&text(file)), "{run:?}");
        assert_eq!(fs::symlink_metadata(file).unwrap().file_type(), before);
    }
    let rows = fs::read_to_string(logs.join("02/latest.csv")).unwrap();
    assert_eq!(rows.lines().count(), 3, "{rows}");
}

#[test]
fn a_lost_bus_leaves_no_inverter_up() {
    let bus = Bus::start(Box::new(|request, _| match request {
        "#020" => reply(&bytes("G4-17")),
        _ => vec![Play::Wait(REPLY_TIME), Play::HangUp],
    }));
    let directory = TempDir::new().unwrap();
    let (logs, file) = (
        directory.path().join("logs"),
        directory.path().join("inverters.prom"),
    );
    let ups = || {
        let text = fs::read_to_string(&file).unwrap();
        check_metrics(&text);
        let ups = text
            .lines()
            .filter_map(|line| line.strip_prefix("inverter_up"));
        ups.map(str::to_owned).collect::<Vec<_>>()
    };
    log(&bus, &logs, &file).expect_code(1);
    assert_eq!(
        ups(),
        ["{address=\"2\"} 1", "{address=\"3\"} 0"],
        "lost in the middle"
    );
    log(&bus, &logs, &file).expect_code(1);
    assert_eq!(
        ups(),
        ["{address=\"2\"} 0", "{address=\"3\"} 0"],
        "not there any more"
    );
}

#[test]
fn inverters_whose_turn_did_not_come_are_not_polled() {
    let bus = || {
        Bus::start(Box::new(|request, _| match request {
            "#020" => reply(&bytes("G4-17")),
            _ => vec![Play::Wait(REPLY_TIME), Play::HangUp],
        }))
    };
    let json = read(&bus(), "json", &["--timeout", "2s"]).expect_code(1);
    let outcomes: Vec<serde_json::Value> = json
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["outcome"].take())
        .collect();
    assert_eq!(outcomes[0], "read", "{}", json.stdout);
    assert_eq!(outcomes[1..], ["not polled"; 3], "{}", json.stdout);
    let csv = read(&bus(), "csv", &["--timeout", "2s"]).expect_code(1);
    for address in ["09", "12", "03"] {
        let row = format!("\n,{address},not polled,,,,");
        assert!(csv.stdout.contains(&row), "{}", csv.stdout);
    }
}

#[test]
fn a_run_that_finds_the_directory_taken_touches_no_textfile() {
    let directory = TempDir::new().unwrap();
    let (logs, file) = (
        directory.path().join("logs"),
        directory.path().join("inverters.prom"),
    );
    fs::create_dir(&logs).unwrap();
    let lock = File::open(&logs).unwrap();
    lock.lock().unwrap();
    log(&bus(), &logs, &file).expect_code(7);
    assert!(!file.exists());
}
