//! The terminal of the live page: taken at the start, given back however the program ends.

use super::page::{self, Surroundings};
use super::plant::Plant;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How often the thread that reads keys looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(100);

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// End it.
    Quit,
    /// Pause, or go on.
    Pause,
    /// The size changed, or anything else: draw again.
    Draw,
}

/// The terminal, in a mode of its own. Dropping it gives the terminal back; so does a panic.
pub struct Screen {
    terminal: DefaultTerminal,
    wishes: UnboundedReceiver<Wish>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it is not a terminal, or can't do it.
    pub fn start() -> io::Result<Self> {
        let terminal = ratatui::try_init()?;
        let (sender, wishes) = unbounded_channel();
        thread::spawn(move || read_keys(&sender));
        Ok(Self { terminal, wishes })
    }

    /// The next wish of the user; never comes back when the terminal is gone.
    pub async fn wish(&mut self) -> Wish {
        match self.wishes.recv().await {
            Some(wish) => wish,
            None => std::future::pending().await,
        }
    }

    /// Draws the page.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, plant: &Plant, surroundings: &Surroundings) -> io::Result<()> {
        self.terminal
            .draw(|frame| page::draw(frame, plant, surroundings))
            .map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Sends what is typed until nobody listens any more.
fn read_keys(sender: &UnboundedSender<Wish>) {
    while !sender.is_closed() {
        let wish = match event::poll(GLANCE) {
            Ok(true) => event::read().ok().and_then(|event| wish_of(&event)),
            Ok(false) => None,
            Err(_) => return,
        };
        if let Some(wish) = wish {
            let _ = sender.send(wish);
        }
    }
}

fn wish_of(event: &Event) -> Option<Wish> {
    match event {
        Event::Key(KeyEvent {
            code,
            modifiers,
            kind: KeyEventKind::Press,
            ..
        }) => match code {
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Some(Wish::Quit),
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Wish::Quit),
            KeyCode::Char('p' | 'P' | ' ') => Some(Wish::Pause),
            _ => None,
        },
        Event::Resize(..) => Some(Wish::Draw),
        _ => None,
    }
}
