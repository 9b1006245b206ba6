//! The process that has a device open: for the message, nothing else.

use std::fs;
use std::path::Path;

/// Name and number of a process that has `device` open, where this user may see it.
pub(super) fn of(device: &Path) -> Option<String> {
    // `/proc` names the device itself, not its link in `/dev/serial`.
    let device = fs::canonicalize(device).ok()?;
    let own = std::process::id();
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let id: u32 = process.file_name().to_str()?.parse().ok()?;
        let mut files = fs::read_dir(process.path().join("fd")).ok()?.flatten();
        let has_it = id != own
            && files.any(|file| fs::read_link(file.path()).is_ok_and(|path| path == device));
        let name = fs::read(process.path().join("comm")).unwrap_or_default();
        has_it.then(|| {
            format!(
                "{} (process {id})",
                crate::escape::printable(name.trim_ascii())
            )
        })
    })
}
