//! Runs that are killed at any moment: what they reported is on the disk, and everything on the
//! disk is whole.

use super::figures::figures;
use super::logs::{Tally, stopped};
use super::random::{Random, in_each};
use crate::support::program::wait;

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
    stopped(random, (DIRECTORIES, KILLS), |bus, _, _, mut running| {
        running.0.kill().unwrap();
        let run = wait(running);
        bus.free();
        assert!(matches!(run.code, None | Some(0)), "{}", run.stderr);
        run
    })
}
