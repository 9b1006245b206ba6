//! Datagrams: requests to bytes, bytes to checked frames. Pure: no socket, no clock; what a payload
//! means is not known here.
//!
//! ```text
//!   0    1    2    3    4    5    6    7 …         last two
//! | AA   55 | src  dst  ctl | fn | len | payload … | sum     |
//! ```
//!
//! Source: the protocol note; two captured replies verify it.

/// What every frame starts with (protocol note, captures).
const HEADER: [u8; 2] = [0xaa, 0x55];

/// Source, destination and control of what is sent to an inverter (protocol note).
const TO_INVERTER: [u8; 3] = [0xb0, 0x7f, 0x01];

/// Source, destination and control of what an inverter sends (protocol note, captures).
const FROM_INVERTER: [u8; 3] = [0x7f, 0xb0, 0x01];

/// This bit of the function distinguishes a reply from its request: `06` is answered by `86`.
const REPLY: u8 = 0x80;

/// Header, source, destination, control, function and length.
const HEAD_LENGTH: usize = 7;

/// The 16-bit sum at the end.
const SUM_LENGTH: usize = 2;

/// Least bytes of readings: all that the known inverters send (captures). More may follow in newer
/// ones.
pub const READINGS_LENGTH: usize = 83;

/// UDP port where an inverter answers requests (protocol note).
pub const PORT: u16 = 8899;

/// UDP port where a WiFi module waits for [`DISCOVERY`] (protocol note).
pub const DISCOVERY_PORT: u16 = 48899;

/// Makes WiFi modules identify themselves, and makes a module serve data (protocol note).
pub const DISCOVERY: &[u8] = b"WIFIKIT-214028-READ";

/// A request to an inverter. All of them only read, and only these can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KstarRequest {
    /// All readings; every inverter answers.
    Readings,
    /// Firmware, model and serial number; not every inverter answers.
    Identity,
}

impl KstarRequest {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Readings, Self::Identity];

    /// The datagram, nine bytes: header, addresses, function, length 0, sum.
    pub fn bytes(self) -> Vec<u8> {
        assemble(TO_INVERTER, self.function(), &[])
    }

    /// The request that `datagram` is, if it is one (for the simulator).
    pub fn from_bytes(datagram: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|request| request.bytes() == datagram)
    }

    /// The function byte (protocol note).
    const fn function(self) -> u8 {
        match self {
            Self::Readings => 0x06,
            Self::Identity => 0x02,
        }
    }

    /// The request that a reply of `function` answers.
    fn answered_by(function: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|request| request.function() | REPLY == function)
    }
}

/// A reply whose header, addresses, function, length and sum are right; holds the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KstarFrame<'datagram> {
    /// Function `86`, at least [`READINGS_LENGTH`] bytes: see [`super::interpret::reading`].
    Readings(&'datagram [u8]),
    /// Function `82`, of any length: see [`super::identity::identity`].
    Identity(&'datagram [u8]),
}

impl<'datagram> KstarFrame<'datagram> {
    /// The request that this frame answers.
    pub(crate) const fn answers(self) -> KstarRequest {
        match self {
            Self::Readings(_) => KstarRequest::Readings,
            Self::Identity(_) => KstarRequest::Identity,
        }
    }

    /// The bytes between head and sum.
    pub(crate) const fn payload(self) -> &'datagram [u8] {
        match self {
            Self::Readings(payload) | Self::Identity(payload) => payload,
        }
    }

    /// The datagram, as an inverter sends it (for the simulator). A payload above 255 bytes, the
    /// most that the length byte can state, is cut there.
    pub fn bytes(self) -> Vec<u8> {
        assemble(
            FROM_INVERTER,
            self.answers().function() | REPLY,
            self.payload(),
        )
    }
}

/// Why a datagram is not a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KstarFrameError {
    /// It begins like a frame and ends too early.
    #[error("cut short: {got} bytes, at least {needed} expected")]
    Incomplete {
        /// Bytes in the datagram.
        got: usize,
        /// Bytes that a frame of this head has.
        needed: usize,
    },
    /// It is something else altogether.
    #[error("not a KSTAR frame: it does not start with aa 55")]
    Header,
    /// An echoed request, or a frame between others.
    #[error(
        "not from an inverter to us: source, destination and control are {0:02x?}, not [7f, b0, 01]"
    )]
    Direction([u8; 3]),
    /// The reply to a request that this program never sends.
    #[error("function {0:02x} is neither 86 (readings) nor 82 (identity)")]
    Function(u8),
    /// Bytes behind the end that the length byte states.
    #[error("{got} bytes, but the frame ends after {stated}")]
    Excess {
        /// Bytes in the datagram.
        got: usize,
        /// Bytes of the frame by its length byte.
        stated: usize,
    },
    /// Too little payload to be readings.
    #[error("readings of {0} bytes, at least {READINGS_LENGTH} expected")]
    FewReadings(usize),
    /// Damaged on the way.
    #[error("the bytes add up to {computed:04x}, but the frame states {stated:04x}")]
    Checksum {
        /// The sum of the bytes.
        computed: u16,
        /// The sum at the end of the frame.
        stated: u16,
    },
}

