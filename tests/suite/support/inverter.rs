//! A KSTAR inverter with its WiFi module, on UDP ports of its own loopback address: plays answers,
//! and watches every byte that comes. A request that is not a read fails the test.

pub use kaco_ardexa::sim::udp::DatagramPlay;

use kaco_ardexa::escape::{hex, printable};
use kaco_ardexa::kstar::wire::{DISCOVERY, DISCOVERY_PORT, KstarFrame, KstarRequest};
use kaco_ardexa::sim::udp::{Datagram, Player};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Decides what is sent: gets a request and the number of earlier requests of its kind.
pub type Script = Box<dyn FnMut(KstarRequest, usize) -> Vec<DatagramPlay> + Send>;

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
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Inverter {
    /// An inverter whose module answers searches with `module`, if with anything.
    pub fn start(ip: Ipv4Addr, module: Option<Vec<u8>>, mut script: Script) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let player = runtime.block_on(Player::open(ip)).expect("its ports");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        let mut asked = [0; 2];
        let answer = move |datagram: Datagram<'_>| {
            notes.lock().unwrap().push(Heard {
                port: datagram.port,
                sender: datagram.sender,
                datagram: datagram.bytes.to_vec(),
            });
            if datagram.port == DISCOVERY_PORT {
                return module.clone().map(DatagramPlay::Send).into_iter().collect();
            }
            let request = KstarRequest::from_bytes(datagram.bytes).expect("a request");
            let count = &mut asked[usize::from(request == KstarRequest::Identity)];
            *count += 1;
            script(request, *count - 1)
        };
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    over = player.play(answer) => over.expect("the network"),
                    _ = ended => {}
                }
            });
        });
        Self {
            ip,
            heard,
            end: Some(end),
            thread: Some(thread),
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
                KstarRequest::Readings => vec![DatagramPlay::Send(readings.clone())],
                KstarRequest::Identity => identity
                    .clone()
                    .map(DatagramPlay::Send)
                    .into_iter()
                    .collect(),
            }),
        )
    }

    /// All that came so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What came, in words.
    pub fn asked(&self) -> Vec<&'static str> {
        let word = |heard: &Heard| match KstarRequest::from_bytes(&heard.datagram) {
            Some(KstarRequest::Readings) => "readings",
            Some(KstarRequest::Identity) => "identity",
            None => "search",
        };
        self.heard().iter().map(word).collect()
    }
}

impl Drop for Inverter {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if thread::panicking() {
            return;
        }
        for Heard { port, datagram, .. } in self.heard() {
            let is_read = match port {
                DISCOVERY_PORT => datagram == DISCOVERY,
                _ => KstarRequest::ALL
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

/// A loopback address that no other test has, also not one of another run at the same time.
pub fn address() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high | 1, low, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A socket that gives up waiting now and then.
pub fn bind(ip: Ipv4Addr, port: u16) -> UdpSocket {
    try_bind(ip, port).unwrap_or_else(|error| panic!("{ip}:{port}: {error}"))
}

/// The same, if no other program keeps the port. One that asks holds the port of its side for some
/// seconds.
pub fn try_bind(ip: Ipv4Addr, port: u16) -> io::Result<UdpSocket> {
    let start = Instant::now();
    loop {
        match UdpSocket::bind((ip, port)) {
            Err(_) if start.elapsed() < Duration::from_secs(30) => {
                thread::sleep(Duration::from_millis(20));
            }
            socket => {
                let socket = socket?;
                socket.set_read_timeout(Some(Duration::from_millis(20)))?;
                return Ok(socket);
            }
        }
    }
}

/// A reply with the identity of the inverter.
pub fn identity(serial: &str) -> Vec<u8> {
    let text = format!("1.02 {:<10}{:<16}{serial:<16}", "KSE-4000", "");
    KstarFrame::Identity(text.as_bytes()).bytes()
}
