//! What a point of a SunSpec model is, and how its registers are encoded.

use super::values::{Tracker, Values};
use crate::reading::Decimal;

/// The type of a point, as the SunSpec models name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PointType {
    /// Unsigned, one register; 0xFFFF is "not implemented".
    U16,
    /// Signed, one register; 0x8000 is "not implemented".
    I16,
    /// Unsigned, two registers; 0xFFFFFFFF is "not implemented".
    U32,
    /// A counter of two registers; 0 is "not implemented".
    Acc32,
    /// A code; 0xFFFF is "not implemented".
    Enum16,
    /// Bits of one register; 0xFFFF is "not implemented".
    Bits16,
    /// Bits of two registers; 0xFFFFFFFF is "not implemented".
    Bits32,
    /// A scale factor; 0x8000 is "not implemented".
    ScaleFactor,
    /// A text of this many registers, filled up with zeros; empty is "not implemented".
    Text(usize),
    /// One register that aligns the next point; 0x8000.
    Pad,
}

impl PointType {
    /// How many registers it takes.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::U32 | Self::Acc32 | Self::Bits32 => 2,
            Self::Text(registers) => registers,
            _ => 1,
        }
    }

    /// The name in the SunSpec models.
    #[cfg(test)]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::Acc32 => "acc32",
            Self::Enum16 => "enum16",
            Self::Bits16 => "bitfield16",
            Self::Bits32 => "bitfield32",
            Self::ScaleFactor => "sunssf",
            Self::Text(_) => "string",
            Self::Pad => "pad",
        }
    }

    /// The registers of a number; of "not implemented" if there is none or if it does not fit.
    fn encode(self, number: Option<i64>, registers: &mut Vec<u16>) {
        let fit = |low: i64, high: i64| number.filter(|number| (low..=high).contains(number));
        let word = |number: Option<i64>, unknown: u16| {
            let low = number.map(|number| number & 0xFFFF);
            low.and_then(|low| u16::try_from(low).ok())
                .unwrap_or(unknown)
        };
        let pair = |number: Option<i64>, unknown: u32| {
            let number = number.and_then(|number| u32::try_from(number).ok());
            let [a, b, c, d] = number.unwrap_or(unknown).to_be_bytes();
            [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
        };
        match self {
            Self::U16 | Self::Enum16 => registers.push(word(fit(0, 0xFFFE), 0xFFFF)),
            Self::I16 => registers.push(word(fit(-0x7FFF, 0x7FFF), 0x8000)),
            Self::ScaleFactor => registers.push(word(fit(-10, 10), 0x8000)),
            // With its highest bit set, a bit field means nothing (SunSpec), so 15 or 31 bits
            // count.
            Self::Bits16 => registers.push(word(fit(0, 0x7FFF), 0xFFFF)),
            Self::U32 => registers.extend(pair(fit(0, 0xFFFF_FFFE), 0xFFFF_FFFF)),
            Self::Acc32 => registers.extend(pair(fit(0, 0xFFFF_FFFF), 0)),
            Self::Bits32 => registers.extend(pair(fit(0, 0x7FFF_FFFF), 0xFFFF_FFFF)),
            Self::Text(size) => registers.extend(std::iter::repeat_n(0, size)),
            Self::Pad => registers.push(0x8000),
        }
    }
}

/// The power of ten of a number. It never changes while a device exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// The same for every device.
    Fixed(i8),
    /// That of powers: by the rated power of the device.
    Power,
}

impl Scale {
    const fn exponent(self, values: &Values) -> i8 {
        match self {
            Self::Fixed(exponent) => exponent,
            Self::Power => values.power_scale,
        }
    }

    /// A number in steps of the scale, rounded; `None` if it is beyond every register.
    fn steps(self, number: Decimal, values: &Values) -> Option<i64> {
        let exponent = i64::from(self.exponent(values));
        // No scale factor is beyond 2, and 10 to the third does not fit a u8.
        let factor = Decimal::from(10_u8.pow(u32::try_from(exponent.abs()).ok()?.min(2)));
        let steps = if exponent < 0 {
            number.checked_mul(factor)?
        } else {
            number.checked_div(factor)?
        };
        i64::try_from(steps.round()).ok()
    }
}

/// Where the value of a point comes from.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// From a value, in steps of a scale.
    Number(fn(&Values) -> Option<Decimal>, Scale),
    /// From a value of the tracker that a repeating group belongs to.
    Tracker(fn(&Tracker) -> Option<Decimal>, Scale),
    /// A code, bits or a count.
    Code(fn(&Values) -> Option<i64>),
    Text(fn(&Values) -> &str),
    /// The name of the tracker that a repeating group belongs to.
    TrackerName,
    /// The exponent of a scale.
    Scale(Scale),
    /// No inverter reports it: not implemented.
    NotServed,
}

