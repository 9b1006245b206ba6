//! Texts that fit: numbers whole or not at all, other texts shortened with `…`.

pub(super) use crate::format::look::{padded, shortened, width, wrapped};
use chrono::{DateTime, FixedOffset};
use ratatui::text::Span;
use std::time::Duration;

/// Those of `parts` that fit side by side, `gap` columns between them; the first ones matter most.
pub(super) fn fitting<'a>(parts: Vec<Vec<Span<'a>>>, most: u16, gap: u16) -> Vec<Span<'a>> {
    let mut used = 0;
    let mut line = Vec::new();
    for part in parts {
        let between = if line.is_empty() { 0 } else { gap };
        let wide: usize = part.iter().map(Span::width).sum();
        let wide = u16::try_from(wide).unwrap_or(u16::MAX);
        if wide == 0 || used + between + wide > most {
            // Not the end: a shorter part further on may still fit.
            continue;
        }
        used += between + wide;
        if between > 0 {
            line.push(Span::raw(" ".repeat(usize::from(between))));
        }
        line.extend(part);
    }
    line
}

/// `2.58 kW`; zero has no sign.
pub(super) fn kilowatts(power: f64) -> String {
    format!("{} kW", rounded(power / 1000.0, 2))
}

/// `40.9 kWh`
pub(super) fn kilowatt_hours(energy: f64) -> String {
    format!("{} kWh", rounded(energy, 1))
}

/// A number with these decimals; what rounds to zero has no sign.
pub(super) fn rounded(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| b"0.".contains(&byte)) => rest.to_owned(),
        _ => text,
    }
}

/// `4 s`, `3 min`, `2 h`, `5 d`
pub(super) fn age(age: Duration) -> String {
    // Two digits at most, but for days: the column stays narrow.
    match age.as_secs() {
        seconds @ 0..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds / 60),
        seconds @ 6000..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A time of today without its day.
pub(super) fn since(time: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> String {
    let is_today = time.date_naive() == now.date_naive();
    let format = if is_today { "%H:%M:%S" } else { "%m-%d %H:%M" };
    time.format(format).to_string()
}

/// Which of `count` lines are shown: `1-13 of 32`; empty if all are.
pub(super) fn place(first: usize, shown: usize, count: usize) -> String {
    if shown >= count {
        return String::new();
    }
    format!("{}-{} of {count}", first + 1, first + shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(kilowatts(-0.001), "0.00 kW");
        assert_eq!(kilowatts(-5.0), "-0.01 kW");
        assert_eq!(kilowatt_hours(-0.0), "0.0 kWh");
    }

    #[test]
    fn parts_that_matter_less_are_left_out() {
        let part = |text: &'static str| vec![Span::raw(text)];
        let line = |most| {
            let parts = vec![part("2.58 kW"), part("40.9 kWh"), part("4/5")];
            let spans = fitting(parts, most, 2);
            spans
                .iter()
                .map(|span| span.content.as_ref())
                .collect::<String>()
        };
        assert_eq!(line(22), "2.58 kW  40.9 kWh  4/5");
        assert_eq!(line(16), "2.58 kW  4/5");
        assert_eq!(line(6), "4/5");
    }
}
