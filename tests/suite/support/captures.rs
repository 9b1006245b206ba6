//! Real replies, out of `tests/captures`: `NAME.hex` holds one reply a line, lines with `#` say
//! where it comes from.

use kaco_ardexa::escape;
use std::fs;
use std::path::PathBuf;

/// Where the captures are.
pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

/// The first reply of a capture.
#[track_caller]
pub fn bytes(name: &str) -> Vec<u8> {
    let path = directory().join(format!("{name}.hex"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let line = text
        .lines()
        .find(|line| !line.starts_with('#'))
        .expect("a reply");
    escape::from_hex(line).expect("hex")
}

/// The names of all captures, in order.
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(directory()).expect("the captures");
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .ok()?
                .strip_suffix(".hex")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}
