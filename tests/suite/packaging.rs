//! What `packaging` holds: units that systemd takes and finds safe, examples that name what there
//! is, an add-on that runs, scripts without slips; and the linker's script. The judges are Debian
//! packages that `tests/all.sh` installs.

mod grafana;

use crate::support::broker::{Broker, OPEN};
use crate::support::inverter;
use crate::support::program::{
    Run, command, helper, run as command_run, signal, start, text, wait, wait_until,
};
use clap::CommandFactory;
use kaco_ardexa::cli::Cli;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging")
}

fn read(file: &str) -> String {
    fs::read_to_string(directory().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

const SERVICES: [&str; 4] = [
    "kaco_ardexa@.service",
    "kaco_ardexa-watch@.service",
    "kaco_ardexa-plant@.service",
    "kaco_ardexa-plant-log@.service",
];

const TIMERS: [&str; 2] = ["kaco_ardexa@.timer", "kaco_ardexa-plant@.timer"];

/// The program that the tests run.
fn program() -> PathBuf {
    PathBuf::from(command::<&str>(&[]).get_program())
}

/// The units, as if the program that the tests run were installed; `more` stands at the end of the
/// services' settings.
fn units(more: &str) -> TempDir {
    let units = TempDir::new().unwrap();
    for unit in SERVICES.into_iter().chain(TIMERS) {
        let text = read(&format!("systemd/{unit}"));
        let text = text.replace("/usr/bin/kaco_ardexa", &program().display().to_string());
        let text = if unit.ends_with("service") {
            text.replace(
                "SystemCallFilter=@system-service\n",
                &format!("SystemCallFilter=@system-service\n{more}"),
            )
        } else {
            text
        };
        fs::write(units.path().join(unit), text).unwrap();
    }
    units
}

/// What an example adds to a service.
fn settings(example: &str) -> String {
    let example = read(&format!("examples/{example}"));
    example.split_once("[Service]\n").unwrap().1.to_owned()
}

fn analyze(arguments: &[&str]) -> Run {
    helper("systemd-analyze", arguments, b"")
}

#[test]
fn systemd_knows_every_setting() {
    let settings = ["offline.conf", "sunspec.conf"].map(settings);
    for more in settings.iter().map(String::as_str).chain([""]) {
        let units = units(more);
        for unit in fs::read_dir(units.path()).unwrap() {
            let unit = text(&unit.unwrap().path());
            // Settings that it does not know are only warned about.
            analyze(&["verify", "--man=no", &unit]).expect_silence();
        }
    }
}

#[test]
fn services_can_do_little_harm() {
    let sunspec = settings("sunspec.conf");
    for (more, threshold) in [
        ("", "20"),
        (sunspec.as_str(), "20"),
        ("PrivateNetwork=yes\n", "15"),
    ] {
        let units = units(more);
        for service in SERVICES {
            let unit = text(&units.path().join(service));
            let threshold = format!("--threshold={threshold}");
            let judged = analyze(&[
                "security",
                "--offline=true",
                "--no-pager",
                &threshold,
                &unit,
            ]);
            let judged = judged.expect_code(0);
            assert!(
                judged.stdout.contains("Overall exposure"),
                "{}",
                judged.stdout
            );
        }
    }
}

#[test]
fn services_have_the_same_rights() {
    let rights = |service: &str| {
        let unit = read(&format!("systemd/{service}"));
        let (_, rights) = unit.split_once("User=").unwrap();
        rights
            .split("\n\n[Install]")
            .next()
            .unwrap()
            .trim_end()
            .to_owned()
    };
    for service in SERVICES {
        assert_eq!(rights(SERVICES[0]), rights(service), "{service}");
    }
}

/// The assignments in a file of variables; those that are commented out too.
fn variables(file: &str) -> Vec<(String, String)> {
    let is_name = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let assignments = file.lines().filter_map(|line| {
        let line = line.trim_start_matches('#');
        line.split_once('=').filter(|(name, _)| is_name(name))
    });
    assignments
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Whether an option or argument of some command is called so.
fn is_known(variable: &str) -> bool {
    fn has(command: &clap::Command, name: &str) -> bool {
        let called = |argument: &clap::Arg| {
            let long = argument.get_long().is_some_and(|long| long == name);
            let value = argument
                .get_value_names()
                .is_some_and(|names| names[0].eq_ignore_ascii_case(name));
            long || value && argument.is_positional()
        };
        command.get_arguments().any(called)
            || command.get_subcommands().any(|below| has(below, name))
    }
    let name = variable
        .strip_prefix("KACO_ARDEXA_")
        .map(|name| name.to_lowercase().replace('_', "-"));
    let others = ["FAMILY", "MQTT_USERNAME", "MQTT_PASSWORD", "INFLUX_TOKEN"];
    name.map_or(others.contains(&variable), |name| {
        has(&Cli::command(), &name)
    })
}

#[test]
fn examples_name_variables_that_there_are() {
    let settings = variables(&read("examples/example.env"));
    assert!(settings.len() > 8, "{settings:?}");
    let compose = read("compose.yaml")
        .replace(": ", "=")
        .replace("      ", "");
    let composed = variables(&compose);
    assert!(composed.len() > 8, "{composed:?}");
    let all = settings.iter().chain(&composed);
    let unknown: Vec<String> = all
        .map(|(name, _)| name.clone())
        .filter(|name| name != "TZ" && !is_known(name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(!is_known("KACO_ARDEXA_PAC") && !is_known("DEVICE"));
}

#[test]
fn the_example_runs_as_it_is() {
    let logs = TempDir::new().unwrap();
    let example = read("examples/example.env");
    let mut log = command(&["log"]);
    let is_set = |(name, _): &(String, String)| example.contains(&format!("\n{name}="));
    log.envs(variables(&example).into_iter().filter(is_set));
    log.env("KACO_ARDEXA_DIR", logs.path());
    log.env("KACO_ARDEXA_PACE", "0s");
    wait(start(log)).expect_silence();
    assert!(logs.path().join("07/latest.csv").exists());
}

#[test]
fn the_example_of_a_plant_file_runs_as_it_is() {
    let logs = TempDir::new().unwrap();
    let example = text(&directory().join("examples/example.toml"));
    command_run(&["check", &example]).expect_code(0);
    let words = [
        "log",
        "--plant",
        &example,
        &text(logs.path()),
        "--pace",
        "0s",
    ];
    command_run(&words).expect_silence();
    assert!(logs.path().join("south/02/latest.csv").exists());
    assert!(logs.path().join("barn/03/latest.csv").exists());
}

/// The add-on's script with these options, and the program in its path.
fn add_on(home: &Path, options: &str) -> Command {
    let file = home.join("options.json");
    fs::write(&file, options).unwrap();
    let mut path = program().parent().unwrap().to_owned().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("bash");
    command
        .arg(directory().join("home-assistant/run.sh"))
        .env("OPTIONS", file)
        .env("SUPERVISOR", "http://127.0.0.1:1")
        .env("PAGE", "127.0.0.1:0")
        .env("PATH", path);
    command
}

#[test]
fn the_add_on_watches_both_families_and_signs_off() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let ip = inverter::address().to_string();
    let mut played = start(command(&["simulate", "kstar", "--bind", &ip]));
    let home = TempDir::new().unwrap();
    let options = format!(
        r#"{{"kaco": true, "gateway": "sim:", "addresses": "2", "counters": true, "kstar": true, "ip": ["{ip}"],
            "every": "1s", "log": false, "verbose": false, "mqtt_url": "{}"}}"#,
        broker.host()
    );
    let running = start(add_on(home.path(), &options));
    let has = |topic: &str, payload: &str| {
        let heard = listener.heard();
        heard
            .iter()
            .any(|heard| heard.topic.starts_with(topic) && heard.payload.contains(payload))
    };
    wait_until("a state of KACO, with its counters", || {
        has("sim/kaco/02/state", "minutes_today")
    });
    wait_until("a state of KSTAR", || has("kstar/", "pv1_voltage"));
    let process = Pid::from_raw(i32::try_from(running.0.id()).unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    wait(running).expect_code(0);
    wait_until("both good-byes", || {
        has("kaco_ardexa/sim_kaco_02/availability", "offline")
            && has("kaco_ardexa/kstar_", "offline")
    });
    played.0.kill().unwrap();
    wait(played);
}

#[test]
fn the_add_on_watches_a_plant_file() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    let home = TempDir::new().unwrap();
    let plant = text(&directory().join("examples/example.toml"));
    let options = format!(
        r#"{{"kaco": true, "plant": "{plant}", "every": "1s", "log": false, "mqtt_url": "{}"}}"#,
        broker.host()
    );
    let running = start(add_on(home.path(), &options));
    for state in ["sim/kaco/south_02/state", "sim/kaco/barn_01/state"] {
        let is_heard = || listener.heard().iter().any(|heard| heard.topic == state);
        wait_until(state, is_heard);
    }
    signal(&running.0, Signal::TERM);
    wait(running).expect_code(0);
}

#[test]
fn the_add_on_names_what_is_missing() {
    let home = TempDir::new().unwrap();
    for (options, words) in [
        (
            r#"{"mqtt_url": "b", "kaco": false, "kstar": false}"#,
            "switch on KACO or KSTAR",
        ),
        (
            r#"{"mqtt_url": "b", "kaco": true, "addresses": "1"}"#,
            "name the RS485 adapter",
        ),
        (
            r#"{"kaco": true, "gateway": "sim:"}"#,
            "knows no MQTT broker",
        ),
    ] {
        let run = wait(start(add_on(home.path(), options))).expect_code(1);
        assert!(run.stderr.contains(words), "{options}: {}", run.stderr);
    }
}

#[test]
fn the_options_of_the_add_on_are_used_and_described() {
    let config = read("home-assistant/config.yaml");
    let (_, schema) = config.split_once("\nschema:\n").unwrap();
    let script = read("home-assistant/run.sh");
    let words = read("home-assistant/translations/en.yaml");
    let mut count = 0;
    for option in schema
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
    {
        let used = [
            format!("option {}", option.0),
            format!("is_on {}", option.0),
        ];
        assert!(
            used.iter().any(|used| script.contains(used)),
            "{}",
            option.0
        );
        assert!(
            words.contains(&format!("\n  {}:\n    name: ", option.0)),
            "{}",
            option.0
        );
        count += 1;
    }
    assert!(count > 10, "{schema}");
    let version = format!("version: \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(config.contains(&version), "{version}");
}

#[test]
fn the_folder_of_the_add_on_is_whole() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("kaco_ardexa");
    let script = text(&directory().join("home-assistant/assemble.sh"));
    helper("bash", &[&script, &text(&folder)], b"").expect_code(0);
    for part in [
        "config.yaml",
        "run.sh",
        "CHANGELOG.md",
        "source/Cargo.toml",
        "source/Cargo.lock",
        "source/src/main.rs",
        "source/packaging/notices.sh",
    ] {
        assert!(folder.join(part).exists(), "{part}");
    }
    let root = text(Path::new(env!("CARGO_MANIFEST_DIR")));
    let git = helper("git", &["-C", &root, "rev-parse", "HEAD"], b"");
    let commit = git.stdout.trim();
    let recipe = fs::read_to_string(folder.join("Dockerfile")).unwrap();
    let told = format!("ARG KACO_ARDEXA_COMMIT=\"{commit}");
    assert!(recipe.contains(&told), "{recipe}");
}

#[test]
fn the_licences_of_others_go_with_every_package() {
    let root = directory().join("..");
    let packages = [
        "Cargo.toml",
        "packaging/Dockerfile",
        "packaging/home-assistant/Dockerfile",
        "packaging/release.sh",
    ];
    for file in packages {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(text.contains("THIRD-PARTY-NOTICES"), "{file}");
    }
}

#[test]
fn scripts_are_without_slips() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "packaging",
        "packaging/debian/scripts",
        "packaging/fleet",
        "packaging/home-assistant",
        "tests",
        "tests/fuzz",
    ];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_script = |path: &PathBuf| path.is_file() && fs::read(path).unwrap().starts_with(b"#!");
    let scripts: Vec<String> = paths.filter(is_script).map(|path| text(&path)).collect();
    assert!(scripts.len() > 6, "{scripts:?}");
    // Newer releases may have further notes on style.
    let mut arguments = vec!["--severity=warning"];
    arguments.extend(scripts.iter().map(String::as_str));
    helper("shellcheck", &arguments, b"").expect_silence();
}

/// A name that fits nothing would only cost memory, so nobody would notice.
#[test]
fn the_script_of_the_linker_names_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join(".cargo/seldom.ld")).unwrap();
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let lock = lock.replace('-', "_");
    let names = script
        .split([' ', '(', ')', '\n'])
        .filter_map(|word| word.strip_prefix(".text._ZN"));
    let mut count = 0;
    for name in names {
        let path = name.rsplit('$').next().unwrap();
        let path: Vec<&str> = path
            .split(['?', '*', '.'])
            .filter(|part| !part.is_empty())
            .collect();
        let exists = match path.as_slice() {
            ["kaco_ardexa", module @ ..] => {
                let module = root.join("src").join(module.join("/"));
                module.is_dir() || module.with_extension("rs").is_file()
            }
            [krate] => lock
                .lines()
                .any(|line| line.starts_with("name = ") && line.contains(krate)),
            _ => false,
        };
        assert!(exists, "nothing is called {path:?}, of {name}");
        count += 1;
    }
    assert!(count > 30, "only {count} names were found");
}
