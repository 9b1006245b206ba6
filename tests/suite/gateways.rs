//! `tcp://`: real gateways, ser2net and socat (Debian packages that `tests/all.sh` installs), and
//! bad ones.

use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::names::Mute;
use crate::support::program::{Run, command, run, signal, start, text, wait};
use crate::watch::until;
use rustix::process::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two inverters.
fn bus() -> Bus {
    Bus::with_replies(&[("#020", bytes("G4-17")), ("#030", bytes("G4-19"))])
}

/// A gateway program, ended with this value.
struct Gateway(Child);

impl Gateway {
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(
            child.unwrap_or_else(|error| {
                panic!("{name} is needed (tests/all.sh installs it): {error}")
            }),
        )
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that the system had free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Waits until a server listens there.
#[track_caller]
fn wait_for(port: u16) {
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "no server listens on port {port}");
        sleep(Duration::from_millis(50));
    }
    sleep(Duration::from_millis(300)); // the gateway takes notice that the probe is gone
}

#[track_caller]
fn logs_both(device: &str) {
    let directory = TempDir::new().unwrap();
    let run = run(&["log", device, "2,3", &text(directory.path()), "--strict"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for (address, row) in [
        ("02", "mpp-track,398.5,1.56,621,"),
        ("03", "mpp-track,521.5,0.72,376,"),
    ] {
        let text = fs::read_to_string(directory.path().join(address).join("latest.csv")).unwrap();
        assert!(text.lines().nth(1).unwrap().contains(row), "{text}");
    }
}

#[test]
fn socat_in_front_of_the_bus() {
    let (bus, port) = (bus(), free_port());
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork");
    let line = format!(
        "{},raw,echo=0,b9600",
        text(&fs::canonicalize(&bus.path).unwrap())
    );
    let _gateway = Gateway::start(Command::new("socat").args([&listen, &line]));
    wait_for(port);
    logs_both(&format!("tcp://127.0.0.1:{port}"));
    logs_both(&format!("tcp://localhost:{port}"));
}

#[test]
fn ser2net_in_front_of_the_bus() {
    let (bus, port) = (bus(), free_port());
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("ser2net.yaml");
    let device = text(&fs::canonicalize(&bus.path).unwrap());
    // It looks even numbers up, which fails where only `lo` is: a port of socat leads to it.
    let socket = directory.path().join("socket");
    let connection = format!(
        "connection: &bus\n  accepter: unix,{}\n  connector: serialdev,{device},9600n81,local,nobreak\n  options:\n    kickolduser: true\n",
        text(&socket)
    );
    fs::write(&settings, connection).unwrap();
    let path = if fs::exists("/usr/sbin/ser2net").unwrap() {
        "/usr/sbin/ser2net"
    } else {
        "ser2net"
    };
    let lock_free = ["-n", "-d", "-u", "-c", &text(&settings)];
    let _gateway = Gateway::start(Command::new(path).args(lock_free));
    until("the gateway listens", || socket.exists());
    let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork");
    let forward = format!("UNIX-CONNECT:{}", text(&socket));
    let _port = Gateway::start(Command::new("socat").args([&listen, &forward]));
    wait_for(port);
    logs_both(&format!("tcp://127.0.0.1:{port}"));
}

/// A run against a gateway that fails: exit 1, host and port named.
#[track_caller]
fn fails(host: &str, port: u16) -> Run {
    let directory = TempDir::new().unwrap();
    let run = run(&[
        "log",
        &format!("tcp://{host}:{port}"),
        "2",
        &text(directory.path()),
    ])
    .expect_code(1);
    assert!(
        run.stderr.contains(&format!("{host}:{port}")),
        "{}",
        run.stderr
    );
    run
}

#[test]
fn a_gateway_that_does_not_listen() {
    let run = fails("127.0.0.1", free_port());
    assert!(run.stderr.contains("refused"), "{}", run.stderr);
}

#[test]
fn an_unknown_host_name_is_an_error() {
    fails("gateway.invalid", 23);
}

#[test]
fn ipv6_is_understood() {
    let run = run(&["read", "tcp://[::1]:9", "2"]).expect_code(1);
    assert!(run.stderr.contains("tcp://[::1]:9"), "{}", run.stderr);
}

#[test]
fn a_black_hole() {
    let gone = Mute::start(0);
    let run = fails(&gone.at.ip().to_string(), gone.at.port());
    assert!(run.stderr.contains("no answer"), "{}", run.stderr);
}

#[test]
fn an_address_that_is_gone_does_not_keep_the_next_from_being_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = listener.local_addr().unwrap();
    let gateway = spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.write_all(&bytes("G4-17")).unwrap();
        let _ = stream.read(&mut [0]);
    });
    let gone = Mute::start(good.port());
    let device = format!("tcp://gateway.example.org:{}", good.port());
    let mut read = command(&["read", &device, "2", "--format", "csv"]);
    gone.stand_before(good, &mut read);
    let run = wait(start(read)).expect_code(0);
    assert!(run.stdout.contains(",398.5,1.56,621,"), "{}", run.stdout);
    gateway.join().unwrap();
}

