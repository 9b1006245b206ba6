//! Files with certificates and keys, in PEM format.

use crate::lines;
use std::io;
use std::path::Path;

/// Bytes of a file with certificates: those of a whole system are a tenth of it.
const MOST: usize = 4 << 20;

/// What is in such a file. More than 4 MB is an error.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    lines::whole(path, MOST)
}
