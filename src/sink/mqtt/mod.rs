//! Readings to an MQTT broker.
//!
//! | module | does |
//! |---|---|
//! | [`broker`], [`login`] | where, and as which user |
//! | [`options`] | how to publish, and the messages of a reading by that |
//! | [`state`] | the messages of a reading |
//! | [`topic`] | topics of the command line |
//! | [`once`] | publishing in a run that ends |
//! | [`session`], `task` | publishing in a run that goes on, over one connection |
//! | [`forget`] | removes announcements |
//! | `look` | what is wrong with the files of a login |
//! | [`error`] | errors and their messages |

pub(crate) mod broker;
mod connection;
pub(crate) mod error;
pub(crate) mod forget;
pub mod login;
mod look;
pub mod once;
pub(crate) mod options;
mod outbox;
pub mod session;
pub mod state;
mod task;
mod throttle;
#[cfg(feature = "tls")]
mod tls;
pub(crate) mod topic;
mod totals;

pub use broker::Broker;
pub(crate) use error::PublishError;
pub use options::{CertificateFiles, Delivery, MqttPlan};

use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::plant_total::PlantTotal;
use crate::reading::Reading;
use crate::sink::health::{NOT_YET, TroubleSince};
use crate::sink::secret::forbid_core;
use crate::sink::trouble::Troubles;
use session::{Session, availability_topic};
pub(crate) use task::Acknowledged;

/// Publishes readings: at the end of a run, or over one connection that is kept.
pub(super) struct Mqtt {
    options: MqttPlan,
    /// What is published at the end.
    readings: Vec<Reading>,
    total: Option<PlantTotal>,
    session: Option<Session>,
    acknowledged: Option<Acknowledged>,
}

impl Mqtt {
    pub(super) fn once(options: MqttPlan) -> Self {
        forbid_core();
        Self {
            options,
            readings: Vec::new(),
            total: None,
            session: None,
            acknowledged: None,
        }
    }

    /// Reports there what the broker has acknowledged.
    pub(super) fn report_to(&mut self, acknowledged: Acknowledged) {
        self.acknowledged = Some(acknowledged);
    }

    /// Connects, and stays connected. `inverters`: those that were named.
    pub(super) fn stay_connected(&mut self, inverters: &[InverterId]) -> Result<(), PublishError> {
        let topic = availability_topic(inverters);
        let topic = self.options.under_prefix(&topic);
        let acknowledged = self.acknowledged.clone();
        let session = Session::start(self.options.clone(), topic, acknowledged)?;
        self.session = Some(session);
        Ok(())
    }

    /// When the connection to the broker was lost, and the reason; `None` while there is one, and
    /// where none is kept.
    pub(super) fn trouble(&self) -> Option<TroubleSince> {
        self.session.as_ref().and_then(Session::trouble)
    }

    pub(super) fn observe(&mut self, observation: &Observation) {
        // Silence is not published: after `--expire-after` Home Assistant shows it as unavailable.
        let Some(reading) = observation.reading() else {
            return;
        };
        match &self.session {
            Some(session) => session.publish(reading),
            None => self.readings.push(reading.clone()),
        }
    }

    /// From now on these inverters are polled, and no others; `total`: that of the plant.
    pub(super) fn exchange(&self, inverters: &[InverterId], total: &PlantTotal) {
        if let Some(session) = &self.session {
            session.keep(inverters, self.options.takes(total));
        }
    }

    /// Takes the total of the plant.
    pub(super) fn round_done(&mut self, total: PlantTotal) {
        let total = Some(total).filter(|total| self.options.takes(total));
        match (&self.session, total) {
            (Some(session), Some(total)) => session.publish_total(total),
            (_, total) => self.total = total,
        }
    }

    /// Waits until the broker has taken everything, at most 10 s. Rows and prints are safe before.
    pub(super) async fn finish(self, troubles: &mut Troubles) {
        const SUBJECT: &str = "the readings could not be published";
        if let Some(session) = self.session {
            // A connection that came back counts as one that was never lost, and a run that is
            // stopped at once had no time for one.
            let trouble = session.trouble().filter(|(_, why)| why != NOT_YET);
            if let Some((_, reason)) = trouble {
                troubles.note(SUBJECT, Err(Failure::new(reason, None)), "");
            }
            return session.stop().await;
        }
        let published = once::publish(&self.options, &self.readings, self.total.as_ref()).await;
        troubles.note(SUBJECT, published, "");
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}
