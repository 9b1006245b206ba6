//! What the program reports on standard error: one line per message, escaped, short enough for a
//! mail from cron.

use crate::clock;
use crate::escape::visible;
use chrono::{DateTime, FixedOffset};
use rustix::termios::tcgetwinsize;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::fmt::format::Writer as Out;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use unicode_width::UnicodeWidthStr;

/// Starts logging: warnings and errors, `-q` errors only, each `-v` one level more. Returns the
/// handle on where messages go.
pub fn start(verbose: u8, quiet: bool) -> Messages {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let messages = Messages::default();
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(ByLevel(messages.clone()))
        // A message that can't be written must not end the program: rows are to be written.
        .log_internal_errors(false)
        .event_format(MessageLine {
            is_verbose: verbose > 0,
            messages: messages.clone(),
        })
        .init();
    messages
}

/// Messages that are kept for a page.
const KEPT: usize = 500;

/// A message, and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedMessage {
    /// Local time.
    pub time: DateTime<FixedOffset>,
    /// Whether it is a warning or an error.
    pub is_trouble: bool,
    /// One line or several, without the name of the program.
    pub text: String,
}

/// Where messages go: standard error, or the page that has the terminal.
#[derive(Debug, Clone, Default)]
pub struct Messages(Arc<Mutex<Output>>);

#[derive(Debug, Default)]
struct Output {
    /// `None` while messages go to standard error.
    held: Option<VecDeque<TimedMessage>>,
    has_times: bool,
    /// The line below the messages, if there is one.
    below: String,
}

/// Columns of a terminal that does not report how many it has.
const COLUMNS: u16 = 80;

/// Columns that stay free behind the line below the messages, for what a terminal echoes of Ctrl-C,
/// `^C`, and for the cursor: an echo that wrapped to the next line would stay there.
const ECHO: usize = 3;

/// Keeps messages off the terminal as long as this value lives.
#[must_use]
#[derive(Debug)]
pub struct Held(Messages);

impl Messages {
    /// From now on the messages are kept for the page.
    pub fn hold(&self) -> Held {
        self.lock().held = Some(VecDeque::new());
        Held(self.clone())
    }

    /// From now on messages on standard error begin with date and time.
    pub fn show_times(&self) {
        self.lock().has_times = true;
    }

    /// From now on a terminal has this line below the messages; an empty one takes it away.
    pub fn show_below(&self, line: &str) {
        let Some(columns) = columns() else {
            return;
        };
        let fits = usize::from(columns).saturating_sub(ECHO);
        let line: String = line.chars().take(fits).collect();
        let mut output = self.lock();
        let text = format!("{}{line}", output.erased());
        output.below = line;
        // A line that the terminal does not take is not missed.
        let _: io::Result<()> = stderr().write_all(text.as_bytes());
    }

    /// The messages since [`Self::hold`], oldest first; of very many, the newest.
    pub fn entries(&self) -> Vec<TimedMessage> {
        self.lock().held.iter().flatten().cloned().collect()
    }

    /// Puts a message where the page finds it.
    pub fn note(&self, text: &str) {
        self.keep(false, text);
    }

    /// Keeps a message for the page; false if there is none.
    fn keep(&self, is_trouble: bool, text: &str) -> bool {
        let mut output = self.lock();
        let Some(held) = &mut output.held else {
            return false;
        };
        if held.len() == KEPT {
            held.pop_front();
        }
        held.push_back(TimedMessage {
            time: clock::now().fixed_offset(),
            is_trouble,
            text: text.to_owned(),
        });
        true
    }

    fn lock(&self) -> MutexGuard<'_, Output> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output {
    /// Takes the line below off the terminal. Without escape codes: dumb terminals know a carriage
    /// return only.
    fn erased(&self) -> String {
        match self.below.chars().count() {
            0 => String::new(),
            length => format!("\r{:1$}\r", "", length + ECHO - 1),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.lock().held = None;
    }
}

/// Where messages of each level are written.
struct ByLevel(Messages);

/// Takes one message.
struct MessageWriter<'a> {
    messages: &'a Messages,
    is_trouble: bool,
}

