//! Modbus TCP: requests out of bytes, and the bytes of replies. Pure; bytes come from anywhere.
//!
//! ```text
//! 00 01   00 00     00 06   7E    03        9C 40    00 7D
//! number  protocol  length  unit  function  address  count
//! ```
//! Only the functions that read have a form here: nothing of any other request is looked at, so
//! nothing that a client sends can be written anywhere. The codec of `tokio-modbus` would decode
//! writes, and close the connection where an exception is due (functions from 0x80 on, requests of
//! the wrong length).

/// The most bytes that a request can have.
pub const LONGEST: usize = 260;
/// The most registers that one request can read.
const MOST_REGISTERS: u16 = 125;
/// Bytes before the ones that the length counts.
const HEAD: usize = 6;

/// Why a request has no registers as its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// The function is not one that reads registers.
    Function,
    /// A register is outside the map.
    Address,
    /// No registers, more than 125, or a request of the wrong length.
    Value,
    /// No unit has this number, or its values are not known now.
    Unavailable,
}

impl Exception {
    /// The code on the wire.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Function => 1,
            Self::Address => 2,
            Self::Value => 3,
            Self::Unavailable => 0x0B,
        }
    }
}

/// Registers that a client requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Address of the first, from 0.
    pub(super) first: u16,
    /// How many, 1..=125.
    pub count: u16,
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModbusRequest {
    /// The client's number for the request, which the reply repeats.
    pub(super) transaction: u16,
    /// The unit that is to reply.
    pub unit: u8,
    /// The function code.
    pub function: u8,
    /// What is to be read, or why nothing can be.
    pub wanted: Result<Range, Exception>,
}

/// What bytes from a client are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParsedRequest {
    /// The beginning of a request.
    Partial,
    /// A request of this many bytes.
    Whole(ModbusRequest, usize),
    /// Not Modbus TCP; where a request would begin again is unknown.
    Garbage,
}

/// Takes the first request of `bytes`.
pub fn parse(bytes: &[u8]) -> ParsedRequest {
    // Checked before the rest is there, so that a client of another protocol is closed at once.
    if let Some([first, second]) = bytes.get(2..4)
        && [*first, *second] != [0, 0]
    {
        return ParsedRequest::Garbage;
    }
    let Some(&[high, low, _, _, length_high, length_low]) = bytes.first_chunk::<HEAD>() else {
        return ParsedRequest::Partial;
    };
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    if !(2..=LONGEST - HEAD).contains(&length) {
        return ParsedRequest::Garbage;
    }
    let Some([unit, function, rest @ ..]) = bytes.get(HEAD..HEAD + length) else {
        return ParsedRequest::Partial;
    };
    let request = ModbusRequest {
        transaction: u16::from_be_bytes([high, low]),
        unit: *unit,
        function: *function,
        wanted: wanted(*function, rest),
    };
    ParsedRequest::Whole(request, HEAD + length)
}

/// What a request is to read. Input registers (function 4) are the same as holding registers (3).
fn wanted(function: u8, rest: &[u8]) -> Result<Range, Exception> {
    if !matches!(function, 3 | 4) {
        return Err(Exception::Function);
    }
    let &[first_high, first_low, count_high, count_low] = rest else {
        return Err(Exception::Value);
    };
    let first = u16::from_be_bytes([first_high, first_low]);
    let count = u16::from_be_bytes([count_high, count_low]);
    if (1..=MOST_REGISTERS).contains(&count) {
        Ok(Range { first, count })
    } else {
        Err(Exception::Value)
    }
}

