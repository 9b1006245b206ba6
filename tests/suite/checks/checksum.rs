//! The checksums of the KACO protocol, written once more in the plainest way: a program that judges itself finds nothing.

/// The sum of the standard protocol.
pub fn sum(bytes: &[u8]) -> u8 {
    let sum: usize = bytes.iter().map(|byte| usize::from(*byte)).sum();
    u8::try_from(sum % 256).expect("a byte")
}

/// CRC-16/X-25, bit by bit.
pub fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0x8408
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

/// The place behind the blank that follows the token of this number, counted from 1, in a frame from `*` on.
pub fn place_behind(frame: &[u8], token: usize) -> Option<usize> {
    let mut place = 5;
    for _ in 0..token {
        let rest = frame.get(place..)?;
        let start = rest.iter().position(|byte| *byte != b' ')?;
        place += start + rest.get(start..)?.iter().position(|byte| *byte == b' ')?;
    }
    Some(place + 1)
}

/// The frame with the checksum that its bytes make, in the place where one belongs.
pub fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut frame = bytes.strip_prefix(b"\n").unwrap_or(bytes).to_vec();
    let tokens = match frame.get(3)? {
        b'n' | b's' => {
            let end = frame.iter().rposition(|byte| *byte == b' ')? + 1;
            frame.truncate(end);
            let crc = crc(&frame);
            frame.extend(format!("{crc:04X}\r").bytes());
            return Some([b"\n", &frame[..]].concat());
        }
        b'0'..=b'3' => 9,
        b'9' => 1,
        _ => return Some(bytes.to_vec()),
    };
    let place = place_behind(&frame, tokens)?;
    let (head, [found, ..]) = frame.split_at_mut_checked(place)? else {
        return None;
    };
    *found = sum(head);
    Some([b"\n", &frame[..]].concat())
}

/// Whether the checksum of a frame, from its LF or `*` on, is that of its bytes; `None` where it has none.
pub fn verifies(frame: &[u8], layout: &str) -> Option<bool> {
    let frame = frame.strip_prefix(b"\n").unwrap_or(frame);
    let tokens = match layout {
        "standard" | "xp" | "unit" => 9,
        "type" => 1,
        "counters" | "firmware" | "parts" => return None,
        _ => {
            let end = frame
                .iter()
                .position(|byte| *byte == b'\r' || *byte == 0)
                .unwrap_or(frame.len());
            let (head, digits) = frame[..end].split_at(end - 4);
            return Some(digits == format!("{:04X}", crc(head)).as_bytes());
        }
    };
    let place = place_behind(frame, tokens)?;
    Some(frame.get(place) == Some(&sum(&frame[..place])))
}
