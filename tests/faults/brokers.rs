//! Brokers that are silent, hang up, or take some messages: the rows are safe before, and the run
//! ends within 10 s. (Brokers that refuse are in `suite/mqtt/refusals.rs`.)

use super::figures::figures;
use super::peers::{hears, mute, server};
use crate::polling::at_address;
use crate::support::plant::{HEADER, Plant, ROW};
use crate::support::program::{Run, start, wait, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// The limit is 10 s, and the machine may be busy; a run that waits for the broker would take a
/// minute.
const LATE: Duration = Duration::from_secs(20);

/// The welcome of a broker.
const WELCOME: [u8; 4] = [0x20, 2, 0, 0];

/// The next packet: its kind, and what is in it.
fn packet(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut byte = [0];
    stream.read_exact(&mut byte).ok()?;
    let kind = byte[0];
    let (mut length, mut shift) = (0, 0);
    loop {
        stream.read_exact(&mut byte).ok()?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] < 0x80 {
            break;
        }
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).ok()?;
    Some((kind, content))
}

/// A broker that acknowledges so many messages and then none.
fn acknowledging(some: usize) -> String {
    server(move |mut stream, _| {
        packet(&mut stream);
        stream.write_all(&WELCOME).unwrap();
        let mut left = some;
        while let Some((kind, content)) = packet(&mut stream) {
            let is_published = kind >> 4 == 3;
            if is_published && left > 0 {
                left -= 1;
                let topic = usize::from(u16::from_be_bytes([content[0], content[1]]));
                let number = &content[2 + topic..4 + topic];
                let _ = stream.write_all(&[0x40, 2, number[0], number[1]]);
            }
        }
    })
}

/// Logs address 2 and publishes; the row is there long before the run ends.
fn log(host: &str, options: &[&str]) -> Run {
    let plant = Plant::with_replies(&[("#020", at_address("G4-17", 2))]);
    let options = [&["--mqtt", host], options].concat();
    let running = start(plant.command("2", plant.directory.path(), &options));
    wait_until("the row", || plant.path("latest.csv").exists());
    let run = wait(running).expect_code(1);
    plant.expect_text(HEADER, &[ROW]);
    assert_eq!(run.stdout, "");
    assert!(run.time < LATE, "{:?}", run.time);
    assert!(
        run.stderr.contains(&format!("mqtt://{host}")),
        "{}",
        run.stderr
    );
    plant_is_free(&plant);
    run
}

/// The next run works at once.
fn plant_is_free(plant: &Plant) {
    plant.log().expect_silence();
    plant.expect_rows(2);
}

/// What a broker does, and what the run reports of it.
type Trouble = (&'static str, String, &'static [&'static str], &'static str);

fn troubles() -> Vec<Trouble> {
    let saying = |words: &'static [u8]| {
        server(move |mut stream, _| {
            hears(&mut stream);
            let _ = stream.write_all(words);
        })
    };
    let keeps = |welcome: &'static [u8]| {
        server(move |mut stream, count| {
            let _ = stream.write_all(welcome);
            mute(stream, count);
        })
    };
    let surely: &[&str] = &["--mqtt-qos", "1", "--no-discovery"];
    let all: &[&str] = &["--mqtt-qos", "1"];
    vec![
        ("silent", keeps(b""), &[], "can't be reached: no answer"),
        (
            "takes nothing",
            keeps(&WELCOME),
            surely,
            "took 0 of 1 messages within 10 s",
        ),
        (
            "takes some",
            acknowledging(3),
            all,
            "took 3 of 11 messages within 10 s",
        ),
        (
            "drips",
            server(|mut stream, _| {
                for byte in [0x20, 2, 0, 0]
                    .into_iter()
                    .chain([0xd0, 0].into_iter().cycle())
                {
                    thread::sleep(Duration::from_secs(1));
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                }
            }),
            surely,
            "took 0 of 1 messages within 10 s",
        ),
        (
            "closes at once",
            server(|_, _| {}),
            &[],
            "can't be reached: ",
        ),
        ("closes when asked", saying(b""), &[], "can't be reached: "),
        (
            "not available",
            saying(b"\x20\x02\x00\x03"),
            &[],
            "refuses: it is not available at the moment",
        ),
        (
            "not for all",
            saying(b"\x20\x02\x00\x04"),
            &[],
            ": not authorized",
        ),
        (
            "no broker",
            saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            &[],
            "can't be reached: ",
        ),
        (
            "closes after its welcome",
            saying(&WELCOME),
            surely,
            ": the connection was lost: ",
        ),
    ]
}

#[test]
fn rows_are_safe_whatever_the_broker_does() {
    let threads: Vec<_> = troubles()
        .into_iter()
        .map(|(what, host, options, says)| {
            thread::spawn(move || {
                let run = log(&host, options);
                assert!(run.stderr.contains(says), "{what}: {}", run.stderr);
            })
        })
        .collect();
    let tried = threads.len();
    for thread in threads {
        thread.join().unwrap();
    }
    figures(
        "brokers that are silent, hang up or take a part",
        tried,
        tried,
        0,
    );
}
