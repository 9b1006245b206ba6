//! What passes on a bus: every byte is told once, and a reply that is told has the right checksum.
#![no_main]

use fuzz::{expect_writable, is_printable, verifies};
use kaco_ardexa::kaco::ear::{Ear, Passing};
use libfuzzer_sys::fuzz_target;

fn told(ear: &mut Ear, ended: bool) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some((passing, bytes)) = ear.next(ended) {
        assert!(!bytes.is_empty());
        match passing {
            Passing::Reply(reading) => {
                let layout = reading.cells.layout.name;
                assert_ne!(verifies(&bytes, layout), Some(false), "{bytes:?}");
                expect_writable(&reading);
            }
            Passing::Request { address, command } => {
                assert_eq!(format!("#{address}{command}\r").as_bytes(), bytes);
            }
            Passing::Refused(error) => assert!(is_printable(&error.to_string()), "{error}"),
            Passing::Noise => {}
        }
        all.extend(bytes);
    }
    all
}

fuzz_target!(|bytes: &[u8]| {
    let step = usize::from(bytes.first().copied().unwrap_or_default()) + 1;
    let mut ear = Ear::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(step) {
        ear.push(piece);
        all.extend(told(&mut ear, false));
    }
    all.extend(told(&mut ear, true));
    assert!(!ear.is_pending());
    assert_eq!(all, bytes);
});
