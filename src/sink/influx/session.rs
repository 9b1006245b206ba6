//! Pushing in a run that goes on. The session is a task of its own: polling never waits for the
//! database.

use super::error::PushError;
use super::push::Pusher;
use crate::sink::health::{self, TroubleSince};
use crate::sink::lock::lock;
use crate::sink::random::random;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{info, warn};

/// Pause before the database is tried again: one that restarts is back in seconds.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Pause between tries of a database that is away for long.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A task that pushes for as long as this value lives.
pub(super) struct PushTask {
    state: Arc<PushState>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct PushState {
    /// There are new rows.
    news: Notify,
    /// When the first row had to wait, and the reason.
    trouble: Mutex<Option<TroubleSince>>,
}

impl PushState {
    fn trouble(&self) -> MutexGuard<'_, Option<TroubleSince>> {
        lock(&self.trouble)
    }
}

impl PushTask {
    /// Starts with the rows that wait already.
    pub(super) fn start(pusher: Pusher) -> Self {
        let state = Arc::new(PushState::default());
        state.news.notify_one();
        let task = tokio::spawn(run(pusher, Arc::clone(&state)));
        Self { state, task }
    }

    pub(super) fn wake(&self) {
        self.state.news.notify_one();
    }

    pub(super) fn trouble(&self) -> Option<TroubleSince> {
        self.state.trouble().clone()
    }
}

impl Drop for PushTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut pusher: Pusher, state: Arc<PushState>) {
    let mut pause = FIRST_PAUSE;
    loop {
        state.news.notified().await;
        while let Err(error) = pusher.push().await {
            note(&state, &error);
            let wait = jittered(pause).max(error.wait().unwrap_or_default());
            info!("{error}; next try in {} s", wait.as_secs());
            // Saved before the pause, which may be long.
            pusher.remember();
            sleep(wait).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
        pause = FIRST_PAUSE;
        if state.trouble().take().is_some() {
            warn!("{}: rows are pushed again", pusher.name());
        }
        pusher.remember_if_due();
    }
}

fn note(state: &PushState, error: &PushError) {
    let mut trouble = state.trouble();
    if trouble.is_none() {
        match error.hint() {
            Some(hint) => warn!("{error}; trying again until it works\n  {hint}"),
            None => warn!("{error}; trying again until it works"),
        }
    }
    health::note(&mut trouble, error.to_string());
}

/// From half of a pause to one and a half: a thousand plants do not reconnect in the same second.
fn jittered(pause: Duration) -> Duration {
    let share = (random() % 1000) as u32;
    pause / 2 + pause * share / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_stay_near_their_length() {
        let pause = Duration::from_secs(60);
        let pauses: Vec<Duration> = (0..100).map(|_| jittered(pause)).collect();
        let is_near = |pause: &Duration| (30..=90).contains(&pause.as_secs());
        assert!(pauses.iter().all(is_near));
        assert!(pauses.iter().any(|one| Some(one) != pauses.first()));
    }
}
