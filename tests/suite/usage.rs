//! What is typed, and what comes back: usage errors, devices that can't be opened, help, output
//! formats.

use crate::polling::at_address;
use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::plant::Plant;
use crate::support::program::{
    Run, command, command_without_rights, is_root, run, run_with_input, start, text, wait,
};
use clap::CommandFactory;
use kaco_ardexa::cli::Cli;
use kaco_ardexa::escape::hex;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Fails unless this is a usage error that contains these words.
#[track_caller]
fn expect_usage_error<S: AsRef<std::ffi::OsStr>>(arguments: &[S], words: &str) {
    let run = run(arguments).expect_code(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
}

#[test]
fn wrong_addresses_are_named() {
    for (addresses, words) in [
        ("2-3-4", "`2-3-4`"),
        ("1,7-4", "`7-4` runs backwards; write 4-7"),
        ("0", "`0`"),
        ("2,100", "`100`"),
        ("x", "`x`"),
        ("", "no address given"),
        (" ", "no address given"),
        (",,", "no address given"),
    ] {
        expect_usage_error(&["read", "sim:", addresses], words);
        expect_usage_error(&["log", "sim:", addresses, "/nowhere"], words);
        expect_usage_error(&["simulate", "kaco", addresses], words);
    }
}

#[test]
fn arguments_that_a_plant_file_can_stand_in_for_are_named_as_needed() {
    for (arguments, words) in [
        (["log", "sim:", "x"], "'<ADDRESSES>'"),
        (["read", "x://", "2"], "'<DEVICE>'"),
        (["scan", "sim:", "x"], "'[ADDRESSES]'"),
    ] {
        expect_usage_error(&arguments, words);
    }
}

#[test]
fn nearly_right_arguments_get_a_suggestion() {
    for (arguments, words) in [
        (
            ["log", "/dev/ttyUSB0", "/home/pi/logs"].as_slice(),
            "ADDRESSES come before DIR: 2,4-7 /home/pi/logs",
        ),
        (
            &["log", "/dev/ttyUSB0", "./logs", "2"],
            "ADDRESSES come before DIR",
        ),
        (
            &["log", "sim:", "logs"],
            "`logs` is not an address; write for example 2,4-7; ADDRESSES come before DIR",
        ),
        (
            &["log", "2,4-7", "/dev/ttyUSB0", "/home/pi/logs"],
            "DEVICE comes before ADDRESSES: /dev/ttyUSB0 2,4-7",
        ),
        (
            &["scan", "2", "sim:"],
            "`sim:` is a device, not an address; DEVICE comes before ADDRESSES: sim: 2,4-7",
        ),
        (
            &["read", "192.168.1.9:8899", "2"],
            "did you mean tcp://192.168.1.9:8899",
        ),
        (&["read", "SIM:", "2"], "did you mean sim:"),
        // As typed by a script that was saved on Windows.
        (
            &["log", "sim:", "2", "/proc/logs\r"],
            "'/proc/logs\\r' for '<DIR>': it ends with a carriage return",
        ),
        (
            &["log", "/dev/ttyUSB0\r", "2", "/proc/logs"],
            "'/dev/ttyUSB0\\r' for '<DEVICE>': it ends with a carriage return",
        ),
        (
            &["log", "sim:", "2", "4-7", "logs"],
            "addresses are written without blanks: 2,4-7",
        ),
        (
            &["ping", "sim:", "1-3,", "5"],
            "addresses are written without blanks: 1-3,5",
        ),
        (
            &["watch", "sim:", "2", "logs"],
            "rows are logged with --log logs",
        ),
        (
            &["kstar", "read", "192.168.1.50"],
            "an inverter is named with --ip 192.168.1.50",
        ),
        (
            &["watch", "sim:", "2", "--http", "localhost:8080"],
            "`localhost:8080` is not ADDRESS:PORT; write for example 127.0.0.1:8080",
        ),
        (
            &["simulate", "kstar", "--bind", "localhost"],
            "it is not an IPv4 address such as 192.168.1.50",
        ),
    ] {
        expect_usage_error(arguments, words);
    }
}

#[test]
fn options_without_effect_are_refused() {
    let log = ["log", "sim:", "2", "/proc/none"];
    for options in [
        &["--mqtt-password-file", "/nowhere"][..],
        &["--mqtt-ca", "/nowhere"],
        &["--mqtt-cert", "/nowhere", "--mqtt-key", "/nowhere"],
        &["--mqtt-prefix", "plants/roof"],
    ] {
        let arguments = [log.as_slice(), options].concat();
        let option = options[0];
        let words = format!("{option} has no effect without --mqtt URL");
        expect_usage_error(&arguments, &words);
    }
    for command in ["log", "read", "watch"] {
        expect_usage_error(&[command, "sim:", "2", "--topic", "a"], "'--topic'");
    }
}

#[test]
fn example_of_completions_works_on_a_fresh_account() {
    let help = words(&run(&["completions", "--help"]).expect_code(0).stdout);
    let example = help.split_once("Example: ").unwrap().1;
    let home = TempDir::new().unwrap();
    let program = command::<&str>(&[]).get_program().to_owned();
    let place = Path::new(&program).parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap();
    let shell = Command::new("sh")
        .args(["-ec", example])
        .env("HOME", home.path())
        .env("PATH", format!("{}:{path}", place.display()))
        .output()
        .unwrap();
    assert!(shell.status.success(), "{example}: {shell:?}");
    let script = ".local/share/bash-completion/completions/kaco_ardexa";
    let script = fs::read_to_string(home.path().join(script)).unwrap();
    assert!(script.contains("_kaco_ardexa()"), "{script}");
}

#[test]
fn wrong_commands_and_options_are_named() {
    expect_usage_error(&["poll"], "'poll'");
    expect_usage_error::<&str>(&[], "Usage:");
    expect_usage_error(&["log", "sim:", "2"], "<DIR>");
    expect_usage_error(&["read", "sim:"], "<ADDRESSES>");
    expect_usage_error(&["read"], "<DEVICE>");
    expect_usage_error(&["simulate"], "kaco");
    expect_usage_error(&["read", "sim:", "2", "3"], "'3'");
    expect_usage_error(&["read", "sim:", "2", "--format", "xml"], "'xml'");
    expect_usage_error(&["read", "sim:", "2", "--fast"], "'--fast'");
    expect_usage_error(&["read", "sim:", "2", "-q", "-v"], "cannot be used with");
    expect_usage_error(&["read", "sim:storm", "2"], "`sim:storm`");
    expect_usage_error(&["read", "", "2"], "no device given");
    expect_usage_error(&["simulate", "kaco", "2", "--mood", "storm"], "noisy");
}

#[test]
fn wrong_numbers_are_named() {
    let options = [
        ("--attempts=0", "0"),
        ("--attempts=101", "101"),
        ("--attempts=few", "few"),
        ("--pace=1x", "`1x`"),
        ("--pace=", "``"),
        ("--pace=-1s", "`-1s`"),
        ("--pace=1e3", "`1e3`"),
        ("--pace=inf", "`inf`"),
        ("--pace=25h", "`25h` is too long"),
        ("--timeout=0", "longer than nothing"),
        ("--timeout=1.2.3s", "`1.2.3s`"),
        ("--gap=0ms", "longer than nothing"),
        ("--gap=fast", "`fast`"),
    ];
    for (option, words) in options {
        expect_usage_error(&["read", "sim:", "2", option], words);
    }
}

/// Fails unless `read` of this device fails, naming it and saying this.
#[track_caller]
fn expect_device_error(device: &str, words: &str) {
    let run = run(&["read", device, "2"]).expect_code(1);
    assert_eq!(run.stdout, "");
    let begin = format!("kaco_ardexa: error: {device} ");
    assert!(run.stderr.starts_with(&begin), "{}", run.stderr);
    assert!(run.stderr.contains(words), "{}", run.stderr);
}

#[test]
fn devices_that_are_none() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| text(&directory.path().join(name));
    fs::write(path("file"), "mine").unwrap();
    symlink("nowhere", path("link")).unwrap();
    expect_device_error(&path("file"), "it is not a serial port");
    expect_device_error(&text(directory.path()), "it is a directory");
    expect_device_error("/dev/null", "it is not a serial port");
    expect_device_error(&path("link"), "does not exist");
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "mine");
}

