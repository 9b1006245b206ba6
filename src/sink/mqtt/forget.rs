//! Removes the retained Home Assistant announcements of inverters that are gone.

use super::connection::{Connection, Connector};
use super::error::PublishError;
use super::once::deliver;
use super::options::MqttPlan;
use crate::address::Address;
use crate::format::message::Message;
use crate::inverter::{BusName, InverterId};
use crate::plant_total::PlantTotal;
use crate::sink::secret::exposed;
use rumqttc::{ConnectionError, Event, Packet};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tracing::warn;

/// For connection and search. A broker that keeps sending is cut off then.
const LIMIT: Duration = Duration::from_secs(10);

/// Idle time after which a broker has sent all that it retains.
const QUIET: Duration = Duration::from_secs(1);

/// The most topics that are removed; an inverter has about 50.
const MOST: usize = 20_000;

/// Announcements of other programs come along: some are long.
const LONGEST_PACKET: usize = 1024 * 1024;

/// The inverters whose announcements are removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ForgetTarget {
    /// The KACO inverter at an address.
    Address(Address),
    /// The KSTAR inverter with a serial number, or at an IP address if it does not report one.
    Kstar(String),
    /// The plant, behind a prefix.
    Plant,
    /// Every simulated inverter.
    Simulated,
}

impl FromStr for ForgetTarget {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let address = text.parse().ok().and_then(Address::new);
        Ok(match (text, address) {
            ("simulated", _) => Self::Simulated,
            ("plant", _) => Self::Plant,
            (_, Some(address)) => Self::Address(address),
            (text, None) => Self::Kstar(text.to_owned()),
        })
    }
}

impl std::fmt::Display for ForgetTarget {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => address.fmt(formatter),
            Self::Kstar(serial) => formatter.write_str(&serial.escape_debug().to_string()),
            Self::Plant => formatter.write_str("plant"),
            Self::Simulated => formatter.write_str("simulated"),
        }
    }
}

impl ForgetTarget {
    /// Whether a node of discovery topics is of this target.
    fn is_of(&self, node: &str, prefix: Option<&str>, bus: Option<&BusName>) -> bool {
        let inverter = match self {
            Self::Address(address) => InverterId::kaco(Some(address.number())),
            Self::Kstar(text) => match text.parse::<IpAddr>() {
                Ok(ip) => InverterId::kstar(None, Some(ip)),
                Err(_) => InverterId::kstar(Some(text.clone()), None),
            },
            Self::Plant => return PlantTotal::default().node(prefix) == node,
            Self::Simulated => return is_simulated(node, bus),
        };
        inverter.on(bus.cloned()).node().as_deref() == Some(node)
    }
}

/// Whether it is a node of a simulated inverter, on this bus if it is named.
fn is_simulated(node: &str, bus: Option<&BusName>) -> bool {
    let rest = ["sim_kaco_", "sim_kstar_"].map(|start| node.strip_prefix(start));
    let mut rest = rest.into_iter().flatten();
    if node == "sim_plant" || node.starts_with("sim_plant_") {
        return bus.is_none();
    }
    // The address alone stands behind the bus: `roof_2` is another one than `roof`.
    rest.any(|rest| {
        bus.is_none_or(|bus| {
            rest.rsplit_once('_')
                .is_some_and(|(on, _)| on == bus.to_string())
        })
    })
}

/// Removes the announcements of the targets on this bus; returns their topics. The broker has to
/// take the messages within 10 s.
pub(crate) async fn forget(
    options: &MqttPlan,
    targets: &[ForgetTarget],
    bus: Option<&BusName>,
) -> Result<Vec<String>, PublishError> {
    for failure in exposed(options.secrets()) {
        warn!("{failure}");
    }
    let is_wanted = |topic: &str| {
        let node = node(topic);
        let prefix = options.prefix.as_deref();
        node.is_some_and(|node| targets.iter().any(|target| target.is_of(node, prefix, bus)))
    };
    let topics = announced(options, is_wanted).await?;
    let removal = |topic: &String| Message {
        topic: topic.clone(),
        // Retained and empty, it removes the retained message (MQTT 3.1.1, section 3.3.1.3).
        payload: String::new(),
        is_retained: true,
    };
    let messages: Vec<Message> = topics.iter().map(removal).collect();
    deliver(options, &messages).await?;
    Ok(topics.into_iter().collect())
}

