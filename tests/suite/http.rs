//! `watch --http`: what each path gives, and what no client can do.

use crate::support::bus::{Bus, at_once};
use crate::support::captures::bytes;
use crate::support::logs::PYTHON;
use crate::support::program::{command, helper, run, text, wait_until};
use crate::support::served::{QUICK, Served};
use crate::support::shim;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;
use tempfile::TempDir;

fn serve(device: &str, addresses: &str) -> Served {
    Served::start(device, addresses, &QUICK)
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

/// As a machine without a battery does it some time after its start.
#[test]
fn a_clock_that_is_set_forward_makes_no_run_unhealthy() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let home = TempDir::new().unwrap();
    let (clock, next) = (home.path().join("clock"), home.path().join("next"));
    fs::write(&clock, "1795000000").unwrap();
    let device = text(&bus.path);
    let mut watch = command(&["-v", "watch", &device, "2", "--http", "127.0.0.1:0"]);
    watch.args(["--every", "1h"]).env("CLOCK", &clock);
    shim::load(&mut watch, &shim::CLOCKS);
    let served = Served::run(watch);
    wait_until("a reading", || {
        served.get("/readings/02.json").contains("\"read\"")
    });
    fs::write(&next, "1795864000").unwrap();
    fs::rename(&next, &clock).unwrap();
    assert_eq!(served.get("/health"), "{\"healthy\":true}");
}

/// Two thirds of its power are not the power of a 000xi.
#[test]
fn a_missing_unit_leaves_the_total_without_a_number() {
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&is_gone);
    let bus = Bus::start(Box::new(move |request, _| match request {
        "#120" => at_once(b"\n*124\r"),
        "#121" => at_once(&bytes("ST-14")),
        "#122" if !gone.load(Ordering::Relaxed) => at_once(&bytes("ST-15")),
        "#123" => at_once(&bytes("ST-16")),
        _ => vec![],
    }));
    let served = serve(&text(&bus.path), "12");
    let has = |codes: serde_json::Value, power: serde_json::Value, energy: serde_json::Value| {
        let text = served.get("/readings.json");
        let readings: serde_json::Value = serde_json::from_str(&text).unwrap();
        let plant = &readings["plant"];
        readings["inverters"][0]["status_codes"] == codes
            && (&plant["ac_power"], &plant["daily_yield"]) == (&power, &energy)
            && plant["inverters_reporting"] == 1
    };
    wait_until("the total", || {
        has(json!([4, 4, 4]), json!(1729), json!(37.201))
    });
    is_gone.store(true, Ordering::Relaxed);
    wait_until("no total", || {
        has(json!([4, null, 4]), json!(null), json!(null))
    });
}

#[test]
fn failed_attempts_of_a_bus_are_counted() {
    let bus = Bus::start(Box::new(|request, count| match (request, count) {
        ("#020", 0) => at_once(b"\n*020   4 398.5 damaged \r"),
        ("#020", _) => at_once(&bytes("G4-17")),
        _ => vec![],
    }));
    let served = serve(&text(&bus.path), "2,3");
    // Two requests to 02; two to 03, which is silent.
    wait_until("a round", || {
        served.get("/metrics").contains("\nbus_silent_total 2\n")
    });
    let metrics = served.get("/metrics");
    assert!(metrics.contains("\nbus_garbled_total 1\n"), "{metrics}");
    let requests = metrics
        .lines()
        .find_map(|line| line.strip_prefix("bus_requests_total "));
    let requests: usize = requests.unwrap().parse().unwrap();
    assert!(requests >= 4, "{metrics}");
}

