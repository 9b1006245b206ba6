//! A bar while a bus is asked.

use crossterm::terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write, stderr};
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Columns for what a terminal echoes of Ctrl-C, `^C`, and for the cursor.
const ECHO: u16 = 3;

/// A bar that leaves nothing behind, also when a signal ends the command: the thread that moves it
/// could keep a bare one alive until the program is gone.
pub(super) struct Progress(ProgressBar);

impl Deref for Progress {
    type Target = ProgressBar;

    fn deref(&self) -> &ProgressBar {
        &self.0
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.is_finished() {
            self.finish_and_clear();
        }
    }
}

/// A bar on standard error if that is a terminal; nothing otherwise. `noun`: what is counted.
pub(super) fn bar(length: usize, noun: &str) -> Progress {
    let template = format!("{{bar:32}} {{pos}} of {{len}} {noun}, {{elapsed}}  {{msg}}");
    shown(ProgressBar::new(length as u64), &template)
}

/// The same for when it is not known how many inverters there are.
pub(super) fn searching() -> Progress {
    shown(
        ProgressBar::new_spinner(),
        "{spinner} asking the network, {elapsed}",
    )
}

fn shown(bar: ProgressBar, template: &str) -> Progress {
    if !stderr().is_terminal() {
        return Progress(ProgressBar::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        // ASCII, which every terminal has.
        bar.set_style(style.progress_chars("##-").tick_chars("|/-\\ "));
    }
    bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(Line::default())));
    bar.enable_steady_tick(Duration::from_millis(200));
    Progress(bar)
}

/// Standard error, a little narrower than it is: a bar fills its line, and an echo that wrapped to
/// the next line would keep the bar from being cleared.
#[derive(Debug, Default)]
struct Line(Mutex<String>);

impl Line {
    fn add(&self, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.write_fmt(text).map_err(io::Error::other)
    }

    /// Moves the cursor; a terminal takes 0 for 1.
    fn go(&self, count: usize, way: char) -> io::Result<()> {
        match count {
            0 => Ok(()),
            count => self.add(format_args!("\x1b[{count}{way}")),
        }
    }
}

impl TermLike for Line {
    fn width(&self) -> u16 {
        let width = terminal::size().map_or(80, |(width, _)| width);
        width.saturating_sub(ECHO).max(1)
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.go(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.go(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.go(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.go(count, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(format_args!("{text}\r\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(format_args!("{text}"))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add(format_args!("\r\x1b[2K"))
    }

    fn flush(&self) -> io::Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stderr().write_all(waiting.as_bytes())?;
        waiting.clear();
        stderr().flush()
    }
}
