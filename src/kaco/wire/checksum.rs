//! The two checksums of the protocol, and that of Modbus RTU.

use crc::{CRC_16_IBM_SDLC, CRC_16_MODBUS, Crc, NoTable, Table};

/// CRC-16/X-25: polynomial 0x1021 reflected, start and final XOR 0xFFFF (maker's note; verified on
/// captures).
const X25: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_SDLC);

/// CRC-16/MODBUS.
// Without a table: it is needed only where faults are searched for.
const MODBUS: Crc<u16, NoTable> = Crc::<u16, NoTable>::new(&CRC_16_MODBUS);

/// Sum of all bytes modulo 256: standard protocol and type replies, from `*` up to the blank before
/// the checksum byte.
pub(crate) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// CRC of the generic protocol, from `*` up to the last blank before the four digits.
pub(crate) fn crc(bytes: &[u8]) -> u16 {
    X25.checksum(bytes)
}

/// CRC of Modbus RTU; its low byte is sent first.
pub(super) fn modbus(bytes: &[u8]) -> u16 {
    MODBUS.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The check value that the catalogue of CRCs gives for X-25.
        assert_eq!(crc(b"123456789"), 0x906E);
        assert_eq!(crc(b"*03s 8.6TL01736586 "), 0x3EA8);
        assert_eq!(sum(b"*019 6400xi "), 0xAF);
        assert_eq!(sum(&[0xFF, 2]), 1);
    }
}
