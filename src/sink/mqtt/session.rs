//! Publishing in a run that goes on: one connection, made again whenever it is lost.
//!
//! The session is a task of its own: polling never waits for the broker.

use super::connection::Connector;
use super::error::PublishError;
use super::options::MqttPlan;
use super::task::{Acknowledged, SessionShared, Task, retained};
use crate::inverter::{InverterId, KSTAR};
use crate::plant_total::PlantTotal;
use crate::reading::Reading;
use crate::sink::health::{self, NOT_YET, TroubleSince};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// For the disconnect; the program has two seconds to stop.
const STOP_LIMIT: Duration = Duration::from_millis(1500);

/// `kaco_ardexa/kaco_02/availability`: the topic that reports whether a process publishes, of which
/// each has one.
///
/// It is named after the first inverter that was named, or after the family if all are searched. So
/// the topic is the same after a restart, and processes with different inverters have different
/// ones.
pub fn availability_topic(inverters: &[InverterId]) -> String {
    let first = inverters.first();
    let instance = first.and_then(InverterId::node);
    let instance = instance.unwrap_or_else(|| KSTAR.protocol.to_owned());
    format!("kaco_ardexa/{instance}/availability")
}

/// A connection to a broker for as long as this value lives.
pub struct Session {
    shared: Arc<SessionShared>,
    task: JoinHandle<()>,
}

impl Session {
    /// Starts to connect. `availability`: see [`availability_topic`]; `acknowledged` receives what
    /// the broker has acknowledged. A broker that is away is not an error: it may come.
    /// Certificates or a password that can't be read are one.
    pub fn start(
        options: MqttPlan,
        availability: String,
        acknowledged: Option<Acknowledged>,
    ) -> Result<Self, PublishError> {
        let mut connector = Connector::new(&options)?;
        let place = availability.trim_end_matches("/availability");
        connector.stay(&place.replace("kaco_ardexa/", ""));
        connector.set_will(retained(&availability, "offline"));
        let shared = Arc::new(SessionShared::default());
        health::note(&mut shared.state().trouble, NOT_YET.to_owned());
        let task = Task {
            shared: Arc::clone(&shared),
            connector,
            listens: options.discovery,
            options,
            availability,
            acknowledged,
        };
        Ok(Self {
            shared,
            task: tokio::spawn(task.run()),
        })
    }

    /// Publishes a reading as soon as there is a connection, unless the inverter's next one comes
    /// sooner. A total that falls within a day is left out, see `docs/home-assistant.md`.
    pub fn publish(&self, reading: &Reading) {
        // `notify_one` keeps a permit, so a change between two waits is not missed.
        self.shared.state().outbox.put(reading.clone());
        self.shared.changed.notify_one();
    }

    /// As [`Self::publish`], for the total of the plant.
    pub(crate) fn publish_total(&self, total: PlantTotal) {
        self.shared.state().outbox.put(total);
        self.shared.changed.notify_one();
    }

    /// From now on nothing is published of other inverters than these, and a total only if it goes
    /// on.
    pub(super) fn keep(&self, inverters: &[InverterId], has_total: bool) {
        self.shared.state().outbox.keep(inverters, has_total);
    }

    /// Whether the broker is there.
    pub fn is_connected(&self) -> bool {
        self.trouble().is_none()
    }

    /// When the connection was lost, and the reason; `None` while there is one.
    pub(crate) fn trouble(&self) -> Option<TroubleSince> {
        self.shared.state().trouble.clone()
    }

    /// Disconnects and ends, within 2 s.
    pub async fn stop(mut self) {
        self.shared.state().is_stopping = true;
        self.shared.changed.notify_one();
        // If there is no time to disconnect, the broker publishes the will.
        let _ = timeout(STOP_LIMIT, &mut self.task).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}
