//! What must hold of bytes as text: escaped, in hex, in recordings.

use super::output::{expect_writable, is_printable};
use kaco_ardexa::escape::{from_hex, hex, printable};
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::decode_all;
use kaco_ardexa::kstar;
use kaco_ardexa::recording::{RecordedExchange, read};

/// Escaped bytes: printable, and nothing is lost.
pub fn escaped(bytes: &[u8]) {
    let text = printable(bytes);
    assert!(is_printable(&text));
    assert_eq!(unescaped(&text), bytes);
    assert_eq!(from_hex(&hex(bytes)).as_deref(), Some(bytes));
}

/// The bytes that an escaped text stands for.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().expect("what is escaped") {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let digits: String = rest.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&digits, 16).expect("hex")
                }
                other => other,
            },
            byte => byte,
        });
    }
    bytes
}

/// A line of hex, as `decode` takes it.
pub fn hex_line(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(bytes) = from_hex(&text) else {
        return;
    };
    let digits: String = text.split_whitespace().collect();
    assert_eq!(hex(&bytes), digits.to_lowercase());
    match kstar::wire::parse(&bytes) {
        Ok(frame) => expect_writable(&kstar::interpret::frame(frame)),
        Err(error) => assert!(is_printable(&error.to_string())),
    }
    if let Some(found) = kstar::discovery::parse(&bytes) {
        expect_writable(&found.reading());
    }
    for item in decode_all(&bytes) {
        match item.as_ref().map(interpret::frame) {
            Ok(reading) => reading.iter().for_each(expect_writable),
            Err(error) => assert!(is_printable(&error.to_string())),
        }
    }
}

/// Recordings: what is read is written again as the same.
pub fn recording(text: &str) {
    let parse =
        |text: &str| -> Result<Vec<RecordedExchange>, String> { read(text.as_bytes(), |_| {}) };
    match parse(text) {
        Ok(exchanges) => {
            let lines: String = exchanges.iter().map(|exchange| exchange.line()).collect();
            assert_eq!(lines.lines().count(), exchanges.len());
            assert_eq!(parse(&lines), Ok(exchanges));
        }
        Err(reason) => assert!(!reason.chars().any(char::is_control), "{reason:?}"),
    }
}