#[test]
fn a_missing_device_shows_what_there_is() {
    let ports: Vec<String> = ["ttyUSB", "ttyACM", "ttyAMA"]
        .iter()
        .flat_map(|prefix| (0..9).map(move |number| format!("/dev/{prefix}{number}")))
        .filter(|port| Path::new(port).exists())
        .collect();
    let run = run(&["read", "/dev/ttyUSB99", "2"]).expect_code(1);
    let (what, hint) = run.stderr.split_once('\n').unwrap();
    assert_eq!(what, "kaco_ardexa: error: /dev/ttyUSB99 does not exist");
    assert!(ports.iter().all(|port| hint.contains(port)), "{hint}");
    let none = hint.contains("there is no serial port on this machine");
    assert_ne!(
        none,
        hint.contains("the serial ports here:\n    /dev/"),
        "{hint}"
    );
}

#[test]
fn the_name_of_a_device_steers_no_terminal() {
    let run = run(&["read", "/dev/tty\u{1b}[2JX", "2"]).expect_code(1);
    let due = "kaco_ardexa: error: /dev/tty\\u{1b}[2JX does not exist\n";
    assert!(run.stderr.starts_with(due), "{}", run.stderr);
}

#[test]
fn a_device_of_others() {
    let bus = Bus::silent();
    let terminal = fs::canonicalize(&bus.path).unwrap();
    let home = TempDir::new().unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let link = home.path().join("ttyUSB0");
    symlink(&terminal, &link).unwrap();
    let refused = |mode: u32, hint: &str| {
        fs::set_permissions(&terminal, Permissions::from_mode(mode)).unwrap();
        let read = command_without_rights(&["read", &text(&link), "2"], home.path());
        let run = wait(start(read)).expect_code(1);
        let what = format!("error: no permission to open {}\n", link.display());
        assert!(run.stderr.contains(&what), "{}", run.stderr);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    };
    refused(0o000, "no group may use it: run the command with sudo");
    if is_root() {
        chown(&terminal, None, group("dialout")).unwrap();
        refused(0o660, "sudo usermod -aG dialout ");
    }
}

