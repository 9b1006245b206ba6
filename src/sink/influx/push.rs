//! Pushing: batches of waiting rows to the database, until it has them all or something goes wrong.

use super::batch::Batch;
use super::client::DatabaseClient;
use super::error::PushError;
use super::store::Store;
use crate::sink::lock::lock;
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

/// Rows of a batch, unless the database takes only shorter ones.
const LONGEST: usize = 500;

/// How often what the database has is saved: after a power cut that much is pushed once more.
const REMEMBER_EVERY: Duration = Duration::from_secs(60);

/// Rows that wait, shared by the task that notes them and the one that pushes them.
#[derive(Clone)]
pub(super) struct SharedStore(Arc<Mutex<Store>>);

impl SharedStore {
    pub(super) fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Never held across an await.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.0)
    }
}

/// Pushes what waits.
pub(super) struct Pusher {
    client: DatabaseClient,
    store: SharedStore,
    /// Rows of the next batch, and the most that a batch may have.
    room: usize,
    most: usize,
    remembered: Instant,
    /// Rows that the database has taken.
    pub(super) taken: usize,
}

impl Pusher {
    pub(super) fn new(client: DatabaseClient, store: SharedStore) -> Self {
        Self {
            client,
            store,
            room: LONGEST,
            most: LONGEST,
            remembered: Instant::now(),
            taken: 0,
        }
    }

    /// Scheme, host and port of the database.
    pub(super) fn name(&self) -> &str {
        self.client.name()
    }

    /// Pushes all that waits, oldest first. What the database does not have waits on.
    pub(super) async fn push(&mut self) -> Result<(), PushError> {
        self.store.store().start();
        let mut blocked = None;
        loop {
            // The guard is dropped before the await: rows are noted meanwhile.
            let batch = self.store.store().next(self.room);
            let Some(batch) = batch else {
                return blocked.map_or(Ok(()), Err);
            };
            let lines = Bytes::from(batch.lines.clone());
            match self.client.send(&lines).await {
                Ok(()) => self.note(&batch),
                Err(error) if error.is_about_rows() && batch.rows == 1 => {
                    blocked = self.refuse(&batch, error).await?.or(blocked);
                }
                Err(error) => {
                    self.store.store().give_back(&batch);
                    self.shorten(&batch, error)?;
                }
            }
        }
    }

    fn note(&mut self, batch: &Batch) {
        self.store.store().taken(batch);
        self.taken += batch.rows;
        info!("{}: {} rows pushed", self.client.name(), batch.rows);
        // It grows again: a bad row costs short batches for a moment, not for good.
        self.room = (2 * self.room).min(self.most);
        self.remember_if_due();
    }

    /// Writes to the disk what the database has, once a minute.
    pub(super) fn remember_if_due(&mut self) {
        if self.remembered.elapsed() >= REMEMBER_EVERY {
            self.remember();
        }
    }

    /// Writes to the disk what the database has.
    pub(super) fn remember(&mut self) {
        self.remembered = Instant::now();
        if let Err(error) = self.store.store().save() {
            warn!("{error}; what the database has is pushed once more after the next start");
        }
    }

    /// A batch that was too long, or had a row that is not taken, is tried in halves.
    fn shorten(&mut self, batch: &Batch, error: PushError) -> Result<(), PushError> {
        let is_too_long = error.is_too_long();
        if batch.rows == 1 || !(is_too_long || error.is_about_rows()) {
            return Err(error);
        }
        self.room = batch.rows / 2;
        // A limit of the database stays; a row that it does not take is passed after some batches.
        if is_too_long {
            self.most = self.room;
        }
        Ok(())
    }

    /// Handles a single row that is refused: the reason may be the row, or concern all rows of its
    /// inverter. Returns the error unless it is known to be the row.
    async fn refuse(
        &mut self,
        batch: &Batch,
        error: PushError,
    ) -> Result<Option<PushError>, PushError> {
        let other = self.store.store().other(batch);
        if let Some(other) = other {
            match self.client.send(&Bytes::from(other)).await {
                Ok(()) => self.store.store().other_taken(batch),
                Err(error) if error.is_about_rows() => {}
                Err(error) => {
                    self.store.store().give_back(batch);
                    return Err(error);
                }
            }
        }
        let is_skipped = self.store.store().refuse(batch, &error.to_string());
        self.room = (2 * self.room).min(self.most);
        Ok((!is_skipped).then_some(error))
    }
}
