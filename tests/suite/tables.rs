//! Tables on terminals: as wide as these are, to the last number; plain text where that is asked
//! for.

use crate::docs::expect_file;
use crate::support::captures::bytes;
use crate::support::program::{command, text};
use crate::watch::{Terminal, until};
use kaco_ardexa::address::Address;
use kaco_ardexa::escape::hex;
use kaco_ardexa::format::look::{Look, Medium};
use kaco_ardexa::format::overview::overview;
use kaco_ardexa::format::{inventory, table};
use kaco_ardexa::inverter::InverterId;
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::layouts::STANDARD;
use kaco_ardexa::kaco::scan::Found;
use kaco_ardexa::kaco::wire::decode_all;
use kaco_ardexa::kstar::discovery;
use kaco_ardexa::kstar::layout::KSTAR;
use kaco_ardexa::observation::{Observation, Outcome};
use kaco_ardexa::reading::{Cells, Decimal, Kind, Layout, Reading, Role, Value};
use std::fmt::Write;
use std::fs;
use std::net::Ipv4Addr;
use std::num::NonZero;
use std::time::Duration;
use tempfile::TempDir;

/// A terminal of this width that shows everything.
fn wide(width: u16) -> Medium {
    let look = Look {
        has_color: false,
        is_unicode: true,
    };
    Medium {
        width: Some(width),
        look,
    }
}

/// A table in a file and on terminals of the widths that people have; each has to be that of
/// `name`.
#[track_caller]
fn expect_tables(name: &str, draw: impl Fn(Medium) -> String) {
    let mut all = format!("in a file\n{}", draw(Medium::default()));
    for width in [120, 80, 60, 50, 40] {
        let table = draw(wide(width));
        let too_long = table
            .lines()
            .find(|line| line.chars().count() > usize::from(width));
        assert_eq!(too_long, None, "{width} columns\n{table}");
        write!(all, "\n{width} columns\n{table}").unwrap();
    }
    expect_file(&format!("tests/tables/{name}.txt"), &all);
}

fn read(inverter: InverterId, reading: Reading, milliseconds: u64) -> Observation {
    let outcome = Outcome::Read {
        answer: Box::new(reading),
        first_byte: Duration::from_millis(milliseconds),
    };
    Observation::new(inverter, outcome)
}

/// The reading of a captured reply.
fn captured(name: &str) -> Reading {
    let bytes = bytes(name);
    let frame = decode_all(&bytes).next().unwrap().unwrap();
    interpret::frame(&frame).unwrap()
}

fn kaco(address: u8, capture: &str) -> Observation {
    let milliseconds = 100 + u64::from(address);
    read(
        InverterId::kaco(Some(address)),
        captured(capture),
        milliseconds,
    )
}

fn silent(address: u8) -> Observation {
    Observation::new(InverterId::kaco(Some(address)), Outcome::Silent)
}

/// A reading with these numbers.
fn made(layout: &'static Layout, status: &'static str, numbers: &[(Role, &str)]) -> Reading {
    let mut cells = Cells::empty(layout);
    for (field, value) in layout.fields.iter().zip(&mut cells.values) {
        let number = numbers.iter().find(|(role, _)| Some(*role) == field.role);
        *value = match number {
            Some((_, number)) => Some(Value::Number(number.parse::<Decimal>().unwrap())),
            None if field.kind == Kind::Status => Some(Value::Text(status.into())),
            None => None,
        };
    }
    Reading::of(InverterId::kaco(None), cells)
}

fn fault(address: u8) -> Observation {
    let numbers = [(Role::Power, "0"), (Role::DailyYield, "120")];
    let mut reading = made(&STANDARD, "grid-overvoltage-l1", &numbers);
    reading.is_fault = true;
    read(InverterId::kaco(Some(address)), reading, 99)
}

