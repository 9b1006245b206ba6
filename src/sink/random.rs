//! Chance, of the system's own randomness.

use std::hash::{BuildHasher, RandomState};

/// A number that no other process has.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
