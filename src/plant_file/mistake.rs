//! Mistakes in a plant file, each with its line.

use crate::order::sort_by_number;
use std::fmt;
use std::ops::Range;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mistake {
    line: usize,
    text: String,
}

/// All mistakes of a file: `plant.toml:3: key 'adresses' is not known; did you mean 'addresses'?`
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    path: String,
    mistakes: Vec<Mistake>,
}

/// One mistake a line, in the order of the file.
impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        for (number, Mistake { line, text }) in self.mistakes.iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(formatter, "{end}{path}:{line}: {text}")?;
        }
        Ok(())
    }
}

/// Collects the mistakes of a file while it is read.
pub(super) struct Notes<'a> {
    text: &'a str,
    found: Mistakes,
}

impl<'a> Notes<'a> {
    /// None yet. `path`: as it was typed.
    pub(super) fn new(path: &str, text: &'a str) -> Self {
        Self {
            text,
            found: Mistakes {
                path: path.escape_debug().to_string(),
                mistakes: Vec::new(),
            },
        }
    }

    /// The line of a part of the text, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(span.start);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    /// Notes a mistake. Its text may repeat what is in the file.
    pub(super) fn add(&mut self, line: usize, text: impl AsRef<str>) {
        let text = in_one_line(text.as_ref());
        self.found.mistakes.push(Mistake { line, text });
    }

    /// `good`, unless there are mistakes.
    pub(super) fn end<T>(mut self, good: T) -> Result<T, Mistakes> {
        if self.found.mistakes.is_empty() {
            return Ok(good);
        }
        // Conflicts are found after all sections were read.
        sort_by_number(&mut self.found.mistakes, |mistake| mistake.line as i64);
        Err(self.found)
    }
}

/// The text in one line, with all characters escaped that could steer a terminal.
fn in_one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        match character {
            '\'' | '"' | '\\' => line.push(character),
            other => line.extend(other.escape_debug()),
        }
    }
    line
}
