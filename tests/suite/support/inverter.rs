//! A KSTAR inverter with its WiFi module, on UDP ports of its own loopback address: plays answers, and watches every byte
//! that comes. One that is no read fails the test.

use kaco_ardexa::escape::{hex, printable};
use kaco_ardexa::kstar::wire::{DISCOVERY, DISCOVERY_PORT, Frame, PORT, Request};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Something that whoever asked gets to hear.
#[derive(Clone, Debug)]
pub enum Play {
    /// Nothing for a while.
    Wait(Duration),
    /// A datagram from where it was asked.
    Send(Vec<u8>),
    /// A datagram from another address or port.
    SendFrom(Ipv4Addr, u16, Vec<u8>),
}

/// Decides what is heard: gets a request and how often it was asked before.
pub type Script = Box<dyn FnMut(Request, usize) -> Vec<Play> + Send>;

/// A datagram that came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub port: u16,
    pub sender: SocketAddr,
    pub datagram: Vec<u8>,
}

/// A running inverter; it ends with this value.
pub struct Inverter {
    pub ip: Ipv4Addr,
    heard: Arc<Mutex<Vec<Heard>>>,
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Inverter {
    /// An inverter whose module answers searches with `module`, if with anything.
    pub fn start(ip: Ipv4Addr, module: Option<Vec<u8>>, mut script: Script) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let watch = |socket: UdpSocket, port: u16, answer: Answer| {
            let (heard, ended) = (Arc::clone(&heard), Arc::clone(&ended));
            thread::spawn(move || listen(&socket, port, &heard, &ended, answer))
        };
        let mut asked = [0; 2];
        let threads = vec![
            watch(
                bind(ip, DISCOVERY_PORT),
                DISCOVERY_PORT,
                Box::new(move |_| module.clone().map(Play::Send).into_iter().collect()),
            ),
            watch(
                bind(ip, PORT),
                PORT,
                Box::new(move |datagram| {
                    let request = Request::from_bytes(datagram).expect("a request");
                    let count = &mut asked[usize::from(request == Request::Identity)];
                    *count += 1;
                    script(request, *count - 1)
                }),
            ),
        ];
        Self {
            ip,
            heard,
            ended,
            threads,
        }
    }

    /// One that always answers with these readings, and with this serial number if it has one.
    pub fn with(readings: &[u8], serial: Option<&str>) -> Self {
        let readings = readings.to_vec();
        let identity = serial.map(identity);
        let ip = address();
        Self::start(
            ip,
            Some(format!("{ip},ACCF23456789,EzManage_01").into_bytes()),
            Box::new(move |request, _| match request {
                Request::Readings => vec![Play::Send(readings.clone())],
                Request::Identity => identity.clone().map(Play::Send).into_iter().collect(),
            }),
        )
    }

    /// All that came so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What came, in words.
    pub fn asked(&self) -> Vec<&'static str> {
        let word = |heard: &Heard| match Request::from_bytes(&heard.datagram) {
            Some(Request::Readings) => "readings",
            Some(Request::Identity) => "identity",
            None => "search",
        };
        self.heard().iter().map(word).collect()
    }
}

impl Drop for Inverter {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if thread::panicking() {
            return;
        }
        for Heard { port, datagram, .. } in self.heard() {
            let is_read = match port {
                DISCOVERY_PORT => datagram == DISCOVERY,
                _ => Request::ALL
                    .iter()
                    .any(|request| request.bytes() == datagram),
            };
            assert!(
                is_read,
                "port {port} got {} ({})",
                hex(&datagram),
                printable(&datagram)
            );
        }
    }
}

/// What a datagram is answered with.
type Answer = Box<dyn FnMut(&[u8]) -> Vec<Play> + Send>;

fn listen(
    socket: &UdpSocket,
    port: u16,
    heard: &Mutex<Vec<Heard>>,
    ended: &AtomicBool,
    mut answer: Answer,
) {
    let mut buffer = [0; 2048];
    while !ended.load(Ordering::Relaxed) {
        let Ok((length, sender)) = socket.recv_from(&mut buffer) else {
            continue; // nothing came in a while
        };
        let datagram = buffer[..length].to_vec();
        heard.lock().unwrap().push(Heard {
            port,
            sender,
            datagram: datagram.clone(),
        });
        for play in answer(&datagram) {
            match play {
                Play::Wait(time) => thread::sleep(time),
                Play::Send(bytes) => drop(socket.send_to(&bytes, sender)),
                Play::SendFrom(ip, port, bytes) => drop(bind(ip, port).send_to(&bytes, sender)),
            }
        }
    }
}

/// A loopback address that no other test has, also not one of another run at the same time.
pub fn address() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high | 1, low, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A socket that gives up waiting now and then. A program that asks holds the port of its side for some seconds.
pub fn bind(ip: Ipv4Addr, port: u16) -> UdpSocket {
    let start = Instant::now();
    loop {
        match UdpSocket::bind((ip, port)) {
            Ok(socket) => {
                let patience = Some(Duration::from_millis(20));
                socket.set_read_timeout(patience).expect("a time");
                return socket;
            }
            Err(_) if start.elapsed() < Duration::from_secs(30) => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => panic!("{ip}:{port}: {error}"),
        }
    }
}

/// A reply that tells who the inverter is.
pub fn identity(serial: &str) -> Vec<u8> {
    let text = format!("1.02 {:<10}{:<16}{serial:<16}", "KSE-4000", "");
    Frame::Identity(text.as_bytes()).bytes()
}
