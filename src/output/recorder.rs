//! `--record FILE`: every exchange on a bus, appended to a file as JSON lines.

use crate::kaco::bus::{Exchange, Observer};
use crate::recording;
use chrono::{Local, SecondsFormat};
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;

/// A recording that grows.
pub struct Recorder {
    device: String,
    state: Rc<RefCell<State>>,
}

struct State {
    file: File,
    error: Option<io::Error>,
}

impl Recorder {
    /// Opens the file for appending; `device` stands in every line.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub fn open(path: &Path, device: String) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            device,
            state: Rc::new(RefCell::new(State { file, error: None })),
        })
    }

    /// What a bus is to tell its exchanges.
    pub fn observer(&self) -> Observer {
        let device = self.device.clone();
        let state = Rc::clone(&self.state);
        Box::new(move |exchange| state.borrow_mut().note(&device, exchange))
    }

    /// The error that ended the recording, if one did.
    pub fn error(&self) -> Option<io::Error> {
        self.state.borrow_mut().error.take()
    }
}

impl State {
    /// Writes a line whole, until that fails once.
    fn note(&mut self, device: &str, exchange: Exchange<'_>) {
        let line = recording::Exchange {
            time: Local::now().to_rfc3339_opts(SecondsFormat::Millis, false),
            device: device.to_owned(),
            request: exchange.request.to_vec(),
            reply: exchange.reply.to_vec(),
            first_byte: exchange.first_byte,
            outcome: exchange.outcome.to_owned(),
        };
        if self.error.is_none() {
            self.error = self.file.write_all(line.line().as_bytes()).err();
        }
    }
}
