//! SIGHUP while clients of HTTP and SunSpec are connected.

use crate::polling::at_address;
use crate::support::broker::{Broker, OPEN};
use crate::support::bus::{Bus, Play, reply};
use crate::support::captures::bytes;
use crate::support::day::Day;
use crate::support::plant_file::{PlantFile, bus};
use crate::support::program::{signal, start, text, wait, wait_until};
use crate::support::served::Served;
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::spawn;
use std::time::Duration;

/// The text in the first registers of a unit; `None` if it is not served.
fn unit(stream: &mut TcpStream, unit: u8) -> Option<String> {
    let request = [0, 1, 0, 0, 0, 6, unit, 3, 0x9C, 0x40, 0, 70];
    stream.write_all(&request).unwrap();
    let mut head = [0; 6];
    stream.read_exact(&mut head).expect("a reply");
    let mut reply = vec![0; usize::from(u16::from_be_bytes([head[4], head[5]]))];
    stream.read_exact(&mut reply).expect("all of it");
    (reply[1] == 3).then(|| String::from_utf8_lossy(&reply[3..]).into_owned())
}

/// The lines of a program, which are taken until it ends.
fn lines(output: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let said = Arc::new(Mutex::new(String::new()));
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    let all = Arc::clone(&said);
    spawn(move || lines.for_each(|line| *all.lock().unwrap() += &(line + "\n")));
    said
}

/// A client of the port that the program announced.
fn sunspec_client(said: &Mutex<String>) -> TcpStream {
    let address = || -> Option<SocketAddr> {
        let said = said.lock().unwrap();
        let (_, rest) = said.split_once("SunSpec at ")?;
        rest.split_once(": unit ")?.0.parse().ok()
    };
    wait_until("SunSpec", || address().is_some());
    let client = TcpStream::connect(address().unwrap()).unwrap();
    let limit = Some(Duration::from_secs(60));
    client.set_read_timeout(limit).unwrap();
    client
}

/// What was read before is not what an inverter feeds that nothing can be sent to.
#[test]
fn lost_link_takes_its_units_away() {
    let is_lost = Arc::new(AtomicBool::new(false));
    let lost = Arc::clone(&is_lost);
    let line = Bus::start(Box::new(move |request, _| match request {
        _ if lost.load(Ordering::Relaxed) => vec![Play::HangUp],
        "#020" => reply(&bytes("G4-17")),
        _ => Vec::new(),
    }));
    let file = PlantFile::new("");
    let top = "every = \"100ms\"\ntimeout = \"500ms\"\n";
    let ports = "http = \"127.0.0.1:0\"\nsunspec = \"127.0.0.1:0\"\n";
    file.write(&(top.to_owned() + ports + &bus(&line.path, "2", "")));
    let mut served = Served::run(file.command("watch", &["-v"]));
    let said = lines(served.child.stdout.take().unwrap());
    let mut client = sunspec_client(&said);
    wait_until("unit 2", || unit(&mut client, 2).is_some());
    is_lost.store(true, Ordering::Relaxed);
    wait_until("the loss", || {
        served.get("/readings.json").contains("not polled")
    });
    assert_eq!(unit(&mut client, 2), None);
    assert_eq!(unit(&mut client, 126), None);
}

