//! What the terminal can show: colours, characters beyond ASCII.

use ratatui::buffer::Buffer;
use ratatui::style::Color;

/// How the page is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// False if the page has no colours: bold, dim and reversed text remain.
    pub has_color: bool,
    /// False if the page is ASCII only.
    pub is_unicode: bool,
}

impl Look {
    /// The look that the values of environment variables ask for; empty ones are as good as none.
    /// `locale` is the first of `LC_ALL`, `LC_CTYPE` and `LANG` that has a value.
    pub fn of(no_color: bool, term: Option<&str>, locale: Option<&str>) -> Self {
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

    /// Takes from a drawn page what the terminal does not have.
    pub(super) fn apply(self, buffer: &mut Buffer) {
        for cell in &mut buffer.content {
            if !self.has_color {
                cell.fg = Color::Reset;
                cell.bg = Color::Reset;
            }
            if !self.is_unicode && !cell.symbol().is_ascii() {
                let plain = ascii(cell.symbol());
                cell.set_char(plain);
            }
        }
    }
}

/// The ASCII character for one that the page draws; `?` for those in names.
fn ascii(symbol: &str) -> char {
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
}
