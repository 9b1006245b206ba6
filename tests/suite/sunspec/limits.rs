//! No client can write, stop others or hold what is not its own.

use super::Served;
use crate::support::program::{WATCH_SIM, command, start, wait};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.at).expect("a connection");
    let limit = Some(Duration::from_secs(30));
    stream.set_read_timeout(limit).unwrap();
    stream.set_write_timeout(limit).unwrap();
    stream
}

fn request(unit: u8, function: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len() + 2).unwrap().to_be_bytes();
    [
        &[0xAB, 0xCD, 0, 0],
        length.as_slice(),
        &[unit, function],
        rest,
    ]
    .concat()
}

/// The unit, the function and what follows of the next reply.
fn reply(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 6];
    stream.read_exact(&mut head).expect("a reply");
    assert_eq!(head[..4], [0xAB, 0xCD, 0, 0]);
    let mut rest = vec![0; usize::from(u16::from_be_bytes([head[4], head[5]]))];
    stream.read_exact(&mut rest).expect("all of it");
    rest
}

fn ask(stream: &mut TcpStream, unit: u8, function: u8, rest: &[u8]) -> Vec<u8> {
    stream.write_all(&request(unit, function, rest)).unwrap();
    reply(stream)
}

/// Waits until unit 2 is served.
fn await_unit(stream: &mut TcpStream) {
    let end = Instant::now() + Duration::from_secs(60);
    while ask(stream, 2, 3, &[0x9C, 0x40, 0, 2])[1] != 3 {
        assert!(Instant::now() < end, "unit 2 is never served");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the server closed a connection.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 16]) {
        Ok(count) => count == 0,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        ),
    }
}

#[test]
fn requests_are_answered_by_the_contract() {
    let served = Served::start(&WATCH_SIM);
    let mut stream = connect(&served);
    await_unit(&mut stream);
    for function in 0..=255 {
        for rest in [&[0x9C, 0x40, 0, 2][..], &[0x9C, 0x40, 0, 1, 2, 0, 0], &[]] {
            let answer = ask(&mut stream, 2, function, rest);
            match (function, rest.len()) {
                (3 | 4, 4) => assert_eq!(answer, [&[2, function, 4][..], b"SunS"].concat()),
                (3 | 4, _) => assert_eq!(answer, [2, function | 0x80, 3]),
                _ => assert_eq!(answer, [2, function | 0x80, 1], "{rest:?}"),
            }
        }
    }
    for (unit, at, count, due) in [
        (2, 40000, 0, 3),
        (2, 40000, 126, 3),
        (2, 40000, u16::MAX, 3),
        (2, 0, 2, 2),
        (2, 39999, 2, 2),
        (2, 50000, 2, 2),
        (2, u16::MAX, 125, 2),
        (3, 40000, 2, 0x0B),
        (200, 40000, 2, 0x0B),
    ] {
        let rest = [u16::to_be_bytes(at), u16::to_be_bytes(count)].concat();
        let answer = ask(&mut stream, unit, 3, &rest);
        assert_eq!(answer, [unit, 0x83, due], "{at} {count}");
    }
    served.stop();
}

#[test]
fn requests_in_pieces_and_in_bundles_are_answered() {
    let served = Served::start(&WATCH_SIM);
    let mut stream = connect(&served);
    await_unit(&mut stream);
    let bytes = request(2, 3, &[0x9C, 0x40, 0, 2]);
    for byte in &bytes {
        stream.write_all(&[*byte]).unwrap();
    }
    assert_eq!(reply(&mut stream), b"\x02\x03\x04SunS");
    stream.write_all(&bytes.repeat(50)).unwrap();
    for _ in 0..50 {
        assert_eq!(reply(&mut stream), b"\x02\x03\x04SunS");
    }
    served.stop();
}

#[test]
fn bad_clients_are_closed_and_do_not_disturb_others() {
    let served = Served::start(&WATCH_SIM);
    let mut good = connect(&served);
    await_unit(&mut good);
    let mut strange = connect(&served);
    strange.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(is_closed(&mut strange));

    // A request that gets longer each second and is never whole.
    let mut slow = connect(&served);
    slow.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    slow.write_all(&[0xAB, 0xCD, 0, 0, 0, 254]).unwrap();
    let began = Instant::now();
    while !is_closed(&mut slow) {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it goes on for ever"
        );
        let _ = slow.write_all(&[0]);
    }

    // One that asks and never takes its replies.
    let mut deaf = connect(&served);
    let bytes = request(2, 3, &[0x9C, 0x40, 0, 125]).repeat(1000);
    deaf.set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    while deaf.write_all(&bytes).is_ok() {
        assert_eq!(ask(&mut good, 2, 3, &[0x9C, 0x40, 0, 1])[1], 3);
    }
    assert_eq!(ask(&mut good, 2, 3, &[0x9C, 0x40, 0, 1])[1], 3);
    served.stop();
}

#[test]
fn one_client_more_closes_the_one_that_is_idle_for_longest() {
    let served = Served::start(&WATCH_SIM);
    let mut clients: Vec<TcpStream> = (0..32).map(|_| connect(&served)).collect();
    for client in &mut clients {
        ask(client, 2, 3, &[0x9C, 0x40, 0, 1]);
    }
    ask(&mut clients[0], 2, 3, &[0x9C, 0x40, 0, 1]);
    let mut further = connect(&served);
    ask(&mut further, 2, 3, &[0x9C, 0x40, 0, 1]);
    assert!(is_closed(&mut clients[1]), "it has been idle for longest");
    clients.remove(1);
    for client in &mut clients {
        ask(client, 2, 3, &[0x9C, 0x40, 0, 1]);
    }
    let crowd: Vec<TcpStream> = (0..300).map(|_| connect(&served)).collect();
    let mut last = connect(&served);
    ask(&mut last, 2, 3, &[0x9C, 0x40, 0, 1]);
    drop(crowd);
    served.stop();
}

#[test]
fn port_that_is_taken_ends_the_start_with_advice() {
    let served = Served::start(&WATCH_SIM);
    let at = served.at.to_string();
    let mut other = command(&["watch", "sim:", "3", "--silent"]);
    other.env("KACO_ARDEXA_SUNSPEC", &at);
    let run = wait(start(other)).expect_code(1);
    let due = format!("kaco_ardexa: error: SunSpec can't be served at {at}: ");
    assert!(run.stderr.contains(&due), "{}", run.stderr);
    assert!(run.stderr.contains("choose another port"), "{}", run.stderr);
    served.stop();
}

#[test]
fn address_without_a_port_is_refused() {
    for wrong in ["127.0.0.1", "502", "localhost:502", "127.0.0.1:65536"] {
        let run = wait(start(command(&["watch", "sim:", "2", "--sunspec", wrong])));
        assert!(run.expect_code(2).stderr.contains("--sunspec"), "{wrong}");
    }
}
