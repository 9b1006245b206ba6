//! What commands print: results on standard output, advice on standard error. A closed output is
//! not a failure.

use crate::exit::Failure;
use std::io::{self, ErrorKind, Write, stderr, stdout};

/// Prints a result at once; false if the output was closed, as `head` does.
pub(super) fn print(text: &str) -> Result<bool, Failure> {
    let mut out = stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// The outcome of writing to standard output; false if the output was closed.
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

/// Prints advice, unless `--quiet` is given.
pub(super) fn advise(text: &str) {
    if tracing::enabled!(tracing::Level::WARN) {
        let _ = writeln!(stderr(), "{text}");
    }
}