fn hybrid(serial: &str, battery: &str, grid: &str) -> Observation {
    let numbers = [
        (Role::TotalDcPower, "1630.25"),
        (Role::LoadPower, "412"),
        (Role::Charge, "64"),
        (Role::BatteryPower, battery),
        (Role::GridPower, grid),
        (Role::DailyYield, "18.4"),
        (Role::Temperature, "41.5"),
    ];
    let mut reading = made(&KSTAR, "on", &numbers);
    reading.model = Some("KSE-4000".into());
    let ip = Ipv4Addr::new(192, 168, 1, 50);
    let id = InverterId::kstar(Some(serial.to_owned()), Some(ip.into()));
    read(id, reading, 60)
}

#[test]
fn overview_fits_the_terminal() {
    let all = [kaco(2, "G4-17"), kaco(3, "G4-19"), kaco(12, "GN-18")];
    expect_tables("overview", |medium| overview(&all, medium));
}

#[test]
fn faults_come_first_and_a_total_without_an_inverter_is_left_out() {
    let all = [kaco(2, "G4-17"), silent(3), fault(7)];
    expect_tables("faults", |medium| overview(&all, medium));
}

#[test]
fn night_has_a_total_of_nothing() {
    let night = overview(&[silent(2), silent(3)], Medium::default());
    let total = night.lines().find(|line| line.contains("total")).unwrap();
    assert!(
        total.contains(" 0 of 2 online ") && total.contains(" 0 W "),
        "{night}"
    );
    assert!(!total.contains("kWh"), "{night}");
}

#[test]
fn one_inverter_needs_no_total() {
    let one = overview(&[kaco(2, "G4-17")], Medium::default());
    assert!(one.contains("34.0 kWh") && !one.contains("total"), "{one}");
}

#[test]
fn hybrids_show_pv_house_battery_and_grid() {
    let all = [
        hybrid("E4000K1234567890", "512.5", "-700"),
        hybrid("E4000K1234567891", "-90", "1300"),
    ];
    expect_tables("hybrids", |medium| overview(&all, medium));
}

#[test]
fn scan_fits_the_terminal() {
    let found = |address: u8, capture: &str, firmware: &str, serial: &str| {
        let mut reading = captured(capture);
        reading.facts.firmware = Some(firmware.to_owned());
        reading.facts.serial = Some(serial.to_owned()).filter(|serial| !serial.is_empty());
        Found {
            address: Address::new(address).unwrap(),
            reading: Box::new(reading),
            first_byte: Duration::from_millis(140),
            is_shared: false,
            is_late: false,
        }
    };
    let long = "ARM V6.53 D6A5 Config V6.3124 2F4F DSP V4.08 6BA0";
    let all = [
        found(2, "G4-17", "K222.36DE 6817", ""),
        found(3, "G4-19", long, "8.6TL01736586"),
    ];
    expect_tables("scan", |medium| inventory::table(&all, medium));
}

#[test]
fn discover_fits_the_terminal() {
    let answer = discovery::parse(b"192.168.1.50,ACCF23456789,EzManage_01").unwrap();
    let mut inverter = answer.reading();
    inverter.inverter = InverterId::kstar(Some("E4000K1234567890".to_owned()), None);
    inverter.model = Some("KSE-4000".into());
    let all = [inverter];
    expect_tables("discover", |medium| table::list(&all, medium));
}

#[test]
fn details_stand_side_by_side_as_far_as_they_fit() {
    let (one, two) = (captured("G4-17"), captured("G4-24"));
    let heads = |medium| {
        let text = table::details(&[&one, &two], medium);
        text.matches(" inverter ").count()
    };
    assert_eq!(heads(Medium::default()), 1);
    assert_eq!(heads(wide(80)), 1);
    assert_eq!(heads(wide(50)), 2);
}

#[test]
fn numbers_are_whole_at_every_width() {
    let kaco = [kaco(2, "G4-17"), fault(7)];
    let hybrids = [hybrid("E4000K1234567890", "512.5", "-700")];
    for width in 1..200 {
        let text = overview(&kaco, wide(width));
        for number in ["585 W", "34.0 kWh", "0 W", "0.1 kWh"] {
            assert!(text.contains(number), "{number} at {width}:\n{text}");
        }
        let text = overview(&hybrids, wide(width));
        for number in ["1630 W", "412 W", "64 % +512 W", "out 700 W", "18.4 kWh"] {
            assert!(text.contains(number), "{number} at {width}:\n{text}");
        }
    }
}

