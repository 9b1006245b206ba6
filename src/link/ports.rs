//! The serial ports of this machine: for the hint when one is missing, nothing else.

use std::fs;
use std::path::{Path, PathBuf};

/// A list of the ports there are, or what to do if there is none.
pub(super) fn hint() -> String {
    describe(&ports(Path::new("/dev"), Path::new("/sys/class/tty")))
}

/// A port and what is known of it.
#[derive(Debug, PartialEq, Eq)]
struct Port {
    path: PathBuf,
    /// The kernel's name now, for a name that stays.
    now: Option<String>,
}

fn describe(ports: &[Port]) -> String {
    if ports.is_empty() {
        return "there is no serial port on this machine: is the adapter plugged in? `dmesg | grep tty` shows what became of it"
            .to_owned();
    }
    let mut text = "the serial ports here:".to_owned();
    for Port { path, now } in ports {
        text += &format!("\n    {}", path.display());
        if let Some(now) = now {
            text += &format!("  ({}, now {now})", product(path));
        }
    }
    if ports.iter().any(|port| port.now.is_some()) {
        text += "\n  names in by-id stay when an adapter is plugged in again; ttyUSB0 may become ttyUSB1";
    }
    text
}

/// `usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0` says `FTDI FT232R USB UART A50285BI`.
fn product(path: &Path) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let name = name.strip_prefix("usb-").unwrap_or(&name);
    let name = name.rsplit_once("-if").map_or(name, |(product, _)| product);
    name.replace('_', " ")
}

/// First the names that survive re-plugging, then the ports that have none.
fn ports(dev: &Path, sys: &Path) -> Vec<Port> {
    let now = |path: &Path| {
        Some(
            fs::canonicalize(path)
                .ok()?
                .file_name()?
                .to_string_lossy()
                .into_owned(),
        )
    };
    let mut ports: Vec<Port> = listed(&dev.join("serial/by-id"), |_| true)
        .into_iter()
        .map(|path| Port {
            now: now(&path),
            path,
        })
        .collect();
    let plain = listed(dev, |name| {
        let is_adapter = ["ttyUSB", "ttyACM", "ttyAMA"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        is_adapter || (name.starts_with("ttyS") && has_chip(sys, name))
    });
    for path in plain {
        if !ports.iter().any(|port| port.now == now(&path)) {
            ports.push(Port { path, now: None });
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
    paths.sort();
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
        let text = describe(&ports(&dev, &sys)).replace(&dev.display().to_string(), "/dev");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "the serial ports here:",
                "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0  (FTDI FT232R USB UART A50285BI, now ttyUSB1)",
                "/dev/ttyS0",
                "/dev/ttyUSB0",
                "names in by-id stay when an adapter is plugged in again; ttyUSB0 may become ttyUSB1",
            ]
        );
        assert!(describe(&[]).contains("dmesg"));
        Ok(())
    }
}