/// The number of a group of this machine.
fn group(name: &str) -> Option<u32> {
    let groups = fs::read_to_string("/etc/group").unwrap();
    let mut rows = groups.lines().map(|row| row.split(':'));
    rows.find_map(|mut row| (row.next()? == name).then(|| row.nth(1)?.parse().ok())?)
}

#[test]
fn every_help_is_complete() {
    let mut program = Cli::command();
    program.build();
    check_help(&program, &[]);
}

/// Everything that can be typed behind this command is in its help, with a description; and so for
/// the commands below.
fn check_help(known: &clap::Command, path: &[&str]) {
    let run = run(&[path, &["--help"]].concat()).expect_code(0);
    assert_eq!(run.stderr, "");
    let help = words(&run.stdout);
    let expect = |name: &str, about: Option<&clap::builder::StyledStr>| {
        let about = words(&about.map(ToString::to_string).unwrap_or_default());
        assert!(about.len() > 4, "{path:?}: {name} has no description");
        assert!(
            help.contains(&about),
            "{path:?}: {about} is missing:\n{help}"
        );
        assert!(help.contains(name), "{path:?}: {name} is missing:\n{help}");
    };
    expect("Usage: kaco_ardexa", known.get_about());
    for argument in known.get_arguments() {
        let name = match (argument.get_long(), argument.get_value_names()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some([name])) => name.to_string(),
            _ => panic!("{path:?}: {argument:?}"),
        };
        // The text of --help itself depends on where it is asked for.
        let about = argument.get_help().filter(|_| name != "--help");
        expect(&name, about.or(known.get_about()));
    }
    for below in known.get_subcommands() {
        expect(below.get_name(), below.get_about());
    }
    for below in known
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        check_help(below, &[path, &[below.get_name()]].concat());
    }
}

