//! What is to be published while a session lasts: the latest reading of each inverter, and nothing
//! older.
//!
//! However long the broker is away, it does not grow: an inverter has one place in it.

use super::options::MqttPlan;
use super::totals::Totals;
use crate::format::message::Message;
use crate::inverter::InverterId;
use crate::plant_total::PlantTotal;
use crate::reading::Reading;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Home Assistant subscribes to what is announced within this time, and misses what comes before.
const SETTLING: Duration = Duration::from_secs(5);

/// Readings on their way to the broker.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    places: BTreeMap<Subject, Item>,
    /// What the connection gets next, in order; empty without a connection.
    next: VecDeque<Message>,
}

/// What the news are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// By its node in topics: with another IP address it is the same.
    Inverter(Option<String>),
    Plant,
}

#[derive(Debug)]
struct Item {
    news: News,
    /// When they came.
    since: Instant,
    /// Whether they were handed over.
    is_sent: bool,
    /// Whether the inverter was announced since the connection was made.
    is_announced: bool,
    /// When the news are published once more, because they came with an announcement.
    repeat: Option<Instant>,
    totals: Totals,
}

/// What is published.
#[derive(Debug)]
pub(super) enum News {
    Reading(Box<Reading>),
    /// Of the plant.
    Total(PlantTotal),
}

impl Outbox {
    /// Takes news, which replace the last ones.
    pub(super) fn put(&mut self, news: impl Into<News>) {
        let mut news = news.into();
        let place = news.place();
        let before = self.places.remove(&place);
        let is_announced = before
            .as_ref()
            .is_some_and(|before| before.is_announced && before.news.is_alike(&news));
        let repeat = before.as_ref().and_then(|before| before.repeat);
        let mut totals = before.map(|before| before.totals).unwrap_or_default();
        match &mut news {
            News::Reading(reading) => totals.hold_back(reading),
            News::Total(total) => totals.hold_back_plant(total),
        }
        let item = Item {
            news,
            since: Instant::now(),
            is_sent: false,
            is_announced,
            repeat,
            totals,
        };
        self.places.insert(place, item);
    }

    /// Starts again for a subscriber that knows nothing: it gets `first`, then all inverters and
    /// their readings, except those older than `oldest`, which are not current.
    pub(super) fn restart(&mut self, first: Option<Message>, oldest: Duration) {
        self.next = first.into_iter().collect();
        for item in self.places.values_mut() {
            item.is_announced = false;
            item.repeat = None;
            item.is_sent = !oldest.is_zero() && item.since.elapsed() > oldest;
        }
    }

    /// Forgets what is about other inverters than these, and their total unless it goes on: what is
    /// gone is not announced again.
    pub(super) fn keep(&mut self, inverters: &[InverterId], has_total: bool) {
        let known = |inverter: &InverterId| (inverter.place(), inverter.is_simulated());
        let kept: HashSet<_> = inverters.iter().map(known).collect();
        self.places.retain(|_, item| match &item.news {
            News::Reading(reading) => kept.contains(&known(&reading.inverter)),
            News::Total(_) => has_total,
        });
    }

    /// The next message; it stays until it is [taken](Self::take).
    pub(super) fn front(&mut self, options: &MqttPlan, availability: &str) -> Option<&Message> {
        if self.next.is_empty() {
            self.refill(options, availability);
        }
        self.next.front()
    }

    /// The next message was handed over.
    pub(super) fn take(&mut self) {
        self.next.pop_front();
    }

    /// When there will be a next message without further news; `None` also while there is one.
    pub(super) fn due(&self) -> Option<Instant> {
        let repeats = self.places.values().filter_map(|item| item.repeat);
        repeats.min().filter(|_| self.next.is_empty())
    }

    /// One inverter at a time: while the broker is slow, readings are replaced, not queued.
    fn refill(&mut self, options: &MqttPlan, availability: &str) {
        let now = Instant::now();
        for item in self.places.values_mut() {
            if item.repeat.take_if(|repeat| *repeat <= now).is_some() {
                item.is_sent = false;
            }
            if !item.is_announced {
                item.is_announced = true;
                let announcement = item.news.announcement(options, Some(availability));
                item.repeat = (!announcement.is_empty() && !item.is_sent).then_some(now + SETTLING);
                self.next.extend(announcement);
            }
            if !item.is_sent {
                item.is_sent = true;
                self.next.extend(item.news.state(options));
            }
            if !self.next.is_empty() {
                return;
            }
        }
    }
}

impl From<Reading> for News {
    fn from(reading: Reading) -> Self {
        Self::Reading(Box::new(reading))
    }
}

impl From<PlantTotal> for News {
    fn from(total: PlantTotal) -> Self {
        Self::Total(total)
    }
}

impl News {
    fn place(&self) -> Subject {
        match self {
            Self::Reading(reading) => Subject::Inverter(reading.inverter.node()),
            Self::Total(_) => Subject::Plant,
        }
    }

    /// The announcement to Home Assistant of the inverter, or of the plant.
    fn announcement(&self, options: &MqttPlan, availability: Option<&str>) -> Vec<Message> {
        match self {
            Self::Reading(reading) => options.announcement(reading, availability),
            Self::Total(total) => options.plant_announcement(total, availability),
        }
    }

    fn state(&self, options: &MqttPlan) -> Vec<Message> {
        match self {
            Self::Reading(reading) => options.state(reading),
            Self::Total(total) => options.plant_state(total),
        }
    }

