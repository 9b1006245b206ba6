//! Two threads share a list: half of the time, reading files waits for the disk.

use super::{ReadError, SeriesRead, Skipped};
use std::thread::{self, Builder};

/// The series of each item, in order.
pub(super) fn read<T: Sync, R: Send>(
    items: &[T],
    read: impl Fn(&T) -> Result<SeriesRead<R>, ReadError> + Sync,
) -> Result<SeriesRead<Vec<R>>, ReadError> {
    let mut skipped = Skipped::default();
    let mut series = Vec::with_capacity(items.len());
    for part in map(items, read) {
        let part = part?;
        skipped.add(part.skipped);
        series.push(part.series);
    }
    Ok(SeriesRead { series, skipped })
}

/// The result for each item, in order. Every second item is done by a second thread, where the
/// system grants one.
fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let half =
        |start: usize| -> Vec<R> { items.iter().skip(start).step_by(2).map(&work).collect() };
    let (even, odd) = thread::scope(|scope| {
        let second = (items.len() > 1).then(|| Builder::new().spawn_scoped(scope, || half(1)));
        let even = half(0);
        let odd = match second.and_then(Result::ok).map(|second| second.join()) {
            Some(Ok(odd)) => odd,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => half(1),
        };
        (even, odd)
    });
    let mut odd = odd.into_iter();
    let pairs = even.into_iter().flat_map(|even| [Some(even), odd.next()]);
    pairs.flatten().collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_are_in_order() {
        for count in 0..9 {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(
                super::map(&items, |item| item * 2),
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
    }
}
