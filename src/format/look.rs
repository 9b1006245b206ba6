//! What a terminal can show: colours, characters beyond ASCII, and how wide it is.

use unicode_width::UnicodeWidthStr;

/// How a page or a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// False if it has no colours: bold, dim and reversed text of the page remain.
    pub has_color: bool,
    /// False if it is ASCII only.
    pub is_unicode: bool,
}

impl Look {
    /// The look that the values of environment variables ask for; empty ones count as unset.
    /// `locale` is the first of `LC_ALL`, `LC_CTYPE` and `LANG` that has a value.
    pub(crate) fn of(no_color: bool, term: Option<&str>, locale: Option<&str>) -> Self {
        let is_dumb = term == Some("dumb");
        let is_utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self {
            has_color: !no_color && !is_dumb,
            is_unicode: is_utf8 && !is_dumb,
        }
    }
}

/// Where a table is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Medium {
    /// Columns of the terminal; `None` where there is none, and nothing is cut.
    pub width: Option<u16>,
    /// What it can show.
    pub look: Look,
}

impl Default for Medium {
    /// A file or a pipe.
    fn default() -> Self {
        Self {
            width: None,
            look: Look {
                has_color: false,
                is_unicode: true,
            },
        }
    }
}

/// The ASCII character for one that pages and tables draw; `?` for those in names.
pub(crate) fn ascii(symbol: &str) -> char {
    match symbol {
        "▁" => '_',
        "▂" => '.',
        "▃" => ':',
        "▄" => '-',
        "▅" => '=',
        "▆" => '+',
        "▇" => '*',
        "█" => '#',
        "─" | "–" | "·" => '-',
        "│" => '|',
        "╭" | "╮" | "╰" | "╯" | "┤" | "└" | "┴" => '+',
        "›" => '>',
        "…" => '~',
        "↑" => '^',
        "↓" => 'v',
        "°" => ' ',
        _ => '?',
    }
}

/// The width of a text, in columns of a terminal.
pub(crate) fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// A text of at most this width; what is cut off shows as `…`. Control characters show as `?`.
pub(crate) fn shortened(text: &str, most: u16) -> String {
    let text = text.replace(char::is_control, "?");
    if width(&text) <= most {
        return text;
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if width(&short) >= most {
            short.pop();
            break;
        }
    }
    if most > 0 {
        short.push('…');
    }
    short
}

/// A text in lines of at most this width, broken between words.
pub(crate) fn wrapped(text: &str, most: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = shortened(word, most);
        let Some(line) = lines.last_mut() else {
            break;
        };
        if line.is_empty() {
            *line = word;
        } else if width(line) + 1 + width(&word) <= most {
            *line += " ";
            *line += &word;
        } else {
            lines.push(word);
        }
    }
    lines
}

/// A text in exactly this width.
pub(crate) fn padded(text: &str, most: u16, is_right: bool) -> String {
    let text = shortened(text, most);
    let blanks = " ".repeat(usize::from(most.saturating_sub(width(&text))));
    if is_right {
        blanks + &text
    } else {
        text + &blanks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_decide_on_colours_and_characters() {
        for (no_color, term, locale, has_color, is_unicode) in [
            (false, Some("xterm"), Some("en_US.UTF-8"), true, true),
            (true, Some("xterm"), Some("C.utf8"), false, true),
            (false, Some("dumb"), Some("C.UTF-8"), false, false),
            (false, None, Some("POSIX"), true, false),
            (false, Some("vt100"), None, true, false),
        ] {
            let expected = Look {
                has_color,
                is_unicode,
            };
            assert_eq!(Look::of(no_color, term, locale), expected);
        }
    }

    #[test]
    fn texts_are_cut_at_the_end_and_say_so() {
        assert_eq!(shortened("grid-overvoltage-l1", 10), "grid-over…");
        assert_eq!(shortened("mpp-track", 9), "mpp-track");
        assert_eq!(shortened("a\x1b[1m", 9), "a?[1m");
        assert_eq!(shortened("abc", 0), "");
    }

    #[test]
    fn numbers_stand_at_the_right() {
        assert_eq!(padded("412 W", 8, true), "   412 W");
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        let lines = wrapped("error: can't write rows; make room", 12);
        assert_eq!(lines, ["error: can't", "write rows;", "make room"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("/dev/serial/by-id/usb", 8), ["/dev/se…"]);
    }
}
