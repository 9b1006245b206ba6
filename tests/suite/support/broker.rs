//! A real broker, mosquitto, on a loopback address of its own, and mosquitto_sub that notes all
//! that is published there.

use super::inverter::address;
use super::program::{text, wait_until};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

/// Retained on every broker: a client that receives it is subscribed.
const READY: &str = "test/ready";

/// Every client may publish.
pub const OPEN: &str = "allow_anonymous true";

/// A running broker; it ends with this value.
pub struct Broker {
    pub ip: Ipv4Addr,
    pub port: u16,
    child: Child,
    directory: TempDir,
}

impl Broker {
    /// A broker with these lines in its configuration.
    pub fn start(settings: &str) -> Self {
        Self::start_at(address(), settings)
    }

    /// The same at an address that a certificate was made for.
    pub fn start_at(ip: Ipv4Addr, settings: &str) -> Self {
        let free = TcpListener::bind((ip, 0)).expect("a port");
        let port = free.local_addr().expect("its number").port();
        drop(free);
        let directory = TempDir::new().expect("a directory");
        // It may not drop messages because a listener is slow.
        let lines = format!(
            "listener {port} {ip}\nuser root\npersistence false\nmax_queued_messages 0\n{settings}\n"
        );
        fs::write(directory.path().join("mosquitto.conf"), lines).expect("a file");
        let child = Self::run(directory.path());
        let broker = Self {
            ip,
            port,
            child,
            directory,
        };
        broker.wait();
        broker
    }

    fn run(directory: &Path) -> Child {
        let path = if fs::exists("/usr/sbin/mosquitto").expect("a look") {
            "/usr/sbin/mosquitto"
        } else {
            "mosquitto"
        };
        let child = Command::new(path)
            .args(["-c", &text(&directory.join("mosquitto.conf"))])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.unwrap_or_else(|error| panic!("{path} is needed (tests/all.sh installs it): {error}"))
    }

    fn wait(&self) {
        wait_until("the broker listens", || {
            TcpStream::connect((self.ip, self.port)).is_ok()
        });
    }

    /// Ends it, as a machine does that loses its power.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it once more, where it was; what it had kept is gone.
    pub fn start_again(&mut self) {
        self.child = Self::run(self.directory.path());
        self.wait();
    }

    /// `127.1.2.3:41000`
    pub fn host(&self) -> String {
        format!("{}:{}", self.ip, self.port)
    }

    /// Publishes a message, as another program.
    pub fn publish(&self, topic: &str, payload: &str, options: &[&str]) {
        let sent = Command::new("mosquitto_pub")
            .args(["-h", &self.ip.to_string(), "-p", &self.port.to_string()])
            .args(["-t", topic, "-m", payload])
            .args(options)
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "mosquitto_pub (tests/all.sh installs it)"
        );
    }

    /// Notes everything from now on, and what was retained before.
    pub fn listen(&self) -> Listener {
        self.listen_as(&[])
    }

    /// The same, with further options of mosquitto_sub.
    pub fn listen_as(&self, options: &[&str]) -> Listener {
        self.publish(READY, "x", &[&["-r"], options].concat());
        let child = Command::new("mosquitto_sub")
            .args(["-h", &self.ip.to_string(), "-p", &self.port.to_string()])
            .args(["-V", "mqttv5", "--retain-as-published", "-q", "1"])
            .args(["-t", "#", "-F", "%j"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        Listener::new(child.expect("mosquitto_sub (tests/all.sh installs it)"))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub topic: String,
    pub payload: String,
    pub qos: u64,
    pub is_retained: bool,
}

impl Heard {
    /// The payload as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.payload).expect(&self.payload)
    }
}

/// A subscription to everything; it ends with this value.
pub struct Listener {
    child: Child,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Listener {
    fn new(mut child: Child) -> Self {
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).expect("JSON");
                notes.lock().unwrap().push(Heard {
                    topic: line["topic"].as_str().unwrap().to_owned(),
                    payload: line["payload"].as_str().unwrap_or_default().to_owned(),
                    qos: line["qos"].as_u64().unwrap(),
                    is_retained: line["retain"] == 1,
                });
            }
        });
        let listener = Self { child, heard };
        wait_until("the subscription", || {
            let heard = listener.heard.lock().unwrap();
            heard.iter().any(|heard| heard.topic == READY)
        });
        listener
    }

    /// All messages so far, in order.
    pub fn heard(&self) -> Vec<Heard> {
        let heard = self.heard.lock().unwrap();
        let others = heard.iter().filter(|heard| heard.topic != READY);
        others.cloned().collect()
    }

    /// Waits until there are so many of them that fit, then a moment longer: there may not be more.
    #[track_caller]
    pub fn exactly(&self, count: usize, fits: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        let fitting = || {
            let heard = self.heard();
            heard.into_iter().filter(&fits).collect::<Vec<_>>()
        };
        wait_until("that all messages come", || fitting().len() >= count);
        thread::sleep(std::time::Duration::from_millis(150));
        let heard = fitting();
        assert_eq!(heard.len(), count, "{heard:#?}");
        heard
    }

    /// Forgets what was heard.
    pub fn forget(&self) {
        self.heard.lock().unwrap().clear();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
