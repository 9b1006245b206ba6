//! `ping`: how reliably each inverter replies, in numbers and in words.

use super::plan::PingPlan;
use super::print::print;
use super::progress::Progress;
use super::scan::enough;
use super::stop::{Ended, Stop};
use crate::address::Address;
use crate::exit::{Exit, Failure};
use crate::kaco::ping::PingOutcome;
use crate::logging::Messages;
use crate::source::kaco::ping;
use std::time::Duration;

/// The outcomes of the requests to one inverter.
#[derive(Debug, Default)]
struct Tally {
    sent: usize,
    garbled: usize,
    silent: usize,
    late: usize,
    /// Times to the first byte of all good replies, late ones too.
    times: Vec<Duration>,
}

/// Requests readings of each inverter many times and prints how that went, also when a signal ends
/// it.
///
/// # Errors
/// [`Failure`] if the bus can't be opened or is lost.
pub(super) async fn run(
    plan: PingPlan,
    mut stop: Stop,
    messages: &Messages,
) -> Result<Ended, Failure> {
    let addresses = plan.bus.addresses.as_slice();
    let mut tallies: Vec<(Address, Tally)> = addresses
        .iter()
        .map(|address| (*address, Tally::default()))
        .collect();
    let length = addresses.len().saturating_mul(plan.count as usize);
    let progress = Progress::of(length, "requests", messages);
    let report = |address, ping| {
        progress.advance();
        let mut tallies = tallies.iter_mut();
        if let Some((_, tally)) = tallies.find(|(known, _)| *known == address) {
            tally.note(ping);
        }
    };
    let outcome = stop.or_signal(ping(&plan.bus, plan.count, report)).await;
    drop(progress);
    // A signal may come before an inverter's turn, which is not its fault.
    tallies.retain(|(_, tally)| tally.sent > 0);
    if !tallies.is_empty() {
        print(&text(&tallies, plan.bus.timing.first_byte))?;
    }
    let is_unread = tallies.iter().any(|(_, tally)| tally.good() == 0);
    match outcome {
        Err(signal) => Ok(Ended::Signal(signal)),
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(())) if plan.strict && is_unread => Ok(Ended::Exit(Exit::NoReading)),
        Ok(Ok(())) => Ok(Ended::Exit(Exit::Done)),
    }
}

impl Tally {
    fn note(&mut self, ping: PingOutcome) {
        self.sent += 1;
        match ping {
            PingOutcome::Good(time) => self.times.push(time),
            PingOutcome::Late(time) => {
                self.late += 1;
                self.times.push(time);
            }
            PingOutcome::Garbled => self.garbled += 1,
            PingOutcome::Silent => self.silent += 1,
        }
    }

    /// Good replies in time.
    const fn good(&self) -> usize {
        self.times.len() - self.late
    }

    /// Least, mean, 95th percentile (nearest rank) and most, ms.
    fn milliseconds(&self) -> Option<[u128; 4]> {
        let mut times: Vec<u128> = self.times.iter().map(Duration::as_millis).collect();
        times.sort_unstable();
        let count = times.len();
        let rank = (count * 95).div_ceil(100);
        let mean = times.iter().sum::<u128>().checked_div(count as u128)?;
        let p95 = times.get(rank.checked_sub(1)?)?;
        Some([*times.first()?, mean, *p95, *times.last()?])
    }

    /// What the numbers mean, in words; `timeout` is that of replies.
    fn verdict(&self, timeout: Duration) -> String {
        let sent = self.sent;
        let slowest = self.times.iter().max().copied().unwrap_or_default();
        if self.silent == sent {
            return "no reply: it sleeps (night), has another address, or its wires are open"
                .to_owned();
        }
        let late = || {
            let seconds = enough(slowest);
            format!(
                "{} of {sent} replies came late: --timeout {seconds}s",
                self.late
            )
        };
        match (self.garbled, self.silent, self.late) {
            (0, 0, 0) if slowest * 5 > timeout * 4 => {
                format!("good, but replies come near the --timeout of {timeout:?}")
            }
            (0, 0, 0) => "good: every request had a good reply".to_owned(),
            (0, 0, _) => late(),
            (0, silent, 0) => {
                format!("{silent} of {sent} requests without a reply: plug, wires, termination")
            }
            // One reply in 20: with three attempts, one poll in 8000 finds none.
            (garbled, 0, 0) if garbled * 20 <= sent => {
                format!("good enough: {garbled} of {sent} replies garbled, polls try again")
            }
            (garbled, 0, 0) if garbled == sent => {
                "every reply garbled: speed, two inverters on this address, or noise".to_owned()
            }
            (garbled, 0, 0) => {
                format!("{garbled} of {sent} replies garbled: noise, ground, termination")
            }
            (0, silent, _) => format!("{}; {silent} lost", late()),
            (garbled, silent, late) => {
                let bad = garbled + silent + late;
                let timeout = match late {
                    0 => String::new(),
                    _ => format!("; --timeout {}s", enough(slowest)),
                };
                format!("bad: {bad} of {sent} requests failed: wires, ground, termination{timeout}")
            }
        }
    }
}

