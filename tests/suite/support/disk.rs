//! A disk for one test alone, small enough to be filled.

use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A mounted disk; it goes with this value.
pub struct Disk(TempDir);

impl Disk {
    /// A disk of 256 KiB.
    #[track_caller]
    pub fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        mount(
            "tmpfs",
            directory.path(),
            "tmpfs",
            MountFlags::empty(),
            c"size=256k,mode=755",
        )
        .unwrap_or_else(|error| {
            panic!("this test mounts a small disk, which only root may: {error}")
        });
        Self(directory)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last byte; with the file that this returns removed there is space again.
    pub fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).expect("a file");
        while file.write_all(&[0; 512]).is_ok() {}
        path
    }

    /// Makes it read-only, as a kernel does with a worn SD card.
    pub fn make_read_only(&self) {
        mount_remount(self.path(), MountFlags::RDONLY, c"").expect("read-only");
    }

    /// Makes it writable again.
    pub fn make_writable(&self) {
        mount_remount(self.path(), MountFlags::empty(), c"").expect("writable");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = unmount(self.path(), UnmountFlags::DETACH);
    }
}

/// A directory in memory, if this machine has such a disk: what a killed program has given to the
/// system is safe on any, and thousands of runs that wait for a real one take minutes while others
/// use it.
pub fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().expect("a directory"))
}

/// All that is below a directory, hidden files too: names and contents.
pub fn tree(directory: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.push((path, None));
        } else {
            let content = fs::read(&path).ok();
            found.push((path, content));
        }
    }
    found.sort();
    found
}
