//! What the program reports on standard error: one line per message, escaped, short enough for a mail from cron.

use chrono::Local;
use std::fmt;
use std::io::{self, Write, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::fmt::format::Writer as Out;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Starts logging: warnings and errors, `-q` errors only, each `-v` one level more. Gives the hold on
/// where messages go.
pub fn start(verbose: u8, quiet: bool) -> Messages {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let messages = Messages::default();
    let output = messages.clone();
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(move || output.clone())
        // A message that can't be written must not end the program: rows are to be written.
        .log_internal_errors(false)
        .event_format(Line {
            with_time: verbose > 0,
        })
        .init();
    messages
}

/// Where messages go: standard error, or the page that has the terminal.
#[derive(Debug, Clone, Default)]
pub struct Messages(Arc<Mutex<Option<String>>>);

/// Keeps messages off the terminal as long as this value lives.
#[must_use]
#[derive(Debug)]
pub struct Held(Messages);

impl Messages {
    /// From now on the last message is kept for the page.
    pub fn hold(&self) -> Held {
        self.set(Some(String::new()));
        Held(self.clone())
    }

    /// The last message since [`Self::hold`].
    pub fn last(&self) -> String {
        self.lock().clone().unwrap_or_default()
    }

    /// Puts a message where the page finds it.
    pub fn note(&self, text: &str) {
        self.set(Some(text.to_owned()));
    }

    fn set(&self, text: Option<String>) {
        *self.lock() = text;
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.lock().as_mut() {
            None => stderr().write(bytes),
            Some(last) => {
                let text = String::from_utf8_lossy(bytes);
                *last = text.lines().next().unwrap_or_default().to_owned();
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// `kaco_ardexa: warning: …`, with the time where somebody watches.
struct Line {
    with_time: bool,
}

impl<S, N> FormatEvent<S, N> for Line
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
        if self.with_time {
            write!(out, "{} ", Local::now().format("%H:%M:%S%.3f"))?;
        }
        let level = match *event.metadata().level() {
            Level::ERROR => "error: ",
            Level::WARN => "warning: ",
            _ => "",
        };
        write!(out, "kaco_ardexa: {level}")?;
        event.record(&mut Message(&mut out));
        writeln!(out)
    }
}

/// Writes the message of an event.
struct Message<'a, 'b>(&'a mut Out<'b>);

impl Visit for Message<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}
