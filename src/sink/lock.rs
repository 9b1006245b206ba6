//! Locks that ignore a panic of another task.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a value. After a panic while it was locked, the others go on.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
