//! `log` and `read` on a paced bus with real captures.

use crate::checks::checksum::{frame_with_sum, mended};
use crate::support::bus::{BYTE_TIME, Bus, Play, REPLY_TIME, reply};
use crate::support::captures::bytes;
use crate::support::program::{PATIENT, Run, run, run_with_input, text};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// The header of a 23-element inverter, to the byte.
pub const MPPT3_HEADER: &str = "# datetime, status, DC Voltage MPPT1, DC Current MPPT1, DC Power MPPT1, DC Voltage MPPT2, DC Current MPPT2, DC Power MPPT2, DC Voltage MPPT3, DC Current MPPT3, DC Power MPPT3, AC Voltage phase 1, AC Current phase 1, AC Voltage phase 2, AC Current phase 2, AC Voltage phase 3, AC Current phase 3, DC Power total, AC Power total, cos phi, Circuit board temperature, Daily yield, cos phi kind, Type";

/// Address of a reply changed, its checksum made anew: captures of many sites on one bus.
pub fn at_address(capture: &str, address: u8) -> Vec<u8> {
    let mut frame = bytes(capture);
    let star = frame.iter().position(|&byte| byte == b'*').unwrap();
    frame[star + 1..star + 3].copy_from_slice(format!("{address:02}").as_bytes());
    mended(&frame[star..]).unwrap()
}

fn log(bus: &Bus, addresses: &str, directory: &Path, options: &[&str]) -> Run {
    let (device, directory) = (text(&bus.path), text(directory));
    let mut arguments = vec!["log", &device, addresses, &directory];
    arguments.extend(options);
    run(&arguments)
}

fn latest(directory: &Path, address: &str) -> String {
    fs::read_to_string(directory.join(address).join("latest.csv")).unwrap()
}

/// The only row of a log, without its time.
fn row(directory: &Path, address: &str) -> String {
    let text = latest(directory, address);
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(rows.len(), 1, "{text}");
    rows[0].split_once(',').unwrap().1.to_owned()
}

#[test]
fn real_replies_become_files() {
    let bus = Bus::with_replies(&[
        ("#020", bytes("G4-17")),
        ("#030", bytes("G4-19")),
        ("#040", bytes("G4-24")),
        ("#050", at_address("GN-01", 5)),
    ]);
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "2-5", directory.path(), &STRICT[1..]).expect_code(0);
    assert_eq!(run.stdout, "");
    // The inverter at address 5 does report one.
    let fault =
        "kaco_ardexa: warning: address 05: the inverter reports a fault: grid-underfrequency\n";
    assert_eq!(run.stderr, fault);
    assert_eq!(bus.asked(), ["#020", "#030", "#040", "#050"]);
    // Exact is the test with a clock of its own; here a busy machine may note a request late.
    assert!(run.time >= Duration::from_secs(3), "{:?}", run.time);
    assert_eq!(
        row(directory.path(), "02"),
        "mpp-track,398.5,1.56,621,227.8,2.61,585,33,33969,6400xi"
    );
    assert_eq!(
        row(directory.path(), "03"),
        "mpp-track,521.5,0.72,376,518.8,0.72,376,226.5,1.35,227.5,1.30,229.3,1.26,753,759,1.000,43.5,45704,,86L32"
    );
    assert_eq!(
        row(directory.path(), "04"),
        "mpp-track,504.8,1.46,737,229.1,2.99,677,33,38942,8000xi"
    );
    let text = latest(directory.path(), "05");
    assert_eq!(text.lines().next(), Some(MPPT3_HEADER));
    let time = text.lines().nth(1).unwrap().split(',').next().unwrap();
    assert!(
        chrono::DateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S%z").is_ok(),
        "{time}"
    );
    assert!(time.ends_with("+0100") || time.ends_with("+0200"), "{time}");
    let day = directory
        .path()
        .join("05")
        .join(format!("{}.csv", &time[..10]));
    assert_eq!(fs::read_to_string(day).unwrap(), text);
}

