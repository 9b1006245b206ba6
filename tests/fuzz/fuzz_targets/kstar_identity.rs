//! Who an inverter says it is: its folder lies in the directory of the logs, and its topics are fit for a broker.
#![no_main]

use fuzz::{expect_publishable, expect_writable};
use kaco_ardexa::kstar::identity::identity;
use kaco_ardexa::output::folders;
use kaco_ardexa::reading::Reading;
use libfuzzer_sys::fuzz_target;
use std::net::Ipv4Addr;
use std::path::{Component, Path};

/// The reading of an inverter with this identity, at the address of this number.
fn reading(payload: &[u8], number: u8) -> Reading {
    let ip = Ipv4Addr::new(192, 0, 2, number);
    let who = identity(payload);
    let reading = who.clone().reading();
    who.sign(reading, Some(ip.into()))
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

fuzz_target!(|bytes: &[u8]| {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let readings = [reading(one, 1), reading(other, 2)];
    for reading in &readings {
        expect_writable(reading);
        expect_publishable(reading);
    }
    let folders = folders::choose(Path::new("/nowhere"), &readings.each_ref());
    folders.iter().for_each(|name| expect_folder(name));
    assert_ne!(folders[0], folders[1]);
});
