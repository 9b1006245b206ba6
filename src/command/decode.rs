//! `decode`: captured replies, one per line: hex, recordings, what `listen` printed.

use super::capture;
use super::plan::{DecodePlan, ListFormat};
use super::print::print;
use crate::escape;
use crate::exit::{Exit, Failure};
use crate::format::json::{self, Refused};
use crate::format::table;
use crate::kaco::interpret;
use crate::kaco::wire::{FrameError, decode_all};
use crate::kstar;
use crate::lines::{MARK, TOO_LONG, lines};
use crate::plausible::warnings;
use crate::reading::Reading;
use std::fs::File;
use std::io::{self, BufRead, BufReader, stdin};
use std::path::Path;
use tracing::{error, warn};

/// Decodes every line of the file.
pub(super) fn run(arguments: &DecodePlan) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    let (name, input) = open(arguments.file.as_deref())?;
    for (line, number) in lines(input).zip(1..) {
        let Some(line) = line.map_err(|error| unreadable(&name, &error))? else {
            error!("{name}, line {number}: {TOO_LONG}, left out");
            exit = Exit::Failed;
            continue;
        };
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_start_matches(MARK).trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        for decoded in decode(text) {
            match &decoded {
                Ok(reading) => {
                    for warning in warnings(reading) {
                        warn!("line {number}: {warning}");
                    }
                }
                Err(_) => exit = Exit::Failed,
            }
            if !print(&text_of(arguments, number, decoded))? {
                return Ok(Exit::Done);
            }
        }
    }
    Ok(exit)
}

/// The file, or standard input, and what messages call it.
fn open(file: Option<&Path>) -> Result<(String, Box<dyn BufRead>), Failure> {
    let Some(path) = file else {
        return Ok(("standard input".to_owned(), Box::new(stdin().lock())));
    };
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => Ok((name, Box::new(BufReader::new(file)))),
        Err(error) => Err(unreadable(&name, &error)),
    }
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::new(format!("can't read {name}: {error}"), None)
}

/// All that one line holds: readings and refused pieces; nothing where it holds no reply.
fn decode(text: &str) -> Vec<Result<Reading, Refused>> {
    let bytes = match capture::bytes(text) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Vec::new(),
        Err(detail) => {
            let bytes = escape::printable(text.as_bytes());
            return vec![Err(Refused {
                kind: "format",
                detail,
                bytes,
            })];
        }
    };
    // Tried first: it begins with AA 55 or the digits of an address, as no KACO reply does.
    if let Some(decoded) = decode_kstar(&bytes) {
        return vec![decoded];
    }
    let mut decoded: Vec<_> = decode_all(&bytes)
        .map(|item| match item {
            Ok(frame) => interpret::frame(&frame).map_err(|fault| Refused {
                kind: fault.kind(),
                detail: fault.to_string(),
                bytes: escape::hex(&bytes),
            }),
            Err(error) => Err(Refused::from(&error)),
        })
        .collect();
    if decoded.is_empty() {
        let detail = "this is not a reply of a known protocol".to_owned();
        decoded.push(Err(Refused {
            kind: "unknown",
            detail,
            bytes: escape::hex(&bytes),
        }));
    }
    decoded
}

/// The bytes as one datagram of a KSTAR inverter or its WiFi module; `None` if they do not begin
/// like one.
fn decode_kstar(bytes: &[u8]) -> Option<Result<Reading, Refused>> {
    match kstar::wire::parse(bytes) {
        Ok(frame) => Some(Ok(kstar::interpret::frame(frame))),
        Err(kstar::wire::KstarFrameError::Header) => {
            kstar::discovery::parse(bytes).map(|answer| Ok(answer.reading()))
        }
        Err(error) => Some(Err(Refused {
            kind: error.kind(),
            detail: error.to_string(),
            bytes: escape::hex(bytes),
        })),
    }
}

impl From<&FrameError> for Refused {
    fn from(error: &FrameError) -> Self {
        Self {
            kind: error.fault.kind(),
            detail: error.fault.to_string(),
            bytes: escape::hex(&error.bytes),
        }
    }
}

fn text_of(plan: &DecodePlan, line: usize, decoded: Result<Reading, Refused>) -> String {
    match (plan.format, decoded) {
        (ListFormat::Json, Ok(reading)) => format!("{}\n", json::reading(&reading)),
        (ListFormat::Json, Err(refused)) => format!("{}\n", json::refused(&refused)),
        (ListFormat::Table, Ok(reading)) => {
            let about = reading.cells.layout.about;
            format!(
                "line {line}: {about}\n{}",
                table::details(&[&reading], plan.medium)
            )
        }
        (ListFormat::Table, Err(refused)) => {
            let Refused {
                kind,
                detail,
                bytes,
            } = refused;
            format!("line {line}: refused ({kind}): {detail}\n  {bytes}\n")
        }
    }
}
