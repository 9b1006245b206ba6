//! The options of commands that publish readings.

use super::environment::{self, BROKER_VARIABLES};
use super::url::UrlParser;
use crate::duration;
use crate::sink::mqtt::{Broker, CertificateFiles, Delivery, MqttPlan, topic};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Parses a broker.
pub(super) const BROKER: UrlParser<Broker> = UrlParser::new("--mqtt", BROKER_VARIABLES, "a broker");

/// In front of the plain KSTAR topics.
// Where the C# console `kstar.sharp` published: its subscribers stay as they are.
const PLAIN: &str = "sensor/inverter";

/// Whether, where and how readings are published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Publishing")]
pub(crate) struct Publishing {
    /// Publish the readings to this MQTT broker: host, host:1883, mqtt://user@host, mqtts://host
    ///
    /// After they were logged or printed. User and password can stand in the URL, but other users
    /// of this machine can see a command line: better set MQTT_USERNAME and MQTT_PASSWORD, or give
    /// --mqtt-password-file.
    #[arg(
        long = "mqtt",
        value_name = "URL",
        value_parser = BROKER
    )]
    pub(crate) broker: Option<Broker>,

    /// QoS of the messages: 0 sends them, 1 has each of them acknowledged
    #[arg(
        long,
        value_name = "0|1",
        value_parser = clap::value_parser!(u8).range(0..=1),
        default_value_t = 0
    )]
    pub(crate) mqtt_qos: u8,

    /// The files of a login.
    #[command(flatten)]
    pub(crate) login: BrokerLogin,

    /// In front of all topics of states and availability, so that many plants share one broker
    #[arg(long, value_name = "TOPIC", value_parser = prefix)]
    pub(crate) mqtt_prefix: Option<String>,

    /// Do not announce the inverters to Home Assistant
    #[arg(long)]
    pub(crate) no_discovery: bool,

    /// Time without news after which Home Assistant shows an inverter as unavailable; 0 for never
    // Three runs of a cron job that runs every five minutes: one that is missed does no harm.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "15m")]
    pub(crate) expire_after: Duration,
}

/// The plain topics that KSTAR inverters have besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "Publishing")]
pub(crate) struct PlainTopics {
    /// In front of the plain KSTAR topics: TOPIC/pvpower, TOPIC/grid and so on
    #[arg(long, value_name = "TOPIC", value_parser = plain, default_value = PLAIN)]
    pub(crate) topic: String,
}

impl PlainTopics {
    /// The same options with these topics.
    pub(super) fn of(self, options: Option<MqttPlan>) -> Option<MqttPlan> {
        let topic = self.topic;
        options.map(|options| MqttPlan { topic, ..options })
    }
}

/// The files with which a broker is logged in to.
#[derive(Debug, Clone, Args)]
pub(crate) struct BrokerLogin {
    /// File with the password, which no other user should be able to read
    #[arg(long, value_name = "FILE")]
    pub(crate) mqtt_password_file: Option<PathBuf>,

    /// File with the certificates to trust for mqtts://, in PEM format, instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) mqtt_ca: Option<PathBuf>,

    /// File with the certificate to show a broker that knows its clients by certificates, in PEM
    /// format
    #[arg(long, value_name = "FILE", requires = "mqtt_key")]
    pub(crate) mqtt_cert: Option<PathBuf>,

    /// File with the key of that certificate, in PEM format, which no other user should be able to
    /// read
    #[arg(long, value_name = "FILE", requires = "mqtt_cert")]
    pub(crate) mqtt_key: Option<PathBuf>,
}

impl BrokerLogin {
    /// This broker, with this login and that of the environment.
    pub(super) fn at(&self, broker: Broker) -> MqttPlan {
        let files = |(certificate, key)| CertificateFiles { certificate, key };
        MqttPlan {
            environment: environment::login(),
            password_file: self.mqtt_password_file.clone(),
            certificates: self.mqtt_ca.clone(),
            identity: self.mqtt_cert.clone().zip(self.mqtt_key.clone()).map(files),
            ..MqttPlan::new(broker)
        }
    }
}

impl Publishing {
    /// How to publish; `None` if nothing is to be published.
    pub(super) fn options(&self) -> Option<MqttPlan> {
        Some(MqttPlan {
            delivery: match self.mqtt_qos {
                0 => Delivery::AtMostOnce,
                _ => Delivery::AtLeastOnce,
            },
            discovery: !self.no_discovery,
            expire_after: self.expire_after,
            prefix: self.mqtt_prefix.clone(),
            // Commands for KACO have no such topics, those for KSTAR replace it: see
            // [`PlainTopics`].
            topic: PLAIN.to_owned(),
            ..self.login.at(self.broker.clone()?)
        })
    }
}

/// In front of the plain KSTAR topics.
fn plain(text: &str) -> Result<String, String> {
    topic::checked(text, "sensor/inverter")
}

/// In front of all topics.
pub(super) fn prefix(text: &str) -> Result<String, String> {
    topic::checked(text, "plants/roof")
}
