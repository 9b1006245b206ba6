//! Durations as people write them: `1s`, `250ms`, `1.5s`, `15m`, or plain seconds.

use std::time::Duration;

/// No wait on a bus is longer; a larger number is a slip.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Parses a duration of at most a day. The error shows how to write it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(explain(text)),
    };
    // `f64` takes `1e3`, `inf` and signs, too.
    let is_plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits
        .parse()
        .ok()
        .filter(|_| is_plain)
        .ok_or_else(|| explain(text))?;
    Duration::try_from_secs_f64(number * unit)
        .ok()
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| format!("`{text}` is too long; a day is the most"))
}

/// As [`parse`], more than nothing. The error shows how to write it.
pub fn parse_positive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("it must be longer than nothing".to_owned()),
        duration => Ok(duration),
    }
}

fn explain(text: &str) -> String {
    format!("`{text}` is not a duration; write for example 1s, 250ms or 1.5s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_write_it() {
        for (text, milliseconds) in [
            ("1s", 1000),
            ("250ms", 250),
            ("1.5s", 1500),
            ("2", 2000),
            ("0.4", 400),
            ("0s", 0),
            ("15m", 900_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "", "s", "1x", "-1s", "1e3", "nan", "inf", "1.2.3s", "1 s 2", "99999h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse_positive("0ms").is_err());
    }
}
