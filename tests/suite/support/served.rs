//! A `watch` that serves HTTP at a port of its own.

use super::program::{command, start};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::spawn;
use std::time::Duration;

/// Rounds as fast as the inverters answer.
pub const QUICK: [&str; 4] = ["--every", "200ms", "--pace", "0s"];

/// It is killed at the end.
pub struct Served {
    pub child: Child,
    pub address: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts `watch` of a device with these options.
    pub fn start(device: &str, addresses: &str, options: &[&str]) -> Self {
        let watch = ["-v", "watch", device, addresses, "--http", "127.0.0.1:0"];
        Self::run(command(&[&watch, options].concat()))
    }

    /// Starts a `watch` that has `-v` and `--http`.
    pub fn run(mut program: Command) -> Self {
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
        Self { child, address }
    }

    /// A connection that does not wait for ever.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    /// What comes back for these bytes.
    pub fn send(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn ask(&self, method: &str, path: &str) -> String {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
    }

    /// The body of an answer that is 200.
    #[track_caller]
    pub fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}
