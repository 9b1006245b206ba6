//! KSTAR hybrid inverters on the network.
//!
//! | module | does |
//! |---|---|
//! | [`client`], [`search`] | one request, one outcome; the search |
//! | `socket`, [`interfaces`], [`timing`] | UDP; the networks of this machine; the waits |
//! | [`interpret`] | a checked frame becomes a reading, by its table |
//! | [`layout`], `column`, `faults` | the table of columns, its entries, names of error bits |
//! | [`identity`], [`discovery`] | identities of inverters, answers of modules |
//! | [`wire`] | datagrams to checked frames |
//!
//! From [`interpret`] on nothing opens a socket or looks at a clock. `docs/kstar-protocol.md` has
//! all of the protocol.

mod cells;
pub(crate) mod client;
pub(crate) mod column;
pub mod discovery;
pub(crate) mod faults;
pub mod identity;
pub(crate) mod interfaces;
pub mod interpret;
pub mod layout;
pub(crate) mod search;
mod socket;
pub(crate) mod timing;
pub mod wire;

/// Real frames of a KSE4000 for the tests of this module.
#[cfg(test)]
mod captures {
    use super::wire::KstarFrame;
    use crate::escape::from_hex;

    /// Charges its battery, the grid idle.
    pub(super) const CHARGING: &str = "\
        aa557fb0018653065500070206c400110201fa00000000000000040000000001004700470003000000092f0012\
        0003138001092f0005013b13800102012d00000000000034a300000f470039003a0000411001a7010030000001\
        0ac3";

    /// Imports 303 W.
    pub(super) const IMPORTING: &str = "\
        aa557fb0018653068900060206f9000d0201ed0000000000000000000000000100320032000300000009380010\
        012f1394010938000502521394010200fc000000000000369c00000fee00230044000044260176010030020001\
        0cb7";

    /// Where, and the bytes that stand there instead.
    pub(super) type Change<'a> = (usize, &'a [u8]);

    pub(super) fn datagram(hex: &str) -> Vec<u8> {
        from_hex(hex).unwrap_or_default()
    }

    /// `bytes` with others from `offset` on.
    pub(super) fn changed(mut bytes: Vec<u8>, offset: usize, others: &[u8]) -> Vec<u8> {
        for (old, new) in bytes.iter_mut().skip(offset).zip(others) {
            *old = *new;
        }
        bytes
    }

    /// The payload of a capture with some bytes changed.
    pub(super) fn payload(hex: &str, changes: &[Change<'_>]) -> Vec<u8> {
        let datagram = datagram(hex);
        let payload = super::wire::parse(&datagram).map_or(&[][..], KstarFrame::payload);
        changes
            .iter()
            .fold(payload.to_vec(), |bytes, (offset, others)| {
                changed(bytes, *offset, others)
            })
    }
}
