//! Long texts on standard output.

use super::{Exit, Failure};
use std::io::{ErrorKind, Write, stdout};

/// Prints a whole text. Whoever closes the pipe early (`| head`) has seen enough.
///
/// # Errors
/// [`Failure`] if the output can't be written.
pub(super) fn print(text: &[u8]) -> Result<Exit, Failure> {
    let mut out = stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}