/// One row of a model's table.
#[derive(Clone, Copy)]
pub(super) struct Point {
    /// The name in the SunSpec models.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only the documentation shows it")
    )]
    pub(super) name: &'static str,
    pub(super) form: PointType,
    pub(super) content: Content,
    /// What is served, for the documentation; empty for points that explain themselves.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only the documentation shows it")
    )]
    pub(super) about: &'static str,
}

impl Point {
    /// Appends the registers of this point.
    pub(super) fn encode(
        &self,
        values: &Values,
        tracker: Option<&Tracker>,
        registers: &mut Vec<u16>,
    ) {
        let number = match self.content {
            Content::Number(get, scale) => {
                get(values).and_then(|number| scale.steps(number, values))
            }
            Content::Tracker(get, scale) => tracker
                .and_then(get)
                .and_then(|number| scale.steps(number, values)),
            Content::Code(get) => get(values),
            Content::Scale(scale) => Some(i64::from(scale.exponent(values))),
            Content::Text(get) => return self.encode_text(get(values), registers),
            Content::TrackerName => {
                let name = tracker.map(|tracker| tracker.name.as_str());
                return self.encode_text(name.unwrap_or_default(), registers);
            }
            Content::NotServed => None,
        };
        self.form.encode(number, registers);
    }

    /// UTF-8, two bytes per register; characters that do not fit whole are left out.
    fn encode_text(&self, text: &str, registers: &mut Vec<u16>) {
        let is_shown = |one: &char| !one.is_control() && *one != char::REPLACEMENT_CHARACTER;
        let room = 2 * self.form.size();
        let mut bytes = Vec::with_capacity(room);
        for letter in text.chars().filter(is_shown) {
            if bytes.len() + letter.len_utf8() > room {
                break;
            }
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        bytes.resize(room, 0);
        let words = bytes
            .chunks_exact(2)
            .filter_map(|pair| pair.try_into().ok());
        registers.extend(words.map(u16::from_be_bytes));
    }
}

/// Appends a model: its number, its length, its points.
pub(super) fn encode_model(
    number: u16,
    points: &[Point],
    groups: Option<(&[Point], &[Tracker])>,
    values: &Values,
    registers: &mut Vec<u16>,
) {
    registers.push(number);
    let (group, trackers) = groups.unwrap_or_default();
    let length = size(points) + size(group) * trackers.len();
    registers.push(u16::try_from(length).unwrap_or(u16::MAX));
    for point in points {
        point.encode(values, None, registers);
    }
    for tracker in trackers {
        for point in group {
            point.encode(values, Some(tracker), registers);
        }
    }
}

/// How many registers points take.
pub(super) fn size(points: &[Point]) -> usize {
    points.iter().map(|point| point.form.size()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letters_and_no_letter_is_cut() {
        let point = Point {
            name: "Md",
            form: PointType::Text(4),
            content: Content::NotServed,
            about: "",
        };
        for (text, due) in [
            ("S\u{fc}d", "S\u{fc}d\0\0\0\0"),
            ("1234567\u{fc}", "1234567\0"),
            ("12345678", "12345678"),
            ("a\nb\u{fffd}c", "abc\0\0\0\0\0"),
            ("", "\0\0\0\0\0\0\0\0"),
        ] {
            let mut registers = Vec::new();
            point.encode_text(text, &mut registers);
            let bytes: Vec<u8> = registers
                .iter()
                .flat_map(|word| word.to_be_bytes())
                .collect();
            assert_eq!(bytes, due.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_not_implemented() {
        for (form, number, due) in [
            (PointType::U16, Some(0xFFFE), vec![0xFFFE]),
            (PointType::U16, Some(0xFFFF), vec![0xFFFF]),
            (PointType::U16, Some(0x1_0000), vec![0xFFFF]),
            (PointType::U16, Some(-1), vec![0xFFFF]),
            (PointType::U16, None, vec![0xFFFF]),
            (PointType::I16, Some(-1), vec![0xFFFF]),
            (PointType::I16, Some(0x8000), vec![0x8000]),
            (PointType::I16, Some(-0x8000), vec![0x8000]),
            (PointType::I16, None, vec![0x8000]),
            (PointType::Acc32, Some(0x1_0002), vec![1, 2]),
            (PointType::Acc32, Some(0x1_0000_0000), vec![0, 0]),
            (PointType::Acc32, None, vec![0, 0]),
            (PointType::U32, None, vec![0xFFFF, 0xFFFF]),
            (PointType::Bits32, None, vec![0xFFFF, 0xFFFF]),
            (PointType::Bits16, None, vec![0xFFFF]),
            (PointType::Enum16, None, vec![0xFFFF]),
            (PointType::ScaleFactor, Some(-2), vec![0xFFFE]),
            (PointType::Pad, None, vec![0x8000]),
        ] {
            let mut registers = Vec::new();
            form.encode(number, &mut registers);
            assert_eq!(registers, due, "{form:?} of {number:?}");
            assert_eq!(registers.len(), form.size());
        }
    }
}
