//! DEVICE, as people write it.

use super::serial;
use super::tcp::Gateway;
use crate::kaco::connect::LinkError;
use crate::lines::CARRIAGE_RETURN;
use crate::sim::kaco::Mood;
use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a bus is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// A serial port: `/dev/ttyUSB0`.
    Serial(PathBuf),
    /// A serial gateway in the network: `tcp://host:port`.
    Tcp(Gateway),
    /// A recording: `replay:FILE`.
    Replay(PathBuf),
    /// Simulated inverters in the program itself, behind a real pseudo-terminal: `sim:`,
    /// `sim:night`, …
    Simulated(Mood),
}

/// As it was typed.
impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => write!(formatter, "{}", path.display()),
            Self::Tcp(gateway) => gateway.fmt(formatter),
            Self::Replay(path) => write!(formatter, "replay:{}", path.display()),
            Self::Simulated(mood) => write!(formatter, "sim:{mood}"),
        }
    }
}

/// What can't be a DEVICE.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Nothing.
    #[error(
        "no device given; write for example /dev/ttyUSB0, or sim: to try the program without \
        hardware"
    )]
    Empty,
    /// `sim:storm`.
    #[error("`{0}` is not a simulated bus; there are sim:, sim:night, sim:noisy and sim:fault")]
    UnknownSimulation(String),
    /// `tcp://host` without a port, or nothing like it.
    #[error(
        "`{0}` is not a gateway address; expected tcp://HOST:PORT, for example \
        tcp://192.168.1.9:8899"
    )]
    NotAGateway(String),
    /// `mqtt://host` in the place of a device.
    #[error("`{0}://…` is not a device; a broker is given by --mqtt, a gateway as tcp://HOST:PORT")]
    Url(String),
    /// `replay:`
    #[error("no recording given; write replay:FILE")]
    NoRecording,
    /// The end of a line of another system.
    #[error("{}", CARRIAGE_RETURN)]
    CarriageReturn,
    /// A blank that is not seen: `/dev/ttyUSB0 `.
    #[error("`{0}` begins or ends with a blank")]
    Blank(String),
    /// A gateway or a kind of device in another spelling.
    #[error("this is not the name of a serial port; did you mean {0}")]
    Misspelt(String),
}

/// The device that was probably meant by a text that is nearly one: `192.168.1.9:8899`, `SIM:`.
fn meant(text: &str) -> Option<String> {
    let (before, after) = text.split_once(':')?;
    if before.contains('/') {
        return None; // a path such as /dev/serial/by-path/pci-0000:00
    }
    let kind = before.to_ascii_lowercase();
    if ["sim", "tcp", "replay"].contains(&kind.as_str()) {
        return Some(format!("{kind}:{after}"));
    }
    let is_port = after.parse::<u16>().is_ok();
    (is_port && !before.is_empty()).then(|| format!("tcp://{text}"))
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text.split_once(':') {
            _ if text.is_empty() => Err(DeviceError::Empty),
            _ if text.ends_with('\r') => Err(DeviceError::CarriageReturn),
            _ if text != text.trim() => Err(DeviceError::Blank(text.escape_default().to_string())),
            Some(("sim", mood)) => Mood::named(mood)
                .map(Self::Simulated)
                .ok_or_else(|| DeviceError::UnknownSimulation(text.to_owned())),
            Some(("tcp", gateway)) => gateway
                .strip_prefix("//")
                .and_then(|gateway| gateway.trim_end_matches('/').parse().ok())
                .map(Self::Tcp)
                .ok_or_else(|| DeviceError::NotAGateway(text.to_owned())),
            Some((scheme, rest)) if rest.starts_with("//") => {
                // The scheme alone: a password may follow.
                Err(DeviceError::Url(scheme.escape_default().to_string()))
            }
            Some(("replay", "")) => Err(DeviceError::NoRecording),
            Some(("replay", file)) => Ok(Self::Replay(PathBuf::from(file))),
            _ => match meant(text) {
                Some(meant) => Err(DeviceError::Misspelt(meant)),
                None => Ok(Self::Serial(PathBuf::from(text))),
            },
        }
    }
}

impl Device {
    /// What is the same for all names of one device, such as `/dev/ttyUSB0` and that in
    /// `/dev/serial/by-id`.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Serial(path) => {
                let target = path.canonicalize();
                // The path of an unplugged adapter can't be resolved; at least `//` and `/./` are
                // normalized.
                let target = target.unwrap_or_else(|_| path.components().collect());
                target.display().to_string()
            }
            Self::Tcp(gateway) => gateway.identity(),
            Self::Replay(_) | Self::Simulated(_) => self.to_string(),
        }
    }

    /// Checks that it exists and may be used, without opening it. Of a gateway nothing can be seen
    /// that way.
    pub(crate) fn look(&self) -> Result<(), LinkError> {
        match self {
            Self::Serial(path) => serial::look(path),
            Self::Replay(path) => match File::open(path) {
                Ok(_) => Ok(()),
                Err(error) => Err(LinkError::Unusable {
                    device: self.to_string(),
                    reason: error.to_string(),
                }),
            },
            Self::Tcp(_) | Self::Simulated(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_distinguished() {
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
        let blank = DeviceError::Blank("/dev/ttyUSB0 ".to_owned());
        assert_eq!(parse("/dev/ttyUSB0 "), Err(blank));
        assert!(matches!(parse("tcp://host:23"), Ok(Device::Tcp(_))));
        assert!(parse("tcp://host").is_err() && parse("tcp:host:23").is_err());
        assert_eq!(parse("replay:a:b"), Ok(Device::Replay("a:b".into())));
        assert!(parse("replay:").is_err());
    }
}
