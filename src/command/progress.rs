//! The progress of a command, as a line on the terminal.

use crate::logging::Messages;
use std::cell::{Cell, RefCell};

/// Columns of the bar.
const WIDTH: usize = 32;

/// The line; dropping this removes it, also when a signal ends the command.
pub(super) struct Progress<'a> {
    messages: &'a Messages,
    done: Cell<usize>,
    /// 0 if it is not known.
    all: usize,
    /// What is counted, or what the command does.
    what: &'static str,
    news: RefCell<String>,
}

impl<'a> Progress<'a> {
    /// Shows how many of `all` are done; `what` is counted.
    pub(super) fn of(all: usize, what: &'static str, messages: &'a Messages) -> Self {
        let progress = Self {
            messages,
            done: Cell::new(0),
            all,
            what,
            news: RefCell::default(),
        };
        progress.show();
        progress
    }

    /// The same where the number of inverters is not known.
    pub(super) fn of_search(messages: &'a Messages) -> Self {
        Self::of(0, "polling the network", messages)
    }

    /// Counts one more.
    pub(super) fn advance(&self) {
        self.done.set(self.done.get() + 1);
        self.show();
    }

    /// Shows this behind the bar from now on.
    pub(super) fn show_behind(&self, news: String) {
        self.news.replace(news);
        self.show();
    }

    /// Hides the line while `print` runs, and counts one more.
    pub(super) fn advance_with(&self, print: impl FnOnce()) {
        self.messages.show_below("");
        print();
        self.advance();
    }

    fn show(&self) {
        let line = line(self.done.get(), self.all, self.what, &self.news.borrow());
        self.messages.show_below(&line);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.messages.show_below("");
    }
}

/// ASCII, which every terminal has.
fn line(done: usize, all: usize, what: &str, news: &str) -> String {
    if all == 0 {
        return what.to_owned();
    }
    let full = "#".repeat((done.min(all) * WIDTH) / all);
    format!("{full:-<WIDTH$} {done} of {all} {what}  {news}")
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn line_shows_how_many_of_how_many() {
        let cases = [
            (
                (0, 4, ""),
                "-------------------------------- 0 of 4 inverters",
            ),
            (
                (3, 4, "found 02,07"),
                "########################-------- 3 of 4 inverters  found 02,07",
            ),
            (
                (4, 4, ""),
                "################################ 4 of 4 inverters",
            ),
            ((2, 0, ""), "inverters"),
        ];
        for ((done, all, news), expected) in cases {
            assert_eq!(line(done, all, "inverters", news), expected);
        }
    }
}