/// The node of `homeassistant/sensor/<node>/<key>/config`.
pub(crate) fn node(topic: &str) -> Option<&str> {
    let mut levels = topic.split('/');
    let start = (levels.next()?, levels.next()?);
    let (node, _key, last) = (levels.next()?, levels.next()?, levels.next()?);
    let is_config = start == ("homeassistant", "sensor") && last == "config";
    (is_config && levels.next().is_none()).then_some(node)
}

/// The topics of retained announcements that are wanted.
async fn announced(
    options: &MqttPlan,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<BTreeSet<String>, PublishError> {
    let mut connector = Connector::new(options)?;
    connector.accept(LONGEST_PACKET);
    let mut found = BTreeSet::new();
    let mut is_connected = false;
    let search = async {
        let Connection { sender, mut events } = connector.open(1);
        events.poll().await?;
        is_connected = true;
        let subscribed = sender.subscribe("homeassistant/sensor/+/+/config");
        subscribed.map_err(|_| ConnectionError::RequestsDone)?;
        let mut is_subscribed = false;
        while found.len() < MOST {
            let event = tokio::select! {
                event = events.poll() => event?,
                // Before the broker has the subscription, its silence means nothing.
                () = sleep(QUIET), if is_subscribed => break,
            };
            match event {
                Event::Incoming(Packet::SubAck(_)) => is_subscribed = true,
                // Without the flag it is a message that another program publishes at this moment.
                Event::Incoming(Packet::Publish(news)) if news.retain => {
                    let topic = String::from_utf8_lossy(news.topic.as_ref()).into_owned();
                    if is_wanted(&topic) {
                        found.insert(topic);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    };
    let ended = timeout(LIMIT, search).await;
    match ended {
        Ok(Ok(())) => Ok(found),
        Ok(Err(error)) => Err(connector.explain(error, is_connected)),
        Err(_) if is_connected => Ok(found),
        Err(_) => Err(connector.explain(ConnectionError::NetworkTimeout, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_of(target: &str, node: &str, bus: Option<&str>) -> bool {
        let bus = bus.and_then(|bus| bus.parse().ok());
        let Ok(target) = target.parse::<ForgetTarget>();
        target.is_of(node, Some("plants/roof"), bus.as_ref())
    }

    #[test]
    fn a_target_is_one_inverter_or_all_simulated_ones() {
        for (target, node, bus, due) in [
            ("02", "kaco_02", None, true),
            ("2", "kaco_02", None, true),
            ("02", "sim_kaco_02", None, false),
            ("02", "kaco_roof_02", None, false),
            ("02", "kaco_roof_02", Some("roof"), true),
            ("02", "kaco_02", Some("roof"), false),
            ("E4000K/12", "kstar_E4000K_12", None, true),
            ("192.168.1.50", "kstar_192_168_1_50", None, true),
            ("100", "kstar_100", None, true),
            ("simulated", "sim_kaco_02", None, true),
            ("simulated", "sim_kaco_roof_02", Some("roof"), true),
            ("simulated", "sim_kaco_02", Some("roof"), false),
            ("simulated", "sim_kaco_roof_2_02", Some("roof"), false),
            ("simulated", "sim_kaco_roof_2_02", Some("roof_2"), true),
            ("simulated", "kaco_02", None, false),
            ("simulated", "simulated_lamp", None, false),
            ("simulated", "sim_plant_plants_roof", None, true),
            ("plant", "plant_plants_roof", None, true),
            ("plant", "plant", None, false),
            ("plant", "sim_plant_plants_roof", None, false),
        ] {
            assert_eq!(is_of(target, node, bus), due, "{target} {node} {bus:?}");
        }
    }

    #[test]
    fn only_announcements_have_a_node() {
        let topic = "homeassistant/sensor/kaco_02/status/config";
        assert_eq!(node(topic), Some("kaco_02"));
        for other in [
            "homeassistant/sensor/kaco_02/config",
            "homeassistant/switch/kaco_02/status/config",
            "homeassistant/sensor/kaco_02/status/state",
            "homeassistant/sensor/kaco_02/status/config/x",
            "kaco/02/state",
        ] {
            assert_eq!(node(other), None, "{other}");
        }
    }
}
