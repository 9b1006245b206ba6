//! Datagrams without number at a KSTAR client, from strangers and from the inverter itself: the
//! waits end, memory and sockets are few, and only an answer of the inverter that was asked becomes
//! a reading.

use super::cost::cost;
use super::figures::figures;
use super::random::Random;
use crate::support::captures::bytes;
use crate::support::inverter::{DatagramPlay, Inverter, address, bind, identity};
use crate::support::program::{Run, command, start, wait};
use kaco_ardexa::kstar::wire::{DISCOVERY_PORT, KstarRequest, PORT};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Every wait ends after seconds.
const LATE: Duration = Duration::from_secs(60);

/// As in [`super::gateways`], KiB.
const MEMORY: u64 = 64 * 1024;

/// Files that a run may have open: the system gives 1024.
const FILES: usize = 600;

fn read(ip: Ipv4Addr) -> (Child, Instant) {
    let arguments = ["kstar", "read", "--ip", &ip.to_string(), "--format", "json"];
    start(command(&arguments))
}

/// Whether there is a reading among the objects.
fn is_read(run: &Run) -> bool {
    run.stdout.contains(r#""outcome":"read""#)
}

/// The power of the first capture; strangers send the second.
fn is_right(run: &Run) -> bool {
    let object: Value = serde_json::from_str(&run.stdout).expect(&run.stdout);
    let right: Value = serde_json::from_str(r#"{"pv_power":407.91}"#).unwrap();
    object["pv_power"] == right["pv_power"]
}

/// Sends datagrams to every client that asks, until it is dropped.
struct Flood {
    ended: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    /// From each of these sockets, to the client that asked.
    fn start(sockets: Vec<UdpSocket>, to: SocketAddr, datagrams: Vec<Vec<u8>>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicUsize::new(0));
        let flood = |socket: UdpSocket| {
            let (ended, sent) = (Arc::clone(&ended), Arc::clone(&sent));
            let datagrams = datagrams.clone();
            thread::spawn(move || {
                for (count, datagram) in datagrams.iter().cycle().enumerate() {
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                    let _ = socket.send_to(datagram, to);
                    sent.fetch_add(1, Ordering::Relaxed);
                    if count % 50 == 0 {
                        sleep(Duration::from_millis(2)); // others work on this machine
                    }
                }
            })
        };
        let threads = sockets.into_iter().map(flood).collect();
        Self {
            ended,
            sent,
            threads,
        }
    }

    fn end(mut self) -> usize {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
        self.sent.load(Ordering::Relaxed)
    }
}

/// The client that asked this inverter for readings, as soon as one did.
fn client(inverter: &Inverter) -> SocketAddr {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        let heard = inverter.heard();
        if let Some(heard) = heard.iter().rev().find(|heard| heard.port == PORT) {
            return heard.sender;
        }
        sleep(Duration::from_millis(1));
    }
    panic!("no client asks");
}

/// All that a stranger could try.
fn wrong_datagrams(random: &mut Random) -> Vec<Vec<u8>> {
    let mut damaged = bytes("AA-25");
    damaged[40] ^= 1;
    vec![
        bytes("AA-25"),
        identity("STRANGER"),
        damaged,
        vec![],
        random.bytes(1400),
        bytes("AA-25")[..60].to_vec(),
        KstarRequest::Readings.bytes(),
    ]
}

