//! Serial ports: 9600 baud, 8 data bits, no parity, 1 stop bit, no flow control, for this run
//! alone.

use super::stream::PortStream;
use super::{holder, ports};
use crate::kaco::connect::LinkError;
use mio_serial::SerialPortBuilderExt;
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat};
use rustix::termios::isatty;
use serialport::{
    ClearBuffer, DataBits, Error, ErrorKind, FlowControl, Parity, SerialPort, StopBits,
};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// The speed of every KACO bus (maker's note).
const BAUD: u32 = 9600;

/// Opens the port at `path`, locked against other programs, its old input thrown away.
pub(super) fn open(path: &Path) -> Result<PortStream, LinkError> {
    let name = path.to_string_lossy();
    let stream = serialport::new(name.as_ref(), BAUD)
        .data_bits(DataBits::Eight)
        .parity(Parity::None)
        .stop_bits(StopBits::One)
        .flow_control(FlowControl::None)
        .open_native_async()
        .map_err(|error| explain(path, &error))?;
    stream
        .clear(ClearBuffer::Input)
        .map_err(|error| explain(path, &error))?;
    Ok(PortStream::new(stream))
}

/// Checks that a port exists and may be used, without opening it.
pub(super) fn look(path: &Path) -> Result<(), LinkError> {
    let unusable = |reason: &str| LinkError::Unusable {
        device: path.display().to_string(),
        reason: reason.to_owned(),
    };
    let denied = Error::new(ErrorKind::Io(std::io::ErrorKind::PermissionDenied), "");
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(unusable("it is a directory")),
        Ok(metadata) if !metadata.file_type().is_char_device() => {
            Err(unusable("it is not a serial port"))
        }
        Ok(_) => accessat(
            CWD,
            path,
            Access::READ_OK | Access::WRITE_OK,
            AtFlags::EACCESS,
        )
        .map_err(|_| explain(path, &denied)),
        Err(_) => Err(explain(path, &denied)),
    }
}

/// Distinguishes the errors that the serial library reports as one: a missing port, a busy one, a
/// forbidden one, and a path that is not a port.
fn explain(path: &Path, error: &Error) -> LinkError {
    let device = path.display().to_string();
    if !path.exists() {
        return LinkError::NotFound {
            device,
            hint: ports::hint(),
        };
    }
    match error.kind() {
        // The library reports EBUSY, and a lock that another process holds, as this.
        ErrorKind::NoDevice => LinkError::Busy {
            device,
            holder: holder::of(path),
        },
        ErrorKind::Io(std::io::ErrorKind::PermissionDenied) => LinkError::Denied {
            device,
            hint: permission_hint(path),
        },
        _ if path.is_dir() => LinkError::Unusable {
            device,
            reason: "it is a directory".to_owned(),
        },
        _ if is_something_else(path) => LinkError::Unusable {
            device,
            reason: "it is not a serial port".to_owned(),
        },
        _ => LinkError::Unusable {
            device,
            reason: error.to_string(),
        },
    }
}

/// True if the path opens but is not a terminal. A port that can't be opened, as services are kept
/// from devices, may be one.
fn is_something_else(path: &Path) -> bool {
    // Opened so, it neither waits for a carrier nor becomes the controlling terminal.
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).is_ok_and(|file| !isatty(file))
}

/// How to get the right to use a port.
fn permission_hint(path: &Path) -> String {
    let metadata = fs::metadata(path).ok();
    let group = metadata.and_then(|port| group_name(port.gid()).zip(Some(port.mode())));
    match group {
        // Membership in `root` would give more than the right to use a port.
        Some((group, mode)) if mode & 0o060 == 0o060 && group != "root" => format!(
            "the group `{group}` may use it: `sudo usermod -aG {group} $USER`, then log in again; \
             or run the command with sudo"
        ),
        _ => "no group may use it: run the command with sudo".to_owned(),
    }
}

fn group_name(id: u32) -> Option<String> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut columns = line.split(':');
        let name = columns.next()?;
        (columns.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}