const HEADER: [&str; 10] = [
    "address", "sent", "good", "garbled", "silent", "late", "min ms", "mean", "p95", "max",
];

/// A row of numbers per inverter, then a verdict per inverter.
fn text(tallies: &[(Address, Tally)], timeout: Duration) -> String {
    let rows = tallies.iter().map(|(address, tally)| {
        let counts = [
            tally.sent,
            tally.good(),
            tally.garbled,
            tally.silent,
            tally.late,
        ];
        let counts = counts.map(|count| count.to_string());
        let times = tally.milliseconds();
        let times = times.map_or([const { String::new() }; 4], |times| {
            times.map(|time| time.to_string())
        });
        let cells = [address.to_string()].into_iter().chain(counts).chain(times);
        line(cells)
    });
    let verdicts = tallies.iter().map(|(address, tally)| {
        let verdict = tally.verdict(timeout);
        format!("{address}: {verdict}\n")
    });
    let head = line(HEADER.map(str::to_owned));
    std::iter::once(head)
        .chain(rows)
        .chain(["\n".to_owned()])
        .chain(verdicts)
        .collect()
}

/// The cells of a row below those of the header.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells = cells.into_iter().zip(HEADER);
    let padded = cells.map(|(cell, head)| {
        let width = head.len().max(5);
        format!("{cell:>width$}")
    });
    let line = padded.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn tally(pings: impl IntoIterator<Item = PingOutcome>) -> Tally {
        let mut tally = Tally::default();
        pings.into_iter().for_each(|ping| tally.note(ping));
        tally
    }

    const fn good(milliseconds: u64) -> PingOutcome {
        PingOutcome::Good(Duration::from_millis(milliseconds))
    }

    #[test]
    fn percentile_is_the_nearest_rank() {
        let all = (1..=100).rev().map(good);
        assert_eq!(tally(all).milliseconds(), Some([1, 50, 95, 100]));
        assert_eq!(tally([good(7)]).milliseconds(), Some([7; 4]));
        let twenty = (1..=20).map(good);
        assert_eq!(tally(twenty).milliseconds(), Some([1, 10, 19, 20]));
        assert_eq!(tally([PingOutcome::Silent]).milliseconds(), None);
    }

    #[test]
    fn every_request_is_counted_once() {
        let late = PingOutcome::Late(Duration::from_millis(1300));
        let tally = tally([
            good(120),
            late,
            PingOutcome::Garbled,
            PingOutcome::Silent,
            good(80),
        ]);
        assert_eq!((tally.sent, tally.good()), (5, 2));
        assert_eq!((tally.garbled, tally.silent, tally.late), (1, 1, 1));
        assert_eq!(tally.milliseconds(), Some([80, 500, 1300, 1300]));
    }

    #[test]
    fn verdict_says_what_to_do() {
        let late = PingOutcome::Late(Duration::from_millis(1300));
        let many = |count, ping| vec![ping; count];
        for (pings, due) in [
            (many(9, good(120)), "good: every"),
            (
                many(9, good(900)),
                "good, but replies come near the --timeout of 1s",
            ),
            (many(9, PingOutcome::Silent), "no reply"),
            (many(9, PingOutcome::Garbled), "every reply garbled"),
            (many(3, late), "3 of 3 replies came late: --timeout 2s"),
            (
                [many(19, good(9)), many(1, PingOutcome::Garbled)].concat(),
                "good enough: 1 of 20",
            ),
            (
                [many(9, good(9)), many(1, PingOutcome::Garbled)].concat(),
                "1 of 10 replies garbled: noise",
            ),
            (
                [many(9, good(9)), many(1, PingOutcome::Silent)].concat(),
                "1 of 10 requests without",
            ),
            (
                [many(1, late), many(1, PingOutcome::Silent)].concat(),
                "1 of 2 replies came late: --timeout 2s; 1 lost",
            ),
            (
                vec![good(9), late, PingOutcome::Garbled, PingOutcome::Silent],
                "bad: 3 of 4",
            ),
        ] {
            let verdict = tally(pings).verdict(SECOND);
            assert!(verdict.starts_with(due), "{verdict}");
            assert!(verdict.len() <= 76, "{verdict}");
        }
    }

    #[test]
    fn rows_fit_eighty_columns() {
        let mut widest = tally(vec![good(10_000); 10_000]);
        widest.silent = 10_000;
        let address = |number| Address::new(number).unwrap_or_else(|| unreachable!());
        let tallies = [
            (address(2), widest),
            (address(99), tally([PingOutcome::Silent])),
        ];
        let text = text(&tallies, SECOND);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        for line in &lines {
            assert!(line.len() <= 80 && !line.ends_with(' '), "{line}");
        }
    }
}