#[test]
fn values_keep_their_digits_and_lose_their_padding() {
    let bus = Bus::with_replies(&[
        ("#010", at_address("ST-23", 1)),
        ("#020", at_address("GN-18", 2)),
        ("#030", below_zero()),
    ]);
    let directory = TempDir::new().unwrap();
    log(&bus, "1-3", directory.path(), &["--pace", "0s"]).expect_silence();
    let row_of = |address| row(directory.path(), address);
    assert_eq!(
        row_of("01"),
        "5,482.8,132.30,63900,393.2,91.60,62100,37,341458,7831,100k"
    );
    assert!(
        row_of("02").contains(",0.735,36.7,1640,i,3X24"),
        "{}",
        row_of("02")
    );
    assert_eq!(
        row_of("03"),
        "mpp-track,355.9,2.92,1039,239.5,1.60,374,-9,3229,5000xi"
    );
}

/// A standard reply with a temperature below zero and a current with a zero at its end.
fn below_zero() -> Vec<u8> {
    let text = "*030   4 355.9  2.92  1039 239.5  1.60   374  -9   3229 ";
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    [b"\n", text.as_bytes(), &[sum], b" 5000xi\r"].concat()
}

#[test]
fn a_unit_that_was_not_read_is_called_as_its_columns() {
    let bus = Bus::with_replies(&[
        ("#120", b"\n*124\r".to_vec()),
        ("#121", bytes("ST-14")),
        ("#123", bytes("ST-16")),
    ]);
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "12", directory.path(), &["--pace", "0s"]).expect_code(0);
    let due = "address 12: unit 2 was not read, its columns stay empty: it did not answer";
    assert_eq!(run.stderr, format!("kaco_ardexa: warning: {due}\n"));
    let header = latest(directory.path(), "12");
    assert!(header.contains("DC Power unit 2"), "{header}");
}

#[test]
fn each_unit_that_was_not_read_has_its_own_reason() {
    let mut damaged = bytes("ST-14");
    damaged[20] ^= 1;
    let bus = Bus::with_replies(&[
        ("#120", b"\n*124\r".to_vec()),
        ("#121", damaged),
        ("#123", bytes("ST-16")),
    ]);
    let directory = TempDir::new().unwrap();
    let options = ["--pace", "0s", "--attempts", "1"];
    let run = log(&bus, "12", directory.path(), &options).expect_code(0);
    for due in [
        "unit 1 was not read, its columns stay empty: the checksum is",
        "unit 2 was not read, its columns stay empty: it did not answer",
    ] {
        assert!(run.stderr.contains(due), "{}", run.stderr);
    }
}

#[test]
fn three_units_become_one_row() {
    let bus = Bus::with_replies(&[
        ("#120", b"\n*124\r".to_vec()),
        ("#121", bytes("ST-14")),
        ("#122", bytes("ST-15")),
        ("#123", bytes("ST-16")),
    ]);
    let directory = TempDir::new().unwrap();
    log(
        &bus,
        "12",
        directory.path(),
        &["--pace", "0s", "--counters"],
    )
    .expect_silence();
    assert_eq!(
        bus.asked(),
        ["#120", "#121", "#122", "#123"],
        "a 000xi is never asked for counters"
    );
    let text = latest(directory.path(), "12");
    assert!(
        text.starts_with("# datetime, status unit 1, DC Voltage unit 1, "),
        "{text}"
    );
    assert!(text.contains(", Daily yield unit 3, Type\n"), "{text}");
    assert_eq!(
        row(directory.path(), "12"),
        "mpp-track,440.6,1.54,678,240.5,2.58,617,42,13024,mpp-track,440.9,1.50,661,239.7,2.26,560,42,12174,\
         mpp-track,400.8,1.44,577,242.0,2.26,552,41,12003,3x10k"
    );
}

#[test]
fn counters_follow_in_their_own_columns() {
    let bus = Bus::with_replies(&[
        ("#020", bytes("G4-17")),
        (
            "#023",
            b"\n  4899  33971 112706 112706     12:29  71858:16  71858:16\0".to_vec(),
        ),
        ("#030", bytes("G4-19")),
        ("#033", bytes("G4-20")),
        ("#040", bytes("G4-24")),
        // Another inverter's: its daily yield is not that of the readings before.
        ("#043", bytes("G4-18")),
    ]);
    let directory = TempDir::new().unwrap();
    let run = log(
        &bus,
        "2-4",
        directory.path(),
        &["--pace", "0s", "--counters"],
    );
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), ""),
        "{}",
        run.stderr
    );
    let header = "Type, Daily peak power, Counter yield, Total yield, Minutes today, Minutes counter, Minutes total\n";
    assert!(latest(directory.path(), "02").contains(header));
    assert!(
        row(directory.path(), "02").ends_with(",6400xi,4899,112706,112706,749,4311496,4311496")
    );
    assert!(row(directory.path(), "03").contains(",86L32,6482,7793.374,7793.374,1091,"));
    assert!(
        row(directory.path(), "04").ends_with(",8000xi,,,,,,"),
        "{}",
        row(directory.path(), "04")
    );
}

