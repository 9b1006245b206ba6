//! A connection to a broker: client id, transport, and the wording of errors.

use super::error::PublishError;
use super::login::Login;
use super::options::{Delivery, MqttPlan};
use super::throttle::Throttle;
use crate::format::message::Message;
use crate::inverter::{fingerprint, reduced};
use crate::link::claim::{self, Claim};
use crate::link::dial::dial;
use crate::sink::random::random;
use rumqttc::{
    AsyncClient, Broker as Address, ClientError, ConnectionError, EventLoop, LastWill, MqttOptions,
    PublishNotice, PublishOptions, QoS,
};
use rustix::system::uname;
use std::time::Duration;
use tracing::{debug, trace};

/// From look-up to the broker's CONNACK. Behind a bad radio link that takes a second or two, on a
/// small machine TLS another.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A broker that works replies sooner than this; a router in front of it can drop a connection that
/// is idle for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Most bytes of a received message. Home Assistant sends one word; longer ones are not from it.
const LONGEST_NEWS: usize = 64 * 1024;

/// Bytes of a client id at most: many brokers take 128.
const LONGEST_ID: usize = 100;

/// What is needed for a connection, with the content of files.
pub(super) struct Connector {
    broker: String,
    host: String,
    port: u16,
    options: MqttOptions,
    quality: QoS,
    /// The lasting client id is that of this process alone.
    claim: Option<Claim>,
}

impl Connector {
    /// Nothing is connected yet.
    pub(super) fn new(options: &MqttPlan) -> Result<Self, PublishError> {
        let broker = &options.broker;
        let login = Login::new(
            broker,
            options.password_file.as_deref(),
            options.environment.clone(),
        )?;
        if options.identity.is_some() && !broker.is_encrypted {
            return Err(PublishError::NotEncrypted(broker.to_string()));
        }
        let mut settings = MqttOptions::new(passing_id(), Address::tcp(&broker.host, broker.port));
        match login {
            Login::Anonymous => {}
            Login::User(user) => {
                settings.set_username(user);
            }
            Login::Password(user, password) => {
                settings.set_credentials(user, password.bytes().to_vec());
            }
        }
        settings.set_keep_alive(u16::try_from(KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX));
        let (host, port) = (broker.host.clone(), broker.port);
        // Not the text of the library, in which addresses of IPv6 have no brackets.
        settings.set_socket_connector(move |_, _| dial(host.clone(), port));
        #[cfg(feature = "tls")]
        if broker.is_encrypted {
            settings.set_transport(super::tls::transport(options)?);
        }
        Ok(Self {
            broker: broker.to_string(),
            host: broker.host.clone(),
            port: broker.port,
            options: settings,
            quality: quality(options.delivery),
            claim: None,
        })
    }

    /// Makes connections of a run that goes on: what the broker sends is read at a limited rate,
    /// and at QoS 1 the broker keeps the session while the line is down. `place`: what
    /// distinguishes the run from others of this machine.
    pub(super) fn stay(&mut self, place: &str) {
        let (host, port) = (self.host.clone(), self.port);
        self.options
            .set_max_packet_size(LONGEST_NEWS, LONGEST_NEWS)
            .set_socket_connector(move |_, _| {
                let dialled = dial(host.clone(), port);
                async move { dialled.await.map(Throttle::new) }
            });
        let id = lasting_id(uname().nodename().to_string_lossy().as_ref(), place);
        match claim::hold(&format!("{id} at {}", self.broker)) {
            Ok(claim) => {
                self.options.set_client_id(id);
                self.options
                    // At QoS 0 there is nothing that a session would keep.
                    .set_clean_session(self.quality == QoS::AtMostOnce);
                self.claim = Some(claim);
            }
            // Two runs with one id would disconnect each other again and again: this one keeps its
            // passing id, and a clean session.
            Err(error) => debug!("mqtt: the client id {id} can't be taken: {error}"),
        }
    }

    /// Makes the broker forget the session, with its subscriptions.
    pub(super) fn start_anew(&mut self) {
        self.options.set_clean_session(true);
    }

    /// Accepts packets of up to so many bytes, instead of 10 KiB.
    pub(super) fn accept(&mut self, longest: usize) {
        self.options.set_max_packet_size(longest, longest);
    }