/// All that `log` of a faulty inverter and another shows on a terminal with these variables.
fn shown(columns: u16, variables: &[(&str, &str)]) -> String {
    let directory = TempDir::new().unwrap();
    let logs = text(&directory.path().join("logs"));
    let mut command = command(&["log", "sim:fault", "2,4", &logs, "--pace", "0s"]);
    command.env_remove("NO_COLOR").env_remove("COLUMNS");
    command
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm-256color");
    command.envs(variables.iter().copied());
    let terminal = Terminal::run_as_is(command, (columns, 24));
    until("the end", || terminal.shows(&logs));
    let shown = terminal.screen.lock().unwrap().clone();
    String::from_utf8(shown).unwrap()
}

/// The lines of the table, without colours.
fn lines(shown: &str) -> Vec<String> {
    let size = |size| NonZero::new(size).unwrap();
    let mut parser = vt100::Parser::new(size(60), size(300), 0);
    parser.process(shown.as_bytes());
    let screen = parser.screen().contents();
    let table = screen.lines().skip_while(|line| !line.contains('┆'));
    table.map(str::to_owned).collect()
}

#[test]
fn log_on_a_terminal_has_colours_and_names_its_path() {
    let shown = shown(80, &[]);
    let fault = shown.rfind("pv-overvoltage-3").unwrap();
    let red = "\x1b[38;5;9m";
    assert!(
        shown[..fault].ends_with(&format!("{red}\x1b[1m ")),
        "{shown:?}"
    );
    let lines = lines(&shown);
    assert!(lines.iter().all(|line| line.chars().count() <= 80));
    assert!(
        lines.last().unwrap().starts_with("logged to /"),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| line.contains(" 1 of 2, 1 fault ")),
        "{lines:?}"
    );
}

#[test]
fn columns_from_the_environment_count_more_than_the_terminal() {
    let wide = lines(&shown(80, &[("COLUMNS", "200")]));
    assert!(wide[0].contains(" reply "), "{wide:?}");
    let narrow = lines(&shown(80, &[("COLUMNS", "59")]));
    assert!(!narrow[0].contains(" status "), "{narrow:?}");
}

#[test]
fn tables_of_check_and_decode_have_the_signs_of_the_terminal() {
    let directory = TempDir::new().unwrap();
    let [plant, captures] = ["plant.toml", "captures"].map(|name| directory.path().join(name));
    fs::write(&plant, "[[bus]]\ndevice = \"sim:\"\naddresses = \"2\"\n").unwrap();
    fs::write(&captures, hex(&bytes("G4-17"))).unwrap();
    for (name, file, last) in [("check", plant, "a round"), ("decode", captures, "yield")] {
        let mut command = command(&[name, &text(&file)]);
        command.env("LC_ALL", "C").env("TERM", "xterm");
        let terminal = Terminal::run_as_is(command, (80, 24));
        until("the end", || terminal.shows(last));
        let shown = String::from_utf8(terminal.screen.lock().unwrap().clone()).unwrap();
        assert!(shown.is_ascii(), "{name}: {shown}");
    }
}

#[test]
fn plain_text_is_kept_to() {
    for variable in [
        ("NO_COLOR", "1"),
        ("TERM", "dumb"),
        ("LC_ALL", "C"),
        ("LC_ALL", "de_DE.ISO-8859-1"),
    ] {
        let shown = shown(80, &[variable]);
        assert!(shown.is_ascii(), "{variable:?}: {shown}");
        let table = &shown[shown.find("+---").unwrap()..];
        let is_colored = table.contains("\x1b[3");
        assert_eq!(
            is_colored,
            variable.0 == "LC_ALL",
            "{variable:?}: {table:?}"
        );
    }
}