#[test]
fn every_checksum_byte_is_read_at_once() {
    let special = [b'\r', b'\n', b' ', 0, b'*', b'#', 0x11, 0x13, 0xFF, b'0'];
    let bus = Bus::start(Box::new(move |_, count| {
        reply(&frame_with_sum(special[count]))
    }));
    let directory = TempDir::new().unwrap();
    for _ in special {
        let run = log(
            &bus,
            "3",
            directory.path(),
            // Quiet: the numbers are chosen for their sum, not for their sense.
            &["-q", "--strict", "--gap", "60s", "--timeout", "60s"],
        )
        .expect_silence();
        let gap = Duration::from_secs(60);
        assert!(run.time < gap, "not before the gap: {:?}", run.time);
    }
    assert_eq!(
        latest(directory.path(), "03").lines().count(),
        1 + special.len()
    );
}

/// One inverter at address 2 whose first reply is this: read at the first request, and the row is
/// right.
/// Every inverter has to answer, and has time for it where a machine is busy.
const STRICT: [&str; 3] = ["--strict", "--timeout", "10s"];

#[track_caller]
fn reads_right_away(plays: Vec<Play>) {
    reads_with(&STRICT, plays);
}

/// The same with pauses that are far from the end of a reply, also where a busy machine adds its own.
#[track_caller]
fn reads_in_pieces(plays: Vec<Play>) {
    reads_with(&["--strict", "--timeout", "10s", "--gap", "10s"], plays);
}

#[track_caller]
fn reads_with(options: &[&str], plays: Vec<Play>) {
    let bus = Bus::start(Box::new(move |_, _| plays.clone()));
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "2", directory.path(), options).expect_code(0);
    assert_eq!(run.stderr, "");
    assert_eq!(bus.asked(), ["#020"]);
    assert_eq!(
        row(directory.path(), "02"),
        "mpp-track,398.5,1.56,621,227.8,2.61,585,33,33969,6400xi"
    );
}

#[test]
fn echo_and_junk_before_a_reply() {
    reads_right_away(vec![
        Play::Send(b"#020\r".to_vec()),
        Play::Wait(Duration::from_millis(430)),
        Play::Send(
            [
                b"\0\0\xff\x6e\xd6".to_vec(),
                bytes("G4-17"),
                b"\0\0".to_vec(),
            ]
            .concat(),
        ),
    ]);
}

#[test]
fn local_echo_is_reported_once() {
    let bus = Bus::start(Box::new(|request, _| {
        let echo = Play::Send(format!("{request}\r").into_bytes());
        let reply = at_address("G4-17", request[1..3].parse().unwrap());
        vec![echo, Play::Wait(REPLY_TIME), Play::Send(reply)]
    }));
    let directory = TempDir::new().unwrap();
    let run = log(
        &bus,
        "2-4",
        directory.path(),
        &["-v", "--pace", "0s", "--strict"],
    )
    .expect_code(0);
    assert_eq!(
        run.stderr.matches("local echo").count(),
        1,
        "{}",
        run.stderr
    );
}

#[test]
fn late_reply_of_a_neighbour() {
    reads_right_away(vec![
        Play::Wait(Duration::from_millis(50)),
        Play::Send(bytes("G4-19")),
        Play::Wait(Duration::from_millis(300)),
        Play::Send(bytes("G4-17")),
    ]);
}

#[test]
fn reply_to_another_command() {
    reads_right_away(vec![
        Play::Send(b"\n*029 6400xi \xb0\r".to_vec()),
        Play::Send(bytes("G4-18")),
        Play::Wait(Duration::from_millis(300)),
        Play::Send(bytes("G4-17")),
    ]);
}

