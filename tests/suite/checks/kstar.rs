//! What must hold of datagrams of KSTAR inverters and their WiFi modules.

use super::output::{expect_publishable, expect_state, expect_writable, is_chosen, is_printable};
use kaco_ardexa::kstar::identity;
use kaco_ardexa::kstar::wire::{KstarFrame, KstarRequest, READINGS_LENGTH, parse};
use kaco_ardexa::kstar::{discovery, interpret};
use kaco_ardexa::reading::Reading;
use kaco_ardexa::sink::csv_log::folder::Folder;
use kaco_ardexa::sink::csv_log::folders;
use std::net::Ipv4Addr;
use std::path::{Component, Path};
use std::sync::LazyLock;
use std::{env, fs, process};

/// Datagrams of KSTAR inverters: what is accepted is the frame of its payload, and can be written.
/// Each is tried as it came and with the right length and sum.
pub fn datagram(bytes: &[u8]) {
    check(bytes);
    let payload = bytes
        .get(7..bytes.len().saturating_sub(2))
        .unwrap_or_default();
    let frame = match bytes.get(5) {
        Some(0x82) => KstarFrame::Identity(payload),
        _ => KstarFrame::Readings(payload),
    };
    check(&frame.bytes());
    if payload.len() < READINGS_LENGTH {
        expect_writable(&interpret::reading(payload));
    }
}

fn check(datagram: &[u8]) {
    if let Ok(frame) = parse(datagram) {
        assert_eq!(frame.bytes(), datagram);
        assert_eq!(KstarRequest::from_bytes(datagram), None);
        let reading = interpret::frame(frame);
        expect_writable(&reading);
        if is_chosen(datagram) {
            expect_publishable(&reading);
        }
        for error in reading.errors() {
            assert!(!error.is_empty() && reading.is_fault);
        }
    }
}

/// Answers of WiFi modules: three printable texts, the first of digits and dots.
pub fn module(bytes: &[u8]) {
    if let Some(found) = discovery::parse(bytes) {
        assert!(
            found
                .ip
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        );
        assert!(!found.mac.contains(','));
        for text in [&found.ip, &found.mac, &found.name] {
            assert!(is_printable(text), "{text:?}");
        }
        expect_writable(&found.reading());
    }
}

/// The identity of an inverter: its folder lies in the directory of the logs, and its topics are
/// fit for a broker.
pub fn identity(bytes: &[u8]) {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let readings = [reading(one, 1), reading(other, 2)];
    for reading in &readings {
        expect_writable(reading);
        expect_state(reading);
        if is_chosen(bytes) {
            expect_publishable(reading);
        }
    }
    let folders = folders::choose(&EMPTY, &readings.each_ref());
    folders.iter().for_each(|name| expect_folder(name));
    assert_ne!(folders[0], folders[1]);
}

/// A folder in which there is nothing and never will be: it is removed while it is held open.
static EMPTY: LazyLock<Folder> = LazyLock::new(|| {
    let path = env::temp_dir().join(format!("kaco_ardexa-{}", process::id()));
    fs::create_dir(&path).expect("a directory");
    let folder = Folder::open(&path).expect("the directory");
    fs::remove_dir(&path).expect("nothing in it");
    folder
});

/// The reading of an inverter with this identity, at the address of this number.
fn reading(payload: &[u8], number: u8) -> Reading {
    let ip = Ipv4Addr::new(192, 0, 2, number);
    let identity_reply = identity::identity(payload);
    let reading = identity_reply.clone().reading();
    identity_reply.sign(reading, Some(ip.into()))
}

fn expect_folder(name: &str) {
    let parts: Vec<Component<'_>> = Path::new(name).components().collect();
    assert!(
        matches!(parts[..], [Component::Normal(part)] if part == name),
        "{name:?}"
    );
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    assert!(
        name.bytes().all(is_fit) && !name.starts_with(['.', '-']),
        "{name:?}"
    );
    assert!(name.len() <= 64, "{name:?}");
}