/// Appends the reply to a request.
pub fn reply(request: &ModbusRequest, read: Result<&[u16], Exception>, bytes: &mut Vec<u8>) {
    let counted = read.and_then(|registers| {
        let count = u8::try_from(registers.len() * 2).map_err(|_| Exception::Value)?;
        Ok((registers, count))
    });
    let length = match counted {
        Ok((_, count)) => 3 + u16::from(count),
        Err(_) => 3,
    };
    bytes.extend(request.transaction.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(length.to_be_bytes());
    bytes.push(request.unit);
    match counted {
        Ok((registers, count)) => {
            bytes.extend([request.function, count]);
            for register in registers {
                bytes.extend(register.to_be_bytes());
            }
        }
        Err(exception) => bytes.extend([request.function | 0x80, exception.code()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(function: u8, rest: &[u8]) -> Vec<u8> {
        let length = u8::try_from(rest.len() + 2).unwrap_or_default();
        [&[0, 7, 0, 0, 0, length, 126, function], rest].concat()
    }

    /// The request that these bytes are; another one if they are none.
    fn whole(bytes: &[u8]) -> (ModbusRequest, usize) {
        match parse(bytes) {
            ParsedRequest::Whole(request, length) => (request, length),
            _ => (
                ModbusRequest {
                    transaction: 0,
                    unit: 0,
                    function: 0,
                    wanted: Err(Exception::Unavailable),
                },
                0,
            ),
        }
    }

    #[test]
    fn every_function_that_does_not_read_is_refused() {
        for function in 0..=255 {
            for rest in [&[0x9C, 0x40, 0, 2][..], &[0x9C], &[], &[0; 252]] {
                let bytes = request(function, rest);
                let (parsed, length) = whole(&bytes);
                let due = match (function, rest.len()) {
                    (3 | 4, 4) => Ok(Range {
                        first: 40000,
                        count: 2,
                    }),
                    (3 | 4, _) => Err(Exception::Value),
                    _ => Err(Exception::Function),
                };
                assert_eq!((parsed.wanted, length), (due, bytes.len()));
                assert_eq!((parsed.transaction, parsed.unit), (7, 126));
                let mut bytes = Vec::new();
                reply(&parsed, Err(Exception::Function), &mut bytes);
                assert_eq!(bytes, [0, 7, 0, 0, 0, 3, 126, function | 0x80, 1]);
            }
        }
    }

    #[test]
    fn counts_have_limits() {
        for (count, is_right) in [(0, false), (1, true), (125, true), (126, false)] {
            let wanted = wanted(3, &[0, 0, 0, count]);
            assert_eq!(wanted.is_ok(), is_right, "{count}");
            assert!(is_right || wanted == Err(Exception::Value));
        }
        assert_eq!(wanted(4, &[0, 0, 1, 0]), Err(Exception::Value));
    }

    #[test]
    fn other_protocols_and_lengths_are_garbage() {
        for bytes in [
            &b"GET / HTTP/1.1"[..],
            &[0, 1, 0, 1],
            &[0, 1, 0, 0, 0, 1],
            &[0, 1, 0, 0, 0, 255],
        ] {
            assert_eq!(parse(bytes), ParsedRequest::Garbage, "{bytes:?}");
        }
    }

    #[test]
    fn replies_hold_the_registers() {
        let (parsed, _) = whole(&request(4, &[0, 0, 0, 2]));
        let mut bytes = Vec::new();
        reply(&parsed, Ok(&[0x5375, 0x6E53]), &mut bytes);
        assert_eq!(bytes, b"\0\x07\0\0\0\x07~\x04\x04SunS");
    }

    proptest! {
        #[test]
        fn a_request_is_the_same_however_it_arrives(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            match parse(&bytes) {
                ParsedRequest::Whole(_, length) => {
                    prop_assert!((8..=LONGEST).contains(&length) && length <= bytes.len());
                    let part = |end| bytes.get(..end).map(parse);
                    for end in 0..length {
                        prop_assert_eq!(part(end), Some(ParsedRequest::Partial));
                    }
                    prop_assert_eq!(part(length), Some(parse(&bytes)));
                }
                ParsedRequest::Partial => prop_assert!(bytes.len() < LONGEST),
                ParsedRequest::Garbage => {}
            }
        }

        #[test]
        fn requests_for_registers_come_out_as_they_went_in(
            transaction: u16, unit: u8, first: u16, count in 1_u16..=125, input: bool,
        ) {
            let function = if input { 4 } else { 3 };
            let mut bytes = transaction.to_be_bytes().to_vec();
            bytes.extend([0, 0, 0, 6, unit, function]);
            bytes.extend(first.to_be_bytes());
            bytes.extend(count.to_be_bytes());
            let wanted = Ok(Range { first, count });
            let request = ModbusRequest { transaction, unit, function, wanted };
            prop_assert_eq!(parse(&bytes), ParsedRequest::Whole(request, 12));
        }
    }
}
