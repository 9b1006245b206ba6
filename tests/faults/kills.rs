//! Runs that are killed at any moment: what they reported is on the disk, and everything on the disk is whole.

use super::figures::figures;
use super::logs::{Files, Moments, Tally, bus, log};
use super::random::{Random, in_each};
use crate::support::day::Day;
use crate::support::disk::in_memory;
use crate::support::program::{start, wait};

/// Each with its own bus, at the same time.
const PLANTS: u64 = 10;

/// Directories for each of them, as the first rows of a day are the most dangerous.
const DIRECTORIES: usize = 5;

/// Killed runs at each directory; a run that was done before it could be killed does not count.
const KILLS: usize = 10;

#[test]
fn nothing_is_lost_or_torn_by_kills_at_any_moment() {
    let all = Tally::sum(&in_each(PLANTS, plant));
    println!(
        "{} rows, {} of them not reported yet, {} not in latest.csv yet",
        all.rows, all.unreported, all.unpublished
    );
    assert!(all.rows > all.ended, "too early to mean much");
    figures("kill -9 at random moments", all.ended, all.ended, 0);
}

fn plant(random: Random) -> Tally {
    let bus = bus();
    let mut moments = Moments::new(random, &bus);
    let mut tally = Tally::default();
    for round in 0..DIRECTORIES {
        let directory = in_memory();
        let mut files = Files::new(directory.path());
        if round % 2 == 0 {
            wait(start(log(&bus, directory.path(), Day::Yesterday))).expect_code(0);
            files.yesterday = true;
        }
        let end = tally.ended + KILLS;
        while tally.ended < end {
            let (mut child, started) = start(log(&bus, directory.path(), Day::Today));
            moments.wait();
            child.kill().unwrap();
            let run = wait((child, started));
            bus.free();
            assert!(matches!(run.code, None | Some(0)), "{}", run.stderr);
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
