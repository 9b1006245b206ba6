//! Long texts on standard output.

use super::{Exit, Failure};
use std::io::{Write, stdout};

/// Prints a whole text.
///
/// # Errors
/// [`Failure`] if the output can't be written.
pub(super) fn print(text: &[u8]) -> Result<Exit, Failure> {
    let mut out = stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Done)
}
