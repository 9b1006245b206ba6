//! The live page of a watch: keys, drawing, and a terminal that goes away.

use super::super::service::Hangup;
use super::{Watcher, time};
use crate::exit::Failure;
use crate::logging::Held;
use crate::watch::page::Surroundings;
use crate::watch::screen::{Input, Screen};
use crate::watch::view::Wish;
use std::io;

/// The page, and what keeps messages away from it.
pub(super) type LivePage = (Screen, Held);

impl Watcher<'_> {
    /// Takes the terminal, if there is a page.
    pub(super) fn page(&self) -> Result<Option<LivePage>, Failure> {
        if !self.has_page {
            return Ok(None);
        }
        let held = self.messages.hold();
        let screen = Screen::start().map_err(lost_terminal)?;
        Ok(Some((screen, held)))
    }

    /// Returns what a key asks for; pausing is done at once.
    pub(super) fn press(&mut self, input: Input) -> Wish {
        let Input::Key(key) = input else {
            return Wish::Draw;
        };
        let wish = self.view.press(key, &self.plant, time());
        if wish == Wish::Pause {
            self.pause.send_modify(|is_paused| *is_paused = !*is_paused);
            self.plant.resume(time());
        }
        wish
    }

    pub(super) fn draw(&mut self, page: &mut Option<LivePage>) -> io::Result<()> {
        let Some((screen, _)) = page else {
            return Ok(());
        };
        let health = self.health();
        let surroundings = Surroundings {
            now: time(),
            is_paused: *self.pause.borrow(),
            health,
            events: self.messages.entries(),
            look: self.look,
        };
        screen.draw(&self.plant, &mut self.view, &surroundings)
    }
}

/// A key, or a change of the page's size; never returns without a page.
pub(super) async fn input(page: &mut Option<LivePage>) -> Input {
    match page {
        Some((screen, _)) => screen.input().await,
        None => std::future::pending().await,
    }
}

/// Waits for SIGHUP; true if the run is over because its terminal is gone. Never returns where the
/// signal is ignored.
pub(super) async fn hung_up(hangup: &mut Option<Hangup>) -> bool {
    match hangup {
        Some(hangup) => {
            hangup.received().await;
            hangup.lost_terminal()
        }
        None => std::future::pending().await,
    }
}

pub(super) fn lost_terminal(error: io::Error) -> Failure {
    Failure::new(
        format!("the terminal can't show the page: {error}"),
        Some("`--silent` prints a line per change instead"),
    )
}
