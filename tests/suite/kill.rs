//! Runs that are killed at any moment: what they reported is on the disk, and everything on the disk is whole.

use crate::polling::at_address;
use crate::support::bus::{Bus, at_once};
use crate::support::day::Day;
use crate::support::plant::{HEADER, ROW};
use crate::support::program::{command, start, text, wait};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const ADDRESSES: [&str; 8] = ["02", "03", "04", "05", "06", "07", "08", "09"];

/// Each with its own bus, at the same time.
const PLANTS: u64 = 4;

/// Directories for each of them, as the first rows of a day are the most dangerous.
const DIRECTORIES: usize = 6;

/// Killed runs at each directory; a run that was done before it could be killed does not count.
const KILLS: usize = 10;

/// Pseudo-random numbers; `SEED=…` gives those of an earlier run.
struct Random(u64);

static SEED: LazyLock<u64> = LazyLock::new(|| match std::env::var("SEED") {
    Ok(seed) => seed.parse().expect("SEED is a number"),
    Err(_) => {
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        time.expect("a time").subsec_nanos().into()
    }
});

impl Random {
    /// Between nothing and `limit` (xorshift).
    fn duration(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// What the kills of one plant came to.
#[derive(Default)]
struct Tally {
    killed: usize,
    rows: usize,
    /// Kills between a row and its report.
    unreported: usize,
    /// Kills between the first row of a day and its `latest.csv`.
    unpublished: usize,
}

#[test]
fn nothing_is_lost_or_torn_by_kills_at_any_moment() {
    println!("SEED={}", *SEED);
    let plants: Vec<_> = (1..=PLANTS)
        .map(|number| thread::spawn(move || plant(number)))
        .collect();
    let tallies: Vec<Tally> = plants
        .into_iter()
        .map(|plant| {
            plant
                .join()
                .unwrap_or_else(|_| panic!("with SEED={}", *SEED))
        })
        .collect();
    let sum = |part: fn(&Tally) -> usize| tallies.iter().map(part).sum::<usize>();
    println!(
        "{} runs were killed, all files survived: {} rows, {} of them not reported yet, {} not in latest.csv yet",
        sum(|tally| tally.killed),
        sum(|tally| tally.rows),
        sum(|tally| tally.unreported),
        sum(|tally| tally.unpublished),
    );
    assert!(sum(|tally| tally.killed) >= 150);
    assert!(
        sum(|tally| tally.rows) > sum(|tally| tally.killed),
        "too early to mean much"
    );
}

fn plant(number: u64) -> Tally {
    let mut random = Random(SEED.wrapping_mul(PLANTS) + number);
    let bus = Bus::start(Box::new(|request, _| {
        at_once(&at_address("G4-17", request[1..3].parse().unwrap()))
    }));
    let mut tally = Tally::default();
    for round in 0..DIRECTORIES {
        let directory = TempDir::new().unwrap();
        let mut files = Files::new(directory.path());
        if round % 2 == 0 {
            wait(start(log(&bus, directory.path(), Day::Yesterday))).expect_code(0);
            files.yesterday = true;
        }
        // A run of this day takes as long as one of another on this machine at this time.
        let trial = TempDir::new().unwrap();
        let usual = wait(start(log(&bus, trial.path(), Day::Today)))
            .expect_code(0)
            .time;
        let mut kills = 0;
        while kills < KILLS {
            let (mut child, started) = start(log(&bus, directory.path(), Day::Today));
            thread::sleep(random.duration(usual));
            child.kill().unwrap();
            let run = wait((child, started));
            bus.free();
            assert!(matches!(run.code, None | Some(0)), "{}", run.stderr);
            kills += usize::from(run.code.is_none());
            files.check(&run.stderr, run.code.is_none(), &mut tally);
        }
        tally.killed += kills;
        let run = wait(start(log(&bus, directory.path(), Day::Today))).expect_code(0);
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
        files.check(&run.stderr, false, &mut tally);
        files.check_end();
        tally.rows += files.rows.values().sum::<usize>();
    }
    tally
}

/// `log` of all addresses; with `-v` it says of each inverter that it was read, after its row was written.
fn log(bus: &Bus, directory: &Path, day: Day) -> Command {
    let (device, directory) = (text(&bus.path), text(directory));
    let arguments = ["log", &device, "2-9", &directory, "--pace", "0s", "-v"];
    let mut command = command(&arguments);
    command.env("TZ", day.zone());
    command
}

/// What is known of the files of one directory.
struct Files<'a> {
    directory: &'a Path,
    yesterday: bool,
    rows: BTreeMap<&'static str, usize>,
    /// A run was killed between the first row and its `latest.csv`.
    unpublished: BTreeSet<&'static str>,
}

impl<'a> Files<'a> {
    fn new(directory: &'a Path) -> Self {
        Self {
            directory,
            yesterday: false,
            rows: BTreeMap::new(),
            unpublished: BTreeSet::new(),
        }
    }