impl KstarFrameError {
    /// The kind in one word, as written in JSON: `checksum`, `incomplete`, `format` or `unknown`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "incomplete",
            Self::Header => "unknown",
            Self::Direction(_) | Self::Function(_) | Self::Excess { .. } | Self::FewReadings(_) => {
                "format"
            }
            Self::Checksum { .. } => "checksum",
        }
    }
}

/// Checks a datagram from its first byte to its last; one datagram is one frame. The error is the
/// first thing that is wrong, in the order of the bytes, the sum last.
pub fn parse(datagram: &[u8]) -> Result<KstarFrame<'_>, KstarFrameError> {
    // Of a datagram that is shorter, what is there counts: the beginning of a frame is incomplete,
    // not something else.
    if datagram.iter().zip(HEADER).any(|(byte, due)| *byte != due) {
        return Err(KstarFrameError::Header);
    }
    let (request, length) = head(datagram)?;
    let (payload, stated) = body(datagram, length)?;
    if request == KstarRequest::Readings && length < READINGS_LENGTH {
        return Err(KstarFrameError::FewReadings(length));
    }
    let computed = sum(datagram.iter().take(HEAD_LENGTH + length));
    if computed != stated {
        return Err(KstarFrameError::Checksum { computed, stated });
    }
    Ok(match request {
        KstarRequest::Readings => KstarFrame::Readings(payload),
        KstarRequest::Identity => KstarFrame::Identity(payload),
    })
}

/// The content of the first seven bytes: the request that is answered and the length of the
/// payload.
fn head(datagram: &[u8]) -> Result<(KstarRequest, usize), KstarFrameError> {
    let Some(&[_, _, source, destination, control, function, length]) =
        datagram.first_chunk::<HEAD_LENGTH>()
    else {
        return Err(KstarFrameError::Incomplete {
            got: datagram.len(),
            needed: HEAD_LENGTH + SUM_LENGTH,
        });
    };
    let direction = [source, destination, control];
    if direction != FROM_INVERTER {
        return Err(KstarFrameError::Direction(direction));
    }
    let request = KstarRequest::answered_by(function).ok_or(KstarFrameError::Function(function))?;
    Ok((request, usize::from(length)))
}

/// Payload and stated sum of a frame that must be exactly as long as its length byte states.
fn body(datagram: &[u8], length: usize) -> Result<(&[u8], u16), KstarFrameError> {
    let (got, stated) = (datagram.len(), HEAD_LENGTH + length + SUM_LENGTH);
    if got > stated {
        return Err(KstarFrameError::Excess { got, stated });
    }
    datagram
        .get(HEAD_LENGTH..)
        .and_then(|rest| rest.split_at_checked(length))
        .and_then(|(payload, sum)| Some((payload, u16::from_be_bytes(*sum.first_chunk()?))))
        .ok_or(KstarFrameError::Incomplete {
            got,
            needed: stated,
        })
}

/// Header, head and sum around a payload.
fn assemble(direction: [u8; 3], function: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap_or(u8::MAX);
    let mut datagram = Vec::with_capacity(HEAD_LENGTH + payload.len() + SUM_LENGTH);
    datagram.extend(HEADER);
    datagram.extend(direction);
    datagram.extend([function, length]);
    datagram.extend(payload.iter().take(usize::from(length)));
    datagram.extend(sum(datagram.iter()).to_be_bytes());
    datagram
}