#[test]
fn half_a_reply_and_then_a_whole_one() {
    let half = bytes("G4-17")[..30].to_vec();
    reads_right_away(vec![
        Play::Send(half),
        Play::Wait(Duration::from_millis(100)),
        Play::Send(bytes("G4-17")),
    ]);
}

#[test]
fn single_bytes_with_pauses() {
    reads_in_pieces(vec![
        Play::Wait(REPLY_TIME),
        Play::Slowly(bytes("G4-17"), Duration::from_millis(20)),
    ]);
}

#[test]
fn pauses_inside_a_reply() {
    let frame = bytes("G4-17");
    let pieces = frame.chunks(15).flat_map(|piece| {
        [
            Play::Wait(Duration::from_millis(200)),
            Play::Send(piece.to_vec()),
        ]
    });
    reads_in_pieces(pieces.collect());
}

#[test]
fn a_lost_line_feed() {
    reads_right_away(vec![
        Play::Wait(REPLY_TIME),
        Play::Send(bytes("G4-17")[1..].to_vec()),
    ]);
}

#[test]
fn a_reply_without_type_counts() {
    let bus = Bus::with_replies(&[("#010", bytes("ST-05"))]);
    let directory = TempDir::new().unwrap();
    log(&bus, "1", directory.path(), &STRICT).expect_silence();
    assert_eq!(
        row(directory.path(), "01"),
        "mpp-track,357.5,0.40,144,230.9,0.60,138,29,59,"
    );
}

#[test]
fn a_good_reply_that_no_table_describes_is_garbled() {
    let frame = mended(b"*02n 4 390TL 48 581.1 ").unwrap();
    let bus = Bus::start(Box::new(move |_, _| reply(&frame)));
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "2", directory.path(), &PATIENT).expect_code(0);
    assert_eq!(bus.asked(), ["#020"; 3]);
    assert!(
        run.stderr.contains("a reply of 4 elements is not known"),
        "{}",
        run.stderr
    );
}

/// A reply with one wrong digit.
fn garbled() -> Vec<u8> {
    let mut frame = bytes("G4-17");
    frame[12] ^= 1;
    frame
}

#[test]
fn garbled_twice_then_good() {
    let bus = Bus::start(Box::new(|_, count| {
        reply(&if count < 2 { garbled() } else { bytes("G4-17") })
    }));
    let directory = TempDir::new().unwrap();
    log(&bus, "2", directory.path(), &STRICT).expect_silence();
    assert_eq!(bus.asked().len(), 3);
    assert_eq!(
        row(directory.path(), "02"),
        "mpp-track,398.5,1.56,621,227.8,2.61,585,33,33969,6400xi"
    );
}

#[test]
fn garbled_always() {
    let bus = Bus::start(Box::new(|_, _| reply(&garbled())));
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "2", directory.path(), &STRICT).expect_code(3);
    assert_eq!(bus.asked().len(), 3);
    assert!(
        run.stderr.contains("warning: address 02: "),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("checksum is B8"), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(!directory.path().join("02").exists());
    log(&bus, "2", directory.path(), &STRICT[1..]).expect_code(0);
}

#[test]
fn an_inverter_that_wakes_late_gets_a_second_chance() {
    let bus = Bus::start(Box::new(|request, count| match (request, count) {
        ("#020", 0) => vec![],
        ("#020", _) => reply(&bytes("G4-17")),
        ("#030", _) => reply(&bytes("G4-19")),
        _ => vec![],
    }));
    let directory = TempDir::new().unwrap();
    log(&bus, "2,3", directory.path(), &["--strict"]).expect_silence();
    assert_eq!(bus.asked(), ["#020", "#030", "#020"]);
}

#[test]
fn thirty_one_silent_addresses_take_a_minute_and_not_a_word() {
    let bus = Bus::silent();
    let directory = TempDir::new().unwrap();
    let second = ["--timeout", "1s"];
    log(&bus, "1-31", directory.path(), &second).expect_silence();
    assert_eq!(bus.asked().len(), 62);
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        0,
        "no folder for an inverter that never answered"
    );
}

