//! How to publish, and the messages of a reading by that.

use super::broker::Broker;
use super::login::LoginVariables;
use super::state;
use crate::format::home_assistant::{self, Discovery};
use crate::format::json;
use crate::format::message::{Message, under};
use crate::plant_total::PlantTotal;
use crate::reading::Reading;
use std::path::PathBuf;
use std::time::Duration;

/// Delivery guarantee (MQTT QoS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// QoS 0: sent, and not acknowledged.
    AtMostOnce,
    /// QoS 1: each message is acknowledged.
    AtLeastOnce,
}

/// The certificate that the program shows a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The file with it, in PEM format.
    pub(crate) certificate: PathBuf,
    /// The file with its key, in PEM format.
    pub(crate) key: PathBuf,
}

/// How to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttPlan {
    /// The broker.
    pub broker: Broker,
    /// User and password where the broker's URL has none.
    pub environment: LoginVariables,
    /// The password, before all others.
    pub password_file: Option<PathBuf>,
    /// Certificates that are trusted instead of the system's.
    pub certificates: Option<PathBuf>,
    /// For brokers that know their clients by certificates.
    pub identity: Option<CertificateFiles>,
    /// For all messages.
    pub delivery: Delivery,
    /// Whether inverters are announced to Home Assistant.
    pub discovery: bool,
    /// How long Home Assistant shows a reading as current; zero: for ever.
    pub expire_after: Duration,
    /// In front of all topics but those of announcements.
    pub prefix: Option<String>,
    /// In front of the plain KSTAR topics.
    pub topic: String,
}

impl MqttPlan {
    /// A plan with the broker alone: without login and without announcements.
    pub(crate) fn new(broker: Broker) -> Self {
        Self {
            broker,
            environment: LoginVariables::default(),
            password_file: None,
            certificates: None,
            identity: None,
            delivery: Delivery::AtMostOnce,
            discovery: false,
            expire_after: Duration::ZERO,
            prefix: None,
            topic: String::new(),
        }
    }

    /// A topic with the prefix in front.
    pub(crate) fn under_prefix(&self, topic: &str) -> String {
        under(self.prefix.as_deref(), topic)
    }

    /// The state of an inverter.
    pub(super) fn state(&self, reading: &Reading) -> Vec<Message> {
        let mut messages = state::messages(reading, &self.topic);
        for message in &mut messages {
            message.topic = self.under_prefix(&message.topic);
        }
        messages
    }

    /// The announcement of the inverter to Home Assistant; empty without discovery.
    /// `availability`: the topic that reports whether the program publishes.
    pub(super) fn announcement(
        &self,
        reading: &Reading,
        availability: Option<&str>,
    ) -> Vec<Message> {
        let announced = |discovery| home_assistant::messages(reading, &discovery);
        self.discovery(availability)
            .map(announced)
            .unwrap_or_default()
    }

    /// The state of the plant.
    pub(super) fn plant_state(&self, total: &PlantTotal) -> Vec<Message> {
        vec![Message {
            topic: self.under_prefix(total.state_topic()),
            payload: json::plant(total).to_string(),
            is_retained: false,
        }]
    }

    /// As [`Self::announcement`], for the plant.
    pub(super) fn plant_announcement(
        &self,
        total: &PlantTotal,
        availability: Option<&str>,
    ) -> Vec<Message> {
        let announced = |discovery| home_assistant::plant_messages(total, &discovery);
        self.discovery(availability)
            .map(announced)
            .unwrap_or_default()
    }

    /// Whether a total is published: of one bus without a prefix, nothing distinguishes it from the
    /// totals of other buses on the broker.
    pub(super) const fn takes(&self, total: &PlantTotal) -> bool {
        total.expected > 1 && (self.prefix.is_some() || total.buses > 1)
    }

    fn discovery(&self, availability: Option<&str>) -> Option<Discovery> {
        self.discovery.then(|| Discovery {
            expire_after: self.expire_after,
            availability: availability.map(str::to_owned),
            prefix: self.prefix.clone(),
        })
    }
}
