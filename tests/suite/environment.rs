//! The environment instead of the command line: services and containers are configured by variables
//! alone.

use crate::support::day::Day;
use crate::support::plant::Plant;
use crate::support::program::{Run, command, start, text, wait, wait_until};
use clap::CommandFactory;
use clap::builder::ValueParser;
use kaco_ardexa::cli::Cli;
use rustix::process::{Pid, Signal, kill_process};
use std::process::Command;

/// The program with these arguments and variables; the names are without what they all begin with.
fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = command(arguments);
    command.env("TZ", Day::Today.zone());
    for (name, value) in variables {
        command.env(format!("KACO_ARDEXA_{name}"), value);
    }
    command
}

fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    wait(start(with(arguments, variables)))
}

#[test]
fn a_plant_is_described_by_variables() {
    let plant = Plant::new();
    let (device, directory) = (text(&plant.bus.path), text(plant.directory.path()));
    let variables = [
        ("DEVICE", device.as_str()),
        ("ADDRESSES", "2"),
        ("DIR", &directory),
        ("PACE", "0s"),
        // As good as none.
        ("GAP", ""),
        ("COUNTERS", ""),
        ("TEXTFILE", ""),
        ("MQTT", ""),
    ];
    run_with(&["log"], &variables).expect_silence();
    plant.expect_rows(1);
    let watch = start(with(&["watch"], &variables));
    wait_until("a row of watch", || {
        plant.read("latest.csv").lines().count() > 2
    });
    let process = Pid::from_raw(i32::try_from(watch.0.id()).unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    wait(watch).expect_code(0);
    plant.expect_rows(2);
}

#[test]
fn what_is_typed_counts_more() {
    let plant = Plant::new();
    let device = text(&plant.bus.path);
    let typed = ["read", &device, "2", "--format", "csv", "--pace", "0s"];
    let variables = [
        ("DEVICE", "/nowhere"),
        ("ADDRESSES", "x"),
        ("FORMAT", "xml"),
        ("PACE", "fast"),
    ];
    let run = run_with(&typed, &variables).expect_code(0);
    assert!(run.stdout.starts_with("time,inverter,"), "{}", run.stdout);
    assert!(run.stdout.contains(",02,read,6400xi,"), "{}", run.stdout);
}

#[test]
fn switches_know_yes_and_no() {
    let plant = Plant::silent();
    let device = text(&plant.bus.path);
    for (value, code) in [
        ("1", 3),
        ("true", 3),
        ("yes", 3),
        ("0", 0),
        ("false", 0),
        ("No", 0),
        ("off", 0),
        ("", 0),
    ] {
        let variables = [
            ("DEVICE", device.as_str()),
            ("ADDRESSES", "2"),
            ("PACE", "0s"),
            ("TIMEOUT", "50ms"),
            ("STRICT", value),
        ];
        run_with(&["read"], &variables).expect_code(code);
    }
}

#[test]
fn switches_that_are_neither_yes_nor_no_are_errors() {
    for (command, variable) in [
        ("read", "COUNTERS"),
        ("read", "STRICT"),
        ("watch", "SILENT"),
    ] {
        let run = run_with(&[command, "sim:", "2"], &[(variable, "maybe")]).expect_code(2);
        let named = format!(
            "the environment variable KACO_ARDEXA_{variable} holds this value; write yes or no"
        );
        assert!(run.stderr.contains(&named), "{}", run.stderr);
    }
}

#[test]
fn unknown_variables_are_reported_with_the_nearest_known_one() {
    let read = ["read", "sim:", "2", "--pace", "0s", "--format", "csv"];
    let variables = [("COUNTRS", "yes"), ("COLOUR_OF_THE_ROOF", "red")];
    let run = run_with(&read, &variables).expect_code(0);
    let warning = "kaco_ardexa: warning: no option has the environment variable KACO_ARDEXA_";
    let told: Vec<&str> = run.stderr.lines().collect();
    let near = format!("{warning}COUNTRS; did you mean KACO_ARDEXA_COUNTERS");
    assert_eq!(told, [&format!("{warning}COLOUR_OF_THE_ROOF"), &near]);
    // Those of other commands are known, and read when the program is built.
    let others = [("DIR", "/proc/none"), ("EVERY", "10s"), ("COMMIT", "abc")];
    let run = run_with(&read, &others).expect_code(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn misspelt_variable_is_named_where_its_argument_is_missing() {
    for (command, variables, meant) in [
        (
            ["read"].as_slice(),
            [("DEVICE", "sim:"), ("ADRESSES", "2")],
            "KACO_ARDEXA_ADRESSES; did you mean KACO_ARDEXA_ADDRESSES",
        ),
        (
            &["kstar", "log"],
            [("IP", "127.0.0.1"), ("DRI", "/proc/logs")],
            "KACO_ARDEXA_DRI; did you mean KACO_ARDEXA_DIR",
        ),
    ] {
        let run = run_with(command, &variables).expect_code(2);
        assert!(run.stderr.contains(meant), "{}", run.stderr);
    }
}

#[test]
fn password_file_of_a_service_without_a_broker_is_not_a_mistake() {
    let read = ["read", "sim:", "2", "--pace", "0s"];
    let run = run_with(&read, &[("MQTT_PASSWORD_FILE", "/nowhere")]).expect_code(0);
    assert_eq!(run.stderr, "");
}

#[test]
fn help_names_the_variables_that_the_page_on_cron_promises() {
    let page = include_str!("../../docs/cron.md");
    let start = |text: &str| {
        let end = text.find(|one: char| !(one.is_ascii_uppercase() || one == '_'));
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let promised = page.split("KACO_ARDEXA_").skip(1).map(start);
    let promised: Vec<String> = promised.filter(|name| !name.is_empty()).collect();
    let help = |path: &[&str]| wait(start_with_help(path)).expect_code(0).stdout;
    let help = help(&["log"]) + &help(&["kstar", "log"]);
    assert!(promised.len() > 5, "{promised:?}");
    for name in promised {
        assert!(help.contains(&format!("KACO_ARDEXA_{name}")), "{name}");
    }
}

fn start_with_help(path: &[&str]) -> (std::process::Child, std::time::Instant) {
    start(with(&[path, &["--help"]].concat(), &[]))
}

/// A value that nothing takes: no device, no number, no topic.
const WRONG: &str = "tcp:#+";

#[test]
fn every_option_has_a_variable_that_errors_name() {
    let mut count = 0;
    for path in [
        &["log"][..],
        &["read"],
        &["watch"],
        &["kstar", "log"],
        &["kstar", "read"],
        &["kstar", "watch"],
    ] {
        let program = Cli::command();
        let known = path.iter().fold(&program, |command, name| {
            command.find_subcommand(name).unwrap()
        });
        // Any path and any switch is right.
        let can_be_wrong = |argument: &&clap::Arg| {
            let takes = argument.get_value_parser().type_id();
            let any = [
                ValueParser::path_buf().type_id(),
                ValueParser::bool().type_id(),
            ];
            !any.contains(&takes)
        };
        for argument in known.get_arguments().filter(can_be_wrong) {
            let value_name = argument.get_value_names().map(|names| names[0].as_str());
            let name = argument.get_long().or(value_name).unwrap();
            let variable = name.to_uppercase().replace('-', "_");
            let valid = [
                ("DEVICE", "sim:"),
                ("ADDRESSES", "2"),
                ("DIR", "/proc/none"),
            ];
            let mut command = with(path, &valid);
            command.env(format!("KACO_ARDEXA_{variable}"), WRONG);
            let run = wait(start(command)).expect_code(2);
            let named = format!("KACO_ARDEXA_{variable}");
            assert!(run.stderr.contains(&named), "{path:?}: {}", run.stderr);
            count += 1;
        }
    }
    assert!(count > 35, "only {count} were tried");
}

#[test]
fn the_new_name_counts_more_than_the_old_ones() {
    for (variable, old) in [
        ("IP", "IP"),
        ("MQTT", "MQTT"),
        ("MQTT", "MQTT_CONNECTION_STRING"),
    ] {
        let mut command = with(&["kstar", "read"], &[(variable, "a b")]);
        command.env(old, "127.0.0.1");
        let run = wait(start(command)).expect_code(2);
        assert!(!run.stderr.contains("127.0.0.1"), "{}", run.stderr);
    }
}

#[test]
fn a_search_is_not_led_by_variables() {
    let variables = [("DEVICE", "sim:"), ("ADDRESSES", "2")];
    for command in ["scan", "listen"] {
        let run = run_with(&[command], &variables).expect_code(2);
        assert!(run.stderr.contains("<DEVICE>"), "{}", run.stderr);
    }
}
