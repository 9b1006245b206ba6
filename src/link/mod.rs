//! From DEVICE to a byte stream.

pub(crate) mod claim;
mod device;
pub(crate) mod dial;
mod holder;
mod ports;
mod replay;
mod serial;
mod stream;
mod tcp;

pub use device::{Device, DeviceError};

use crate::kaco::connect::{Connect, LinkError};
use crate::sim::simulation::Simulation;
use claim::Claim;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// A way to a device, opened when the bus wants it.
pub(crate) struct Link {
    device: Device,
    /// Runs as long as the link lives.
    simulation: Option<Simulation>,
    /// Of a gateway; as long as the link lives.
    claim: Option<Claim>,
}

impl Link {
    /// A link to this device, not open yet.
    pub(crate) const fn new(device: Device) -> Self {
        Self {
            device,
            simulation: None,
            claim: None,
        }
    }
}

/// Bytes to and from a bus, whatever is between.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> ByteStream for T {}

impl Connect for Link {
    type Stream = Box<dyn ByteStream>;

    fn device(&self) -> String {
        self.device.to_string()
    }

    async fn connect(&mut self) -> Result<Self::Stream, LinkError> {
        Ok(match &self.device {
            Device::Serial(path) => Box::new(serial::open(path)?),
            Device::Tcp(gateway) => {
                // Kept when the bus opens the link again: no other run comes in between.
                if self.claim.is_none() {
                    self.claim = claim::take(gateway)?;
                }
                Box::new(tcp::open(gateway).await?)
            }
            Device::Replay(path) => Box::new(replay::open(path)?),
            Device::Simulated(mood) => {
                let unusable = |error: io::Error| LinkError::Unusable {
                    device: self.device.to_string(),
                    reason: error.to_string(),
                };
                // A link that is opened again leads to the same inverters.
                let simulation = match &mut self.simulation {
                    Some(running) => running,
                    none => none.insert(Simulation::start(*mood, None).map_err(unusable)?),
                };
                Box::new(serial::open(simulation.path())?)
            }
        })
    }
}
