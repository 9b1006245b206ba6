//! What the program says on standard error: one line a message, escaped, short enough for a mail from cron.

use chrono::Local;
use std::fmt;
use std::io::{self, Write, stderr};
use std::sync::Mutex;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::fmt::format::Writer as Out;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Starts logging: warnings and errors, `-q` errors only, each `-v` one level more.
pub fn start(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| Sink)
        // A message that nobody can hear must not end the program: rows are to be written.
        .log_internal_errors(false)
        .event_format(Line {
            with_time: verbose > 0,
        })
        .init();
}

/// The last message while a page has the terminal; `None` while messages go to standard error.
static NEWS: Mutex<Option<String>> = Mutex::new(None);

/// Keeps messages off the terminal as long as this value lives.
#[must_use]
pub struct Held(());

/// From now on messages are news for the page.
pub fn hold() -> Held {
    set_news(Some(String::new()));
    Held(())
}

impl Drop for Held {
    fn drop(&mut self) {
        set_news(None);
    }
}

/// The last message since [`hold`].
pub fn news() -> String {
    NEWS.lock()
        .ok()
        .and_then(|news| news.clone())
        .unwrap_or_default()
}

/// Puts a message where the page finds it.
pub fn note(text: &str) {
    set_news(Some(text.to_owned()));
}

fn set_news(text: Option<String>) {
    if let Ok(mut news) = NEWS.lock() {
        *news = text;
    }
}

/// Standard error, or the news of the page.
struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Ok(mut news) = NEWS.lock() else {
            return Ok(bytes.len());
        };
        match news.as_mut() {
            None => stderr().write(bytes),
            Some(news) => {
                let text = String::from_utf8_lossy(bytes);
                *news = text.lines().next().unwrap_or_default().to_owned();
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
