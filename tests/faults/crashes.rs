//! Power cuts, worked out: runs are recorded, and each state in which their directory could be
//! found afterwards is given to the next run. `CRASHES=all` tries all of them; else it is a part,
//! the same each time.

use super::clocks::Clock;
use super::figures::figures;
use crate::polling::at_address;
use crate::support::crash::{Disk, State};
use crate::support::dice::Dice;
use crate::support::disk::in_memory;
use crate::support::program::{command, start, text, wait};
use crate::support::stumble::{Stumble, traced, without_hard_links};
use kaco_ardexa::escape::hex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use tempfile::TempDir;

/// How many states a test tries unless it is to try all.
const SOME: usize = 40;

/// One `log`: when, and the capture that the inverter answers with.
#[derive(Clone, Copy)]
struct Poll {
    time: &'static str,
    capture: Option<&'static str>,
}

const fn answered(time: &'static str, capture: &'static str) -> Poll {
    Poll {
        time,
        capture: Some(capture),
    }
}

const YESTERDAY: Poll = answered("2026-06-20T12:00:00Z", "G4-17");
const TODAY: [Poll; 3] = [
    answered("2026-06-21T12:00:00Z", "G4-17"),
    answered("2026-06-21T12:05:00Z", "G4-17"),
    answered("2026-06-21T12:10:00Z", "G4-17"),
];
/// Another inverter, with other columns.
const OTHER: [Poll; 2] = [
    answered("2026-06-21T12:15:00Z", "GN-18"),
    answered("2026-06-21T12:20:00Z", "GN-18"),
];
const AGAIN: Poll = answered("2026-06-21T12:25:00Z", "G4-17");

/// What comes after a power cut: another row, of this day or the next one, or silence on these.
const AFTER: [Poll; 4] = [
    answered("2026-06-21T13:00:00Z", "G4-17"),
    answered("2026-06-22T13:00:00Z", "G4-17"),
    Poll {
        time: "2026-06-21T13:00:00Z",
        capture: None,
    },
    Poll {
        time: "2026-06-22T13:00:00Z",
        capture: None,
    },
];

/// A row where no run has been.
const HEADER_AND_ROW: &str = "# datetime, other\n2026-06-21T11:00:00+0000,1\n";

/// What runs write to.
#[derive(Clone, Copy)]
struct Site {
    /// Whether the disk has hard links.
    links: bool,
    /// Of the inverters; several are on a bus each.
    folders: &'static [&'static str],
}

const ONE: &[&str] = &["02"];
const TWO_BUSES: &[&str] = &["barn/02", "roof/02"];

/// Runs on one directory.
struct Plant {
    home: TempDir,
    clock: Clock,
    site: Site,
}

impl Plant {
    fn new(site: Site) -> Self {
        Self {
            home: in_memory(),
            clock: Clock::new(),
            site,
        }
    }

    fn logs(&self) -> PathBuf {
        self.disk().join("logs")
    }

    /// Where the directory of the logs is, or is to be.
    fn disk(&self) -> PathBuf {
        self.home.path().join("disk")
    }

    fn trace(&self) -> PathBuf {
        self.home.path().join("trace")
    }

