//! The task behind a session: connects, tries again at random moments, and hands over what there is
//! to publish.

use super::connection::{Connection, Connector, Sender};
use super::error::PublishError;
use super::options::MqttPlan;
use super::outbox::Outbox;
use crate::format::home_assistant::STATUS;
use crate::format::message::Message;
use crate::sink::health::{self, TroubleSince};
use crate::sink::lock::lock;
use crate::sink::random::random;
use rumqttc::{ConnectionError, Event, Packet, Publish};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{info, warn};

/// A connection is tried again at a random moment of a window, which grows: a thousand plants do
/// not reconnect in the same second. A broker that restarts is back in seconds.
const FIRST_WINDOW: Duration = Duration::from_secs(8);

/// A broker that is away for long is tried about twice in this time.
const LONGEST_WINDOW: Duration = Duration::from_secs(60);

/// A window begins after this.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// After a connection that lasted this long, the pauses begin again. One that the broker closes at
/// once, again and again, does not count.
const GOOD: Duration = Duration::from_secs(10);

/// Messages between session and connection. Whatever does not fit waits in the outbox.
const ROOM: usize = 32;

/// Receives every message that the broker has acknowledged.
pub(crate) type Acknowledged = UnboundedSender<Message>;

/// The state that session and task share.
#[derive(Default)]
pub(super) struct SessionShared {
    state: Mutex<SessionState>,
    /// Something in it has changed.
    pub(super) changed: Notify,
}

#[derive(Default)]
pub(super) struct SessionState {
    pub(super) outbox: Outbox,
    pub(super) is_stopping: bool,
    /// When the connection was lost, and the reason; `None` while there is one.
    pub(super) trouble: Option<TroubleSince>,
    /// Whether there was a warning whose end was not reported.
    pub(super) is_reported: bool,
}

impl SessionShared {
    pub(super) fn state(&self) -> MutexGuard<'_, SessionState> {
        lock(&self.state)
    }
}

/// A message that the broker retains.
pub(super) fn retained(topic: &str, word: &str) -> Message {
    Message {
        topic: topic.to_owned(),
        payload: word.to_owned(),
        is_retained: true,
    }
}

/// The task of a session: keeps a connection, and hands over what the outbox has.
pub(super) struct Task {
    pub(super) shared: Arc<SessionShared>,
    pub(super) connector: Connector,
    pub(super) options: MqttPlan,
    pub(super) availability: String,
    pub(super) acknowledged: Option<Acknowledged>,
    /// Whether it subscribes to the status of Home Assistant.
    pub(super) listens: bool,
}

/// Waits until that time; for ever without one.
async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// A pause at random between the least pause and the end of the window.
fn pause(window: Duration, random: u64) -> Duration {
    let room = window.saturating_sub(LEAST_PAUSE).as_millis().max(1);
    let part = u128::from(random) % room;
    LEAST_PAUSE + Duration::from_millis(u64::try_from(part).unwrap_or_default())
}

impl Task {
    /// Runs until the session is stopped.
    pub(super) async fn run(mut self) {
        let mut window = FIRST_WINDOW;
        loop {
            let since = Instant::now();
            let Err(error) = self.connection().await else {
                return;
            };
            let (was_connected, is_reported) = {
                let mut state = self.shared.state();
                let was_connected = state.trouble.is_none();
                health::note(&mut state.trouble, error.to_string());
                let is_reported = std::mem::replace(&mut state.is_reported, true);
                (was_connected, is_reported)
            };
            if matches!(error, PublishError::TooLong(_)) {
                // The message is retained, so it comes again with each subscription; and a session
                // that the broker keeps holds the subscription.
                self.listens = false;
                self.connector.start_anew();
            }
            if was_connected && since.elapsed() >= GOOD {
                window = FIRST_WINDOW;
            }
            let pause = pause(window, random());
            if is_reported {
                info!("{error}; next try in {} s", pause.as_secs());
            } else {
                warn!("{error}; trying again until it works");
            }
            if self.is_stopped_within(pause).await {
                return;
            }
            window = (2 * window).min(LONGEST_WINDOW);
        }
    }

