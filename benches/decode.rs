//! How fast bytes become frames and readings, and readings rows. The aim is a million frames a
//! second on one core; a bus delivers fifteen.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use bytes::BytesMut;
use chrono::Local;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use kaco_ardexa::escape;
use kaco_ardexa::format::csv;
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::{Codec, Frame};
use kaco_ardexa::reading::Reading;
use kaco_ardexa::sink::csv_log::files::LogDirectory;
use std::fs;
use tempfile::TempDir;
use tokio_util::codec::Decoder;

fn main() {
    divan::main();
}

const CAPTURES: [&str; 3] = ["ST-13", "G4-19", "GN-01"];

/// A captured reply: standard, two trackers, three trackers.
fn capture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/captures/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    escape::from_hex(line).unwrap()
}

/// The frame in these bytes, which go through the buffer of a bus.
fn decode(buffer: &mut BytesMut, bytes: &[u8]) -> Frame {
    buffer.extend_from_slice(bytes);
    Codec.decode(buffer).unwrap().unwrap().unwrap()
}

#[divan::bench(args = CAPTURES)]
fn bytes_to_frames(bencher: Bencher<'_, '_>, name: &str) {
    let bytes = capture(name);
    let mut buffer = BytesMut::new();
    bencher
        .counter(ItemsCount::new(1_usize))
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| decode(&mut buffer, black_box(&bytes)));
}

#[divan::bench(args = CAPTURES)]
fn bytes_to_readings(bencher: Bencher<'_, '_>, name: &str) {
    let bytes = capture(name);
    let mut buffer = BytesMut::new();
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| interpret::frame(&decode(&mut buffer, black_box(&bytes))).unwrap());
}

/// The reading of a capture, as if it came now.
fn reading(name: &str) -> Reading {
    let frame = decode(&mut BytesMut::new(), &capture(name));
    let mut reading = interpret::frame(&frame).unwrap();
    reading.time = Some(Local::now().fixed_offset());
    reading
}

#[divan::bench(args = CAPTURES)]
fn readings_to_rows(bencher: Bencher<'_, '_>, name: &str) {
    let reading = reading(name);
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| csv::row(black_box(&reading)));
}

/// Each row is on the disk before the next: this is the speed of the disk.
#[divan::bench(args = CAPTURES)]
fn rows_to_disk(bencher: Bencher<'_, '_>, name: &str) {
    let reading = reading(name);
    let directory = TempDir::new().unwrap();
    let mut log = LogDirectory::open(directory.path()).unwrap();
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| log.append("02", black_box(&reading)).unwrap());
}