#[test]
fn a_scrape_causes_no_request_on_the_bus() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let device = text(&bus.path);
    let served = Served::start(&device, "2", &["--every", "1h", "--pace", "0s"]);
    wait_until("a reading", || {
        served
            .get("/metrics")
            .contains("inverter_up{address=\"2\"} 1")
    });
    wait_until("the question for its identity", || {
        bus.asked().iter().any(|asked| asked == "#028")
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
        "/readings/%ff.json",
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

/// What a process has of memory that is its own, kB, at most so far.
fn memory(served: &Served) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", served.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

#[test]
fn a_thousand_connections_of_slow_and_rude_clients_cost_neither_polls_nor_memory() {
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    let served = serve(&text(&bus.path), "2");
    wait_until("a round", || !bus.asked().is_empty());
    // They hold every place.
    let slow: Vec<TcpStream> = (0..32).map(|_| served.connect()).collect();
    for mut stream in &slow {
        stream.write_all(b"GET / HT").unwrap();
    }
    let before = bus.asked().len();
    for number in 0..1000 {
        let mut stream = served.connect();
        let head = if number % 2 == 0 {
            "GET /metrics HTTP/1.1\r\n\r\n"
        } else {
            "\0\r\n\r\n"
        };
        let _ = stream.write_all(head.as_bytes());
    }
    wait_until("polls while every place is taken", || {
        bus.asked().len() >= before + 20
    });
    assert!(memory(&served) < 16_000, "{} kB", memory(&served));
    // Clients that hold their places without a request keep no other out.
    let idle: Vec<TcpStream> = (0..100).map(|_| served.connect()).collect();
    assert!(served.get("/health").contains("true"));
    drop((slow, idle));
}

#[test]
fn a_client_that_never_ends_its_request_is_let_go() {
    let served = serve("sim:", "1");
    let mut stream = served.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn inverters_of_every_layout_a_silent_and_a_lost_one_are_metrics_that_promtool_takes() {
    let log = TempDir::new().unwrap();
    let all = Served::start("sim:", "1-9", &[&QUICK[..], &["--counters"]].concat());
    wait_until("a reading of the last inverter", || {
        all.get("/metrics")
            .contains("inverter_up{address=\"9\",simulated=\"true\"} 1")
    });
    helper(
        "promtool",
        &["check", "metrics"],
        all.get("/metrics").as_bytes(),
    )
    .expect_silence();

    let device = log.path().join("device");
    let bus = Bus::with_quick_replies(&[("#020", bytes("G4-17"))]);
    symlink(fs::read_link(&bus.path).unwrap(), &device).unwrap();
    let served = serve(&text(&device), "2,3");
    let up = |address: u8, state: u8| format!("inverter_up{{address=\"{address}\"}} {state}");
    wait_until("a reading", || served.get("/metrics").contains(&up(2, 1)));
    assert!(served.get("/metrics").contains(&up(3, 0)), "it is silent");
    fs::remove_file(&device).unwrap();
    drop(bus);
    wait_until("a lost inverter", || {
        served.get("/metrics").contains(&up(2, 0))
    });
    let metrics = served.get("/metrics");
    assert!(!metrics.contains("inverter_dc_power"), "{metrics}");
    helper("promtool", &["check", "metrics"], metrics.as_bytes()).expect_silence();
    let ask = |address: &str| run(&["health", "--http", address]);
    ask(&all.address.to_string()).expect_silence();
    let asked = ask(&served.address.to_string()).expect_code(1);
    assert!(asked.stderr.contains("not healthy: "), "{}", asked.stderr);
    let asked = ask("127.0.0.1:1").expect_code(1);
    assert!(
        asked.stderr.contains("no response from"),
        "{}",
        asked.stderr
    );
    run(&["health"]).expect_silence();
    let health = served.ask("GET", "/health");
    assert!(
        health.starts_with("HTTP/1.1 503 ") && health.contains("\"reason\":"),
        "{health}"
    );
}

#[test]
fn a_server_that_sends_a_byte_now_and_then_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        while client.write_all(b"x").is_ok() {
            sleep(Duration::from_millis(200));
        }
    });
    let asked = run(&["health", "--http", &address]).expect_code(1);
    assert!(
        asked.stderr.contains("no response from"),
        "{}",
        asked.stderr
    );
    server.join().unwrap();
}

