//! `watch --http`: what each path gives, and what no client can do.

use crate::support::bus::Bus;
use crate::support::captures::bytes;
use crate::support::program::{command, helper, start, text, wait_until};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::thread::spawn;
use std::time::Duration;

/// A `watch` that serves HTTP; it is killed at the end.
struct Served {
    child: Child,
    address: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(device: &str, addresses: &str) -> Served {
    let options = ["--every", "200ms", "--pace", "0s", "--http", "127.0.0.1:0"];
    let arguments = [&["-v", "watch", device, addresses], options.as_slice()].concat();
    let mut program = command(&arguments);
    program.stdout(Stdio::null()).stderr(Stdio::piped());
    let (mut child, _) = start(program);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("the address").unwrap();
        if let Some((_, rest)) = line.split_once("serving http://") {
            break rest.trim_end_matches('/').parse().unwrap();
        }
    };
    spawn(move || lines.for_each(drop));
    Served { child, address }
}

impl Served {
    /// What comes back for these bytes.
    fn send(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn ask(&self, method: &str, path: &str) -> String {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
    }

    fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

#[test]
fn every_path_gives_what_was_observed() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let served = serve(&text(&bus.path), "2,3");
    wait_until("a reading", || {
        served
            .get("/metrics")
            .contains("inverter_up{address=\"2\"} 1")
    });
    let metrics = served.get("/metrics");
    for name in [
        "bus_requests_total ",
        "bus_garbled_total ",
        "bus_silent_total ",
        "kaco_ardexa_build_info{",
    ] {
        assert!(metrics.contains(&format!("\n{name}")), "{name}: {metrics}");
    }
    assert!(metrics.contains("\ninverter_last_success_timestamp_seconds{address=\"2\"} "));
    helper("promtool", &["check", "metrics"], metrics.as_bytes()).expect_code(0);

    let readings: serde_json::Value = serde_json::from_str(&served.get("/readings.json")).unwrap();
    // Address 3 is silent while the other one feeds in: no total, and how many report.
    let plant = &readings["plant"];
    assert_eq!(plant["protocol"], "plant");
    assert_eq!(
        (&plant["ac_power"], &plant["daily_yield"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(plant["inverters_reporting"], 1);
    assert_eq!(plant["inverters_expected"], 2);
    assert!(plant["age_seconds"].is_u64());
    assert!(
        metrics.contains("\nplant_inverters_expected 2\n"),
        "{metrics}"
    );
    assert!(!metrics.contains("plant_ac_power"), "{metrics}");
    assert_eq!(readings["inverters"][0]["address"], 2);
    assert!(readings["inverters"][0]["age_seconds"].is_u64());
    assert!(served.get("/readings/02.json").contains("\"address\":2"));
    assert!(served.get("/health").contains("true"));
    let page = served.get("/");
    assert!(
        page.contains("<th scope=\"row\">") && page.contains("Power now"),
        "{page}"
    );
}

#[test]
fn a_total_is_there_while_every_inverter_is_read() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17")), ("#030", bytes("G4-19"))]);
    let served = serve(&text(&bus.path), "2,3");
    let plant = || {
        let text = served.get("/readings.json");
        let readings: serde_json::Value = serde_json::from_str(&text).unwrap();
        readings["plant"].clone()
    };
    wait_until("the total", || plant()["ac_power"].is_number());
    let total = plant()["ac_power"].to_string();
    let metrics = served.get("/metrics");
    assert!(
        metrics.contains(&format!("\nplant_ac_power_watts {total}\n")),
        "{metrics}"
    );
    helper("promtool", &["check", "metrics"], metrics.as_bytes()).expect_code(0);
    drop(bus);
    wait_until("no total over a lost link", || {
        plant()["ac_power"].is_null()
    });
    assert_eq!(plant()["inverters_reporting"], 0);
}

#[test]
fn a_scrape_is_no_request_on_the_bus() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let device = text(&bus.path);
    let options = ["--every", "1h", "--pace", "0s", "--http", "127.0.0.1:0"];
    let mut program = command(&[&["-v", "watch", &device, "2"], options.as_slice()].concat());
    program.stdout(Stdio::null()).stderr(Stdio::piped());
    let (mut child, _) = start(program);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines.find_map(|line| {
        let line = line.ok()?;
        line.split_once("serving http://")?
            .1
            .trim_end_matches('/')
            .parse()
            .ok()
    });
    spawn(move || lines.for_each(drop));
    let served = Served {
        child,
        address: address.unwrap(),
    };
    wait_until("a reading", || {
        served
            .get("/metrics")
            .contains("inverter_up{address=\"2\"} 1")
    });
    let asked = bus.asked().len();
    for _ in 0..50 {
        served.get("/metrics");
        served.get("/");
    }
    assert_eq!(bus.asked().len(), asked);
}

#[test]
fn other_methods_paths_and_heads_are_refused() {
    let served = serve("sim:", "1");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = served.ask(method, "/");
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
    }
    for path in [
        "/x",
        "/readings/99.json",
        "/readings/../../etc/passwd",
        "/%2e%2e/etc",
        "/day",
    ] {
        let answer = served.ask("GET", path);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    let head = served.ask("HEAD", "/");
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert!(
        head.to_ascii_lowercase()
            .contains("content-security-policy: default-src 'none'")
    );
    let old = served.send(b"GET /health HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 200 "), "{old}");
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "a".repeat(20_000)
    );
    let answer = served.send(long.as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 431 ") || answer.is_empty(),
        "{answer}"
    );
    let twice = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    assert_eq!(served.send(&twice).matches("HTTP/1.1 200 ").count(), 1);
}

#[test]
fn slow_clients_are_not_waited_for() {
    let served = serve("sim:", "1");
    let slow: Vec<TcpStream> = (0..200)
        .filter_map(|_| TcpStream::connect(served.address).ok())
        .collect();
    for mut stream in &slow {
        let _ = stream.write_all(b"GET / HT");
    }
    drop(slow.into_iter().skip(32).collect::<Vec<_>>());
    assert!(served.get("/health").contains("true"));
}

#[test]
fn each_observation_is_an_event() {
    let served = serve("sim:", "1");
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream
        .write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let events = lines.filter(|line| line.starts_with("data: {")).take(2);
    assert!(
        events
            .filter(|line| line.contains("\"age_seconds\":"))
            .count()
            == 2
    );
}

/// A browser runs what has these sums, and nothing else.
#[test]
fn the_policy_names_the_script_and_the_style() {
    let served = serve("sim:", "1");
    let head = served.ask("HEAD", "/");
    for file in ["page.css", "page.js"] {
        let path = format!("{}/src/sink/http/{file}", env!("CARGO_MANIFEST_DIR"));
        let sum = helper(
            "sh",
            &["-c", "openssl dgst -sha256 -binary \"$0\" | base64", &path],
            b"",
        );
        assert!(
            head.contains(&format!("'sha256-{}'", sum.stdout.trim())),
            "{file}: {head}"
        );
    }
}
