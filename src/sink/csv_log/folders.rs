//! Which folder of a log directory belongs to an inverter that names itself: its serial number, or
//! else its IP address.
//!
//! A serial number comes from the wire: characters other than letters, digits, `.`, `_` and `-` are
//! left out, it can't leave the directory, and two different ones never give the same folder. An
//! inverter that does not report its serial number every time stays in one folder all the same: the
//! file `.ip` in a folder holds the address from which its rows came last.

use super::files::put_whole;
use super::folder::Folder;
use crate::history::log::ADDRESS_FILE;
use crate::reading::Reading;
use crc::{CRC_32_ISO_HDLC, Crc};
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use tracing::{info, warn};

/// The longest folder made of a serial number, in bytes. With `_` and an address it has 64, which
/// every file system takes.
const LONGEST: usize = 48;

/// Names this short could be addresses of KACO inverters, whose folders may be in the same
/// directory.
const LENGTH_OF_ADDRESSES: usize = 2;

/// The folders of inverters that were read in one run, in their order; no two get the same.
///
/// Equal serial numbers, as of cloned inverters, are distinguished by the address, from then on for
/// good. Without a serial number it is the folder that this address had last, else one named after
/// the address.
pub fn choose(directory: &Folder, readings: &[&Reading]) -> Vec<String> {
    let named: Vec<Option<String>> = readings
        .iter()
        .map(|reading| of_serial(directory, reading, readings))
        .collect();
    let nameless = |reading: &Reading| {
        let remembered = recall(directory, &ip(reading));
        // Unless its owner was read in the same run, at another address.
        remembered
            .filter(|folder| !named.iter().flatten().any(|taken| taken == folder))
            .unwrap_or_else(|| ip(reading))
    };
    readings
        .iter()
        .zip(&named)
        .map(|(reading, named)| named.clone().unwrap_or_else(|| nameless(reading)))
        .collect()
}

/// The folders in which inverters that name themselves were logged: those that remember an address,
/// or are named after one.
pub(super) fn all(directory: &Folder) -> Vec<String> {
    let is_one = |name: &String| {
        let folder = || directory.inside(name).ok().flatten();
        let remembers = || folder().is_some_and(|folder| folder.stat(ADDRESS_FILE).is_some());
        name.parse::<Ipv4Addr>().is_ok() || remembers()
    };
    let names = directory.names().into_iter().flatten();
    let mut all: Vec<String> = names.filter(is_one).collect();
    all.sort_unstable();
    all
}

/// Notes, after its row was written, which address an inverter has; only where that is news.
pub(super) fn remember(directory: &Folder, folder: &str, reading: &Reading) {
    let ip = ip(reading);
    let Ok(Some(inside)) = directory.inside(folder) else {
        return; // it was there for the row
    };
    if folder == ip || address_in(&inside) == Some(ip.clone()) {
        return;
    }
    if let Err(error) = put_whole(&inside, ADDRESS_FILE, &format!("{ip}\n")) {
        info!(
            "{error}; a run in which the inverter does not report its serial number will log under \
            {ip}"
        );
    }
}

/// The folder by serial number, if there is one with at least one usable character.
fn of_serial(directory: &Folder, reading: &Reading, all: &[&Reading]) -> Option<String> {
    let folder = name(reading.inverter.serial()?)?;
    let with_ip = format!("{folder}_{}", ip(reading));
    // Two inverters with this serial number were read in an earlier run. This one keeps its folder,
    // even while the other is silent.
    if matches!(directory.inside(&with_ip), Ok(Some(_))) {
        return Some(with_ip);
    }
    let is_same = |other: &&&Reading| {
        let other = other.inverter.serial().and_then(name);
        other.as_ref() == Some(&folder)
    };
    if all.iter().filter(is_same).count() > 1 {
        // Once: from now on the folder is there.
        warn!("several inverters have the serial number {folder}; one of them logs to {with_ip}");
        return Some(with_ip);
    }
    Some(folder)
}