impl<'a> MakeWriter<'a> for ByLevel {
    type Writer = MessageWriter<'a>;

    fn make_writer(&'a self) -> MessageWriter<'a> {
        MessageWriter {
            messages: &self.0,
            is_trouble: false,
        }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> MessageWriter<'a> {
        MessageWriter {
            is_trouble: *event.level() <= Level::WARN,
            ..self.make_writer()
        }
    }
}

impl Write for MessageWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A device or a directory may have any characters in its name.
        let text = visible(String::from_utf8_lossy(bytes).trim_end());
        if self.messages.keep(self.is_trouble, &text) {
            return Ok(bytes.len());
        }
        let message = format!("{text}\n");
        let message = fitted(&message);
        let output = self.messages.lock();
        let around = [&output.erased(), &*message, &output.below].concat();
        // One write: standard error has no buffer, and other programs print there, too.
        stderr().write_all(around.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// Columns of the terminal that standard error is, if it is one.
fn columns() -> Option<u16> {
    let size = tcgetwinsize(stderr()).ok()?;
    Some(match size.ws_col {
        0 => COLUMNS,
        columns => columns,
    })
}

/// A message as standard error shows it: wrapped on a terminal, unchanged elsewhere.
pub(crate) fn fitted(message: &str) -> Cow<'_, str> {
    match columns() {
        Some(columns) => parted(message, columns).into(),
        None => message.into(),
    }
}

/// A message in lines of at most this width, wrapped between words, further lines indented. Words
/// are never cut: paths and commands are copied from messages.
pub(crate) fn parted(text: &str, most: u16) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut used = 0;
        let indent = line.len() - line.trim_start().len();
        for word in line.split_inclusive(' ') {
            if used > indent && used + word.trim_end().width() > usize::from(most) {
                out.truncate(out.trim_end_matches(' ').len());
                out.push_str("\n  ");
                used = 2;
            }
            out.push_str(word);
            used += word.width();
        }
        out.push('\n');
    }
    out
}

/// `kaco_ardexa: warning: …`, with the time in a run that goes on; a page knows time and program.
struct MessageLine {
    is_verbose: bool,
    messages: Messages,
}

impl MessageLine {
    /// What stands before the level.
    fn head(&self) -> String {
        let output = self.messages.lock();
        let format = match (self.is_verbose, output.has_times) {
            _ if output.held.is_some() => return String::new(),
            (true, _) => "%H:%M:%S%.3f kaco_ardexa: ",
            (false, true) => "%F %T kaco_ardexa: ",
            (false, false) => return "kaco_ardexa: ".to_owned(),
        };
        clock::now().format(format).to_string()
    }
}

impl<S, N> FormatEvent<S, N> for MessageLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Out<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        };
        write!(out, "{}{level}", self.head())?;
        event.record(&mut MessageVisitor(&mut out));
        writeln!(out)
    }
}

/// Writes the message of an event.
struct MessageVisitor<'a, 'b>(&'a mut Out<'b>);

impl Visit for MessageVisitor<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_parted_between_words() {
        let text = "error: /dev/ttyUSB0 does not exist\n  the ports here: none, plug it in";
        let due = "error: /dev/ttyUSB0\n  does not exist\n  the ports here:\n  none, plug it in\n";
        assert_eq!(parted(text, 20), due);
        assert_eq!(parted(text, 80), format!("{text}\n"));
        let list = "    /dev/serial/by-id/usb-FTDI";
        assert_eq!(parted(list, 20), format!("{list}\n"));
        let long = "a /dev/serial/by-id/usb-FTDI b";
        assert_eq!(parted(long, 10), "a\n  /dev/serial/by-id/usb-FTDI\n  b\n");
    }
}
