//! The beginning and the end of a file of the log; the files of days are never read whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

pub(super) const BLOCK: u64 = 512;

pub(super) fn begins_with(file: &mut File, header: &str) -> bool {
    let mut found = vec![0; header.len()];
    file.read_exact(&mut found).is_ok() && found == header.as_bytes()
}

/// The length up to and including the last whole line: it ends with `\n` and holds no NUL. Blocks
/// that a power cut took are NULs, and the end of a row can be on the disk without its beginning.
///
/// Looks back block by block: files of a day are read at their end only.
pub(super) fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut line_end = None;
    let mut end = file.metadata()?.len();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = read_at(file, start, end - start)?;
        for (index, byte) in block.iter().enumerate().rev() {
            match (byte, line_end) {
                // The line behind it was searched through: it holds no NUL.
                (b'\n', Some(whole)) => return Ok(whole),
                (b'\n', None) => line_end = Some(start + index as u64 + 1),
                (0, _) => line_end = None,
                _ => {}
            }
        }
        end = start;
    }
    Ok(line_end.unwrap_or(0))
}

/// Whether there is nothing in it but NULs.
pub(super) fn is_empty(file: &mut File) -> io::Result<bool> {
    let mut start = 0;
    loop {
        let block = read_at(file, start, BLOCK)?;
        match block.iter().all(|byte| *byte == 0) {
            true if block.is_empty() => return Ok(true),
            true => start += BLOCK,
            false => return Ok(false),
        }
    }
}

/// At most `length` bytes from there.
pub(in crate::sink) fn read_at(file: &mut File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut block = Vec::new();
    Read::by_ref(file).take(length).read_to_end(&mut block)?;
    Ok(block)
}