/// The sum that ends a frame: 16 bits, carries beyond them are lost.
fn sum<'a>(bytes: impl Iterator<Item = &'a u8>) -> u16 {
    bytes.fold(0, |sum, byte| sum.wrapping_add(u16::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::captures::{CHARGING, IMPORTING, changed, datagram};
    use super::*;
    use proptest::prelude::*;

    /// `bytes` with their last two replaced by the right sum.
    fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - SUM_LENGTH);
        bytes.extend(sum(bytes.iter()).to_be_bytes());
        bytes
    }

    /// The request that is answered, or the kind of the error.
    fn kind(bytes: &[u8]) -> Result<KstarRequest, &'static str> {
        parse(bytes)
            .map(KstarFrame::answers)
            .map_err(|error| error.kind())
    }

    fn payload_length(bytes: &[u8]) -> Result<usize, KstarFrameError> {
        parse(bytes).map(|frame| frame.payload().len())
    }

    fn message(bytes: &[u8]) -> Option<String> {
        parse(bytes).err().map(|error| error.to_string())
    }

    #[test]
    fn requests_are_those_of_the_note() {
        let readings = [0xaa, 0x55, 0xb0, 0x7f, 0x01, 0x06, 0x00, 0x02, 0x35];
        let identity = [0xaa, 0x55, 0xb0, 0x7f, 0x01, 0x02, 0x00, 0x02, 0x31];
        assert_eq!(KstarRequest::Readings.bytes(), readings);
        assert_eq!(KstarRequest::Identity.bytes(), identity);
        assert_eq!(
            KstarRequest::from_bytes(&readings),
            Some(KstarRequest::Readings)
        );
        assert_eq!(
            KstarRequest::from_bytes(&identity),
            Some(KstarRequest::Identity)
        );
        assert_eq!(KstarRequest::from_bytes(DISCOVERY), None);
        assert_eq!(DISCOVERY.len(), 19);
    }

    #[test]
    fn captures_are_frames_and_come_back_the_same() {
        for capture in [CHARGING, IMPORTING] {
            let bytes = datagram(capture);
            assert_eq!(kind(&bytes), Ok(KstarRequest::Readings));
            assert_eq!(payload_length(&bytes), Ok(READINGS_LENGTH));
            assert_eq!(parse(&bytes).map(KstarFrame::bytes), Ok(bytes.clone()));
        }
        let identity = KstarFrame::Identity(b"1.02 KSE-4000  ");
        assert_eq!(parse(&identity.bytes()), Ok(identity));
    }

    #[test]
    fn a_longer_payload_is_taken_and_a_shorter_one_is_not() {
        for (sent, due) in [(83, 83), (84, 84), (255, 255), (300, 255)] {
            let bytes = KstarFrame::Readings(&vec![0xff; sent]).bytes();
            assert_eq!(payload_length(&bytes), Ok(due));
        }
        for length in [0, 9, 82] {
            let payload = vec![0; length];
            let short = KstarFrameError::FewReadings(length);
            assert_eq!(parse(&KstarFrame::Readings(&payload).bytes()), Err(short));
            assert_eq!(
                kind(&KstarFrame::Identity(&payload).bytes()),
                Ok(KstarRequest::Identity)
            );
        }
    }

    #[test]
    fn every_fault_has_its_kind() {
        let good = datagram(CHARGING);
        let with = |offset: usize, byte: u8| changed(good.clone(), offset, &[byte]);
        assert_eq!(kind(&with(40, 0x55)), Err("checksum"));
        assert_eq!(kind(&with(91, 0x55)), Err("checksum"));
        for offset in 0..2 {
            assert_eq!(
                kind(&summed(with(offset, 0x99))),
                Err("unknown"),
                "{offset}"
            );
        }
        for offset in 2..6 {
            assert_eq!(kind(&summed(with(offset, 0x99))), Err("format"), "{offset}");
        }
        assert_eq!(kind(&summed(with(6, 0x54))), Err("incomplete"));
        assert_eq!(kind(&summed(with(6, 0x52))), Err("format"));
        assert_eq!(kind(&KstarRequest::Readings.bytes()), Err("format"));
        assert_eq!(kind(&[good.as_slice(), &[0]].concat()), Err("format"));
        assert_eq!(kind(&KstarFrame::Readings(&[0; 82]).bytes()), Err("format"));
        for other in [&b"\n*02"[..], b"\xab", DISCOVERY] {
            assert_eq!(kind(other), Err("unknown"), "{other:?}");
        }
    }

    #[test]
    fn every_beginning_of_a_frame_is_incomplete() {
        let mut bytes = datagram(IMPORTING);
        while bytes.pop().is_some() {
            assert_eq!(kind(&bytes), Err("incomplete"), "{}", bytes.len());
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let good = datagram(CHARGING);
        for (bytes, due) in [
            (
                KstarRequest::Readings.bytes(),
                "not from an inverter to us: source, destination and control are [b0, 7f, 01], not [7f, b0, 01]",
            ),
            (
                changed(good.clone(), 91, &[0xc2]),
                "the bytes add up to 0ac3, but the frame states 0ac2",
            ),
            (
                changed(good.clone(), 5, &[0x9a]),
                "function 9a is neither 86 (readings) nor 82 (identity)",
            ),
            (
                KstarFrame::Readings(&[0; 5]).bytes(),
                "readings of 5 bytes, at least 83 expected",
            ),
            (
                [good.as_slice(), b"?"].concat(),
                "93 bytes, but the frame ends after 92",
            ),
            (b"\xaaU".to_vec(), "cut short: 2 bytes, at least 9 expected"),
        ] {
            assert_eq!(message(&bytes).as_deref(), Some(due));
        }
    }

    proptest! {
        #[test]
        fn no_datagram_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = parse(&bytes);
            let _ = parse(&[&HEADER[..], &FROM_INVERTER, &bytes].concat());
        }

        #[test]
        fn no_single_damaged_byte_is_accepted(
            payload in prop::collection::vec(any::<u8>(), READINGS_LENGTH..256),
            position in any::<prop::sample::Index>(),
            damage in 1..=u8::MAX,
        ) {
            let mut bytes = KstarFrame::Readings(&payload).bytes();
            prop_assert_eq!(parse(&bytes), Ok(KstarFrame::Readings(&payload)));
            *position.get_mut(&mut bytes) ^= damage;
            prop_assert!(parse(&bytes).is_err());
        }
    }
}