#[test]
fn old_bytes_of_a_gateway_and_small_pieces_do_no_harm() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(&bytes("G4-24")).unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(&request, b"#020\r");
        for piece in bytes("G4-17").chunks(7) {
            stream.write_all(piece).unwrap();
            sleep(Duration::from_millis(30));
        }
        let _ = stream.read(&mut request);
    });
    let run = run(&[
        "read",
        &format!("tcp://127.0.0.1:{port}"),
        "2",
        "--format",
        "csv",
        // Pieces come late where the machine is under load.
        "--gap",
        "5s",
    ])
    .expect_code(0);
    assert!(run.stdout.contains(",398.5,1.56,621,"), "{}", run.stdout);
    gateway.join().unwrap();
}

/// Many hang up when nothing was asked for a while, as between two rounds.
#[test]
fn a_gateway_that_hangs_up_between_rounds_is_opened_again_in_each() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let device = format!("tcp://{}", listener.local_addr().unwrap());
    spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut answers = BufReader::new(stream.try_clone().unwrap())
                .split(b'\r')
                .flatten();
            let mut stream = stream;
            let mut is_new = true;
            while answers.next().is_some_and(|request| {
                let is_round = request == b"#020";
                !is_round
                    || std::mem::take(&mut is_new) && stream.write_all(&bytes("G4-17")).is_ok()
            }) {}
        }
    });
    let directory = TempDir::new().unwrap();
    let logs = text(directory.path());
    let quickly = ["--every", "10ms", "--pace", "0", "--timeout", "100ms"];
    let watch = ["watch", &device, "2", "--silent", "--log", &logs];
    let watch = start(command(&[&watch[..], &quickly].concat()));
    let file = directory.path().join("02/latest.csv");
    until("three rows", || {
        fs::read_to_string(&file).is_ok_and(|log| log.lines().count() > 3)
    });
    signal(&watch.0, Signal::INT);
    let run = wait(watch);
    assert!(!run.stderr.contains("until it is back"), "{}", run.stderr);
    let reports = run.stderr.matches("opening it again").count();
    assert_eq!(reports, 1, "{}", run.stderr);
}

/// A gateway that takes every client, as many do: only the program itself can keep two runs apart.
#[test]
fn two_runs_on_one_gateway_never_meet() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let device = format!("tcp://127.0.0.1:{port}");
    let mut first = start(command(&["read", &device, "2", "--timeout", "60s"]));
    let held = listener.accept().unwrap();
    for other in [device.clone(), format!("tcp://127.0.0.1:{port}/")] {
        let run = run(&["read", &other, "2"]).expect_code(7);
        assert!(run.stderr.contains("is in use"), "{}", run.stderr);
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the others connected");
    // However the first ends, it leaves nothing behind.
    first.0.kill().unwrap();
    first.0.wait().unwrap();
    drop(held);
    let quickly = ["--timeout", "100ms", "--attempts", "1"];
    run(&[&["read", &device, "2"], &quickly[..]].concat()).expect_code(0);
}
