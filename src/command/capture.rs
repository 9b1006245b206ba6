//! Parses a line of a capture: hex, an exchange of a recording, or a line that `listen` printed.

use crate::escape;
use crate::kaco::wire::{Monitor, Traffic};
use crate::recording::RecordedExchange;
use bytes::BytesMut;
use chrono::NaiveTime;
use tokio_util::codec::Decoder;

/// The bytes of a line; `None` if it holds no reply.
pub(super) fn bytes(line: &str) -> Result<Option<Vec<u8>>, String> {
    if line.starts_with('{') {
        let exchange = RecordedExchange::parse(line)?;
        let heard = exchange.received();
        let is_empty = exchange.outcome == "silent" || is_silence(heard);
        return Ok((!is_empty).then(|| heard.to_vec()));
    }
    if let Some((kind, text)) = listened(line) {
        return of_listen(kind, text);
    }
    let bytes = escape::from_hex(line).ok_or("this is not hex")?;
    Ok((!is_request(&bytes)).then_some(bytes))
}

/// True for requests of a master on a bus, and nothing else.
fn is_request(bytes: &[u8]) -> bool {
    let mut rest = BytesMut::from(bytes);
    let mut traffic = std::iter::from_fn(|| Monitor.decode_eof(&mut rest).unwrap_or_default());
    !bytes.is_empty() && traffic.all(|(traffic, _)| matches!(traffic, Traffic::Request { .. }))
}

/// Kind and text of a line as `14:15:30.093   +0.000s  reply    …`.
fn listened(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.split_once(' ')?;
    NaiveTime::parse_from_str(time, "%H:%M:%S%.3f").ok()?;
    let (since, rest) = rest.trim_start().split_once("s  ")?;
    since.strip_prefix('+')?.parse::<f64>().ok()?;
    rest.split_once(' ')
}

fn of_listen(kind: &str, text: &str) -> Result<Option<Vec<u8>>, String> {
    let printed = match (kind, text.rsplit_once('\t')) {
        ("request", _) => return Ok(None),
        ("reply" | "refused", Some((_, bytes))) => bytes,
        ("reply" | "refused", None) => {
            return Err("this line has no bytes; `listen` prints them into a file or pipe".into());
        }
        // Padded up to the text, which may begin with blanks of its own.
        ("bytes" | "modbus", _) => text
            .get(("request ".len() - kind.len()).min(text.len())..)
            .unwrap_or(text),
        _ => return Err("`listen` prints no line of this kind".into()),
    };
    let bytes = escape::from_printable(printed).ok_or("the bytes of this line can't be read")?;
    Ok(Some(bytes).filter(|bytes| !is_silence(bytes)))
}

/// True for the NULs of a bus that turns around.
fn is_silence(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_kind_give_their_bytes() {
        let reply = Ok(Some(b"\n*02 5\r".to_vec()));
        for line in [
            "0a2a30322035 0d",
            r#"{"request":"233032300d","reply":"233032300d0a2a303220350d","outcome":"read"}"#,
            r#"{"request":"","reply":"0a2a303220350d"}"#,
            "14:15:30.093   +0.200s  reply    02 standard: 5\t\\n*02 5\\r",
            "14:15:30.093 +123.456s  refused  it stops\t\\n*02 5\\r",
            "14:15:30.093   +0.200s  bytes    \\n*02 5\\r",
        ] {
            assert_eq!(bytes(line), reply, "{line}");
        }
        let blank = "14:15:30.093   +0.200s  modbus     \\x11";
        assert_eq!(bytes(blank), Ok(Some(b"  \x11".to_vec())));
    }

    #[test]
    fn requests_and_silence_give_none() {
        for line in [
            r#"{"request":"233032300d","reply":"","outcome":"silent"}"#,
            r#"{"request":"233032300d","reply":"233032300d00","outcome":"silent"}"#,
            "233032300d 233033390d",
            "14:15:30.093   +0.000s  request  02 readings                 #020\\r",
            "14:15:30.093   +0.000s  bytes    \\x00",
        ] {
            assert_eq!(bytes(line), Ok(None), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_reported() {
        for (line, due) in [
            ("02 5x", "not hex"),
            ("{", "not JSON"),
            (
                "14:15:30.093   +0.200s  reply    02 standard: 5",
                "no bytes",
            ),
            ("14:15:30.093   +0.200s  bytes    \\q", "can't be read"),
            (
                "14:15:30.093   +0.200s  somethingelse \\n*02 5",
                "no line of this kind",
            ),
        ] {
            let wrong = bytes(line).err().unwrap_or_default();
            assert!(wrong.contains(due), "{line}: {wrong}");
        }
    }
}