#[test]
fn pictures_need_a_log_and_a_date() {
    let served = serve("sim:", "1");
    for path in [
        "/day/2026-05-03",
        "/month/2026-05",
        "/year/2026",
        "/compare",
    ] {
        let answer = served.ask("GET", path);
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.contains("--log DIR"),
            "{answer}"
        );
    }
    let page = served.get("/");
    assert!(!page.contains("<nav"), "{page}");

    let log = TempDir::new().unwrap();
    let rows = |day: u32| {
        format!(
            "{PYTHON}2026-05-{day:02}T12:00:00+0200,4{}\n",
            ",7".repeat(20)
        )
    };
    fs::create_dir(log.path().join("07")).unwrap();
    for day in [3, 5] {
        let file = format!("07/2026-05-{day:02}.csv");
        fs::write(log.path().join(file), rows(day)).unwrap();
    }
    let served = Served::start("sim:night", "1", &["--log", &text(log.path())]);
    let day = served.get("/day/2026-05-03");
    assert!(day.contains("rel=\"next\" href=\"2026-05-05\"") && !day.contains("rel=\"prev\""));
    assert!(day.contains("href=\"../month/2026-05\"") && day.contains("aria-label=\"2026-05-03"));
    assert!(
        served
            .get("/month/2026-05")
            .contains("href=\"../year/2026\"")
    );
    assert!(served.get("/year/2026").contains("href=\"../compare\""));
    assert!(served.get("/compare").contains("href=\"day/2026-05-05\""));
    for path in ["/day/2026-05-04", "/month/2026-04", "/year/1999"] {
        let answer = served.ask("GET", path);
        let name = path.rsplit('/').next().unwrap();
        let note = format!("The logs hold no rows of {name}.");
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.contains(&note),
            "{answer}"
        );
    }
    for path in [
        "/day/2026-5-3",
        "/day/2026-02-30",
        "/day/+12026-05-03",
        "/day/..",
        "/month/2026-13",
        "/month/2026-05-03",
        "/month/2026-5",
        "/month/26-05",
        "/year/x",
        "/year/26",
        "/year/-999",
        "/year/+999",
        "/year/02026",
        "/compare/x",
        "/year/%ff",
    ] {
        let answer = served.ask("GET", path);
        let is_missing = answer.starts_with("HTTP/1.1 404 ") && answer.contains("nothing here");
        assert!(is_missing, "{path}: {answer}");
    }
}

#[test]
fn a_system_without_threads_costs_a_picture_and_not_the_watch() {
    let log = TempDir::new().unwrap();
    run(&["log", "sim:", "1", &text(log.path()), "--pace", "0s"]).expect_code(0);
    let words = ["-v", "watch", "sim:", "1", "--http", "127.0.0.1:0", "--log"];
    let mut watch = command(&[&words[..], &[&text(log.path())]].concat());
    // One thread is there for signals.
    watch.env("THREADS", "1");
    shim::load(&mut watch, &shim::THREADS);
    let served = Served::run(watch);
    let answer = served.ask("GET", "/compare");
    let is_refused = answer.starts_with("HTTP/1.1 503 ") && answer.contains("no thread");
    assert!(is_refused, "{answer}");
    served.get("/readings.json");
}

#[test]
fn what_was_logged_today_begins_the_curves() {
    let log = TempDir::new().unwrap();
    let path = text(log.path());
    run(&["log", "sim:", "1", &path, "--pace", "0s"]).expect_code(0);
    let served = Served::start("sim:night", "1", &["--log", &path]);
    wait_until("the curve of an inverter that sleeps now", || {
        served
            .get("/")
            .contains("class=\"curve\" stroke=\"#0072b2\" d=\"M")
    });
}

#[test]
fn each_observation_is_an_event() {
    let served = serve("sim:", "1");
    let mut stream = served.connect();
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
fn the_policy_names_every_script_and_style() {
    let log = TempDir::new().unwrap();
    let served = Served::start("sim:", "1", &["--log", &text(log.path())]);
    for path in ["/", "/compare"] {
        let answer = served.ask("GET", path);
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        assert!(page.contains("</style>"), "{path}: {page}");
        for element in ["style", "script"] {
            let (open, close) = (format!("<{element}>"), format!("</{element}>"));
            for part in page.split(&open).skip(1) {
                let script = "openssl dgst -sha256 -binary | base64";
                let part = part.split(&close).next().unwrap();
                let sum = helper("sh", &["-c", script], part.as_bytes()).stdout;
                let named = format!("'sha256-{}'", sum.trim());
                assert!(
                    head.contains(&named),
                    "{path}, {element}: {named} is not in {head}"
                );
            }
        }
        assert!(
            !page.contains("style=\"") && !page.contains(" onclick="),
            "{page}"
        );
    }
}
