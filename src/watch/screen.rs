//! The terminal of the live page: taken at the start, given back however the program ends.

use super::page::{self, Surroundings};
use super::plant::Plant;
use super::view::View;
use crossterm::event::{Event, EventStream, KeyEvent, KeyEventKind};
use futures_core::Stream;
use ratatui::DefaultTerminal;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;

/// What comes from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// The size changed.
    Resized,
}

/// The terminal, in a mode of its own. Dropping it gives the terminal back; so does a panic.
pub struct Screen {
    terminal: DefaultTerminal,
    events: EventStream,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it is not a terminal, or can't do it.
    pub fn start() -> io::Result<Self> {
        Ok(Self {
            terminal: ratatui::try_init()?,
            events: EventStream::new(),
        })
    }

    /// The next key or change of size; never comes when the terminal is gone.
    pub(crate) async fn input(&mut self) -> Input {
        loop {
            let event = poll_fn(|context| Pin::new(&mut self.events).poll_next(context));
            match event.await {
                Some(Ok(Event::Key(key))) if key.kind == KeyEventKind::Press => {
                    return Input::Key(key);
                }
                Some(Ok(Event::Resize(..))) => return Input::Resized,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => pending().await,
            }
        }
    }

    /// Draws the page.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn draw(
        &mut self,
        plant: &Plant,
        view: &mut View,
        surroundings: &Surroundings,
    ) -> io::Result<()> {
        let draw = |frame: &mut ratatui::Frame<'_>| page::draw(frame, plant, view, surroundings);
        self.terminal.draw(draw).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
