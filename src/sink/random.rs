//! Random numbers from the system.

use std::hash::{BuildHasher, RandomState};

/// A number that differs between calls and processes.
pub(super) fn random() -> u64 {
    // For pauses and client ids. It saves a dependency, and is not good enough for secrets.
    RandomState::new().hash_one(std::process::id())
}
