//! A gateway for this run alone: many accept several clients, whose requests would meet on the bus.
//!
//! The lock is a name in the kernel, of a socket that nothing is sent to. It goes with the process,
//! however that ends, and holds on this machine; in a container, for that container.

use super::tcp::Gateway;
use crate::inverter::fingerprint;
use crate::kaco::connect::LinkError;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use tracing::info;

/// Held as long as this value lives.
pub(crate) struct Claim(#[allow(dead_code, reason = "held, not used")] UnixDatagram);

/// Bytes of such a name at most (unix(7)).
const LONGEST: usize = 107;

/// Takes a name for this process. [`io::ErrorKind::AddrInUse`] if another run has it; others where
/// the system has no such names.
pub(crate) fn hold(name: &str) -> io::Result<Claim> {
    let mut name = format!("kaco_ardexa {name}");
    // Brokers in a cloud and gateways behind one have long names.
    if name.len() > LONGEST {
        name = format!("kaco_ardexa {:016x}", fingerprint(&name));
    }
    let address = SocketAddr::from_abstract_name(name)?;
    UnixDatagram::bind_addr(&address).map(Claim)
}

/// Takes a gateway; `None` where the system has no such names.
pub(super) fn take(gateway: &Gateway) -> Result<Option<Claim>, LinkError> {
    match hold(&gateway.identity()) {
        Ok(claim) => Ok(Some(claim)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(LinkError::Busy {
            device: gateway.to_string(),
            holder: Some("another run".to_owned()),
        }),
        Err(error) => {
            info!("{gateway} can't be locked ({error}): make sure that no two runs use it");
            Ok(None)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_are_held_once() {
        for length in [1, 95, 96, 300] {
            let name = format!("{:0>length$}", std::process::id());
            let held = hold(&name).unwrap();
            let again = hold(&name).err().map(|error| error.kind());
            assert_eq!(again, Some(io::ErrorKind::AddrInUse), "{length}");
            drop(held);
            hold(&name).unwrap();
        }
    }
}
