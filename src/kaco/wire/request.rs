//! Requests to an inverter. The types hold nothing but reads: no request can set anything.

use super::{Body, Frame};
use crate::address::Address;
use crate::reading::Decimal;

/// The daily yield of counters without an address may be this much above that of the readings
/// before them, Wh. They are requested seconds later, and a 10 kW inverter makes 3 Wh a second.
const YIELD_BETWEEN: Decimal = Decimal::from_parts(30, 0, 0, false, 0);

/// What is requested of an inverter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// The readings, of every inverter; a 000xi replies that its units are to be polled.
    Readings,
    /// The readings of one unit of a 000xi.
    Unit(UnitNumber),
    /// Counters of energy and time. A 000xi takes the same letter for its third unit.
    Counters {
        /// Daily yield of the readings before, Wh. Counters without an address are taken for those
        /// of the polled inverter if they fit it, else for those of another.
        daily_yield: Option<Decimal>,
    },
    /// Firmware.
    Firmware,
    /// Type code.
    TypeCode,
    /// Serial number, generic protocol only.
    SerialNumber,
}

/// One of the three inverters inside a 000xi.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitNumber {
    /// The first.
    One,
    /// The second.
    Two,
    /// The third.
    Three,
}

impl UnitNumber {
    /// All three, in order.
    pub(crate) const ALL: [Self; 3] = [Self::One, Self::Two, Self::Three];

    /// 1..=3
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

impl Command {
    /// The character on the wire.
    pub(crate) const fn character(self) -> u8 {
        match self {
            Self::Readings => b'0',
            Self::Unit(UnitNumber::One) => b'1',
            Self::Unit(UnitNumber::Two) => b'2',
            Self::Unit(UnitNumber::Three) | Self::Counters { .. } => b'3',
            Self::Firmware => b'8',
            Self::TypeCode => b'9',
            Self::SerialNumber => b's',
        }
    }

    /// What a command character requests, in a word or two; other masters may use more than this
    /// program does.
    pub(crate) const fn meaning(character: u8) -> &'static str {
        match character {
            b'0' => "readings",
            b'1' => "unit 1",
            b'2' => "unit 2",
            b'3' => "counters, or unit 3",
            b'8' => "firmware",
            b'9' => "type",
            b's' => "serial number",
            _ => "another command",
        }
    }
}

/// A request to one inverter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// The inverter that is polled.
    pub address: Address,
    /// What is requested of it.
    pub command: Command,
}

impl Request {
    /// The length of every request.
    pub(super) const LENGTH: usize = 5;

    /// The bytes on the wire: `#AAc` and CR.
    pub const fn bytes(self) -> [u8; Self::LENGTH] {
        let number = self.address.number();
        [
            b'#',
            b'0' + number / 10,
            b'0' + number % 10,
            self.command.character(),
            b'\r',
        ]
    }

    /// True if it requests the readings of an inverter.
    pub(crate) fn is_for_readings(self) -> bool {
        self.command == Command::Readings
    }

    /// Whether `frame` is a reply to this request, of the polled inverter.
    pub(crate) fn is_answered_by(&self, frame: &Frame) -> bool {
        let polled = self.address.number();
        let is_reply = match (self.command, &frame.body) {
            (Command::Readings, Body::Readings(readings)) => readings.unit.is_none(),
            (Command::Readings, Body::Generic(_) | Body::Parts)
            | (Command::Firmware, Body::Firmware(_))
            | (Command::TypeCode, Body::TypeCode(_))
            | (Command::SerialNumber, Body::SerialNumber(_)) => true,
            (Command::Unit(unit), Body::Readings(readings)) => readings.unit == Some(unit.number()),
            (Command::Counters { daily_yield }, Body::Counters(counters)) => {
                let now = Decimal::from(counters.daily_yield);
                let fits = |before| (before..=before + YIELD_BETWEEN).contains(&now);
                frame.address.is_some() || daily_yield.is_some_and(fits)
            }
            _ => false,
        };
        is_reply && frame.address.is_none_or(|address| address == polled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn requests_are_reads_and_nothing_else() {
        let commands = [
            Command::Readings,
            Command::Counters { daily_yield: None },
            Command::Firmware,
            Command::TypeCode,
            Command::SerialNumber,
        ]
        .into_iter()
        .chain(UnitNumber::ALL.map(Command::Unit));
        for command in commands {
            for address in (0..=255).filter_map(Address::new) {
                let bytes = Request { address, command }.bytes();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                assert_eq!(
                    text,
                    format!("#{address}{}\r", char::from(command.character()))
                );
                assert!(b"012389s".contains(&command.character()), "{text:?}");
            }
        }
    }

    #[test]
    fn units_are_requested_by_their_numbers() {
        assert_eq!(UnitNumber::ALL.map(UnitNumber::number), [1, 2, 3]);
        let characters = UnitNumber::ALL.map(|unit| Command::Unit(unit).character());
        assert_eq!(&characters, b"123");
    }

    #[test]
    fn every_command_of_the_program_means_something_and_no_other_does() {
        let known = b"012389s";
        let meanings: BTreeSet<&str> = known.iter().copied().map(Command::meaning).collect();
        assert_eq!(meanings.len(), known.len(), "{meanings:?}");
        for character in 0..=255 {
            let is_other = Command::meaning(character) == "another command";
            assert_eq!(is_other, !known.contains(&character), "{character}");
        }
    }
}
