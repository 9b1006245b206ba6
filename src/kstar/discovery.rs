//! The answers of WiFi modules to [`super::wire::DISCOVERY`]: the text `IP,MAC,NAME`. Pure: the
//! sender is not known here.
//!
//! Source: the protocol note and a captured answer.

use super::cells::{plain, text_cell};
use crate::escape::printable;
use crate::reading::{Cells, Layout, Reading, mode};

/// What an answer holds, for outputs.
pub static LAYOUT: Layout = Layout {
    name: "discovery",
    about: "a WiFi module's answer to a broadcast",
    fields: &[mode("ip"), mode("mac"), mode("name")],
};

/// A module's answer, as printable ASCII. For sending, the address that the answer came from
/// counts, not its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Discovered {
    /// The address that the module believes to have: digits and dots, not checked further.
    pub ip: String,
    /// The hardware address, twelve hex digits without separators; empty if it was left out.
    pub mac: String,
    /// The name of the module, which may hold commas; empty if it was left out.
    pub name: String,
}

impl Discovered {
    /// The answer as a reading of [`LAYOUT`] without time and sender; what was left out has no
    /// value.
    pub fn reading(&self) -> Reading {
        let texts = [&self.ip, &self.mac, &self.name];
        plain(Cells {
            layout: &LAYOUT,
            values: texts.map(|text| text_cell(text)).to_vec(),
        })
    }
}

/// Reads an answer; `None` for anything that does not start with an address and a comma, such as
/// the echo of the search packet.
///
/// ```
/// use kaco_ardexa::kstar::discovery::parse;
/// let name = |answer: &[u8]| parse(answer).map(|found| found.name);
/// assert_eq!(name(b"192.168.1.50,ACCF23456789,EzManage_01").as_deref(), Some("EzManage_01"));
/// assert_eq!(name(b"WIFIKIT-214028-READ"), None);
/// ```
pub fn parse(datagram: &[u8]) -> Option<Discovered> {
    let mut parts = datagram.splitn(3, |byte| *byte == b',').map(text);
    let (ip, mac) = (parts.next()?, parts.next()?);
    looks_like_an_address(&ip).then(|| Discovered {
        ip,
        mac,
        name: parts.next().unwrap_or_default(),
    })
}

/// Digits and dots: loose on purpose, a module that writes `192.168.001.050` is found all the same.
fn looks_like_an_address(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains('.')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Text from the wire without the blanks, line ends and zeros that pad it, the rest printable.
pub(super) fn text(bytes: &[u8]) -> String {
    let padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let start = bytes.iter().take_while(|byte| padding(byte)).count();
    let end = bytes.iter().rev().take_while(|byte| padding(byte)).count();
    let inner = bytes.get(start..bytes.len() - end).unwrap_or_default();
    printable(inner)
}

#[cfg(test)]
mod tests {
    use super::super::wire::{DISCOVERY, KstarRequest};
    use super::*;
    use crate::reading::Value;
    use proptest::prelude::*;

    fn parts(datagram: &[u8]) -> Option<[String; 3]> {
        parse(datagram).map(|found| [found.ip, found.mac, found.name])
    }

    fn found(ip: &str, mac: &str, name: &str) -> Option<[String; 3]> {
        Some([ip, mac, name].map(str::to_owned))
    }

    #[test]
    fn a_captured_answer() {
        let answer = b"192.168.1.212,98D863E15332,Solar-WiFi208W0006";
        assert_eq!(answer.len(), 45);
        assert_eq!(
            parts(answer),
            found("192.168.1.212", "98D863E15332", "Solar-WiFi208W0006")
        );
    }

    #[test]
    fn odd_answers_survive() {
        let address = "10.0.0.7";
        for (datagram, mac, name) in [
            (
                &b"10.0.0.7,ACCF23456789,roof, south, 2"[..],
                "ACCF23456789",
                "roof, south, 2",
            ),
            (
                b"10.0.0.7,ACCF23456789,EzManage\r\n\0\0",
                "ACCF23456789",
                "EzManage",
            ),
            (b"10.0.0.7 , ACCF23456789 ,", "ACCF23456789", ""),
            (b"10.0.0.7,ACCF23456789", "ACCF23456789", ""),
            (b"10.0.0.7,,", "", ""),
            (b"10.0.0.7,\x1b[2J,\xff\n!", r"\x1b[2J", r"\xff\n!"),
        ] {
            assert_eq!(parts(datagram), found(address, mac, name), "{datagram:?}");
        }
        assert_eq!(
            parts(b"192.168.001.050,,"),
            found("192.168.001.050", "", "")
        );
    }

    #[test]
    fn other_datagrams_are_not_replies() {
        let request = KstarRequest::Readings.bytes();
        for datagram in [
            DISCOVERY,
            &request,
            b"",
            b",",
            b",,",
            b"10.0.0.7",
            b"7,8,9",
            b"...,a,b",
            b"+ok=1.0,2",
            b"\xff,\xff,\xff",
        ] {
            assert_eq!(parse(datagram), None, "{datagram:?}");
        }
    }

    #[test]
    fn cells_follow_the_layout() {
        let cells = parse(b"10.0.0.7,,roof").map(|found| found.reading());
        let shown = cells.iter().flat_map(Reading::columns);
        let shown: Vec<_> = shown
            .map(|(field, value)| (field.key(), value.map(Value::to_string)))
            .collect();
        let due = [
            ("ip", Some("10.0.0.7")),
            ("mac", None),
            ("name", Some("roof")),
        ];
        assert_eq!(
            shown,
            due.map(|(key, text)| (key.to_owned(), text.map(str::to_owned)))
        );
    }

    proptest! {
        #[test]
        fn nothing_panics_and_all_is_printable(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            address in "[0-9.]{0,8}",
        ) {
            let _ = parse(&bytes);
            if let Some(found) = parse(&[address.as_bytes(), b",", &bytes].concat()) {
                let all = [found.ip, found.mac, found.name].concat();
                prop_assert!(all.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
        }
    }
}