    /// Looks at all files after a run that said this.
    fn check(&mut self, said: &str, killed: bool, tally: &mut Tally) {
        let mut unreported = 0;
        for address in ADDRESSES {
            let reported = said.matches(&format!("address {address}: read")).count();
            let before = self.rows.get(address).copied().unwrap_or_default();
            let now = self.whole_rows(address);
            assert!(
                now >= before + reported,
                "{address}: a reported row is lost"
            );
            unreported += now - before - reported;
            self.rows.insert(address, now);
            if self.is_published(address) {
                self.unpublished.remove(address);
            } else {
                // Two names can't be given at once. The second is the first thing that the next run does.
                let is_first = before == 0 && now == 1;
                let waits = before == now && self.unpublished.contains(address);
                assert!(killed && (is_first || waits), "{address}: latest.csv");
                tally.unpublished += usize::from(is_first);
                self.unpublished.insert(address);
            }
        }
        // A run is killed at one place.
        assert!(
            unreported <= usize::from(killed),
            "{unreported} rows without a report"
        );
        tally.unreported += unreported;
    }

    /// The number of rows in today's file; fails unless each is whole.
    fn whole_rows(&self, address: &str) -> usize {
        let path = self.directory.join(address).join(Day::Today.file());
        let Ok(text) = fs::read_to_string(&path) else {
            assert!(!path.exists());
            return 0;
        };
        let rows = text
            .strip_prefix(HEADER)
            .unwrap_or_else(|| panic!("{address}: {text}"));
        let mut count = 0;
        for row in rows.split_inclusive('\n') {
            let row = row
                .strip_suffix('\n')
                .unwrap_or_else(|| panic!("{address}: torn: {text}"));
            let (time, values) = row
                .split_once(',')
                .unwrap_or_else(|| panic!("{address}: {text}"));
            assert_eq!(time.len(), "2026-11-20T09:40:17+0100".len(), "{text}");
            assert_eq!(values, ROW, "{address}: {text}");
            count += 1;
        }
        assert!(count > 0, "{address}: a header without a row: {text}");
        count
    }

    /// Whether `latest.csv` holds what today's file holds; fails if it holds anything but that or what was there before.
    fn is_published(&self, address: &str) -> bool {
        let read = |name: &str| fs::read(self.directory.join(address).join(name)).ok();
        let latest = read("latest.csv");
        let today = read(&Day::Today.file());
        let yesterday = read(&Day::Yesterday.file());
        assert_eq!(yesterday.is_some(), self.yesterday);
        let expected = today.as_ref().or(yesterday.as_ref());
        assert!(
            latest.as_ref() == expected || latest == yesterday,
            "{address}: latest.csv"
        );
        latest.as_ref() == expected
    }

    /// After a run to the end: both files are there for each inverter, and nothing else.
    fn check_end(&self) {
        for address in ADDRESSES {
            assert!(self.is_published(address));
            assert!(self.rows[address] > 0, "{address}");
            let names = fs::read_dir(self.directory.join(address)).unwrap().count();
            assert_eq!(
                names,
                2 + usize::from(self.yesterday),
                "{address}: a file too many"
            );
        }
    }
}
