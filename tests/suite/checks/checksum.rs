//! The checksums of the KACO protocol, written once more in the plainest way: a program that judges
//! itself finds nothing.

/// The sum of the standard protocol.
pub fn sum(bytes: &[u8]) -> u8 {
    let sum: usize = bytes.iter().map(|byte| usize::from(*byte)).sum();
    u8::try_from(sum % 256).expect("a byte")
}

/// What a byte does to a register of CRC-16/X-25, bit by bit; linear without its start and its
/// final value.
pub fn fed(register: u16, byte: u8) -> u16 {
    (0..8).fold(register ^ u16::from(byte), |register, _| {
        register >> 1 ^ if register & 1 == 1 { 0x8408 } else { 0 }
    })
}

/// CRC-16/X-25.
pub fn crc(bytes: &[u8]) -> u16 {
    !bytes.iter().copied().fold(0xFFFF, fed)
}

/// The place behind the blank that follows the token of this number, counted from 1, in a frame
/// from `*` on.
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

/// Whether the checksum of a frame, from its LF or `*` on, is that of its bytes; `None` where it
/// has none.
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

/// A good reply whose checksum byte is `sum`: DC power, AC power and daily yield are chosen to
/// reach it.
pub fn frame_with_sum(sum: u8) -> Vec<u8> {
    // 0, 1..9, 19..99, 199..999 and so on: few numbers of many digit sums.
    let numbers = |digits: u32| {
        let of_length =
            move |zeros: u32| (1..=9).map(move |first| (first + 1) * 10_u32.pow(zeros) - 1);
        (0..digits).flat_map(of_length).chain([0])
    };
    let text = |(dc_power, ac_power, daily_yield)| {
        format!("*030   4 355.9  2.92 {dc_power:5} 239.5  4.12 {ac_power:5}  40 {daily_yield:6} ")
    };
    numbers(5)
        .flat_map(|dc_power| numbers(5).map(move |ac_power| (dc_power, ac_power)))
        .flat_map(|(dc, ac)| numbers(6).map(move |energy| (dc, ac, energy)))
        .map(text)
        .find(|text| self::sum(text.as_bytes()) == sum)
        .map(|text| [b"\n", text.as_bytes(), &[sum], b" 5000xi\r"].concat())
        .unwrap_or_else(|| panic!("no values give {sum:#04x}"))
}