/// At night nothing but the run itself knows what sleeps.
#[test]
fn units_that_sleep_are_kept_through_a_reload() {
    let text = "*020  15 200.0  0.05    10 230.0  0.02     3   9   3000 ";
    let sum = text.bytes().fold(0_u8, u8::wrapping_add);
    let last = [b"\n", text.as_bytes(), &[sum], b" 5000xi\r"].concat();
    let is_night = Arc::new(AtomicBool::new(false));
    let night = Arc::clone(&is_night);
    let roof = Bus::start(Box::new(move |request, _| match request {
        "#020" if !night.load(Ordering::Relaxed) => reply(&last),
        _ => Vec::new(),
    }));
    let barn = Bus::with_quick_replies(&[("#030", at_address("G4-17", 3))]);
    let file = PlantFile::new("");
    let top = "every = \"100ms\"\ntimeout = \"500ms\"\n";
    let ports = "http = \"127.0.0.1:0\"\nsunspec = \"127.0.0.1:0\"\n";
    let one = top.to_owned() + ports + &bus(&roof.path, "2", "name = \"roof\"");
    file.write(&one);
    let mut served = Served::run(file.command("watch", &["-v"]));
    let said = lines(served.child.stdout.take().unwrap());
    let mut client = sunspec_client(&said);
    wait_until("unit 2", || unit(&mut client, 2).is_some());
    is_night.store(true, Ordering::Relaxed);
    wait_until("silence", || {
        served.get("/readings.json").contains(r#""silent""#)
    });
    assert!(unit(&mut client, 2).is_some(), "it sleeps");

    file.write(&(one + &bus(&barn.path, "3", "name = \"barn\"")));
    signal(&served.child, Signal::HUP);
    wait_until("unit 3", || unit(&mut client, 3).is_some());
    assert!(unit(&mut client, 2).is_some(), "it sleeps on");
}

/// What was taken out of the file does not come back when Home Assistant starts again.
#[test]
fn an_inverter_that_is_taken_out_is_not_announced_again() {
    let broker = Broker::start(OPEN);
    let file = PlantFile::new("");
    let plant = |addresses: &str| {
        let top = format!("every = \"100ms\"\n[mqtt]\nurl = \"{}\"\n", broker.host());
        let bus = format!("[[bus]]\ndevice = \"sim:\"\naddresses = \"{addresses}\"\npace = 0\n");
        file.write(&(top + &bus));
    };
    plant("2,3");
    let listener = broker.listen();
    let count = |address: u8, what: &str| {
        let is_it = |topic: &str| match what {
            "config" => topic.starts_with(&format!("homeassistant/sensor/sim_kaco_0{address}/")),
            _ => topic == format!("sim/kaco/0{address}/state"),
        };
        let heard = listener.heard();
        heard.iter().filter(|heard| is_it(&heard.topic)).count()
    };
    let mut watch = start(file.command("watch", &[]));
    let said = lines(watch.0.stdout.take().unwrap());
    // A state comes behind all announcements of its inverter: none is under way any more.
    wait_until("both", || count(2, "state") > 0 && count(3, "state") > 0);
    plant("2");
    signal(&watch.0, Signal::HUP);
    wait_until("the reload", || said.lock().unwrap().contains("read again"));
    wait_until("a round", || count(2, "state") > 0);
    listener.forget();
    broker.publish("homeassistant/status", "online", &[]);
    wait_until("the announcement", || count(2, "config") > 0);
    let before = count(2, "state");
    wait_until("two rounds", || count(2, "state") > before + 1);
    assert_eq!(count(3, "config"), 0);
    signal(&watch.0, Signal::TERM);
    wait(watch).expect_code(0);
}

#[test]
fn pages_and_units_follow_a_changed_file_on_open_connections() {
    let file = PlantFile::new("");
    let plant = |addresses: &str, name: &str| {
        let log = text(&file.inside("logs"));
        let top = format!("name = \"Hill\"\nevery = \"200ms\"\nlog = \"{log}\"\n");
        let ports = "http = \"127.0.0.1:0\"\nsunspec = \"127.0.0.1:0\"\n";
        let names = format!("names = {{ 2 = \"{name}\" }}\n");
        let bus = format!(
            "[[bus]]\ndevice = \"sim:\"\naddresses = \"{addresses}\"\npace = 0\ntimeout = 10\n"
        );
        file.write(&(top + ports + &bus + &names));
    };
    plant("2", "south");
    let mut served = Served::run(file.command("watch", &["-v"]));
    let said = lines(served.child.stdout.take().unwrap());
    let mut client = sunspec_client(&said);
    let mut events = served.connect();
    events
        .write_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let events = lines(events);
    let has_event = |address: u8| {
        let key = format!("\"address\":{address},\"outcome\":\"read\"");
        events.lock().unwrap().contains(&key)
    };
    wait_until("an event", || has_event(2));
    wait_until("unit 2", || unit(&mut client, 2).is_some());
    assert!(unit(&mut client, 2).unwrap().contains("south"));
    assert_eq!(unit(&mut client, 3), None);
    assert!(served.get("/").contains("south") && !has_event(3));
    let day = Day::Today.file().replace(".csv", "");
    let picture = format!("/day/{day}");
    assert!(served.get(&picture).contains("02 south"));

    plant("2,3", "north");
    signal(&served.child, Signal::HUP);
    wait_until("an event of the new inverter", || has_event(3));
    wait_until("its unit", || unit(&mut client, 3).is_some());
    wait_until("the new name", || {
        unit(&mut client, 2).is_some_and(|text| text.contains("north"))
    });
    let page = served.get("/");
    assert!(page.contains("north") && !page.contains("south"), "{page}");
    let readings: serde_json::Value = serde_json::from_str(&served.get("/readings.json")).unwrap();
    assert_eq!(readings["plant"]["inverters_expected"], 2, "{readings}");
    assert_eq!(readings["inverters"][1]["address"], 3, "{readings}");
    let picture = served.get(&picture);
    assert!(
        picture.contains("02 north") && !picture.contains("south"),
        "{picture}"
    );
}