#[test]
fn strangers_are_not_heard() {
    let mut random = Random::new(1);
    let inverter = Inverter::start(
        address(),
        None,
        Box::new(|request, count| match request {
            // The first answer is lost.
            KstarRequest::Readings if count % 3 != 0 => vec![DatagramPlay::Send(bytes("AA-21"))],
            _ => vec![],
        }),
    );
    let running = read(inverter.ip);
    let to = client(&inverter);
    let other_port = bind(inverter.ip, 0);
    let sockets = vec![bind(address(), PORT), bind(address(), PORT), other_port];
    let flood = Flood::start(sockets, to, wrong_datagrams(&mut random));
    let run = wait(running);
    let sent = flood.end();
    assert!(run.time < LATE, "{:?}", run.time);
    assert!(sent > 1000, "{sent}");
    // A flood can wash the right answer away. It can't put another in its place.
    match run.code {
        Some(0) => assert!(is_right(&run), "{}", run.stdout),
        code => assert!(code == Some(1) && !is_read(&run), "{run:?}"),
    }
    let calm = Inverter::with(&bytes("AA-21"), None);
    assert!(is_right(&wait(read(calm.ip)).expect_code(0)));
    figures("datagrams of strangers at a KSTAR client", sent, sent, 0);
}

#[test]
fn garbage_of_the_inverter_itself() {
    let mut random = Random::new(2);
    let mut garbage = wrong_datagrams(&mut random);
    garbage.remove(0);
    let burst: Vec<DatagramPlay> = (0..40)
        .flat_map(|_| {
            let datagrams = garbage
                .iter()
                .cloned()
                .cycle()
                .take(60)
                .map(DatagramPlay::Send);
            datagrams.chain([DatagramPlay::Wait(Duration::from_millis(10))])
        })
        .collect();
    let count = 40 * 60;
    let for_ever = burst.clone();
    let mute = Inverter::start(
        address(),
        None,
        Box::new(move |request, _| match request {
            KstarRequest::Readings => for_ever.clone(),
            KstarRequest::Identity => vec![],
        }),
    );
    let run = wait(read(mute.ip)).expect_code(1);
    assert!(run.time < LATE, "{:?}", run.time);
    assert!(!is_read(&run), "{}", run.stdout);
    assert!(
        run.stderr.contains("did not send readings"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.lines().count() < 10, "{}", run.stderr);
    // Once it has come to itself, it is read.
    let better = Inverter::start(
        address(),
        None,
        Box::new(move |request, asked| match request {
            KstarRequest::Readings if asked == 0 => burst.clone(),
            KstarRequest::Readings => vec![DatagramPlay::Send(bytes("AA-21"))],
            KstarRequest::Identity => vec![],
        }),
    );
    assert!(is_right(&wait(read(better.ip)).expect_code(0)));
    figures(
        "garbage from a KSTAR inverter itself",
        4 * count,
        4 * count,
        0,
    );
}

/// More than a network has, and than a program can have sockets.
const MODULES: u8 = 12;

#[test]
fn a_search_that_thousands_answer() {
    let target = bind(address(), DISCOVERY_PORT);
    let ip = target.local_addr().unwrap().ip().to_string();
    let running = start(command(&[
        "kstar",
        "read",
        "--broadcast",
        &ip,
        "--format",
        "json",
    ]));
    let crowd = thread::spawn(move || {
        let mut buffer = [0; 100];
        let to = loop {
            if let Ok((_, sender)) = target.recv_from(&mut buffer) {
                break sender;
            }
        };
        let mut count = 0;
        for high in 0..MODULES {
            for low in 1..=250 {
                let ip = Ipv4Addr::new(127, 250, high, low);
                let answer = format!("{ip},ACCF23456789,EzManage_01");
                let _ = bind(ip, 0).send_to(answer.as_bytes(), to);
                count += 1;
            }
            sleep(Duration::from_millis(20));
        }
        count
    });
    let (run, cost) = cost(running);
    let count = crowd.join().unwrap();
    assert!(run.code == Some(1) && !is_read(&run), "{run:?}");
    assert!(run.time < LATE, "{:?}", run.time);
    assert!(cost.memory < MEMORY, "{cost:?}");
    assert!(cost.files < FILES, "{cost:?}");
    assert!(
        run.stderr.contains("more than 256 answered"),
        "{}",
        run.stderr
    );
    figures("modules that answer one search", count, count, 0);
}
