//! The bytes of the page on their way to a terminal that may stop taking any.

use rustix::fs::{Mode, OFlags};
use rustix::termios::ttyname;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, Write, stdout};
use std::os::fd::AsFd as _;
use std::rc::Rc;

/// Writes without waiting: the terminal of an SSH connection whose other end sleeps takes nothing
/// for hours, and polling goes on. What it does not take waits here.
pub(super) struct Frames {
    terminal: File,
    rest: Vec<u8>,
    is_through: Rc<Cell<bool>>,
}

impl Frames {
    /// Writes to the terminal on standard output. `is_through` is true while it has taken all.
    pub(super) fn new(is_through: Rc<Cell<bool>>) -> io::Result<Self> {
        // Opened again: nonblocking is a property of the open file, which the shell shares.
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = ttyname(stdout(), Vec::new())
            .and_then(|name| rustix::fs::open(name, flags, Mode::empty()))
            .map_err(io::Error::from)
            // One that has no name here, or belongs to another user after `su`.
            .or_else(|_| stdout().as_fd().try_clone_to_owned())?;
        Ok(Self {
            terminal: File::from(terminal),
            rest: Vec::new(),
            is_through,
        })
    }

    fn send(&mut self) -> io::Result<()> {
        while !self.rest.is_empty() {
            match self.terminal.write(&self.rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => drop(self.rest.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.is_through.set(self.rest.is_empty());
        Ok(())
    }
}