    /// Whether the run came to its end; fails unless it ended well, or stumbled. It says nothing
    /// but warnings.
    fn log(&self, poll: Poll, stumble: Option<usize>) -> Result<bool, String> {
        self.clock.set(poll.time);
        let recording = self.home.path().join("recording.jsonl");
        // At address 3 there is an inverter: a recording is not empty.
        let request = if poll.capture.is_some() {
            "#020\r"
        } else {
            "#030\r"
        };
        let (request, reply) = (
            hex(request.as_bytes()),
            hex(&at_address(poll.capture.unwrap_or("G4-17"), 2)),
        );
        let exchange = format!(r#"{{"request":"{request}","reply":"{reply}","outcome":"read"}}"#);
        fs::write(&recording, exchange + "\n").unwrap();
        let timeout = if poll.capture.is_some() { "5s" } else { "1ms" };
        let mut options = vec!["log".to_owned()];
        if self.site.folders == ONE {
            let device = format!("replay:{}", text(&recording));
            options.extend([device, "2".to_owned(), text(&self.logs())]);
        } else {
            let file = self.home.path().join("plant.toml");
            fs::write(&file, self.plant_file(&recording)).unwrap();
            options.extend(["--plant".to_owned(), text(&file)]);
        }
        options.extend(["--pace", "0s", "--timeout", timeout].map(str::to_owned));
        let mut command = command(&options);
        traced(&mut command, &self.trace());
        if !self.site.links {
            without_hard_links(&mut command);
        }
        if let Some(step) = stumble {
            Stumble::Die.at(step, &mut command);
        }
        self.clock.rule(&mut command, "UTC0");
        let run = wait(start(command));
        let is_quiet = run.stderr.lines().all(|line| line.contains(": warning: "));
        match run.code {
            Some(0) if is_quiet => Ok(true),
            None if stumble.is_some() => Ok(false),
            _ => Err(format!("{run:?}")),
        }
    }
}

impl Plant {
    /// Each bus has a recording of its own.
    fn plant_file(&self, recording: &Path) -> String {
        let bus = |folder: &&str| {
            let name = folder.split('/').next().unwrap();
            let own = self.home.path().join(name);
            fs::copy(recording, &own).unwrap();
            let device = format!("replay:{}", text(&own));
            format!("[[bus]]\nname = {name:?}\ndevice = {device:?}\naddresses = \"2\"\n")
        };
        let buses: String = self.site.folders.iter().map(bus).collect();
        format!("log = {:?}\n{buses}", text(&self.logs()))
    }
}

/// What could be found after power cuts, each with the rows that were reported before.
type Crashes = BTreeSet<(State, Vec<Reported>)>;

/// The folder of an inverter, and a row of it.
type Reported = (&'static str, String);

/// What a power cut can leave during these runs, the first of which is killed at a step if there is
/// one; `None` if it came to its end all the same. `before` makes what was there.
fn record(before: fn(&Path), site: Site, polls: &[Poll], kill: Option<usize>) -> Option<Crashes> {
    let plant = Plant::new(site);
    fs::create_dir(plant.disk()).unwrap();
    before(&plant.disk());
    let mut disk = Disk::of(&plant.disk());
    let mut reported = Vec::new();
    for folder in site.folders {
        let rows = rows(&plant.logs().join(folder)).into_iter();
        reported.extend(rows.map(|row| (*folder, row)));
    }
    let mut crashes = BTreeSet::new();
    for (index, poll) in polls.iter().enumerate() {
        let stumble = kill.filter(|_| index == 0);
        let is_done = plant.log(*poll, stumble).expect("a run ends well");
        if is_done && stumble.is_some() {
            return None;
        }
        let trace = fs::read_to_string(plant.trace()).unwrap_or_default();
        let _ = fs::remove_file(plant.trace());
        for line in trace.lines() {
            disk.note(line);
            crashes.extend(
                disk.states()
                    .into_iter()
                    .map(|state| (state, reported.clone())),
            );
        }
        if is_done {
            for folder in site.folders {
                let latest = plant.logs().join(folder).join("latest.csv");
                let latest = fs::read_to_string(latest).unwrap();
                let row = latest.lines().last().unwrap().to_owned();
                assert!(row.starts_with(poll.time.trim_end_matches('Z')), "{row}");
                reported.push((*folder, row));
            }
            crashes.extend(
                disk.states()
                    .into_iter()
                    .map(|state| (state, reported.clone())),
            );
        }
    }
    Some(crashes)
}

/// The whole rows that are there before any run.
fn rows(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(Result::unwrap);
    let days = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("2026-"));
    let text: String = days
        .map(|entry| fs::read_to_string(entry.path()).unwrap())
        .collect();
    let whole = text
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'));
    whole
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The same, the first run killed at each of its steps.
fn record_kills(before: fn(&Path), site: Site, polls: &[Poll]) -> Crashes {
    let kills = (1..).map_while(|step| record(before, site, polls, Some(step)));
    kills.flatten().collect()
}

/// Runs the next `log` on a state; what is wrong afterwards.
fn follow(state: &State, reported: &[Reported], site: Site, next: Poll) -> Result<(), String> {
    let plant = Plant::new(site);
    fs::create_dir(plant.disk()).unwrap();
    state.make(&plant.disk());
    plant.log(next, None)?;
    site.folders.iter().try_for_each(|folder| {
        let reported = reported.iter().filter(|(of, _)| of == folder);
        look(
            &plant.logs().join(folder),
            reported.map(|(_, row)| row),
            next,
        )
    })
}

/// What is wrong in the folder of an inverter after a run.
fn look<'a>(
    folder: &Path,
    reported: impl Iterator<Item = &'a String>,
    next: Poll,
) -> Result<(), String> {
    let mut files = read(folder)?;
    let today = files.get(&format!("{}.csv", &next.time[..10])).cloned();
    let latest = files.remove("latest.csv");
    if today.is_some() && latest != today {
        return Err(format!("latest.csv is {latest:?}, today's file {today:?}"));
    }
    let mut rows: Vec<&str> = files.values().flat_map(|text| text.lines()).collect();
    for row in reported {
        let place = rows.iter().position(|found| found == row);
        rows.swap_remove(place.ok_or_else(|| format!("lost: {row}"))?);
    }
    let is_new = |row: &&str| row.starts_with(next.time.trim_end_matches('Z'));
    let new = rows.iter().filter(|row| is_new(row)).count();
    if new != usize::from(next.capture.is_some()) {
        return Err(format!("{new} new rows"));
    }
    Ok(())
}

/// All files that can be seen; an error if one is not a header and whole rows.
fn read(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with('.') {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        let is_row = |row: &str| {
            row.get(24..25) == Some(",") && row.starts_with("2026-06-2") && !row.contains('\0')
        };
        let mut lines = text.lines();
        let has_header = lines
            .next()
            .is_some_and(|line| line.starts_with("# datetime, "));
        if !has_header || !text.ends_with('\n') || !lines.all(is_row) {
            return Err(format!("{name}: {text:?}"));
        }
        files.insert(name, text);
    }
    Ok(files)
}

/// Gives what power cuts leave to each of the next runs, or some of it to some of them.
fn try_out(what: &str, site: Site, crashes: Crashes) {
    let cases: Vec<_> = crashes
        .into_iter()
        .flat_map(|crash| AFTER.map(|next| (crash.clone(), next)))
        .collect();
    let mut dice = Dice::new(1);
    let all = std::env::var("CRASHES").is_ok_and(|set| set == "all");
    let sides = if all { 1 } else { cases.len().div_ceil(SOME) };
    let cases: Vec<_> = cases
        .into_iter()
        .filter(|_| dice.roll(sides) == 0)
        .collect();
    let work = |((state, reported), next): &((State, Vec<Reported>), Poll)| {
        let done = follow(state, reported, site, *next);
        if let Err(error) = &done {
            println!(
                "{what}, {}, {:?}: {error}\n{state:?}",
                next.time, next.capture
            );
        }
        done.is_ok()
    };
    let survived: usize = thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(cases.len().div_ceil(4).max(1))
            .map(|cases| scope.spawn(move || cases.iter().filter(|case| work(case)).count()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    let lost = cases.len() - survived;
    figures(&format!("power cuts: {what}"), cases.len(), survived, lost);
}

/// Tries all this on disks with and without hard links.
fn on_all_disks(what: &str, folders: &'static [&'static str], before: fn(&Path), polls: &[Poll]) {
    for (links, disk) in [(true, ""), (false, ", without hard links")] {
        let site = Site { links, folders };
        let crashes = record(before, site, polls, None).unwrap();
        try_out(&format!("{what}{disk}"), site, crashes);
        let crashes = record_kills(before, site, polls);
        try_out(&format!("{what}{disk}, killed before"), site, crashes);
    }
}

fn nothing(_: &Path) {}

fn write(disk: &Path, name: &str, content: &str) {
    let folder = disk.join("logs/02");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), content).unwrap();
}

#[test]
fn power_cuts_in_the_first_runs_of_all() {
    on_all_disks("the first runs of all", ONE, nothing, &TODAY);
}

#[test]
fn power_cuts_over_two_days() {
    let polls = [YESTERDAY, TODAY[0], TODAY[1]];
    on_all_disks("a new day", ONE, nothing, &polls);
}

#[test]
fn power_cuts_while_columns_change_twice() {
    let polls = [TODAY[0], OTHER[0], OTHER[1], AGAIN];
    on_all_disks("other columns, twice", ONE, nothing, &polls);
}

#[test]
fn power_cuts_on_what_earlier_ones_left() {
    let leftovers = |disk: &Path| {
        let torn = format!("{HEADER_AND_ROW}2026-06-2");
        write(disk, ".day.csv.new", "# datet");
        write(disk, ".latest.csv.new", &torn);
        write(disk, "2026-06-20.csv", &torn);
        write(disk, "latest.csv", &torn);
    };
    on_all_disks("leftovers", ONE, leftovers, &TODAY[..2]);
}

#[test]
fn power_cuts_at_a_plant_of_two_buses() {
    on_all_disks("two buses", TWO_BUSES, nothing, &TODAY[..2]);
}
