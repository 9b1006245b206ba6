//! What a SunSpec client costs: a request of Victron's, from its bytes to those of the reply; and
//! an observation, from a reading to the registers of its device.
#![allow(clippy::unwrap_used, missing_docs)]

use divan::{Bencher, black_box};
use kaco_ardexa::inverter::InverterId;
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::Codec;
use kaco_ardexa::observation::{Observation, Outcome};
use kaco_ardexa::sink::sunspec::SunspecPlan;
use kaco_ardexa::sink::sunspec::codec::{ParsedRequest, parse, reply};
use kaco_ardexa::sink::sunspec::fleet::{Fleet, slice};
use std::collections::HashMap;
use std::fs;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::codec::Decoder;

fn main() {
    divan::main();
}

/// Three trackers.
fn observation() -> Observation {
    let path = format!("{}/tests/captures/GN-01.hex", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    let bytes = kaco_ardexa::escape::from_hex(line).unwrap();
    let mut buffer = bytes.as_slice().into();
    let frame = Codec.decode(&mut buffer).unwrap().unwrap().unwrap();
    let outcome = Outcome::Read {
        answer: Box::new(interpret::frame(&frame).unwrap()),
        first_byte: Duration::ZERO,
    };
    Observation::new(InverterId::kaco(Some(2)), outcome)
}

fn fleet() -> Fleet {
    let options = SunspecPlan {
        bind: ([127, 0, 0, 1], 0).into(),
        every: Duration::from_secs(10),
        offsets: HashMap::new(),
    };
    let mut fleet = Fleet::new(options, &[InverterId::kaco(Some(2))]).unwrap();
    fleet.observe(&observation(), Instant::now()).unwrap();
    fleet
}

#[divan::bench(args = [2, 126])]
fn requests_to_replies(bencher: Bencher<'_, '_>, unit: u8) {
    let mut fleet = fleet();
    let bytes = [0, 1, 0, 0, 0, 6, unit, 3, 0x9C, 0x86, 0, 52];
    let mut sent = Vec::with_capacity(260);
    let now = Instant::now();
    bencher.bench_local(|| {
        sent.clear();
        if let ParsedRequest::Whole(request, _) = parse(black_box(&bytes)) {
            let registers = fleet.registers(request.unit, now).unwrap();
            let answer = slice(&registers, request.wanted.unwrap());
            reply(&request, answer, &mut sent);
        }
        assert_eq!(sent.len(), 9 + 104);
    });
}

#[divan::bench]
fn observations_to_registers(bencher: Bencher<'_, '_>) {
    let mut fleet = fleet();
    let observation = observation();
    let now = Instant::now();
    bencher.bench_local(|| fleet.observe(black_box(&observation), now).unwrap());
}