    /// Waits; returns whether the session was stopped meanwhile.
    async fn is_stopped_within(&self, pause: Duration) -> bool {
        // The notification may be about a new reading.
        let stopped = async {
            while !self.shared.state().is_stopping {
                self.shared.changed.notified().await;
            }
        };
        timeout(pause, stopped).await.is_ok()
    }

    /// One connection, from start to end; no error if the session ends with it.
    async fn connection(&self) -> Result<(), PublishError> {
        let Connection { sender, mut events } = self.connector.open(ROOM);
        let mut is_connected = false;
        let mut is_leaving = false;
        let mut good_from = None;
        loop {
            let event = {
                // Never dropped half-way: it could be in the middle of a message.
                let mut event = pin!(events.poll());
                loop {
                    let feeds = is_connected && !is_leaving;
                    let due = self.shared.state().outbox.due().filter(|_| feeds);
                    tokio::select! {
                        event = &mut event => break event,
                        () = self.shared.changed.notified() => {}
                        () = reached(due) => {}
                        () = reached(good_from) => {
                            good_from = None;
                            self.report_end();
                        }
                    }
                    if is_connected {
                        self.feed(&sender, &mut is_leaving);
                    } else if self.shared.state().is_stopping {
                        return Ok(());
                    }
                }
            };
            match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    is_connected = true;
                    // One that is lost at once is not back: it would be reported again and again.
                    good_from = Some(Instant::now() + GOOD);
                    self.begin(&sender);
                }
                Ok(Event::Incoming(Packet::Publish(news))) => self.take_status(&news),
                Ok(_) => {}
                Err(ConnectionError::RequestsDone) => return Ok(()),
                Err(error) => return Err(self.connector.explain(error, is_connected)),
            }
            self.feed(&sender, &mut is_leaving);
        }
    }

    /// Reports that the connection is back, if its loss was reported.
    fn report_end(&self) {
        if std::mem::take(&mut self.shared.state().is_reported) {
            warn!("{}: connected", self.connector.broker());
        }
    }

    fn begin(&self, sender: &Sender) {
        info!("{}: connected", self.connector.broker());
        if self.listens {
            let (topic, _) = STATUS;
            // A new connection has room.
            let _ = sender.subscribe(topic);
        }
        let mut state = self.shared.state();
        state.trouble = None;
        let online = retained(&self.availability, "online");
        state
            .outbox
            .restart(Some(online), self.options.expire_after);
    }

    /// Publishes all again when Home Assistant comes up, as it has forgotten every reading. A
    /// retained status is old: all was just announced.
    fn take_status(&self, news: &Publish) {
        let (topic, word) = STATUS;
        if !news.retain && news.topic == topic && news.payload == word {
            let outbox = &mut self.shared.state().outbox;
            outbox.restart(None, self.options.expire_after);
        }
    }

    /// Hands over as much as there is room for; more with the next event, which makes room.
    fn feed(&self, sender: &Sender, is_leaving: &mut bool) {
        let mut state = self.shared.state();
        if *is_leaving {
            return;
        }
        if state.is_stopping {
            let offline = retained(&self.availability, "offline");
            *is_leaving = sender.leave(&offline).is_ok();
            return;
        }
        while let Some(message) = state.outbox.front(&self.options, &self.availability) {
            let Ok(notice) = sender.send(message) else {
                return;
            };
            if let Some(acknowledged) = self.acknowledged.clone() {
                let message = message.clone();
                // The notice completes while the events are polled: waiting for it here would never
                // end.
                tokio::spawn(async move {
                    if notice.wait_completion_async().await.is_ok() {
                        let _ = acknowledged.send(message);
                    }
                });
            }
            state.outbox.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_at_any_moment_of_its_window() {
        let ends = |random| pause(FIRST_WINDOW, random).as_millis();
        assert_eq!([ends(0), ends(6_999), ends(7_000)], [1_000, 7_999, 1_000]);
        assert_eq!(pause(Duration::ZERO, u64::MAX), LEAST_PAUSE);
        let plants: Vec<u128> = (0..1000).map(|_| ends(random()) / 1000).collect();
        let most = (1..8).map(|second| plants.iter().filter(|end| **end == second).count());
        assert!(most.max() < Some(300), "{plants:?}");
    }
}
