//! How to publish, and what that makes of a reading.

use super::broker::Broker;
use super::login::Environment;
use super::state;
use crate::format::home_assistant::{self, Discovery};
use crate::format::message::Message;
use crate::reading::Reading;
use std::path::PathBuf;
use std::time::Duration;

/// How sure the broker's taking is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// QoS 0: sent and not asked after.
    AtMostOnce,
    /// QoS 1: each message is acknowledged.
    AtLeastOnce,
}

/// How to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where.
    pub broker: Broker,
    /// User and password where the broker's URL has none.
    pub environment: Environment,
    /// The password, before all others.
    pub password_file: Option<PathBuf>,
    /// Certificates that are trusted in place of the system's.
    pub certificates: Option<PathBuf>,
    /// For all messages.
    pub delivery: Delivery,
    /// Whether inverters are announced to Home Assistant.
    pub discovery: bool,
    /// How long Home Assistant takes a reading for the present; zero: for ever.
    pub expire_after: Duration,
    /// In front of the plain KSTAR topics.
    pub topic: String,
}

impl Options {
    /// In front of every topic of a state, with its `/`.
    pub fn prefix(&self) -> &str {
        ""
    }

    /// The state of an inverter.
    pub fn state(&self, reading: &Reading) -> Vec<Message> {
        state::messages(reading, &self.topic)
    }

    /// What makes the inverter known to Home Assistant; nothing if it is not to be announced. `availability`: the topic
    /// that says whether somebody publishes.
    pub fn announcement(&self, reading: &Reading, availability: Option<&str>) -> Vec<Message> {
        if !self.discovery {
            return Vec::new();
        }
        let discovery = Discovery {
            expire_after: self.expire_after,
            availability: availability.map(str::to_owned),
        };
        home_assistant::messages(reading, &discovery)
    }
}
