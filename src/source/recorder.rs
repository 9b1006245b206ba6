//! `--record FILE`: every exchange on a bus, appended to a file as JSON lines.

use super::SourceError;
use crate::clock;
use crate::kaco::bus::{Exchange, Observer};
use crate::recording;
use chrono::SecondsFormat;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A recording that grows.
pub(crate) struct Recorder {
    path: PathBuf,
    device: String,
    state: Rc<RefCell<RecordFile>>,
}

struct RecordFile {
    /// `None` after an error.
    file: Option<File>,
    error: Option<io::Error>,
}

impl Recorder {
    /// Opens the file for appending; `device` stands in every line.
    pub(crate) fn open(path: &Path, device: String) -> Result<Self, SourceError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let path = path.to_owned();
        let file = match file {
            Ok(file) => file,
            Err(source) => return Err(SourceError::Recording { path, source }),
        };
        Ok(Self {
            path,
            device,
            state: Rc::new(RefCell::new(RecordFile {
                file: Some(file),
                error: None,
            })),
        })
    }

    /// The observer of the exchanges of a bus.
    pub(crate) fn observer(&self) -> Observer {
        let device = self.device.clone();
        let state = Rc::clone(&self.state);
        Box::new(move |exchange| state.borrow_mut().note(&device, exchange))
    }

    /// The error that ended the recording, if one did; it is reported once.
    pub(crate) fn failure(&self) -> Option<SourceError> {
        let source = self.state.borrow_mut().error.take()?;
        let path = self.path.clone();
        Some(SourceError::Recording { path, source })
    }
}

impl RecordFile {
    /// Writes a line whole, until that fails once.
    fn note(&mut self, device: &str, exchange: Exchange<'_>) {
        let Some(file) = &mut self.file else {
            return;
        };
        let line = recording::RecordedExchange {
            time: clock::now().to_rfc3339_opts(SecondsFormat::Millis, false),
            device: device.to_owned(),
            request: exchange.request.to_vec(),
            reply: exchange.reply.to_vec(),
            first_byte: exchange.first_byte,
            outcome: exchange.outcome.to_owned(),
        };
        let before = file.metadata().map(|metadata| metadata.len());
        // One write per line: a run that is killed leaves no part of one.
        if let Err(error) = file.write_all(line.line().as_bytes()) {
            // A full disk takes a part of it, behind which the next run would append.
            let _ = before.and_then(|before| file.set_len(before));
            self.file = None;
            self.error = Some(error);
        }
    }
}
