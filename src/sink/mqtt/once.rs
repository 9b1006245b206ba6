//! Publishing in a run that ends. The program may not exit before the broker has taken all
//! messages.

use super::connection::{Connection, Connector};
use super::error::PublishError;
use super::options::MqttPlan;
use crate::format::message::Message;
use crate::plant_total::PlantTotal;
use crate::reading::Reading;
use rumqttc::ConnectionError;
use std::time::Duration;
use tokio::time::timeout;
use tracing::info;

/// Look-up, connection, all messages and the disconnect together. The next run of cron must not
/// find this one waiting.
const LIMIT: Duration = Duration::from_secs(10);

/// Publishes the inverters with their readings, and the total of the plant. Without readings it
/// does not connect. It returns at the first error, after at most 10 s.
pub async fn publish<'a>(
    options: &MqttPlan,
    readings: impl IntoIterator<Item = &'a Reading>,
    total: Option<&PlantTotal>,
) -> Result<(), PublishError> {
    let mut messages = Vec::new();
    for reading in readings {
        // Without availability: between two runs of cron nothing is connected.
        messages.extend(options.announcement(reading, None));
        messages.extend(options.state(reading));
    }
    if let Some(total) = total.filter(|_| !messages.is_empty()) {
        messages.extend(options.plant_announcement(total, None));
        messages.extend(options.plant_state(total));
    }
    deliver(options, &messages).await
}

/// Publishes messages, in their order.
pub(crate) async fn deliver(options: &MqttPlan, messages: &[Message]) -> Result<(), PublishError> {
    if messages.is_empty() {
        return Ok(());
    }
    let connector = Connector::new(options)?;
    let mut progress = DeliveryProgress::default();
    let outcome = timeout(LIMIT, take_all(&connector, messages, &mut progress)).await;
    let broker = connector.broker();
    match outcome {
        Ok(Ok(())) => {
            info!("{broker}: {} messages published", messages.len());
            Ok(())
        }
        Ok(Err(error)) => Err(connector.explain(error, progress.is_connected)),
        Err(_) => Err(PublishError::Slow {
            broker: broker.to_owned(),
            taken: progress.taken,
            all: messages.len(),
            seconds: LIMIT.as_secs(),
        }),
    }
}

/// How far a delivery came.
#[derive(Default)]
struct DeliveryProgress {
    is_connected: bool,
    taken: usize,
}

async fn take_all(
    connector: &Connector,
    messages: &[Message],
    progress: &mut DeliveryProgress,
) -> Result<(), ConnectionError> {
    // Room for all: they are handed over before the connection is polled again.
    let Connection { sender, mut events } = connector.open(messages.len());
    // The first event of a connection is the CONNACK of the broker.
    events.poll().await?;
    progress.is_connected = true;
    let notices: Result<Vec<_>, _> = messages
        .iter()
        .map(|message| sender.send(message))
        .collect();
    let notices = notices.map_err(|_| ConnectionError::RequestsDone)?;
    let all_taken = async {
        for notice in notices {
            // One that fails has failed with the connection, whose error has the reason.
            if notice.wait_completion_async().await.is_err() {
                return std::future::pending().await;
            }
            progress.taken += 1;
        }
    };
    tokio::select! {
        () = all_taken => {}
        error = async {
            loop {
                if let Err(error) = events.poll().await {
                    return error;
                }
            }
        } => return Err(error),
    }
    sender
        .disconnect()
        .map_err(|_| ConnectionError::RequestsDone)?;
    // Until the disconnect is sent, which the library reports as an error. Without it a broker may
    // take the end of the program for a lost line.
    loop {
        match events.poll().await {
            Ok(_) => {}
            Err(ConnectionError::RequestsDone) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
