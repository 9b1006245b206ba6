//! Readings to a database that takes InfluxDB's line protocol over HTTP.
//!
//! The logs are the queue: a row is pushed when it is safe on the disk, live or later, and always
//! made from the file.
//!
//! | module | does |
//! |---|---|
//! | [`database`], [`login`] | where, and as which user |
//! | `queue`, `backlog` | rows of the logs that the database does not have: all, those of one |
//! | `batch` | rows for one request |
//! | `memory` | what the database has |
//! | `store` | the queue, or the newest readings where there is no log |
//! | `client`, `tls` | requests over one connection |
//! | `push` | sends batches, and handles those that are refused |
//! | `session` | pushing while a run goes on |
//! | [`error`] | errors and their messages |

mod backlog;
mod batch;
mod client;
pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod login;
mod memory;
mod push;
mod queue;
mod session;
mod store;
#[cfg(feature = "tls")]
mod tls;

pub(crate) use database::Database;
pub(crate) use error::PushError;

use super::csv_log::error::LogError;
use super::health::TroubleSince;
use super::secret::{SecretFile, forbid_core};
use super::trouble::Troubles;
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::Observation;
use chrono::NaiveDate;
use client::DatabaseClient;
use login::DatabaseVariables;
use push::{Pusher, SharedStore};
use queue::Queue;
use session::PushTask;
use std::path::PathBuf;
use std::time::Duration;
use store::{Newest, Store};
use tokio::time::timeout;
use tracing::info;

/// Time for pushing in a run that ends. The next run of cron must not find this one waiting.
const LIMIT: Duration = Duration::from_secs(10);

/// The start of messages about rows that could not be pushed.
const SUBJECT: &str = "the readings could not be pushed";

/// Where and how to push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfluxPlan {
    pub(crate) database: Database,
    /// User, password and token where the URL has none.
    pub environment: DatabaseVariables,
    /// The password, before all others.
    pub password_file: Option<PathBuf>,
    /// The token, before user and password.
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates that are trusted instead of the system's.
    pub certificates: Option<PathBuf>,
    /// The day from which an inverter is pushed that was never pushed before; its newest day if
    /// there is none.
    pub(crate) since: Option<NaiveDate>,
}

impl InfluxPlan {
    /// A plan with the database alone.
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            environment: DatabaseVariables::default(),
            password_file: None,
            token_file: None,
            certificates: None,
            since: None,
        }
    }

    /// What is wrong with password, token and certificates on this machine.
    pub(super) fn look(&self) -> Option<Failure> {
        DatabaseClient::new(self).err().map(Failure::from)
    }

    /// The files that no other user should read.
    pub(super) fn secrets(&self) -> impl Iterator<Item = SecretFile<'_>> {
        let password = self.password_file.as_deref().map(|path| (path, "password"));
        let token = self.token_file.as_deref().map(|path| (path, "token"));
        password.into_iter().chain(token)
    }
}

/// Pushes rows: at the end of a run, or while it goes on.
pub(super) struct Influx {
    store: SharedStore,
    /// Until there is a session.
    pusher: Option<Pusher>,
    session: Option<PushTask>,
}

impl Influx {
    /// Nothing is connected yet. `log`: the directory of the CSV files.
    pub(super) fn open(options: &InfluxPlan, log: Option<PathBuf>) -> Result<Self, PushError> {
        forbid_core();
        let store = SharedStore::new(match log {
            Some(directory) => Store::Log(Queue::new(directory, options.since)),
            None => Store::Newest(Newest::default()),
        });
        let pusher = Pusher::new(DatabaseClient::new(options)?, store.clone());
        Ok(Self {
            store,
            pusher: Some(pusher),
            session: None,
        })
    }

    /// Pushes from now on, instead of once at the end.
    pub(super) fn stay_connected(&mut self) {
        self.session = self.pusher.take().map(PushTask::start);
    }

    /// Lists the rows of an inverter that wait in its folder.
    pub(super) fn begin(&self, inverter: &InverterId, troubles: &mut Troubles) {
        if let (Store::Log(queue), Some(folder)) = (&mut *self.store.store(), inverter.folder()) {
            note(inverter, queue.enter(&folder, inverter), troubles);
        }
    }

    /// Takes an observation, before its row is in the log. `folder`: where that will be.
    pub(super) fn observe(
        &self,
        observation: &Observation,
        folder: Option<String>,
        troubles: &mut Troubles,
    ) {
        let day = observation.reading().and_then(|reading| reading.time);
        match (&mut *self.store.store(), folder, day) {
            (Store::Newest(newest), ..) => newest.put(observation),
            (Store::Log(queue), Some(folder), Some(time)) => {
                let inverter = &observation.inverter;
                let expected = queue.expect(&folder, inverter, time.date_naive());
                note(inverter, expected, troubles);
            }
            _ => {}
        }
    }

    /// The rows of a round are in the log.
    pub(super) fn round_done(&self) {
        if let Some(session) = &self.session {
            session.wake();
        }
    }

    /// When the first row had to wait, and the reason.
    pub(super) fn trouble(&self) -> Option<TroubleSince> {
        self.session.as_ref().and_then(PushTask::trouble)
    }

    /// Pushes what waits, at most 10 s; what is left waits for the next run.
    pub(super) async fn finish(mut self, troubles: &mut Troubles) {
        if let Some((_, reason)) = self.trouble() {
            troubles.note(SUBJECT, Err(Failure::new(reason, None)), "");
        }
        // A session has pushed all along: what is left waits for the next start.
        drop(self.session.take());
        if let Some(pusher) = &mut self.pusher {
            let pushed = timeout(LIMIT, pusher.push()).await;
            let pushed = pushed.unwrap_or_else(|_| over(pusher));
            troubles.note(SUBJECT, pushed, "");
        }
        if let Err(error) = self.store.store().save() {
            info!("{error}; what the database has is pushed once more by the next run");
        }
    }
}

/// The result when the time is over: an error only if nothing was taken.
fn over(pusher: &Pusher) -> Result<(), PushError> {
    let database = pusher.name().to_owned();
    if pusher.taken == 0 {
        return Err(PushError::Slow {
            database,
            seconds: LIMIT.as_secs(),
        });
    }
    let taken = pusher.taken;
    info!("{database}: {taken} rows pushed, more wait for the next run");
    Ok(())
}

fn note(inverter: &InverterId, outcome: Result<(), LogError>, troubles: &mut Troubles) {
    let subject = format!("{}: what was pushed", inverter.subject());
    troubles.note_of(inverter, &subject, outcome, " is remembered again");
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}
