//! Escaped bytes: printable, and nothing is lost.
#![no_main]

use fuzz::is_printable;
use kaco_ardexa::escape::{from_hex, hex, printable};
use libfuzzer_sys::fuzz_target;

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

fuzz_target!(|bytes: &[u8]| {
    let text = printable(bytes);
    assert!(is_printable(&text));
    assert_eq!(unescaped(&text), bytes);
    assert_eq!(from_hex(&hex(bytes)).as_deref(), Some(bytes));
});
