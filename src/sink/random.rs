//! Chance, of the system's own randomness.

use std::hash::{BuildHasher, RandomState};

/// A number that no other process has.
pub(super) fn random() -> u64 {
    // Spreads pauses and client ids, and saves a dependency; it is not good enough for secrets.
    RandomState::new().hash_one(std::process::id())
}
