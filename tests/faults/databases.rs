//! Real databases: a day of a plant, the database down for half of it, the program killed again and
//! again and its clock changed. In the end the database has every row of the log, once, equal to
//! the digit.

use super::clocks::Clock;
use super::figures::figures;
use super::random::Random;
use crate::support::captures::bytes;
use crate::support::inverter::address;
use crate::support::plant::Plant;
use crate::support::program::{helper, signal, start, wait, wait_until};
use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Rounds of the day, five minutes apart.
const ROUNDS: i64 = 288;

/// Runs of them that are killed.
const KILLS: usize = 50;

/// Values by column, second and address.
type Values = BTreeMap<(String, i64, String), f64>;

/// A database of Debian.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Influx,
    Victoria,
}

/// One that is running, or not.
struct Database {
    kind: Kind,
    ip: Ipv4Addr,
    port: u16,
    directory: TempDir,
    child: Option<Child>,
}

impl Database {
    fn new(kind: Kind) -> Self {
        let ip = address();
        let free = TcpListener::bind((ip, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        Self {
            kind,
            ip,
            port,
            directory: TempDir::new().unwrap(),
            child: None,
        }
    }

    fn url(&self) -> String {
        match self.kind {
            Kind::Influx => format!("http://{}:{}/write?db=solar", self.ip, self.port),
            Kind::Victoria => format!("http://{}:{}", self.ip, self.port),
        }
    }

    fn start(&mut self) {
        let (host, path) = (
            format!("{}:{}", self.ip, self.port),
            self.directory.path().display(),
        );
        let (program, arguments) = match self.kind {
            Kind::Influx => {
                let file = self.directory.path().join("influxdb.conf");
                let settings = format!(
                    "reporting-disabled = true\nbind-address = \"{}:0\"\n\
                     [meta]\ndir = \"{path}/meta\"\n\
                     [data]\ndir = \"{path}/data\"\nwal-dir = \"{path}/wal\"\n\
                     [http]\nbind-address = \"{host}\"\nflux-enabled = false\n",
                    self.ip
                );
                fs::write(&file, settings).unwrap();
                (
                    "influxd",
                    vec!["-config".to_owned(), file.display().to_string()],
                )
            }
            Kind::Victoria => (
                "victoria-metrics",
                // Rows that came twice are one.
                vec![
                    format!("-httpListenAddr={host}"),
                    format!("-storageDataPath={path}/data"),
                    "-retentionPeriod=100y".to_owned(),
                    "-dedup.minScrapeInterval=1ms".to_owned(),
                ],
            ),
        };
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap_or_else(|error| {
            panic!("{program} is needed (tests/all.sh installs it): {error}")
        }));
        wait_until("the database listens", || {
            TcpStream::connect((self.ip, self.port)).is_ok()
        });
        if self.kind == Kind::Influx {
            self.get("/query", &["q=create database solar"]);
        }
    }

    /// Ends it in its own time: killed, VictoriaMetrics forgets what it took in the last seconds.
    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, Signal::TERM);
            let _ = child.wait();
        }
    }

    /// Asks it, with curl.
    fn get(&self, path: &str, parameters: &[&str]) -> String {
        let url = format!("http://{}:{}{path}", self.ip, self.port);
        let mut arguments = vec!["-sS", "--fail-with-body", url.as_str()];
        for parameter in parameters {
            arguments.extend(["--data-urlencode", parameter]);
        }
        helper("curl", &arguments, b"").expect_code(0).stdout
    }

    /// All that is in it, each value as often as it is there.
    fn values(&self) -> Vec<((String, i64, String), f64)> {
        match self.kind {
            Kind::Influx => self.values_of_influx(),
            Kind::Victoria => self.values_of_victoria(),
        }
    }

    fn values_of_influx(&self) -> Vec<((String, i64, String), f64)> {
        let query = "q=select * from inverter group by address";
        let text = self.get("/query", &["db=solar", "epoch=s", query]);
        let answer: Value = serde_json::from_str(&text).unwrap();
        let mut values = Vec::new();
        for series in answer["results"][0]["series"].as_array().expect("series") {
            let address = series["tags"]["address"].as_str().unwrap();
            let columns = series["columns"].as_array().unwrap();
            for row in series["values"].as_array().unwrap() {
                let time = row[0].as_i64().unwrap();
                for (column, value) in columns.iter().zip(row.as_array().unwrap()).skip(1) {
                    if let Some(number) = value.as_f64() {
                        let column = column.as_str().unwrap().to_owned();
                        values.push(((column, time, address.to_owned()), number));
                    }
                }
            }
        }
        values
    }

    fn values_of_victoria(&self) -> Vec<((String, i64, String), f64)> {
        self.get("/internal/force_flush", &[]);
        let series = r#"match[]={__name__=~"inverter_.*"}"#;
        let text = self.get("/api/v1/export", &[series, "start=0", "reduce_mem_usage=0"]);
        let mut values = Vec::new();
        for line in text.lines() {
            let series: Value = serde_json::from_str(line).unwrap();
            let labels = &series["metric"];
            let column = labels["__name__"]
                .as_str()
                .unwrap()
                .trim_start_matches("inverter_");
            let address = labels["address"].as_str().unwrap();
            // It has no texts: they are 0 there.
            if column == "status" {
                continue;
            }
            let times = series["timestamps"].as_array().unwrap();
            for (time, value) in times.iter().zip(series["values"].as_array().unwrap()) {
                let time = time.as_i64().unwrap() / 1000;
                let key = (column.to_owned(), time, address.to_owned());
                values.push((key, value.as_f64().unwrap()));
            }
        }
        values
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.stop();
    }
}