/// A serial number as a folder; where something had to be left out, a checksum of all of it keeps
/// it apart from others.
fn name(serial: &str) -> Option<String> {
    let is_fit = |character: &char| character.is_ascii_alphanumeric() || "._-".contains(*character);
    let fit: String = serial.chars().filter(is_fit).collect();
    // Hidden, `..`, or taken for an option: not as a first character.
    let fit = fit.trim_start_matches(['.', '-']);
    // A folder of another inverter: by its address alone, or by a serial number that two have.
    let is_alike = |text: &str| {
        let end = text.rsplit_once('_').map_or(text, |(_, end)| end);
        text.len() <= LENGTH_OF_ADDRESSES || end.parse::<Ipv4Addr>().is_ok()
    };
    if fit.is_empty() {
        None
    } else if fit == serial && fit.len() <= LONGEST && !is_alike(fit) {
        Some(fit.to_owned())
    } else {
        let sum = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(serial.as_bytes());
        let sum = format!("-{sum:08x}");
        let fit: String = fit.chars().take(LONGEST - sum.len()).collect();
        Some(fit + &sum)
    }
}

/// The folder that has this address noted; of several, the one where it was noted last.
fn recall(directory: &Folder, ip: &str) -> Option<String> {
    let noted = |name: String| -> Option<((i64, i64), String)> {
        let folder = directory.inside(&name).ok()??;
        (address_in(&folder)? == ip).then_some(())?;
        let memory = folder.file(ADDRESS_FILE).ok()??.metadata().ok()?;
        Some(((memory.mtime(), memory.mtime_nsec()), name))
    };
    let names = directory.names().ok()?;
    names.filter_map(noted).max().map(|(_, folder)| folder)
}

fn address_in(folder: &Folder) -> Option<String> {
    let text = String::from_utf8(folder.read(ADDRESS_FILE).ok()??).ok()?;
    Some(text.trim_end().to_owned())
}

/// The address, as a folder: digits and dots.
fn ip(reading: &Reading) -> String {
    match reading.inverter.ip() {
        Some(ip) => ip.to_string().replace(':', "-"),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_serial_numbers_are_their_own_folder() {
        for serial in ["E4000K1234567890", "a.b_c-d", "123", "10.0.0.1.2"] {
            assert_eq!(name(serial).as_deref(), Some(serial));
        }
        for nothing in ["", ".", "..", "/", "...---", "\u{1f31e}"] {
            assert_eq!(name(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn others_are_kept_apart_by_a_checksum() {
        // The checksum that `crc32` and zip give.
        assert_eq!(name("../../etc/x").as_deref(), Some("etcx-85e99586"));
        let long = "7".repeat(300);
        let longer = "7".repeat(301);
        assert_eq!(name(&long).map(|name| name.len()), Some(LONGEST));
        assert_ne!(name(&long), name(&longer));
        assert_ne!(name("A/B"), name("A:B"));
        for alike in ["02", "7", "192.168.1.50", "E4000K_192.168.1.50"] {
            assert_ne!(name(alike).as_deref(), Some(alike));
        }
    }

    proptest! {
        #[test]
        fn a_name_is_one_folder_below(serial in any::<String>(), start in "[./~-]{0,4}") {
            let serial = start + &serial;
            if let Some(name) = name(&serial) {
                prop_assert!(!name.is_empty() && name.len() <= LONGEST);
                let is_fit =
                    |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
                prop_assert!(name.chars().all(is_fit), "{}", name);
                prop_assert!(!name.starts_with('.'));
            }
        }

        #[test]
        fn different_serial_numbers_are_different_folders(
            one in "[ -~]{1,16}",
            other in "[ -~]{1,16}",
        ) {
            prop_assume!(one != other);
            if let (Some(one), Some(other)) = (name(&one), name(&other)) {
                prop_assert_ne!(one, other);
            }
        }
    }
}
