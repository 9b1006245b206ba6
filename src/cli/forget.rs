//! What can be typed after `mqtt-forget`.

use super::publishing::{BROKER, BrokerLogin, prefix};
use crate::command::plan;
use crate::inverter::BusName;
use crate::sink::mqtt::forget::ForgetTarget;
use crate::sink::mqtt::{Broker, Delivery, MqttPlan};
use clap::Args;

/// `mqtt-forget --mqtt URL INVERTER…`
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Address such as 02, serial number or IP address of a KSTAR inverter, plant for the total of
    /// all inverters, or simulated for all simulated ones
    #[arg(value_name = "INVERTER", required = true)]
    pub(crate) targets: Vec<ForgetTarget>,

    /// Name of the bus that the inverters were announced with
    #[arg(long, value_name = "NAME")]
    pub(crate) bus: Option<BusName>,

    /// The MQTT broker: host, host:1883, mqtt://user@host, mqtts://host
    #[arg(long = "mqtt", value_name = "URL", value_parser = BROKER)]
    pub(crate) broker: Broker,

    /// Prefix that the topics of the plant were published with
    #[arg(long, value_name = "TOPIC", value_parser = prefix)]
    pub(crate) mqtt_prefix: Option<String>,

    /// The files of a login.
    #[command(flatten)]
    pub(crate) login: BrokerLogin,
}

impl Forget {
    pub(super) fn plan(self) -> plan::ForgetPlan {
        plan::ForgetPlan {
            options: MqttPlan {
                // A removal that got lost would not be noticed.
                delivery: Delivery::AtLeastOnce,
                prefix: self.mqtt_prefix,
                ..self.login.at(self.broker)
            },
            targets: self.targets,
            bus: self.bus,
        }
    }
}
