//! What must hold of files that people or earlier versions wrote: plant files and logs.

use chrono::NaiveDate;
use kaco_ardexa::history::day;
use kaco_ardexa::history::log::Logs;
use kaco_ardexa::history::names::Names;
use kaco_ardexa::history::records;
use kaco_ardexa::plant_file::PlantFile;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, process, thread};

/// A plant file: what is accepted can be polled and tells no secret; every mistake has its line.
pub fn plant(text: &str) {
    let plant = match PlantFile::parse("plant.toml", text) {
        Ok(plant) => plant,
        Err(mistakes) => {
            for mistake in mistakes.to_string().split('\n') {
                assert!(mistake.starts_with("plant.toml:"), "{mistake:?}");
                assert!(!mistake.contains(char::is_control), "{mistake:?}");
            }
            return;
        }
    };
    let (buses, kstars) = (&plant.buses, &plant.kstars);
    assert!(buses.len() + kstars.len() > 0);
    let names: Vec<_> = buses.iter().filter_map(|bus| bus.name.as_ref()).collect();
    let different: BTreeSet<String> = names.iter().map(|name| format!("{name:?}")).collect();
    assert_eq!(different.len(), names.len());
    assert!(buses.len() < 2 || names.len() == buses.len());
    let ips: BTreeSet<_> = kstars.iter().map(|kstar| kstar.ip).collect();
    assert_eq!(ips.len(), kstars.len());
    if let Some(mqtt) = plant.mqtt {
        assert_eq!(mqtt.broker.password, None);
    }
}

const HEADER: &[u8] = b"# datetime, status, DC Voltage, DC Current, DC Power, AC Voltage, AC Current, AC Power, Device temperature, Daily yield, Type\n";

/// The log of a day: whatever is in it, all that is made of it are numbers that can be drawn.
pub fn day(bytes: &[u8]) {
    check(bytes);
    check(&[HEADER, bytes].concat());
}

/// A disk in memory, where there is one.
fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_owned()
    } else {
        env::temp_dir()
    }
}

fn check(bytes: &[u8]) {
    let date = NaiveDate::from_ymd_opt(2026, 5, 3).expect("a date");
    let name = format!("kaco_ardexa-{}-{:?}", process::id(), thread::current().id());
    let directory = memory().join(name);
    let folder = directory.join("02");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("2026-05-03.csv"), bytes).expect("a file");
    let log = Logs::open(&directory).expect("the directory");
    let read = day::read(&log, &Names::default(), date).expect("its files");
    fs::remove_dir_all(directory).expect("the directory");
    let lines = bytes.split(|byte| *byte == b'\n').count();
    assert!(read.skipped.lines() <= lines as u64);
    let series = read.series;
    for inverter in &series.inverters {
        let power = std::iter::once(&inverter.power);
        for line in power.chain(inverter.flows.iter().filter(|line| !line.is_empty())) {
            assert_eq!(line.len(), series.steps);
            assert!(line.iter().flatten().all(|value| value.is_finite()));
        }
        assert!(inverter.energy.is_none_or(f64::is_finite));
    }
    assert!(records::day(&series).count() <= series.steps * series.inverters.len());
}