/// The text on one line: the help is wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_help_of_log_and_read_names_every_option_of_polling() {
    for command in ["log", "read"] {
        let help = run(&[command, "--help"]).expect_code(0).stdout;
        for (option, default) in [
            ("--pace <DURATION>", "[default: 1s]"),
            ("--timeout <DURATION>", "[default: 1s]"),
            ("--gap <DURATION>", "[default: 400ms]"),
            ("--attempts <NUMBER>", "[default: 3]"),
            ("--counters", ""),
            ("--strict", ""),
        ] {
            let (_, rest) = help
                .split_once(option)
                .unwrap_or_else(|| panic!("{option}: {help}"));
            let until_next = rest.split("      -").next().unwrap();
            assert!(until_next.contains(default), "{option}: {until_next}");
        }
    }
}

#[test]
fn version_and_commit_are_printed() {
    let version = env!("CARGO_PKG_VERSION");
    // As the tests were built; of a longer commit the start.
    let expected = match option_env!("KACO_ARDEXA_COMMIT").unwrap_or_default() {
        "" => format!("kaco_ardexa {version}\n"),
        commit => format!("kaco_ardexa {version} ({commit:.7})\n"),
    };
    for option in ["--version", "-V"] {
        assert_eq!(run(&[option]).expect_code(0).stdout, expected);
    }
}

#[test]
fn verbosity_works_before_and_after_the_command() {
    let plant = Plant::new();
    let device = text(&plant.bus.path);
    let said = |before: &[&str], after: &[&str]| {
        let read = ["read", &device, "2", "--pace", "0s"];
        run(&[before, &read, after].concat()).expect_code(0).stderr
    };
    assert_eq!(said(&[], &[]), "");
    for (option, words) in [
        ("-v", "address 02: read, first byte after "),
        ("--verbose", "address 02: read, first byte after "),
        ("-vv", r"#020\r -> \n*020   4 398.5"),
        ("-vvv", r"#020\r -> \n*020   4 398.5"),
    ] {
        for said in [said(&[option], &[]), said(&[], &[option])] {
            assert!(said.contains(words), "{option}: {said}");
            assert!(said.is_ascii() && !said.contains('\r'), "{said}");
        }
    }
    assert!(!said(&["-v"], &[]).contains("#020"));
}

#[test]
fn quiet_silences_warnings_and_not_errors() {
    let mut garbled = bytes("G4-17");
    garbled[12] ^= 1;
    let plant = Plant::with_replies(&[("#020", garbled)]);
    let device = text(&plant.bus.path);
    let read = ["read", &device, "2", "--pace", "0s", "--attempts", "1"];
    let loud = run(&read).expect_code(0);
    assert!(
        loud.stderr.contains("warning: address 02: "),
        "{}",
        loud.stderr
    );
    let quiet = [
        [&["-q"][..], &read].concat(),
        [&read[..], &["--quiet"]].concat(),
    ];
    for arguments in quiet {
        assert_eq!(run(&arguments).expect_code(0).stderr, "");
    }
    let missing = run(&["-q", "read", "/nowhere", "2"]).expect_code(1);
    assert!(
        missing.stderr.contains("/nowhere does not exist"),
        "{}",
        missing.stderr
    );
}

/// The program with a pipe for standard output or error whose reader is gone, as after `| head -0`.
fn with_broken_pipe(arguments: &[&str], stdout: bool) -> Run {
    let mut running = start(command(arguments));
    if stdout {
        running.0.stdout.take();
    } else {
        running.0.stderr.take();
    }
    wait(running)
}

#[test]
fn a_reader_that_has_seen_enough_is_not_a_failure() {
    let plant = Plant::with_replies(&[("#020", bytes("G4-17")), ("#030", at_address("G4-17", 3))]);
    let device = text(&plant.bus.path);
    for format in ["table", "json", "csv"] {
        let read = ["read", &device, "2,3", "--pace", "0s", "--format", format];
        with_broken_pipe(&read, true).expect_silence();
    }
    let capture = crate::support::captures::directory().join("G4-17.hex");
    with_broken_pipe(&["decode", &text(&capture)], true).expect_silence();
    with_broken_pipe(&["--help"], true).expect_silence();
}

