//! The bus on a clock of its own: waits are exact to the millisecond, and a day takes no time.

use crate::checks::checksum::frame_with_sum;
use crate::support::captures::bytes;
use crate::support::disk::in_memory;
use chrono::{DateTime, FixedOffset};
use kaco_ardexa::address::Addresses;
use kaco_ardexa::escape;
use kaco_ardexa::kaco::bus::Bus;
use kaco_ardexa::kaco::connect::{Connect, LinkError};
use kaco_ardexa::kaco::poll::Poller;
use kaco_ardexa::kaco::timing::Timing;
use kaco_ardexa::observation::Outcome;
use kaco_ardexa::sink::{SinkPlan, Sinks};
use kaco_ardexa::source::{Lifetime, Source, SourcePlan, kaco};
use kaco_ardexa::watch::poller::{Event, poll_rounds};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{self, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

/// What an inverter says to a request: after so long, these bytes.
type Answer = fn(&str) -> Option<(u64, Vec<u8>)>;

/// A line in memory; notes when each request was whole.
struct Line {
    answer: Answer,
    requests: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Connect for Line {
    type Stream = DuplexStream;

    fn device(&self) -> String {
        "the line in memory".to_owned()
    }

    async fn connect(&mut self) -> Result<DuplexStream, LinkError> {
        let (near, mut far) = duplex(4096);
        let (answer, requests) = (self.answer, Arc::clone(&self.requests));
        tokio::spawn(async move {
            let mut request = [0; 5];
            while far.read_exact(&mut request).await.is_ok() {
                let text = String::from_utf8_lossy(&request[..4]).into_owned();
                requests
                    .lock()
                    .unwrap()
                    .push((Instant::now(), text.clone()));
                if let Some((milliseconds, reply)) = answer(&text) {
                    sleep(Duration::from_millis(milliseconds)).await;
                    let _ = far.write_all(&reply).await;
                }
            }
        });
        Ok(near)
    }
}

fn now() -> DateTime<FixedOffset> {
    DateTime::UNIX_EPOCH.fixed_offset()
}

/// The requests, each with its time in milliseconds, the outcomes, and how long it took.
type Told = (Vec<(u128, String)>, Vec<String>, u128);

/// Polls once.
async fn round(addresses: &str, timing: Timing, answer: Answer) -> Told {
    rounds(1, addresses, timing, answer).await
}

/// Polls so often.
async fn rounds(count: usize, addresses: &str, timing: Timing, answer: Answer) -> Told {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let line = Line {
        answer,
        requests: Arc::clone(&requests),
    };
    let started = Instant::now();
    let bus = Bus::open(line, timing).await.unwrap();
    let mut poller = Poller::new(bus, false, now);
    let mut outcomes = Vec::new();
    let addresses: Addresses = addresses.parse().unwrap();
    for _ in 0..count {
        poller
            .round(addresses.as_slice(), |address, polled, _| {
                let word = format!("{polled:?}")
                    .split(['(', ' ', '{'])
                    .next()
                    .unwrap()
                    .to_owned();
                outcomes.push(format!("{address} {word}"));
            })
            .await
            .unwrap();
    }
    let took = started.elapsed().as_millis();
    let requests = requests.lock().unwrap().clone();
    let times = requests
        .into_iter()
        .map(|(time, text)| ((time - started).as_millis(), text))
        .collect();
    (times, outcomes, took)
}

#[tokio::test(start_paused = true)]
async fn requests_are_never_nearer_than_the_pace() {
    let (requests, outcomes, took) = round("3,4,5", Timing::default(), |request| match request {
        "#030" => Some((400, frame_with_sum(b'\r'))),
        "#050" => Some((10, bytes("G4-19"))), // of another inverter
        _ => None,
    })
    .await;
    let texts: Vec<&str> = requests.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["#030", "#040", "#050", "#040", "#050"]);
    for pair in requests.windows(2) {
        let apart = pair[1].0 - pair[0].0;
        assert!((1000..=1010).contains(&apart), "{apart} ms");
    }
    assert_eq!(outcomes, ["03 Read", "04 Silent", "05 Silent"]);
    assert!((5000..=5050).contains(&took), "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_taken_the_moment_it_is_complete() {
    let timing = Timing {
        pace: Duration::ZERO,
        ..Timing::default()
    };
    let (_, outcomes, took) = round("3", timing, |_| Some((120, frame_with_sum(b'*')))).await;
    assert_eq!(outcomes, ["03 Read"]);
    assert!((120..=125).contains(&took), "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_its_end_is_taken_after_the_gap() {
    let timing = Timing {
        pace: Duration::ZERO,
        // Without a type it would be asked for again.
        attempts: 1,
        ..Timing::default()
    };
    let without_end = |_: &str| {
        let mut frame = bytes("ST-05");
        frame.truncate(frame.len() - usize::from(frame.ends_with(b"\r")));
        Some((120, frame))
    };
    let (_, outcomes, took) = round("1", timing, without_end).await;
    assert_eq!(outcomes, ["01 Read"]);
    assert!((520..=525).contains(&took), "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn an_inverter_that_never_names_its_type_is_asked_for_it_once() {
    let answer: Answer = |_| Some((100, bytes("ST-05")));
    let (requests, outcomes, _) = rounds(3, "1", Timing::default(), answer).await;
    assert_eq!(outcomes, ["01 Read"; 3]);
    assert_eq!(requests.len(), 3 + 1 + 1);
}

#[tokio::test(start_paused = true)]
async fn an_inverter_that_named_its_type_once_is_asked_for_it_in_each_round() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let answer: Answer = |_| {
        let mut frame = bytes("ST-27");
        let type_and_yield = b" 100k  5751\r".len();
        if ASKED.fetch_add(1, Ordering::Relaxed) != 3 {
            frame.truncate(frame.len() - type_and_yield);
        }
        Some((100, frame))
    };
    let (requests, ..) = rounds(4, "1", Timing::default(), answer).await;
    assert_eq!(requests.len(), 3 + 1 + 3 + 3);
}

#[tokio::test(start_paused = true)]
async fn garbled_replies_are_asked_for_again_at_the_pace() {
    let (requests, outcomes, _) = round("3", Timing::default(), |_| {
        let mut frame = frame_with_sum(b'0');
        frame[12] ^= 1;
        Some((120, frame))
    })
    .await;
    assert_eq!(outcomes, ["03 Garbled"]);
    assert_eq!(requests.len(), 3);
    assert!(requests[2].0 - requests[0].0 <= 2020);
}

/// How often an address was asked for its readings in two rounds, if its `4` comes and these parts
/// of it answer.
async fn asked_for_readings(answer: Answer) -> (usize, Vec<String>) {
    let (requests, outcomes, _) = rounds(2, "12", Timing::default(), answer).await;
    let asked = requests.iter().filter(|(_, text)| text == "#120");
    (asked.count(), outcomes)
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_an_inverter_is_not_requested_twice() {
    let asked = asked_for_readings(|request| match request {
        "#120" => Some((100, b"\n*124\r".to_vec())),
        "#122" => Some((100, bytes("ST-15"))),
        _ => None,
    });
    let outcomes = ["12 Read", "12 Read"].map(str::to_owned).to_vec();
    assert_eq!(asked.await, (1, outcomes));
}

/// How often a scan asks a silent address, beside an inverter that answers.
async fn asked_where_none_is(answer: Answer) -> usize {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let line = Line {
        answer,
        requests: Arc::clone(&requests),
    };
    let bus = Bus::open(line, Timing::default()).await.unwrap();
    let mut poller = Poller::new(bus, false, now);
    let addresses: Addresses = "2,5".parse().unwrap();
    let scan = poller.scan(addresses.as_slice(), |_, _| ());
    scan.await.unwrap();
    let requests = requests.lock().unwrap();
    requests.iter().filter(|(_, text)| text == "#050").count()
}

#[tokio::test(start_paused = true)]
async fn a_fast_bus_needs_one_pass_of_a_scan() {
    let fast = |request: &str| (request == "#020").then(|| (400, bytes("G4-17")));
    assert_eq!(asked_where_none_is(fast).await, 1);
    let slow = |request: &str| (request == "#020").then(|| (600, bytes("G4-17")));
    assert_eq!(asked_where_none_is(slow).await, 2);
}

/// A line that has more to say whenever it is read.
struct Flood;

impl Connect for Flood {
    type Stream = io::Join<io::Repeat, io::Sink>;

    fn device(&self) -> String {
        "a line that never stops".to_owned()
    }

    async fn connect(&mut self) -> Result<Self::Stream, LinkError> {
        Ok(io::join(io::repeat(0), io::sink()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_for_faults_ends_where_the_line_never_stops() {
    let addresses: Addresses = "2".parse().unwrap();
    let bus = Bus::open(Flood, Timing::default()).await.unwrap();
    let mut poller = Poller::new(bus, false, now);
    // 1 s for the first byte and 5 s for the longest reply, and then 2 s and 5 s for a late one.
    let limit = Duration::from_secs(14);
    let scan = poller.scan(addresses.as_slice(), |_, _| ());
    timeout(2 * limit, scan).await.unwrap().unwrap();
}

/// How often counters were asked for in ten minutes of polling each ten seconds.
async fn asked_for_counters(counters_last: Duration) -> usize {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let line = Line {
        answer: |request| match request {
            "#030" => Some((100, frame_with_sum(b'\r'))),
            _ => None,
        },
        requests: Arc::clone(&requests),
    };
    let bus = Bus::open(line, Timing::default()).await.unwrap();
    let mut poller = Poller::new(bus, true, now).counters_last(counters_last);
    let addresses: Addresses = "3".parse().unwrap();
    let started = Instant::now();
    let mut columns = Vec::new();
    while started.elapsed() < Duration::from_secs(600) {
        let next = Instant::now() + Duration::from_secs(10);
        let report = |_, outcome: Outcome, _| {
            let further = outcome.answer().and_then(|reading| reading.further);
            columns.push(further.map(|cells| cells.values.len()));
        };
        poller.round(addresses.as_slice(), report).await.unwrap();
        tokio::time::sleep_until(next).await;
    }
    assert_eq!(columns, [Some(6); 60], "each row has them");
    let requests = requests.lock().unwrap();
    requests.iter().filter(|(_, text)| text == "#033").count()
}

#[tokio::test(start_paused = true)]
async fn counters_for_sunspec_alone_are_asked_every_five_minutes() {
    assert_eq!(asked_for_counters(Duration::from_secs(300)).await, 2);
    assert_eq!(asked_for_counters(Duration::ZERO).await, 60);
}

#[tokio::test(start_paused = true)]
async fn counters_that_were_lost_are_asked_for_in_the_next_round() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let line = Line {
        answer: |request| match request {
            "#030" => Some((100, frame_with_sum(b'\r'))),
            "#033" if ASKED.fetch_add(1, Ordering::Relaxed) != 1 => {
                Some((100, b"\n*033 1 2 3 4 8:51 22:00 22:00\r".to_vec()))
            }
            _ => None,
        },
        requests: Arc::default(),
    };
    let bus = Bus::open(line, Timing::default()).await.unwrap();
    let mut poller = Poller::new(bus, true, now).counters_last(Duration::from_secs(300));
    let addresses: Addresses = "3".parse().unwrap();
    let mut rows = Vec::new();
    for _ in 0..40 {
        let next = Instant::now() + Duration::from_secs(10);
        let report = |_, outcome: Outcome, _| {
            let further = outcome.answer().and_then(|reading| reading.further);
            rows.extend(further.map(|cells| cells.values.iter().all(Option::is_some)));
        };
        poller.round(addresses.as_slice(), report).await.unwrap();
        tokio::time::sleep_until(next).await;
    }
    let lost: Vec<usize> = (0..40).filter(|row| !rows[*row]).collect();
    assert_eq!(lost, [31], "the row after five minutes");
}

#[tokio::test(start_paused = true)]
async fn what_no_unit_confirms_is_requested_again() {
    // The `4` has no checksum, it may have been a damaged reply: each round and each second chance
    // starts anew.
    let asked = asked_for_readings(|request| match request {
        "#120" => Some((100, b"\n*124\r".to_vec())),
        _ => None,
    });
    let outcomes = ["12 Silent", "12 Silent"].map(str::to_owned).to_vec();
    assert_eq!(asked.await, (4, outcomes));
}

#[tokio::test(start_paused = true)]
async fn noise_of_a_few_bytes_is_silence_and_more_is_garbled() {
    let noise = |request: &str| match request {
        "#010" => Some((50, b"\0\0\xff\xfe".to_vec())),
        "#020" => Some((50, b"#020\r\0".to_vec())),
        _ => Some((50, b"\xff\xfe\xfd\xfc\xfb\xfa\xf9".to_vec())),
    };
    let (_, outcomes, _) = round("1-3", Timing::default(), noise).await;
    assert_eq!(outcomes, ["03 Garbled", "01 Silent", "02 Silent"]);
}

thread_local! {
    /// When the clock of this test was started: tests on a paused clock have a thread of their own.
    static STARTED: OnceCell<Instant> = const { OnceCell::new() };
}

/// A local time that runs with the paused clock, from eleven in the evening on.
fn evening() -> DateTime<FixedOffset> {
    let passed = STARTED.with(|started| started.get_or_init(Instant::now).elapsed());
    DateTime::parse_from_rfc3339("2026-11-20T23:00:00+01:00").unwrap() + passed
}

#[tokio::test(start_paused = true)]
async fn a_day_of_watching_makes_two_files() {
    evening();
    let directory = in_memory();
    let recording = directory.path().join("recording.jsonl");
    let reply = escape::hex(&frame_with_sum(b'*'));
    let exchange = format!("{{\"request\":\"233033300d\",\"reply\":\"{reply}\"}}\n");
    std::fs::write(&recording, exchange).unwrap();
    let plan = kaco::BusPlan {
        device: format!("replay:{}", recording.display()).parse().unwrap(),
        addresses: "3".parse().unwrap(),
        timing: Timing::default(),
        counters: false,
        counters_last: Duration::ZERO,
        record: None,
        bus: None,
        names: Default::default(),
    };
    let source = Source::new(SourcePlan::Kaco(plan), Lifetime::Watch, evening).unwrap();
    let mut sinks = Sinks::open(SinkPlan {
        log: Some(directory.path().to_owned()),
        ..SinkPlan::default()
    })
    .unwrap();
    let rows = Rc::new(Cell::new(0));
    let counted = Rc::clone(&rows);
    let (_pause, paused) = tokio::sync::watch::channel(false);
    let polling = poll_rounds(source, Duration::from_secs(60), paused, move |event| {
        if let Event::Observed(observation) = event {
            counted.set(counted.get() + usize::from(observation.reading().is_some()));
            sinks.observe(observation);
        }
    });
    let day = Duration::from_secs(24 * 60 * 60);
    assert!(
        tokio::time::timeout(day, polling).await.is_err(),
        "it never ends by itself"
    );
    assert!((1430..=1440).contains(&rows.get()), "{}", rows.get());
    let lines = |day: &str| {
        std::fs::read_to_string(directory.path().join("03").join(day))
            .unwrap()
            .lines()
            .count()
    };
    assert!(
        (1 + 59..=1 + 61).contains(&lines("2026-11-20.csv")),
        "{}",
        lines("2026-11-20.csv")
    );
    assert_eq!(
        lines("2026-11-20.csv") + lines("2026-11-21.csv"),
        2 + rows.get()
    );
    assert_eq!(lines("latest.csv"), lines("2026-11-21.csv"));
}
