//! How long whole runs of the program take on a paced bus, beside what maker's rule and wire allow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    missing_docs,
    unreachable_pub
)]

#[path = "../tests/suite/support/bus.rs"]
mod bus;

use bus::{BYTE_TIME, Bus, Play, REPLY_TIME};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Bytes of a request.
const REQUEST: u32 = 5;

fn main() {
    println!("{:44} {:>9} {:>9} {:>7}", "", "limit", "taken", "over");
    let reply = reply(1);
    let wire = (BYTE_TIME * u32::try_from(reply.len()).unwrap()) + REPLY_TIME;
    show("one inverter", 1, wire, "1", &["--pace", "1s"]);
    show(
        "five inverters at the maker's pace",
        1,
        Duration::from_secs(4) + wire,
        "1-5",
        &[],
    );
    let back_to_back = (wire + BYTE_TIME * REQUEST) * 5 - BYTE_TIME * REQUEST;
    show(
        "five inverters, --pace 0s",
        1,
        back_to_back,
        "1-5",
        &["--pace", "0s"],
    );
    show(
        "thirty-one silent addresses",
        0,
        Duration::from_secs(62),
        "1-31",
        &[],
    );
    println!();
    println!(
        "{:44} {:>9} {:>9} {:>7}",
        "a plant file", "alone", "together", "over"
    );
    three_buses();
    let names: Vec<String> = (0..64).map(|number| format!("bus{number:02}")).collect();
    many_buses(&names);
}

/// A bus of inverters that answer after the usual time.
fn answering() -> Bus {
    Bus::start(Box::new(|request, _| match request.get(1..3) {
        Some(address) => vec![
            Play::Wait(REPLY_TIME),
            Play::Send(reply(address.parse().unwrap())),
        ],
        None => Vec::new(),
    }))
}

/// Three buses of 5, 8 and 31 inverters take as long as the slowest alone.
fn three_buses() {
    let buses = [answering(), answering(), answering()];
    let table = |bus: &Bus, addresses: &str, name: &str| {
        let device = bus.path.display();
        format!("[[bus]]\nname = \"{name}\"\ndevice = \"{device}\"\naddresses = \"{addresses}\"\n")
    };
    let slowest = table(&buses[2], "1-31", "slow");
    let others = table(&buses[0], "1-5", "short") + &table(&buses[1], "1-8", "middle");
    let alone = log_plant(&slowest);
    let together = log_plant(&(slowest + &others));
    compare("5, 8 and 31 inverters", &alone, &together);
}

/// Many buses of simulated inverters in one process, which plays the inverters too.
fn many_buses(names: &[String]) {
    let table = |name: &String| {
        format!("[[bus]]\nname = \"{name}\"\ndevice = \"sim:\"\naddresses = \"1-31\"\n")
    };
    let alone = log_plant(&table(&names[0]));
    let all: String = names.iter().map(table).collect();
    let together = log_plant(&all);
    compare("64 buses of 31 simulated inverters", &alone, &together);
    println!(
        "{:44} {:6.1} MB, {:.2} ms of CPU per reading, {} readings",
        "",
        f64::from(together.memory) / 1024.0,
        together.cpu.as_secs_f64() * 1000.0 / together.rows as f64,
        together.rows
    );
}

fn compare(name: &str, alone: &Cost, together: &Cost) {
    let (alone, together) = (alone.time.as_secs_f64(), together.time.as_secs_f64());
    let over = together / alone * 100.0 - 100.0;
    println!("{name:44} {alone:8.3}s {together:8.3}s {over:+6.1}%");
}

/// What a run took.
#[derive(Default)]
struct Cost {
    time: Duration,
    /// At most, KiB.
    memory: u32,
    cpu: Duration,
    /// Inverters that have a row.
    rows: usize,
}

/// `log --plant` of a file with this in it.
fn log_plant(content: &str) -> Cost {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("plant.toml");
    let logs = directory.path().join("logs");
    std::fs::write(&file, content).unwrap();
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_kaco_ardexa"))
        .args(["log", "--plant"])
        .args([&file, &logs])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut cost = Cost::default();
    while child.try_wait().unwrap().is_none() {
        cost.look(child.id());
        std::thread::sleep(Duration::from_millis(10));
    }
    cost.time = started.elapsed();
    let buses = std::fs::read_dir(logs).unwrap();
    let folders = |bus: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_dir(bus.unwrap().path()).unwrap().count()
    };
    cost.rows = buses.map(folders).sum();
    cost
}

impl Cost {
    /// Looks at a process that runs.
    fn look(&mut self, id: u32) {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{id}/{name}"));
        let status = read("status").unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let memory = memory.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        self.memory = self.memory.max(memory.unwrap_or_default());
        let stat = read("stat").unwrap_or_default();
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        // User and system time, in hundredths of a second.
        let ticks = fields
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok());
        self.cpu = self.cpu.max(Duration::from_millis(ticks.sum::<u64>() * 10));
    }
}

/// Runs `log` once and prints its time; `answer` is whether the inverters speak.
fn show(name: &str, answer: u8, limit: Duration, addresses: &str, options: &[&str]) {
    let bus = Bus::start(Box::new(move |request, _| match request.get(1..3) {
        Some(address) if answer == 1 => {
            vec![
                Play::Wait(REPLY_TIME),
                Play::Send(reply(address.parse().unwrap())),
            ]
        }
        _ => Vec::new(),
    }));
    let directory = TempDir::new().unwrap();
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_kaco_ardexa"))
        .arg("log")
        .arg(&bus.path)
        .arg(addresses)
        .arg(directory.path())
        .args(options)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    let taken = started.elapsed();
    assert!(status.success());
    let over = taken.as_secs_f64() / limit.as_secs_f64() * 100.0 - 100.0;
    println!(
        "{name:44} {:8.3}s {:8.3}s {over:+6.1}%",
        limit.as_secs_f64(),
        taken.as_secs_f64()
    );
}

/// A good standard reply of this address.
fn reply(address: u8) -> Vec<u8> {
    let text = format!("*{address:02}0   4 355.9  2.92  1039 239.5  4.12   974  40   3229 ");
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    [b"\n", text.as_bytes(), &[sum], b" 5000xi\r"].concat()
}