#[test]
fn output_that_can_not_be_written_is_a_failure() {
    let plant = Plant::new();
    let device = text(&plant.bus.path);
    let read = ["read", &device, "2", "--pace", "0s", "--format"];
    let formats = ["table", "json", "csv"].map(|format| [&read[..], &[format]].concat());
    for arguments in [vec!["--version"], vec!["log", "--help"]]
        .into_iter()
        .chain(formats)
    {
        let mut command = command(&arguments);
        command
            .stderr(Stdio::piped())
            .stdout(File::create("/dev/full").unwrap());
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("can't write the output"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn rows_are_written_though_no_process_reads_the_messages() {
    let mut wrong = bytes("G4-17");
    wrong[12] ^= 1;
    let plant = Plant::with_replies(&[("#010", wrong), ("#020", bytes("G4-17"))]);
    let directory = text(plant.directory.path());
    let device = text(&plant.bus.path);
    let log = [
        "log",
        &device,
        "1,2",
        &directory,
        "--pace",
        "0s",
        "--attempts",
        "1",
    ];
    with_broken_pipe(&log, false).expect_code(0);
    let mut full: Command = command(&log);
    full.stderr(File::create("/dev/full").unwrap());
    assert_eq!(full.status().unwrap().code(), Some(0));
    assert_eq!(plant.read("latest.csv").lines().count(), 3);
}

/// `read` of these replies in this format.
fn read(replies: &[(&str, Vec<u8>)], addresses: &str, options: &[&str]) -> String {
    let plant = Plant::with_replies(replies);
    let device = text(&plant.bus.path);
    let arguments = ["read", &device, addresses, "--pace", "0s"];
    let run = run(&[&arguments[..], options].concat()).expect_code(0);
    assert_eq!(run.stderr, "");
    run.stdout
}

#[test]
fn json_is_the_contract() {
    let replies = [
        ("#030", at_address("GN-18", 3)),
        ("#010", bytes("ST-05")),
        ("#120", b"\n*124\r".to_vec()),
        ("#121", bytes("ST-14")),
        ("#122", bytes("ST-15")),
        ("#123", bytes("ST-16")),
    ];
    let json = read(&replies, "3,1,12", &["--format", "json"]);
    let lines: Vec<&str> = json.lines().collect();
    let [mppt2, standard, three_units] = lines[..] else {
        panic!("{json}");
    };
    expect_json(
        mppt2,
        r#"{"time":"","protocol":"kaco","address":3,"outcome":"read","layout":"mppt2","type":"3X24","model":"blueplanet 3.0NX3 M2","status_codes":[4],"status":"mpp-track","dc_voltage_mppt1":214.7,"dc_current_mppt1":1.97,"dc_power_mppt1":421,"dc_voltage_mppt2":0.0,"dc_current_mppt2":0.04,"dc_power_mppt2":0,"ac_voltage_phase_1":231.1,"ac_current_phase_1":0.80,"ac_voltage_phase_2":234.1,"ac_current_phase_2":0.79,"ac_voltage_phase_3":234.4,"ac_current_phase_3":0.81,"dc_power_total":421,"ac_power_total":413,"cos_phi":0.735,"circuit_board_temperature":36.7,"daily_yield":1640,"cos_phi_kind":"i"}"#,
    );
    // Its type got lost on the wire: missing is null.
    expect_json(
        standard,
        r#"{"time":"","protocol":"kaco","address":1,"outcome":"read","layout":"standard","type":null,"model":null,"status_codes":[4],"status":"mpp-track","dc_voltage":357.5,"dc_current":0.40,"dc_power":144,"ac_voltage":230.9,"ac_current":0.60,"ac_power":138,"device_temperature":29,"daily_yield":59}"#,
    );
    expect_json(
        three_units,
        r#"{"time":"","protocol":"kaco","address":12,"outcome":"read","layout":"000xi","type":"3x10k","model":"Powador 30000xi","status_codes":[4,4,4],"status_unit_1":"mpp-track","dc_voltage_unit_1":440.6,"dc_current_unit_1":1.54,"dc_power_unit_1":678,"ac_voltage_unit_1":240.5,"ac_current_unit_1":2.58,"ac_power_unit_1":617,"device_temperature_unit_1":42,"daily_yield_unit_1":13024,"status_unit_2":"mpp-track","dc_voltage_unit_2":440.9,"dc_current_unit_2":1.50,"dc_power_unit_2":661,"ac_voltage_unit_2":239.7,"ac_current_unit_2":2.26,"ac_power_unit_2":560,"device_temperature_unit_2":42,"daily_yield_unit_2":12174,"status_unit_3":"mpp-track","dc_voltage_unit_3":400.8,"dc_current_unit_3":1.44,"dc_power_unit_3":577,"ac_voltage_unit_3":242.0,"ac_current_unit_3":2.26,"ac_power_unit_3":552,"device_temperature_unit_3":41,"daily_yield_unit_3":12003}"#,
    );
}

/// Fails unless `line` is this object, to the byte, with a time.
#[track_caller]
fn expect_json(line: &str, expected: &str) {
    let (start, rest) = line.split_once(r#""time":""#).expect("a time");
    let (time, rest) = rest.split_once('"').expect("its end");
    let parsed = chrono::DateTime::parse_from_rfc3339(time);
    assert!(parsed.is_ok(), "{time}");
    assert!(
        time.ends_with("+01:00") || time.ends_with("+02:00"),
        "{time}"
    );
    assert_eq!(format!("{start}\"time\":\"\"{rest}"), expected);
}

#[test]
fn an_inverter_without_a_reading_is_an_object_too() {
    let replies = [("#020", bytes("G4-17")), ("#030", b"\n*030 x\r".to_vec())];
    let patient = ["--format", "json", "--timeout", "2s"];
    let plant = Plant::with_replies(&replies);
    let device = text(&plant.bus.path);
    let arguments = ["read", &device, "4,3,2", "--pace", "0s"];
    let run = run(&[&arguments[..], &patient].concat()).expect_code(0);
    let object = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let objects: Vec<_> = run.stdout.lines().map(object).collect();
    let outcome = |address: u8| {
        let object = objects.iter().find(|one| one["address"] == address);
        let object = object.unwrap_or_else(|| panic!("{address}: {}", run.stdout));
        object["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!([4, 3, 2].map(outcome), ["silent", "garbled", "read"]);
    for object in objects.iter().filter(|one| one["outcome"] != "read") {
        let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["time", "protocol", "address", "outcome", "reason"]);
        assert!(object["time"].is_string() && object["reason"].is_string());
    }
}

#[test]
fn csv_is_one_table_of_all_inverters() {
    let replies = [("#020", bytes("G4-17")), ("#030", at_address("GN-18", 3))];
    let csv = read(&replies, "3,4,2", &["--format", "csv", "--timeout", "2s"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let head: Vec<&str> = names.iter().take(7).collect();
    assert_eq!(
        head.join(","),
        "time,inverter,outcome,type,model,status,dc_voltage_mppt1"
    );
    assert_eq!(
        names.iter().filter(|name| *name == "daily_yield").count(),
        1
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| {
        let place = names.iter().position(|one| one == name).unwrap();
        rows[row][place].to_owned()
    };
    let told = |row: usize| {
        [
            "inverter",
            "outcome",
            "type",
            "status",
            "dc_voltage",
            "daily_yield",
        ]
        .map(|name| cell(row, name))
        .join(" ")
    };
    assert_eq!(rows.len(), 3, "{csv}");
    assert_eq!(told(0), "03 read 3X24 mpp-track  1640");
    assert_eq!(told(1), "04 silent    ");
    assert_eq!(told(2), "02 read 6400xi mpp-track 398.5 33969");
    for row in 0..3 {
        let time = cell(row, "time");
        assert!(
            chrono::DateTime::parse_from_rfc3339(&time).is_ok(),
            "{time}"
        );
    }
}

#[test]
fn the_table_shows_every_column_with_its_unit() {
    let replies = [("#020", bytes("G4-17")), ("#030", at_address("GN-18", 3))];
    let table = read(&replies, "2-4", &["--timeout", "2s", "--details"]);
    for words in [
        "02",
        "DC Voltage (V)",
        "398.5",
        "Daily yield (Wh)",
        "33969",
        "Device temperature (°C)",
        "blueplanet 3.0NX3 M2",
        "cos phi",
        "0.735",
        "inverter 04: no reply",
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    assert!(!table.contains('\x1b'), "no colours in a pipe: {table}");
}

#[test]
fn several_inverters_are_an_overview_and_one_is_shown_in_full() {
    let replies = [("#020", bytes("G4-17")), ("#030", at_address("GN-18", 3))];
    let overview = read(&replies, "2-4", &["--timeout", "2s"]);
    for words in ["585 W", "34.0 kWh", "no reply", "2 of 3 online", "reply"] {
        assert!(overview.contains(words), "{words}: {overview}");
    }
    assert!(!overview.contains("398.5"), "{overview}");
    assert!(read(&replies, "2", &[]).contains("398.5"));
}

#[test]
fn strict_is_about_readings() {
    let plant = Plant::new();
    let device = text(&plant.bus.path);
    let read = ["read", &device, "2,3", "--pace", "0s", "--timeout", "2s"];
    run(&read).expect_code(0);
    let strict = run(&[&read[..], &["--strict"]].concat()).expect_code(3);
    assert!(
        strict.stdout.contains("585 W"),
        "what was read is shown: {}",
        strict.stdout
    );
    assert!(strict.stdout.contains(" no reply "), "{}", strict.stdout);
}

#[test]
fn decode_takes_standard_input() {
    let input = "# a comment\n\n0a2a3031392036343030786920af0d\n";
    let decoded = run_with_input(&["decode", "--format", "json"], input.as_bytes()).expect_code(0);
    assert!(
        decoded.stdout.contains(r#""layout":"type""#),
        "{}",
        decoded.stdout
    );
    assert!(
        decoded.stdout.contains(r#""type":"6400xi""#),
        "{}",
        decoded.stdout
    );
    let refused = run_with_input(&["decode"], b"\xff\xfe no hex \x1b[1m\n").expect_code(1);
    assert!(
        refused.stdout.contains("this is not hex"),
        "{}",
        refused.stdout
    );
    assert!(!refused.stdout.contains('\x1b'), "{}", refused.stdout);
    let missing = run(&["decode", "/nowhere"]).expect_code(1);
    assert!(
        missing.stderr.contains("can't read /nowhere"),
        "{}",
        missing.stderr
    );
}

#[test]
fn decode_takes_what_windows_puts_around_lines() {
    let input = "\u{feff}# a comment\r\n0A2A3031392036343030786920AF0D\r\n";
    let decoded = run_with_input(&["decode", "--format", "json"], input.as_bytes()).expect_code(0);
    assert_eq!(decoded.stdout.lines().count(), 1, "{}", decoded.stdout);
    let input = "\u{feff}0a2a3031392036343030786920af0d";
    let decoded = run_with_input(&["decode", "--format", "json"], input.as_bytes()).expect_code(0);
    assert!(decoded.stdout.contains(r#""type":"6400xi""#), "{decoded:?}");
}

#[test]
fn decode_skips_requests_in_hex() {
    let requests = [&b"#020\r"[..], b"#020\r#033\r"];
    let lines: String = requests.map(|bytes| hex(bytes) + "\n").concat();
    run_with_input(&["decode"], lines.as_bytes()).expect_silence();
    for not_one in [&b"#020"[..], b"#0x0\r", b"#020\rx"] {
        let refused = run_with_input(&["decode"], hex(not_one).as_bytes()).expect_code(1);
        assert!(refused.stdout.contains("refused"), "{refused:?}");
    }
}
