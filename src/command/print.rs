//! Standard output of the commands: a reader that has seen enough, as `head` has, is not a failure.

use crate::exit::Failure;
use std::io::{self, ErrorKind, Write, stdout};

/// Prints a text at once; false if the reader has gone.
pub(super) fn print(text: &str) -> Result<bool, Failure> {
    let mut out = stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What came of writing to standard output; false if the reader has gone.
pub(crate) fn written(outcome: io::Result<()>) -> Result<bool, Failure> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(
            format!("can't write the output: {error}"),
            None,
        )),
    }
}