    /// Whether what was announced holds for other news.
    fn is_alike(&self, other: &Self) -> bool {
        let shape = |reading: &Reading| {
            (
                reading.cells.layout,
                reading.further.as_ref().map(|further| further.layout),
                reading.type_code.clone(),
                reading.model.clone(),
                reading.inverter.name().map(str::to_owned), // no part of its identity
                reading.facts.clone(),
            )
        };
        match (self, other) {
            (Self::Reading(one), Self::Reading(other)) => shape(one) == shape(other),
            (Self::Total(one), Self::Total(other)) => one.is_simulated == other.is_simulated,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::naming::examples::reading;
    use crate::kaco::layouts::{COUNTERS, STANDARD};
    use crate::reading::Cells;

    const AGE: Duration = Duration::from_secs(900);

    fn options() -> Option<MqttPlan> {
        Some(MqttPlan {
            discovery: true,
            expire_after: AGE,
            topic: "sensor/inverter".to_owned(),
            ..MqttPlan::new("broker".parse().ok()?)
        })
    }

    fn said(address: u8, status: &str) -> Reading {
        Reading {
            inverter: InverterId::kaco(Some(address)),
            ..reading(&STANDARD, &[status])
        }
    }

    /// All that is to be published, in short: topics of states with their status, and how many
    /// announcements there are.
    fn empty(outbox: &mut Outbox) -> (Vec<String>, usize) {
        let (mut states, mut announcements) = (Vec::new(), 0);
        let Some(options) = options() else {
            return (states, announcements);
        };
        while let Some(message) = outbox.front(&options, "availability") {
            if message.is_retained {
                assert!(
                    message
                        .payload
                        .contains(r#""availability_topic":"availability""#)
                );
                announcements += 1;
            } else {
                let status = message.payload.split(r#""status":""#).nth(1);
                let status = status.and_then(|rest| rest.split('"').next());
                states.push(format!("{} {}", message.topic, status.unwrap_or_default()));
            }
            outbox.take();
        }
        (states, announcements)
    }

    #[tokio::test(start_paused = true)]
    async fn the_latest_reading_of_each_inverter_is_kept() {
        let mut outbox = Outbox::default();
        for status in ["a", "b", "c"] {
            outbox.put(said(2, status));
            outbox.put(said(3, status));
        }
        outbox.put(Reading {
            inverter: InverterId::kaco(None),
            ..said(1, "unknown")
        });
        let due = ["kaco/02/state c", "kaco/03/state c"].map(str::to_owned);
        assert_eq!(empty(&mut outbox), (due.to_vec(), 20));
        assert_eq!(empty(&mut outbox), (vec![], 0));
        outbox.put(said(2, "d"));
        assert_eq!(empty(&mut outbox), (vec!["kaco/02/state d".to_owned()], 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_subscriber_gets_all_that_is_not_too_old() {
        let mut outbox = Outbox::default();
        outbox.put(said(2, "old"));
        tokio::time::advance(AGE).await;
        outbox.put(said(3, "young"));
        assert_eq!(empty(&mut outbox).0.len(), 2);
        tokio::time::advance(Duration::from_secs(1)).await;
        outbox.restart(None, AGE);
        let young = vec!["kaco/03/state young".to_owned()];
        assert_eq!(empty(&mut outbox), (young, 20));
        outbox.restart(None, Duration::ZERO);
        assert_eq!(empty(&mut outbox).0.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_announced_gets_its_reading_once_more() {
        let mut outbox = Outbox::default();
        outbox.put(said(2, "a"));
        assert_eq!((empty(&mut outbox).1, outbox.due().is_some()), (10, true));
        outbox.put(said(2, "b"));
        assert_eq!(empty(&mut outbox).0, ["kaco/02/state b"]);
        tokio::time::advance(SETTLING).await;
        assert_eq!(outbox.due(), Some(Instant::now()));
        assert_eq!(empty(&mut outbox).0, ["kaco/02/state b"]);
        assert_eq!((empty(&mut outbox).0.len(), outbox.due()), (0, None));
        tokio::time::advance(AGE).await;
        outbox.restart(None, AGE / 2);
        assert_eq!((empty(&mut outbox).1, outbox.due()), (10, None), "too old");
    }

    #[tokio::test(start_paused = true)]
    async fn another_inverter_at_the_address_is_announced() {
        let mut outbox = Outbox::default();
        let mut announced = |reading: Reading| {
            outbox.put(reading);
            empty(&mut outbox).1
        };
        let mut known = said(2, "b");
        known.facts.firmware = Some("V2".to_owned());
        let counting = Reading {
            further: Some(Cells::empty(&COUNTERS)),
            ..known.clone()
        };
        assert_eq!(announced(said(2, "a")), 10);
        assert_eq!(announced(said(2, "b")), 0);
        assert_eq!(announced(known), 10);
        assert_eq!(announced(counting.clone()), 16);
        assert_eq!(announced(counting.clone()), 0);
        let mut renamed = counting;
        renamed.inverter = renamed.inverter.named(Some("south".to_owned()));
        assert_eq!(announced(renamed), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn an_inverter_that_got_another_address_is_the_same() {
        let mut outbox = Outbox::default();
        let at = |ip: [u8; 4], status| {
            let ip = Some(std::net::IpAddr::from(ip));
            Reading {
                inverter: InverterId::kstar(Some("S1".to_owned()), ip),
                ..said(2, status)
            }
        };
        outbox.put(at([10, 0, 0, 9], "old"));
        empty(&mut outbox);
        outbox.put(at([10, 0, 0, 2], "new"));
        assert_eq!(empty(&mut outbox).1, 0, "it is announced");
        outbox.restart(None, Duration::ZERO);
        assert_eq!(empty(&mut outbox).0, ["kstar/S1/state new"]);
    }
}
