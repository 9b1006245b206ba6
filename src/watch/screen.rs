//! The terminal of the live page: taken at the start, restored however the program ends. When the
//! program is stopped and continued, as by `fg`, it is taken again: a shell had it meanwhile.

use super::frames::Frames;
use super::page::{self, Surroundings};
use super::plant::Plant;
use super::view::View;
use crossterm::cursor::Show;
use crossterm::event::{Event, EventStream, KeyEvent, KeyEventKind};
use crossterm::execute;
use crossterm::terminal::{
    self, Clear, ClearType, EnterAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use futures_core::Stream;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use signal_hook::consts::{SIGCONT, SIGTSTP};
use signal_hook::{flag, low_level::emulate_default_handler};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::io::{self, Write as _, stdout};
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The size of a terminal that reports none, such as a serial console.
const USUAL: (u16, u16) = (80, 24);

/// The largest page: no screen has more columns and rows, and each cell costs memory.
const LARGEST: (u16, u16) = (800, 300);

/// What comes from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// The size changed.
    Resized,
}

/// The terminal, in a mode of its own. Dropping it restores the terminal; so does a panic.
pub struct Screen {
    /// Never dropped: if the terminal is gone, it would print that to a closed output, and panic.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Frames>>>,
    /// Whether the terminal has taken the last page.
    is_through: Rc<Cell<bool>>,
    events: EventStream,
    /// Set when a shell requests the program to stop.
    stop: Arc<AtomicBool>,
    /// Set when it goes on.
    go_on: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it is not a terminal, or can't do it.
    pub fn start() -> io::Result<Self> {
        // Before the terminal is taken: a stop in between would leave it in raw mode to the shell.
        let (stop, go_on) = (flag_of(SIGTSTP)?, flag_of(SIGCONT)?);
        // Not the whole screen, which would follow any size that the terminal reports, with as many
        // cells.
        let options = |area| TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let is_through = Rc::new(Cell::new(true));
        let backend = CrosstermBackend::new(Frames::new(Rc::clone(&is_through))?);
        let terminal = Terminal::with_options(backend, options(area()?))?;
        // Of the library's own one only the raw mode is used, and that a panic ends it.
        ratatui::try_init_with_options(options(Rect::ZERO))?;
        let screen = Self {
            terminal: ManuallyDrop::new(terminal),
            is_through,
            events: EventStream::new(),
            stop,
            go_on,
        };
        // Only now, as from here on an error restores the terminal.
        execute!(stdout(), EnterAlternateScreen)?;
        Ok(screen)
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

    /// Draws the page, unless the terminal has not yet taken the last one.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn draw(
        &mut self,
        plant: &Plant,
        view: &mut View,
        surroundings: &Surroundings,
    ) -> io::Result<()> {
        self.terminal.backend_mut().flush()?;
        if !self.is_through.get() {
            return Ok(());
        }
        let is_taken_again = self.take_again()?;
        let area = area()?;
        // A fixed viewport does not follow the terminal; and a shell may have written over the
        // page.
        if is_taken_again || self.terminal.get_frame().area() != area {
            execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
            self.terminal.resize(area)?;
        }
        let draw = |frame: &mut ratatui::Frame<'_>| page::draw(frame, plant, view, surroundings);
        self.terminal.draw(draw).map(drop)
    }

    /// Stops if a shell requests it; takes the terminal again if the program was stopped.
    fn take_again(&self) -> io::Result<bool> {
        let stops = self.stop.swap(false, Ordering::Relaxed);
        if stops {
            restore()?;
            // The flag replaced the default action of the signal, which is to stop.
            emulate_default_handler(SIGTSTP)?;
        }
        let goes_on = self.go_on.swap(false, Ordering::Relaxed) || stops;
        if goes_on {
            // As far as this program knows it is in raw mode still, and would leave it as it is.
            disable_raw_mode()?;
            enable_raw_mode()?;
            execute!(stdout(), EnterAlternateScreen)?;
        }
        Ok(goes_on)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring, and there is nowhere to report it. One that
        // takes nothing would keep the program from ending.
        let _ = self.terminal.backend_mut().flush();
        let _ = match self.is_through.get() {
            true => restore(),
            false => disable_raw_mode(),
        };
    }
}

fn restore() -> io::Result<()> {
    ratatui::try_restore()?;
    // The library does it when its terminal is dropped, which does not happen here.
    execute!(stdout(), Show)
}

/// A flag that a signal sets from now on.
fn flag_of(signal: i32) -> io::Result<Arc<AtomicBool>> {
    let received = Arc::new(AtomicBool::new(false));
    flag::register(signal, Arc::clone(&received))?;
    Ok(received)
}

/// What the page fills: the terminal, unless its size can't be.
fn area() -> io::Result<Rect> {
    let (columns, rows) = match terminal::size()? {
        (0, _) | (_, 0) => USUAL,
        (columns, rows) => (columns.min(LARGEST.0), rows.min(LARGEST.1)),
    };
    Ok(Rect::new(0, 0, columns, rows))
}
