//! Bytes from outside, made safe to show: what an inverter sends must never steer a terminal or
//! break a log line.

use std::fmt::Write as _;

/// `bytes` as printable ASCII: blanks and visible characters stay, a backslash is doubled,
/// everything else becomes `\n`, `\r`, `\t` or `\xNN`.
///
/// ```
/// assert_eq!(kaco_ardexa::escape::printable(b"\n*02\x1b[1m 5\r"), r"\n*02\x1b[1m 5\r");
/// ```
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                // Writing to a String can't fail.
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// A text as one word of a shell, quoted where that is needed.
///
/// ```
/// assert_eq!(kaco_ardexa::escape::shell_word("/opt/logs"), "/opt/logs");
/// assert_eq!(kaco_ardexa::escape::shell_word("it's"), r"'it'\''s'");
/// ```
pub fn shell_word(text: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "/._-+:,@%=".contains(one);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The bytes that [`printable`] made this text of; `None` where it is something else.
///
/// ```
/// let bytes = kaco_ardexa::escape::from_printable(r"\n*02\x1b[1m\\");
/// assert_eq!(bytes.as_deref(), Some(&b"\n*02\x1b[1m\\"[..]));
/// ```
pub fn from_printable(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let meant = match byte {
            b'\\' => match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'\\' => b'\\',
                b'x' => {
                    let mut digit = || char::from(rest.next()?).to_digit(16);
                    u8::try_from(digit()? << 4 | digit()?).ok()?
                }
                _ => return None,
            },
            b' '..=b'~' => byte,
            _ => return None,
        };
        bytes.push(meant);
    }
    Some(bytes)
}

/// `bytes` as lower-case hex digits, the form of captures and recordings.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes that `text` writes in hex, blanks between them ignored; `None` where it is something
/// else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| {
            character
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<Vec<u8>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// The text without logins of URLs in it: `//ann:secret@host` becomes `//…@host`. Where it is
/// not clear what belongs to the password, more is left out rather than less.
pub(crate) fn without_passwords(text: &str) -> String {
    let masked = text.split_inclusive('\n').map(|line| {
        // From the first `//` to the last `@`, as a password may hold either.
        let (Some(start), Some(end)) = (line.find("//"), line.rfind('@')) else {
            return line.to_owned();
        };
        let login = line.get(start..end).filter(|login| login.contains(':'));
        let parts = login.and_then(|_| Some((line.get(..start + 2)?, line.get(end..)?)));
        parts.map_or_else(
            || line.to_owned(),
            |(before, behind)| format!("{before}…{behind}"),
        )
    });
    masked.collect()
}

/// True for control characters, and for those that turn the direction of what follows.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The text with escapes such as `\u{1b}` for invisible characters; line feeds stay.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            hidden if is_invisible(hidden) && hidden != '\n' => {
                visible.extend(hidden.escape_default());
            }
            shown => visible.push(shown),
        }
    }
    visible
}

/// Text that can stand in an element or an attribute; what XML can't
/// hold is left out.
pub(crate) fn markup(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() => {}
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_printable_ascii_comes_out() {
        let all: Vec<u8> = (0..=255).collect();
        let text = printable(&all);
        assert!(
            text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{text}"
        );
        assert_eq!(from_printable(&text), Some(all));
        for wrong in [r"\", r"\q", r"\x1", r"\xg0", "\t", "ü"] {
            assert_eq!(from_printable(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn visible_text_steers_no_terminal() {
        let text = "/dev/tty\u{1b}[31mü\r\u{202e}\n  more";
        assert_eq!(visible(text), "/dev/tty\\u{1b}[31mü\\r\\u{202e}\n  more");
    }

    #[test]
    fn hex_goes_both_ways() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_hex(&hex(&all)), Some(all));
        assert_eq!(from_hex("0A 2a\t30"), Some(b"\n*0".to_vec()));
        assert_eq!(from_hex("0a2"), None);
        assert_eq!(from_hex("zz"), None);
    }

    #[test]
    fn passwords_of_urls_are_left_out() {
        for (text, due) in [
            (
                "`mqtt://ann:secret@host` is wrong",
                "`mqtt://…@host` is wrong",
            ),
            ("//a:p/w @d@host\nx", "//…@host\nx"),
            ("mqtt://ann@host:1883", "mqtt://ann@host:1883"),
            ("mail a:b@c", "mail a:b@c"),
            ("tcp://host:23", "tcp://host:23"),
        ] {
            assert_eq!(without_passwords(text), due);
        }
    }
}