/// All numbers in the logs of a plant, and how many rows they stand in.
fn logged(plant: &Plant) -> (Values, usize) {
    let (mut values, mut rows) = (Values::new(), 0);
    for folder in fs::read_dir(plant.directory.path()).unwrap() {
        let folder = folder.unwrap().path();
        let address: u8 = folder
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".csv") || name == "latest.csv" {
                continue;
            }
            let log = fs::read_to_string(folder.join(name)).unwrap();
            let labels = log.lines().next().unwrap().trim_start_matches("# ");
            let keys: Vec<String> = labels
                .split(", ")
                .map(|label| label.to_lowercase().replace(' ', "_"))
                .collect();
            for row in log.lines().skip(1) {
                rows += 1;
                let cells: Vec<&str> = row.split(',').collect();
                let time = DateTime::parse_from_str(cells[0], "%Y-%m-%dT%H:%M:%S%z").unwrap();
                let mut note = |key: &str, text: &str| {
                    if let Ok(number) = text.parse() {
                        let key = (key.to_owned(), time.timestamp(), address.to_string());
                        assert_eq!(values.insert(key, number), None, "two rows of one second");
                    }
                };
                for (key, cell) in keys.iter().zip(&cells).skip(1) {
                    note(key, cell);
                }
                // That of mpp-track.
                note("status_code", "4");
            }
        }
    }
    (values, rows)
}

fn a_day_arrives_whole(kind: Kind) {
    let name = if kind == Kind::Influx {
        "InfluxDB"
    } else {
        "VictoriaMetrics"
    };
    let mut random = Random::new(if kind == Kind::Influx { 71 } else { 73 });
    let replies = [("#020", bytes("G4-17")), ("#030", bytes("G4-19"))];
    let plant = Plant::with_replies(&replies);
    let (clock, mut database) = (Clock::new(), Database::new(kind));
    let url = database.url();
    let begin = Utc::now() - TimeDelta::days(2);
    let run = |time: DateTime<Utc>| {
        clock.set(&time.to_rfc3339());
        let options = ["--influx", url.as_str()];
        let mut command = plant.command("2,3", plant.directory.path(), &options);
        clock.rule(&mut command, "CET-1CEST,M3.5.0,M10.5.0/3");
        start(command)
    };
    let (mut kills, mut usual) = (0, Duration::from_millis(100));
    for round in 0..ROUNDS {
        match round {
            20 => database.start(),
            // Down for half of the day.
            60 => database.stop(),
            204 => database.start(),
            _ => {}
        }
        // A clock that falls back for an hour and is set again, and then one that lost two months.
        let wrong = match round {
            100..112 => TimeDelta::seconds(3600 + 7),
            150..155 | 220..225 => TimeDelta::days(61),
            _ => TimeDelta::zero(),
        };
        let running = run(begin + TimeDelta::minutes(5 * round) - wrong);
        if random.number().is_multiple_of(4) && kills < KILLS
            || ROUNDS - round <= (KILLS - kills) as i64
        {
            std::thread::sleep(random.duration(usual));
            let mut running = running;
            running.0.kill().unwrap();
            kills += usize::from(wait(running).code.is_none());
        } else {
            let begun = Instant::now();
            let ended = wait(running);
            usual = begun.elapsed();
            let is_down = !(20..60).contains(&round) && round < 204;
            let due = if is_down { Some(1) } else { Some(0) };
            assert_eq!(ended.code, due, "{name}, round {round}: {}", ended.stderr);
        }
    }
    wait(run(begin + TimeDelta::minutes(5 * ROUNDS))).expect_code(0);
    let (due, rows) = logged(&plant);
    let found = database.values();
    let mut once = Values::new();
    for (key, value) in found {
        assert_eq!(
            once.insert(key.clone(), value),
            None,
            "{name}: {key:?} twice"
        );
    }
    let lost = due
        .iter()
        .filter(|(key, value)| once.get(*key) != Some(value))
        .count();
    let missing = due
        .iter()
        .find(|(key, value)| once.get(*key) != Some(value));
    if let Some((key, value)) = missing {
        println!("{name}: {key:?} is {:?} instead of {value}", once.get(key));
    }
    let more = once.keys().find(|key| !due.contains_key(*key));
    assert_eq!(more, None, "{name}");
    println!("{name}: {rows} rows, {} values", due.len());
    assert!(rows > 2 * ROUNDS as usize - 2 * KILLS, "{rows}");
    figures(
        &format!("a day for {name}, killed, clock changed"),
        kills,
        kills,
        lost,
    );
}

#[test]
fn a_day_arrives_whole_in_influxdb() {
    a_day_arrives_whole(Kind::Influx);
}

#[test]
fn a_day_arrives_whole_in_victoriametrics() {
    a_day_arrives_whole(Kind::Victoria);
}
