//! Eight inverters on a bus, a directory for their logs, and all that must hold of it after a run,
//! however that ended.

use super::peers::answering;
use super::random::Random;
use crate::support::bus::Bus;
use crate::support::day::Day;
use crate::support::disk::in_memory;
use crate::support::plant::{HEADER, ROW};
use crate::support::program::{Run, command, start, text, wait};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub const ADDRESSES: [&str; 8] = ["02", "03", "04", "05", "06", "07", "08", "09"];

/// What the ends of the runs at one bus came to.
#[derive(Default)]
pub struct Tally {
    /// Runs that did not come to their own end.
    pub ended: usize,
    pub rows: usize,
    /// Ends between a row and its report.
    pub unreported: usize,
    /// Ends between the first row of a day and its `latest.csv`.
    pub unpublished: usize,
}

impl Tally {
    /// All of them together.
    pub fn sum(tallies: &[Self]) -> Self {
        let sum = |part: fn(&Self) -> usize| tallies.iter().map(part).sum();
        Self {
            ended: sum(|tally| tally.ended),
            rows: sum(|tally| tally.rows),
            unreported: sum(|tally| tally.unreported),
            unpublished: sum(|tally| tally.unpublished),
        }
    }
}

/// `log` of all addresses; with `-v` it reports each inverter that it read, after its row was
/// written.
fn log(bus: &Bus, directory: &Path, day: Day) -> Command {
    let (device, directory) = (text(&bus.path), text(directory));
    let arguments = ["log", &device, "2-9", &directory, "--pace", "0s", "-v"];
    let mut command = command(&arguments);
    command.env("TZ", day.zone());
    command
}

/// Stops runs of one plant at random moments, so many at each of so many directories; a run that
/// was done before does not count. `stop` ends a run, of this number, and reports how it ended.
/// After each run all that must hold is checked, and at last a run that is not stopped has nothing
/// to repair.
pub fn stopped(
    random: Random,
    (directories, stops): (usize, usize),
    mut stop: impl FnMut(&Bus, &Path, usize, (Child, Instant)) -> Run,
) -> Tally {
    let bus = answering();
    let mut moments = Moments::new(random, &bus);
    let mut tally = Tally::default();
    for round in 0..directories {
        let directory = in_memory();
        let mut files = Files::new(directory.path());
        if round % 2 == 0 {
            wait(start(log(&bus, directory.path(), Day::Yesterday))).expect_code(0);
            files.yesterday = true;
        }
        let end = tally.ended + stops;
        while tally.ended < end {
            let running = start(log(&bus, directory.path(), Day::Today));
            moments.wait();
            let run = stop(&bus, directory.path(), tally.ended, running);
            files.check(&run, &mut tally);
            moments.learn(run.code.is_some());
        }
        let run = wait(start(log(&bus, directory.path(), Day::Today))).expect_code(0);
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
        files.check(&run, &mut tally);
        files.check_end();
        tally.rows += files.rows.values().sum::<usize>();
    }
    tally
}

/// Random moments of runs, spread over all that a run takes on this machine at this time.
struct Moments {
    random: Random,
    /// What a run takes, by what was seen last.
    usual: Duration,
    last: Duration,
}

impl Moments {
    pub fn new(random: Random, bus: &Bus) -> Self {
        let trial = in_memory();
        let run = wait(start(log(bus, trial.path(), Day::Today))).expect_code(0);
        Self {
            random,
            usual: run.time,
            last: Duration::ZERO,
        }
    }

    /// Waits until the next moment.
    pub fn wait(&mut self) {
        self.last = self.random.duration(self.usual);
        sleep(self.last);
    }

    /// Whether the run was done before: then it takes less than was thought. Others may have kept
    /// the machine busy.
    pub fn learn(&mut self, was_done: bool) {
        self.usual = if was_done {
            self.last
        } else {
            self.usual * 21 / 20
        };
    }
}

/// What is known of the files of one directory.
struct Files<'a> {
    directory: &'a Path,
    pub yesterday: bool,
    pub rows: BTreeMap<&'static str, usize>,
    /// A run ended between the first row and its `latest.csv`.
    unpublished: BTreeSet<&'static str>,
}

impl<'a> Files<'a> {
    pub fn new(directory: &'a Path) -> Self {
        Self {
            directory,
            yesterday: false,
            rows: BTreeMap::new(),
            unpublished: BTreeSet::new(),
        }
    }

    /// Checks all files after a run that ended like this.
    pub fn check(&mut self, run: &Run, tally: &mut Tally) {
        let killed = run.code.is_none();
        tally.ended += usize::from(killed);
        let mut unreported = 0;
        for address in ADDRESSES {
            let report = format!("address {address}: read");
            let reported = run.stderr.matches(&report).count();
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
                // Two names can't be given at once. The second is the first thing that the next run
                // does.
                let is_first = before == 0 && now == 1;
                let waits = before == now && self.unpublished.contains(address);
                assert!(killed && (is_first || waits), "{address}: latest.csv");
                tally.unpublished += usize::from(is_first);
                self.unpublished.insert(address);
            }
        }
        // A run ends at one place.
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

    /// Whether `latest.csv` holds what today's file holds; fails if it holds anything but that or
    /// what was there before.
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
    pub fn check_end(&self) {
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
