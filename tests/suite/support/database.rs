//! A database that answers as a script decides, and notes what it was sent.

use super::inverter::address;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How a request is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It is taken.
    Taken,
    /// This status, these header lines, this text.
    Status(u16, &'static str, &'static str),
    /// These bytes, and then the connection is closed.
    Bytes(&'static str),
    /// Nothing, and the connection stays.
    Nothing,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Request line and headers.
    pub head: String,
    pub lines: Vec<String>,
}

/// Decides how a request is answered; gets the number of earlier ones.
pub type Script = Box<dyn FnMut(&Request, usize) -> Answer + Send>;

#[derive(Default)]
struct Notes {
    requests: Vec<Request>,
    taken: Vec<String>,
}

/// A running database. It ends with the test.
pub struct Database {
    /// `127.1.2.3:41000`
    pub host: String,
    notes: Arc<Mutex<Notes>>,
}

impl Database {
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind((address(), 0)).expect("a port");
        let host = listener.local_addr().expect("its number").to_string();
        let notes = Arc::new(Mutex::new(Notes::default()));
        let (heard, script) = (Arc::clone(&notes), Arc::new(Mutex::new(script)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (notes, script) = (Arc::clone(&heard), Arc::clone(&script));
                thread::spawn(move || serve(stream, &notes, &script));
            }
        });
        Self { host, notes }
    }

    /// One that takes everything.
    pub fn good() -> Self {
        Self::start(Box::new(|_, _| Answer::Taken))
    }

    /// One that answers so until the switch is set, and takes everything from then on.
    pub fn ill(refusal: Answer) -> (Self, Arc<AtomicBool>) {
        let is_well = Arc::new(AtomicBool::new(false));
        let well = Arc::clone(&is_well);
        let script = move |_: &Request, _: usize| match well.load(Ordering::Relaxed) {
            true => Answer::Taken,
            false => refusal.clone(),
        };
        (Self::start(Box::new(script)), is_well)
    }

    pub fn url(&self) -> String {
        format!("http://{}/write?db=solar", self.host)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.notes.lock().unwrap().requests.clone()
    }

    /// All lines that were taken, in the order in which they came.
    pub fn taken(&self) -> Vec<String> {
        self.notes.lock().unwrap().taken.clone()
    }
}

fn serve(stream: TcpStream, notes: &Mutex<Notes>, script: &Mutex<Script>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut writer = stream;
    while let Some(request) = request(&mut reader) {
        let earlier = notes.lock().unwrap().requests.len();
        let answer = (script.lock().unwrap())(&request, earlier);
        let mut notes = notes.lock().unwrap();
        if matches!(answer, Answer::Taken) {
            notes.taken.extend(request.lines.iter().cloned());
        }
        notes.requests.push(request);
        drop(notes);
        let text = match answer {
            Answer::Taken => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            Answer::Status(code, headers, text) => format!(
                "HTTP/1.1 {code} Because\r\n{headers}Content-Length: {}\r\n\r\n{text}",
                text.len()
            ),
            Answer::Bytes(bytes) => {
                let _ = writer.write_all(bytes.as_bytes());
                return;
            }
            Answer::Nothing => {
                thread::sleep(Duration::from_secs(60));
                return;
            }
        };
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).expect("UTF-8");
    Some(Request {
        head,
        lines: body.lines().map(str::to_owned).collect(),
    })
}
