//! The identity of an inverter: the answer to [`super::wire::KstarRequest::Identity`].
//!
//! Source: the protocol note; no capture is known, and not every inverter answers.

use super::cells::{plain, text_cell};
use super::discovery::text;
use crate::inverter::InverterId;
use crate::reading::{Cells, Facts, Layout, Reading, mode};
use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

/// What the answer holds, for outputs.
pub static LAYOUT: Layout = Layout {
    name: "identity",
    about: "the identity of a KSTAR inverter",
    fields: &[mode("firmware"), mode("model"), mode("serial")],
};

/// Bytes of the payload with the firmware, ASCII padded with blanks, as the others.
const FIRMWARE: Range<usize> = 0..5;
const MODEL: Range<usize> = 5..15;
// No source explains the bytes between the model and this.
const SERIAL: Range<usize> = 31..47;

/// Printable ASCII without padding; `None` for what the inverter left blank or did not send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Version of the firmware, at most five characters on the wire.
    pub(crate) firmware: Option<String>,
    /// The maker's name for the type, at most ten characters on the wire.
    pub(crate) model: Option<String>,
    /// Serial number, at most sixteen characters on the wire. It comes from outside: not yet fit
    /// for a path.
    pub(crate) serial: Option<String>,
}

impl Identity {
    /// The answer as a reading of [`LAYOUT`], without time.
    pub fn reading(self) -> Reading {
        let texts = [&self.firmware, &self.model, &self.serial];
        let reading = plain(Cells {
            layout: &LAYOUT,
            values: texts
                .map(|text| text_cell(text.as_deref().unwrap_or_default()))
                .to_vec(),
        });
        self.sign(reading, None)
    }

    /// `reading` as one of the inverter with this identity, from this address.
    pub fn sign(self, reading: Reading, ip: Option<IpAddr>) -> Reading {
        Reading {
            inverter: InverterId::kstar(self.serial, ip),
            model: self.model.map(Cow::Owned),
            facts: Facts {
                serial: None,
                firmware: self.firmware,
            },
            ..reading
        }
    }
}

/// The payload of [`super::wire::KstarFrame::Identity`]; a short one gives what it holds.
pub fn identity(payload: &[u8]) -> Identity {
    Identity {
        firmware: field(payload, FIRMWARE),
        model: field(payload, MODEL),
        serial: field(payload, SERIAL),
    }
}

/// As much of a field as the payload holds; `None` if that is nothing but padding.
fn field(payload: &[u8], range: Range<usize>) -> Option<String> {
    let bytes = payload.get(range.start..range.end.min(payload.len()))?;
    Some(text(bytes)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAYLOAD: &[u8] = b"1.02 KSE-4000  ................E4000K1234567890........";

    fn texts(payload: &[u8]) -> [Option<String>; 3] {
        let Identity {
            firmware,
            model,
            serial,
        } = identity(payload);
        [firmware, model, serial]
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn texts_stand_where_the_note_has_them() {
        let due = [some("1.02"), some("KSE-4000"), some("E4000K1234567890")];
        assert_eq!(texts(PAYLOAD), due);
    }

    #[test]
    fn a_short_payload_gives_what_it_holds() {
        for (length, due) in [
            (0, [None, None, None]),
            (3, [some("1.0"), None, None]),
            (31, [some("1.02"), some("KSE-4000"), None]),
            (36, [some("1.02"), some("KSE-4000"), some("E4000")]),
        ] {
            let (short, _) = PAYLOAD.split_at(length);
            assert_eq!(texts(short), due);
        }
    }

    #[test]
    fn padding_is_nothing_and_the_rest_is_printable() {
        assert_eq!(texts(&[b' '; 60]), [None, None, None]);
        assert_eq!(texts(&[0; 60]), [None, None, None]);
        let rude = b"\x1b[2J \0\0\\\xff\0\0\0\0\0\0";
        assert_eq!(texts(rude), [some(r"\x1b[2J"), some(r"\\\xff"), None]);
    }

    proptest! {
        #[test]
        fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = identity(&payload);
        }
    }
}