    /// The last will: what the broker publishes when the connection is lost.
    pub(super) fn set_will(&mut self, message: Message) {
        let (topic, payload) = (message.topic, message.payload);
        let will = LastWill::new(topic, payload, self.quality, message.is_retained);
        self.options.set_last_will(will);
    }

    /// A connection that is made when it is first polled. `room`: messages that it takes before
    /// some are sent.
    pub(super) fn open(&self, room: usize) -> Connection {
        let options = self.options.clone();
        let (client, mut events) = AsyncClient::builder(options).capacity(room).build();
        let mut network = events.network_options();
        network.set_connection_timeout(CONNECT_LIMIT.as_secs());
        events.set_network_options(network);
        let sender = Sender {
            client,
            quality: self.quality,
        };
        Connection { sender, events }
    }

    /// Scheme, host and port.
    pub(super) fn broker(&self) -> &str {
        &self.broker
    }

    /// The error of the library, in our wording.
    pub(super) fn explain(&self, error: ConnectionError, connected: bool) -> PublishError {
        PublishError::of(self.broker.clone(), error, connected)
    }
}

/// Both halves of a connection. Nothing happens unless the events are polled.
pub(super) struct Connection {
    pub(super) sender: Sender,
    pub(super) events: EventLoop,
}

/// The half that takes messages.
pub(super) struct Sender {
    client: AsyncClient,
    quality: QoS,
}

impl Sender {
    /// Hands a message over; the notice completes when the broker has it (QoS 1), or when it is
    /// sent (QoS 0).
    pub(super) fn send(&self, message: &Message) -> Result<PublishNotice, ClientError> {
        let (topic, payload) = (message.topic.as_str(), message.payload.as_str());
        let options = PublishOptions::new(self.quality).retain(message.is_retained);
        let notice = self.client.try_publish_tracked(topic, payload, options)?;
        debug!("mqtt: {topic}, {} bytes", payload.len());
        trace!("mqtt: {topic} {payload}");
        Ok(notice)
    }

    /// Subscribes to a topic.
    pub(super) fn subscribe(&self, topic: &str) -> Result<(), ClientError> {
        self.client.try_subscribe(topic, self.quality)
    }

    /// Sends a last message, and disconnects when the broker has it. Without that there is no
    /// disconnect: then the broker publishes the will.
    pub(super) fn leave(&self, last: &Message) -> Result<(), ClientError> {
        let notice = self.send(last)?;
        let client = self.client.clone();
        // Not waited for here: the notice completes while the caller polls the events.
        tokio::spawn(async move {
            if notice.wait_completion_async().await.is_ok() {
                let _ = client.try_disconnect();
            }
        });
        Ok(())
    }

    /// Disconnects; the events end when that is sent.
    pub(super) fn disconnect(&self) -> Result<(), ClientError> {
        self.client.try_disconnect()
    }
}

const fn quality(delivery: Delivery) -> QoS {
    match delivery {
        Delivery::AtMostOnce => QoS::AtMostOnce,
        Delivery::AtLeastOnce => QoS::AtLeastOnce,
    }
}

/// A client id for this process and connector alone: a broker disconnects a client when another
/// one connects with its id. Process ids alone are the same in every container.
fn passing_id() -> String {
    let random = random() & 0xffff_ffff;
    format!("kaco_ardexa-{}-{random:08x}", std::process::id())
}

/// The client id of a plant, the same after a restart.
fn lasting_id(host: &str, place: &str) -> String {
    let id = format!("kaco_ardexa-{}-{}", reduced(host), reduced(place));
    match id.len() {
        ..=LONGEST_ID => id,
        _ => format!("kaco_ardexa-{:016x}", fingerprint(&id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_lasts_and_fits() {
        let id = lasting_id("raspberrypi", "plants/roof/kaco_02");
        assert_eq!(id, "kaco_ardexa-raspberrypi-plants_roof_kaco_02");
        let long = lasting_id("host", &"x".repeat(256));
        assert_eq!(
            (long.len(), &long),
            (28, &lasting_id("host", &"x".repeat(256)))
        );
        assert_ne!(long, lasting_id("other", &"x".repeat(256)));
        assert_ne!(passing_id(), passing_id());
    }
}
