//! Lines of files from outside: none is longer than [`LONGEST`], so memory is bounded whatever they
//! hold.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// Bytes of the longest line that is read, without its end.
pub(crate) const LONGEST: usize = 64 << 10;

/// The byte order mark that editors of Windows and spreadsheets put before a text.
pub(crate) const MARK: &str = "\u{feff}";

/// What is wrong with an argument out of a file of Windows.
pub(crate) const CARRIAGE_RETURN: &str =
    "it ends with a carriage return; save the file that holds it with the line ends of Unix";

/// What is wrong with a longer one.
pub(crate) const TOO_LONG: &str = "longer than 64 kB";

/// The lines of a text, which need not be UTF-8; `None` stands for one that is too long.
///
/// # Errors
/// As the text itself.
pub(crate) fn lines(mut text: impl BufRead) -> impl Iterator<Item = io::Result<Option<Vec<u8>>>> {
    std::iter::from_fn(move || next(&mut text).transpose())
}

fn next(text: &mut impl BufRead) -> io::Result<Option<Option<Vec<u8>>>> {
    let mut line = Vec::new();
    // One byte more than a line may have: its newline, or else the proof that it is too long.
    let most = LONGEST as u64 + 1;
    if text.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop_if(|byte| *byte == b'\n').is_none() && line.len() > LONGEST {
        text.skip_until(b'\n')?;
        return Ok(Some(None));
    }
    Ok(Some(Some(line)))
}

/// All that is in a file of at most `most` bytes.
///
/// # Errors
/// If it can't be read or holds more.
pub(crate) fn whole(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    // One byte more shows that there is more.
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > most {
        true => Err(io::Error::other(format!("longer than {} kB", most >> 10))),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_greatest_length_is_whole_and_a_longer_one_is_skipped() {
        let text = |length: usize| [&vec![b'x'; length][..], b"\nnext"].concat();
        let lengths = |text: &[u8]| -> Vec<Option<usize>> {
            let lines = lines(text).map_while(Result::ok);
            lines.map(|line| line.map(|line| line.len())).collect()
        };
        assert_eq!(lengths(&text(LONGEST)), [Some(LONGEST), Some(4)]);
        assert_eq!(lengths(&text(LONGEST + 1)), [None, Some(4)]);
        assert_eq!(lengths(&vec![0; LONGEST]), [Some(LONGEST)]);
        assert_eq!(lengths(&vec![0; LONGEST + 1]), [None]);
        assert_eq!(lengths(b"a\n\nb\n"), [Some(1), Some(0), Some(1)]);
        assert_eq!(lengths(b""), []);
    }
}
