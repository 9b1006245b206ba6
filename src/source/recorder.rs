//! `--record FILE`: every exchange on a bus, appended to a file as JSON lines.

use super::SourceError;
use crate::clock;
use crate::kaco::bus::{Exchange, Observer};
use crate::recording;
use chrono::SecondsFormat;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
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
        let file = open_at_line_start(path).map_err(|source| SourceError::Recording {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
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

/// Opens a file for appending. What an editor or a power cut left without a line end gets one: else
/// the next line would stand behind it, and neither could be read.
fn open_at_line_start(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    let metadata = file.metadata()?;
    // Opened a second time, as a recording may be a pipe, which has no end to look at.
    if metadata.is_file() && metadata.len() > 0 {
        let mut last = [0];
        File::open(path)?.read_exact_at(&mut last, metadata.len() - 1)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
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
