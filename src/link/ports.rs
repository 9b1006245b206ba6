//! The serial ports of this machine, for the hint when one is missing.

use crate::escape;
use serialport::{SerialPortInfo, SerialPortType, UsbPortInfo, available_ports};
use std::fs;
use std::path::{Path, PathBuf};

/// A list of the ports there are, or what to do if there is none.
pub(super) fn hint() -> String {
    let sys = Path::new("/sys/class/tty");
    // Where it can't be read, the library panics.
    let usb = match fs::read_dir(sys) {
        Ok(_) => available_ports().unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    describe(&ports(Path::new("/dev"), sys), &usb)
}

/// A port that can be opened.
#[derive(Debug, PartialEq, Eq)]
struct Port {
    path: PathBuf,
    /// The kernel's name of the port.
    name: String,
}

fn describe(ports: &[Port], usb: &[SerialPortInfo]) -> String {
    if ports.is_empty() {
        return "there is no serial port on this machine: is the adapter plugged in? \
            `dmesg | grep tty` shows whether the system found it"
            .to_owned();
    }
    let mut text = "the serial ports here:".to_owned();
    let mut has_lasting = false;
    for Port { path, name } in ports {
        let is_lasting = !path.ends_with(name);
        has_lasting |= is_lasting;
        let now = is_lasting.then(|| format!("now {name}"));
        let known: Vec<String> = product(name, usb).into_iter().chain(now).collect();
        text += &format!("\n    {}", path.display());
        if !known.is_empty() {
            text += &format!("  ({})", known.join(", "));
        }
    }
    if has_lasting {
        text += "\n  names in by-id stay when an adapter is plugged in again; ttyUSB0 may become \
            ttyUSB1";
    }
    text
}

/// Maker, product and serial number of the USB adapter at this port, as the adapter reports them.
fn product(name: &str, usb: &[SerialPortInfo]) -> Option<String> {
    let port = usb
        .iter()
        .find(|port| Path::new(&port.port_name).ends_with(name))?;
    let SerialPortType::UsbPort(UsbPortInfo {
        manufacturer,
        product,
        serial_number,
        ..
    }) = &port.port_type
    else {
        return None;
    };
    let texts = [manufacturer, product, serial_number].into_iter().flatten();
    let texts: Vec<String> = texts
        .map(|text| escape::printable(text.as_bytes()))
        .collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// First the names that survive re-plugging, then the ports that have none. The library's list
/// lacks the ports of some boards, as its `platform` devices, and has no lasting names.
fn ports(dev: &Path, sys: &Path) -> Vec<Port> {
    let lasting = listed(&dev.join("serial/by-id"), |_| true);
    let plain = listed(dev, |name| {
        // ttyAMA is the UART of a Raspberry Pi.
        let is_adapter = ["ttyUSB", "ttyACM", "ttyAMA"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        is_adapter || (name.starts_with("ttyS") && has_chip(sys, name))
    });
    let mut ports: Vec<Port> = Vec::new();
    for path in lasting.into_iter().chain(plain) {
        let target = fs::canonicalize(&path).unwrap_or_default();
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        if !ports.iter().any(|port| port.name == name) {
            let name = name.into_owned();
            ports.push(Port { path, name });
        }
    }
    ports
}

/// Many ttyS exist without a chip behind them; their type is 0.
fn has_chip(sys: &Path, name: &str) -> bool {
    fs::read_to_string(sys.join(name).join("type")).is_ok_and(|kind| kind.trim() != "0")
}

fn listed(directory: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| wanted(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    paths.sort_unstable();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn ports_are_listed_with_the_names_that_stay() -> std::io::Result<()> {
        let root = tempfile::tempdir()?;
        let (dev, sys) = (root.path().join("dev"), root.path().join("sys"));
        fs::create_dir_all(dev.join("serial/by-id"))?;
        for name in ["ttyUSB0", "ttyUSB1", "ttyS0", "ttyS1", "null"] {
            fs::write(dev.join(name), "")?;
        }
        for (name, kind) in [("ttyS0", "4\n"), ("ttyS1", "0\n")] {
            fs::create_dir_all(sys.join(name))?;
            fs::write(sys.join(name).join("type"), kind)?;
        }
        let stays = "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0";
        symlink("../../ttyUSB1", dev.join("serial/by-id").join(stays))?;
        let usb = |name: &str, manufacturer: Option<&str>, product: &str| SerialPortInfo {
            port_name: format!("/dev/{name}"),
            port_type: SerialPortType::UsbPort(UsbPortInfo {
                vid: 0x0403,
                pid: 0x6001,
                serial_number: manufacturer.map(|_| "A50285BI".to_owned()),
                manufacturer: manufacturer.map(str::to_owned),
                product: Some(product.to_owned()),
            }),
        };
        let usb = [
            usb("ttyUSB1", Some("FTDI"), "FT232R USB UART"),
            usb("ttyUSB0", None, "USB\x1b[2JSerial"),
        ];
        let text = describe(&ports(&dev, &sys), &usb).replace(&dev.display().to_string(), "/dev");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "the serial ports here:",
                "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0  (FTDI FT232R USB UART A50285BI, now ttyUSB1)",
                "/dev/ttyS0",
                "/dev/ttyUSB0  (USB\\x1b[2JSerial)",
                "names in by-id stay when an adapter is plugged in again; ttyUSB0 may become ttyUSB1",
            ]
        );
        assert!(describe(&[], &[]).contains("dmesg"));
        Ok(())
    }
}