#[test]
fn five_inverters_take_what_the_pace_and_the_wire_take() {
    let bus = Bus::start(Box::new(|request, _| {
        reply(&at_address("G4-17", request[1..3].parse().unwrap()))
    }));
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "1-5", directory.path(), &STRICT).expect_silence();
    // No assertion on speed here: the benchmark shows it. But the pace is a promise.
    assert!(run.time >= Duration::from_secs(4), "{:?}", run.time);
    let bytes_on_the_wire = u32::try_from(bytes("G4-17").len() + 5).unwrap();
    assert!(
        run.time
            >= Duration::from_secs(4) + REPLY_TIME + BYTE_TIME * bytes_on_the_wire
                - Duration::from_millis(50)
    );
}

#[test]
fn an_unknown_number_of_elements_is_reported() {
    let text = "*02n 5 XYZ1 4  1.0  2.0 ";
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_IBM_SDLC).checksum(text.as_bytes());
    let frame = format!("\n{text}{crc:04X}\r").into_bytes();
    let bus = Bus::with_replies(&[("#020", frame)]);
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "2", directory.path(), &STRICT[1..]).expect_code(0);
    assert!(run.stderr.contains("5 elements"), "{}", run.stderr);
}

#[test]
fn an_unreadable_value_leaves_an_empty_cell() {
    let text = "*030   4 355.9  2.92  1039 239.5  ****   974  40   3229 ";
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    let bus = Bus::with_replies(&[(
        "#030",
        [b"\n", text.as_bytes(), &[sum], b" 64\x1b[1mxi\r"].concat(),
    )]);
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "3", directory.path(), &["-vvv", "--timeout", "10s"]).expect_code(0);
    assert!(
        run.stderr.contains("warning: address 03: AC Current"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("`****`"), "{}", run.stderr);
    assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
    assert_eq!(
        row(directory.path(), "03"),
        r"mpp-track,355.9,2.92,1039,239.5,,974,40,3229,64\x1b[1mxi"
    );
}

/// Two errors that cancel out in a sum of 8 bits: nothing but the sense of the numbers tells.
#[test]
fn an_implausible_value_is_kept_and_reported() {
    let text = "*030   4 355.9  2.92  9039 239.5  4.10   974  40   3221 ";
    let sent = "*030   4 355.9  2.92  1039 239.5  4.10   974  40   3229 ";
    let sum = |text: &str| text.bytes().fold(0_u8, u8::wrapping_add);
    assert_eq!(sum(text), sum(sent), "the checksum passes");
    let frame = [b"\n", text.as_bytes(), &[sum(text)], b" 6400xi\r"].concat();
    let bus = Bus::with_replies(&[("#030", frame.clone())]);
    let directory = TempDir::new().unwrap();
    let run = log(&bus, "3", directory.path(), &STRICT[1..]).expect_code(0);
    let said =
        "address 03: DC Power is 9039 W, but DC Voltage x DC Current is 1039 W; kept as it came";
    assert_eq!(run.stderr, format!("kaco_ardexa: warning: {said}\n"));
    assert_eq!(
        row(directory.path(), "03"),
        "mpp-track,355.9,2.92,9039,239.5,4.10,974,40,3221,6400xi"
    );

    let hex = kaco_ardexa::escape::hex(&frame);
    let run = run_with_input(&["decode"], hex.as_bytes()).expect_code(0);
    assert!(run.stderr.contains("line 1: DC Power is 9039 W"), "{run:?}");
}

#[test]
fn a_damaged_reply_does_not_make_a_000xi_for_good() {
    // Two bytes of a good reply are wrong: `*03n ` has become `*034` and CR, which needs no
    // checksum.
    let mut damaged = bytes("G4-19");
    damaged[4..6].copy_from_slice(b"4\r");
    let bus = Bus::start(Box::new(move |request, count| match (request, count) {
        ("#030", 0) => reply(&damaged),
        ("#030", _) => reply(&bytes("G4-19")),
        _ => vec![],
    }));
    let directory = TempDir::new().unwrap();
    log(&bus, "3", directory.path(), &["--pace", "0s"]).expect_code(0);
    assert!(row(directory.path(), "03").ends_with("86L32"));
    assert_eq!(
        bus.asked()
            .iter()
            .filter(|request| *request == "#030")
            .count(),
        2
    );
}
