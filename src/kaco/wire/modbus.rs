//! Recognises Modbus RTU, which this program does not speak: where it passes, another master polls.

use super::checksum;

/// Units have these numbers; 0 is a broadcast, which is never answered.
const UNITS: std::ops::RangeInclusive<u8> = 1..=247;

/// A frame of Modbus RTU whose CRC is right: a request or a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModbusFrame {
    /// The unit that is polled or replies.
    pub(crate) unit: u8,
    /// Its place in the bytes that were searched.
    pub(crate) start: usize,
    /// Its length, CRC included.
    pub(crate) length: usize,
}

/// Returns the first frame of Modbus RTU in `bytes`.
pub(crate) fn find_modbus(bytes: &[u8]) -> Option<ModbusFrame> {
    (0..bytes.len()).find_map(|start| {
        let rest = bytes.get(start..)?;
        let unit = *rest.first().filter(|unit| UNITS.contains(unit))?;
        let mut lengths = lengths(rest).into_iter().flatten();
        let length = lengths.find(|length| has_crc(rest, *length))?;
        Some(ModbusFrame {
            unit,
            start,
            length,
        })
    })
}

/// The lengths that a frame of this function can have: of a request and of a reply.
fn lengths(bytes: &[u8]) -> [Option<usize>; 2] {
    let count = |place: usize| bytes.get(place).map(|count| usize::from(*count));
    match bytes.get(1) {
        // Reads: a request names a place and a count, a reply states the number of its bytes.
        Some(1..=4) => [Some(8), count(2).map(|count| count + 5)],
        // Writing one value: the reply repeats the request.
        Some(5 | 6) => [Some(8), None],
        // Writing several: the request states the number of its bytes, the reply names place and
        // count.
        Some(15 | 16) => [Some(8), count(6).map(|count| count + 9)],
        // A refusal.
        Some(0x81..=0x90) => [Some(5), None],
        _ => [None; 2],
    }
}

fn has_crc(bytes: &[u8], length: usize) -> bool {
    let frame = bytes.get(..length).and_then(<[u8]>::split_last_chunk);
    frame.is_some_and(|(body, crc)| checksum::modbus(body) == u16::from_le_bytes(*crc))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Requests and replies as in the examples of the Modbus specification, with their CRC.
    const FRAMES: [&[u8]; 6] = [
        b"\x11\x03\x00\x6b\x00\x03\x76\x87",
        b"\x11\x03\x06\xae\x41\x56\x52\x43\x40\x49\xad",
        b"\x11\x06\x00\x01\x00\x03\x9a\x9b",
        b"\x11\x10\x00\x01\x00\x02\x04\x00\x0a\x01\x02\xc6\xf0",
        b"\x11\x10\x00\x01\x00\x02\x12\x98",
        b"\x0a\x81\x02\xb0\x53",
    ];

    #[test]
    fn frames_are_found_between_other_bytes() {
        for frame in FRAMES {
            let bytes = [b"\0#020\r".as_slice(), frame, b"\xff\0"].concat();
            let due = ModbusFrame {
                unit: frame[0],
                start: 6,
                length: frame.len(),
            };
            assert_eq!(find_modbus(&bytes), Some(due), "{frame:02x?}");
        }
    }

    #[test]
    fn damaged_and_cut_frames_are_not_found() {
        for frame in FRAMES {
            for place in 0..frame.len() {
                let mut damaged = frame.to_vec();
                damaged[place] ^= 0x04;
                assert_eq!(find_modbus(&damaged), None, "{damaged:02x?}");
                assert_eq!(find_modbus(&frame[..place]), None);
            }
        }
    }

    proptest! {
        #[test]
        fn frame_lies_within_the_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(found) = find_modbus(&bytes) {
                prop_assert!(found.start + found.length <= bytes.len());
            }
        }
    }
}
