//! The results of the tests of this folder, for `tests/all.sh` to print at its end.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

/// A line a test; begun anew by each run of the tests.
static FILE: LazyLock<Mutex<File>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults.tsv");
    Mutex::new(File::create(path).expect("a file for the figures"))
});

/// Notes how often something went wrong, how often all promises held, and how many readings or rows
/// were lost that should not have been. Fails if they did not hold every time.
#[track_caller]
pub fn figures(what: &str, tried: usize, survived: usize, lost: usize) {
    let line = format!("{what}\t{tried}\t{survived}\t{lost}\n");
    let mut file = FILE.lock().unwrap();
    file.write_all(line.as_bytes())
        .expect("a file for the figures");
    drop(file);
    println!("{line}");
    assert_eq!((survived, lost), (tried, 0), "{what}");
}
