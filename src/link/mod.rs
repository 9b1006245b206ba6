//! DEVICE, as people write it, to a byte stream.

mod holder;
mod serial;

use crate::kaco::connect::{Connect, LinkError};
use crate::sim::bus::Simulation;
use crate::sim::kaco::Mood;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

pub use tokio_serial::SerialStream;

/// Where a bus is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// A serial port: `/dev/ttyUSB0`.
    Serial(PathBuf),
    /// Simulated inverters in the program itself, behind a real pseudo-terminal: `sim:`, `sim:night`, `sim:noisy`.
    Simulated(Mood),
}

/// As it was typed.
impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => write!(formatter, "{}", path.display()),
            Self::Simulated(_) => formatter.write_str("the simulated bus"),
        }
    }
}

/// What can't be a DEVICE.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Nothing.
    #[error(
        "no device given; write for example /dev/ttyUSB0, or sim: to try the program without hardware"
    )]
    Empty,
    /// `sim:storm`.
    #[error("`{0}` is no simulated bus; there are sim:, sim:night and sim:noisy")]
    UnknownSimulation(String),
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text.split_once(':') {
            _ if text.is_empty() => Err(DeviceError::Empty),
            Some(("sim", mood)) => Mood::named(mood)
                .map(Self::Simulated)
                .ok_or_else(|| DeviceError::UnknownSimulation(text.to_owned())),
            _ => Ok(Self::Serial(PathBuf::from(text))),
        }
    }
}

/// A way to a device, opened when the bus wants it.
pub struct Link {
    device: Device,
    /// Runs as long as the link lives.
    simulation: Option<Simulation>,
}

impl Link {
    /// A link to this device, not open yet.
    pub const fn new(device: Device) -> Self {
        Self {
            device,
            simulation: None,
        }
    }
}

impl Connect for Link {
    type Stream = SerialStream;

    fn device(&self) -> String {
        self.device.to_string()
    }

    async fn connect(&mut self) -> Result<SerialStream, LinkError> {
        match &self.device {
            Device::Serial(path) => serial::open(path),
            Device::Simulated(mood) => {
                let simulation = match self.simulation.take() {
                    Some(running) => running,
                    None => {
                        Simulation::start(*mood, None).map_err(|error| LinkError::Unusable {
                            device: self.device.to_string(),
                            reason: error.to_string(),
                        })?
                    }
                };
                let stream = serial::open(simulation.path());
                self.simulation = Some(simulation);
                stream
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_apart() {
        let parse = |text: &str| text.parse::<Device>();
        assert_eq!(
            parse("/dev/ttyUSB0"),
            Ok(Device::Serial("/dev/ttyUSB0".into()))
        );
        assert_eq!(
            parse("/dev/serial/by-id/usb-x:1.0"),
            Ok(Device::Serial("/dev/serial/by-id/usb-x:1.0".into()))
        );
        assert_eq!(parse("sim:"), Ok(Device::Simulated(Mood::Day)));
        assert_eq!(parse("sim:noisy"), Ok(Device::Simulated(Mood::Noisy)));
        assert!(parse("sim:storm").is_err());
        assert!(parse("").is_err());
    }
}
