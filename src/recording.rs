//! Recordings: each exchange on a bus as one JSON line, for `--record` and `replay:`.

use crate::escape;
use crate::lines::{MARK, lines};
use serde_json::{Value, json};
use std::io::BufRead;
use std::time::Duration;

/// A request, and all that came until it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedExchange {
    /// RFC 3339, local time with offset.
    pub(crate) time: String,
    /// DEVICE as it was typed.
    pub(crate) device: String,
    /// The bytes that were sent; empty where bytes came without a request.
    pub(crate) request: Vec<u8>,
    /// The bytes that came, echo and noise included.
    pub(crate) reply: Vec<u8>,
    /// From the request to the first byte of the reply.
    pub(crate) first_byte: Option<Duration>,
    /// `read`, `garbled` or `silent`.
    pub(crate) outcome: String,
}

impl RecordedExchange {
    /// The bytes that came, without the adapter's echo of the request.
    pub(crate) fn received(&self) -> &[u8] {
        let reply = self.reply.as_slice();
        reply.strip_prefix(self.request.as_slice()).unwrap_or(reply)
    }

    /// The line, with `\n`.
    pub fn line(&self) -> String {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let line = json!({
            "time": self.time,
            "device": self.device,
            "request": escape::hex(&self.request),
            "reply": escape::hex(&self.reply),
            "first_byte_ms": self.first_byte.map(milliseconds),
            "outcome": self.outcome,
        });
        format!("{line}\n")
    }

    /// Reads a line. Only request and reply must be there, one of them with bytes.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
        let bytes = |key: &str| match value.get(key).and_then(Value::as_str) {
            Some(hex) => escape::from_hex(hex).ok_or_else(|| format!("`{key}` is not hex")),
            None => Err(format!("`{key}` is missing")),
        };
        let text = |key: &str| {
            value
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let first_byte = value.get("first_byte_ms").and_then(Value::as_u64);
        let (request, reply) = (bytes("request")?, bytes("reply")?);
        if request.is_empty() && reply.is_empty() {
            return Err("`request` and `reply` are empty".to_owned());
        }
        Ok(Self {
            time: text("time"),
            device: text("device"),
            request,
            reply,
            first_byte: first_byte.map(Duration::from_millis),
            outcome: text("outcome"),
        })
    }
}

/// Reads a whole recording; empty lines are skipped. A line that is too long is left out, and
/// `skip` is called with its number. The error names the line and what is wrong with it.
pub fn read(
    text: impl BufRead,
    mut skip: impl FnMut(usize),
) -> Result<Vec<RecordedExchange>, String> {
    let mut exchanges = Vec::new();
    for (line, number) in lines(text).zip(1..) {
        let Some(line) = line.map_err(|error| error.to_string())? else {
            skip(number);
            continue;
        };
        let parsed = match std::str::from_utf8(&line) {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => RecordedExchange::parse(line.trim_start_matches(MARK)),
            Err(error) => Err(error.to_string()),
        };
        exchanges.push(parsed.map_err(|error| format!("line {number}: {error}"))?);
    }
    if exchanges.is_empty() {
        return Err("there is no exchange in it".to_owned());
    }
    Ok(exchanges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<RecordedExchange>, String> {
        read(text.as_bytes(), |_| {})
    }

    #[test]
    fn lines_go_both_ways() {
        let exchange = RecordedExchange {
            time: "2026-11-20T09:40:17.000+01:00".to_owned(),
            device: "/dev/ttyUSB0".to_owned(),
            request: b"#020\r".to_vec(),
            reply: b"\n*02\x00\xff".to_vec(),
            first_byte: Some(Duration::from_millis(120)),
            outcome: "garbled".to_owned(),
        };
        assert_eq!(parse(&exchange.line()), Ok(vec![exchange.clone()]));
        assert!(exchange.line().starts_with(r#"{"time":"2026-11-20T09:40:17.000+01:00","device":"/dev/ttyUSB0","request":"233032300d","#));
    }

    #[test]
    fn errors_name_the_line() {
        let good = r#"{"request":"233032300d","reply":""}"#;
        for (bad, word) in [
            ("{", "JSON"),
            ("[]", "request"),
            (r#"{"request":"23","reply":7}"#, "reply"),
            (r#"{"request":"2x","reply":""}"#, "hex"),
            (r#"{"request":"","reply":""}"#, "empty"),
        ] {
            let error = parse(&format!("{good}\n\n{bad}\n"))
                .err()
                .unwrap_or_default();
            assert!(
                error.starts_with("line 3: ") && error.contains(word),
                "{bad}: {error}"
            );
        }
        assert!(parse("\n").is_err());
    }
}
