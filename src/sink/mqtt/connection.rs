//! One connection to a broker: who comes, how, and with which words it fails.

use super::error::PublishError;
use super::login::Login;
use super::options::{Delivery, Options};
use crate::format::message::Message;
use rumqttc::{
    AsyncClient, Broker as Target, ClientError, ConnectionError, EventLoop, LastWill, MqttOptions,
    PublishNotice, PublishOptions, QoS,
};
use std::hash::{BuildHasher, RandomState};
use std::net::Ipv6Addr;
use std::time::Duration;
use tokio::net::TcpStream;
use tracing::{debug, trace};

/// From look-up to the broker's welcome. Behind a bad radio link that takes a second or two, on a small machine TLS another.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A broker that lives answers sooner than this; a router in front of it can drop a connection that is silent longer.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// What is needed for a connection, files read.
#[derive(Clone)]
pub(super) struct Connector {
    broker: String,
    options: MqttOptions,
    quality: QoS,
}

impl Connector {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// [`PublishError`] if a file can't be read, or the login makes no sense.
    pub(super) fn new(options: &Options) -> Result<Self, PublishError> {
        let broker = &options.broker;
        let login = Login::new(
            broker,
            options.password_file.as_deref(),
            options.environment.clone(),
        )?;
        let mut settings = MqttOptions::new(client_id(), Target::tcp(&broker.host, broker.port));
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
        if let Ok(address) = broker.host.parse::<Ipv6Addr>() {
            let target = (address, broker.port);
            // The library would write it without brackets.
            settings.set_socket_connector(move |_, _| TcpStream::connect(target));
        }
        #[cfg(feature = "tls")]
        if broker.is_encrypted {
            settings.set_transport(super::tls::transport(options)?);
        }
        Ok(Self {
            broker: broker.to_string(),
            options: settings,
            quality: quality(options.delivery),
        })
    }

    /// Accepts packets of up to so many bytes, instead of 10 KiB.
    pub(super) fn accept(&mut self, longest: usize) {
        self.options.set_max_packet_size(longest, longest);
    }

    /// What the broker says for us when the connection is lost.
    pub(super) fn set_will(&mut self, message: Message) {
        let Message {
            topic,
            payload,
            is_retained,
        } = message;
        let will = LastWill::new(topic, payload, self.quality, is_retained);
        self.options.set_last_will(will);
    }

    /// A connection that is made when it is polled first. `room`: messages that it takes before some are sent.
    pub(super) fn open(&self, room: usize) -> Connection {
        let options = self.options.clone();
        let (client, mut events) = AsyncClient::builder(options).capacity(room).build();
        let mut network = events.network_options();
        network.set_connection_timeout(CONNECT_LIMIT.as_secs());
        network.set_tcp_nodelay(true);
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

    /// What the library says, in our words.
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
    /// Hands a message over; the notice comes true when the broker has it (QoS 1), or when it is on its way (QoS 0).
    ///
    /// # Errors
    /// [`ClientError`] if there is no room for it.
    pub(super) fn send(&self, message: &Message) -> Result<PublishNotice, ClientError> {
        let Message {
            topic,
            payload,
            is_retained,
        } = message;
        let options = PublishOptions::new(self.quality).retain(*is_retained);
        let notice = self
            .client
            .try_publish_tracked(topic.as_str(), payload.as_str(), options)?;
        debug!("mqtt: {topic}, {} bytes", payload.len());
        trace!("mqtt: {topic} {payload}");
        Ok(notice)
    }

    /// Asks for what comes on a topic.
    pub(super) fn subscribe(&self, topic: &str) -> Result<(), ClientError> {
        self.client.try_subscribe(topic, QoS::AtMostOnce)
    }

    /// Sends a last message, and says good-bye when the broker has it. If it never does, there is no good-bye: then the
    /// broker says the will.
    pub(super) fn leave(&self, last: &Message) -> Result<(), ClientError> {
        let notice = self.send(last)?;
        let client = self.client.clone();
        tokio::spawn(async move {
            if notice.wait_completion_async().await.is_ok() {
                let _ = client.try_disconnect();
            }
        });
        Ok(())
    }

    /// Says good-bye; the events end when that is out.
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

/// One of its own for each process and connector: a broker throws out who was there under the same name. Process ids alone
/// are the same in every container.
fn client_id() -> String {
    let random = RandomState::new().hash_one(std::process::id()) & 0xffff_ffff;
    format!("kaco_ardexa-{}-{random:08x}", std::process::id())
}
