//! One connection for a run that goes on.

use super::{options, reading, runtime};
use crate::support::broker::{Broker, Heard, Listener, OPEN};
use kaco_ardexa::inverter::InverterId;
use kaco_ardexa::sink::mqtt::session::Session;
use kaco_ardexa::sink::mqtt::session::availability_topic;
use kaco_ardexa::sink::mqtt::{Delivery, MqttPlan};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use tokio::time::sleep;

pub(super) fn availability() -> String {
    availability_topic(&[InverterId::kaco(Some(2))])
}

fn start(broker: &Broker) -> Session {
    Session::start(options(&broker.host()), availability(), None).unwrap()
}

pub(super) fn is_state(heard: &Heard) -> bool {
    heard.topic.ends_with("/state")
}

/// Waits without keeping the session from working.
async fn until(what: &str, happened: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < end, "{what} does not happen");
        sleep(Duration::from_millis(10)).await;
    }
}

pub(super) async fn hears(
    listener: &Listener,
    count: usize,
    fits: impl Fn(&Heard) -> bool,
) -> Vec<Heard> {
    let fitting = || {
        let heard = listener.heard();
        heard.into_iter().filter(&fits).collect::<Vec<_>>()
    };
    until("that it is heard", || fitting().len() >= count).await;
    fitting()
}

fn says(word: &str) -> impl Fn(&Heard) -> bool {
    move |heard| heard.topic == availability() && heard.payload == word && heard.is_retained
}

#[test]
fn from_online_to_offline() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    runtime().block_on(async {
        let session = start(&broker);
        session.publish(&reading(2, 1));
        hears(&listener, 1, is_state).await;
        assert!(session.is_connected());
        let heard = listener.heard();
        assert_eq!(heard.len(), 1 + 10 + 1, "{heard:#?}");
        assert!(says("online")(&heard[0]), "{heard:#?}");
        for config in &heard[1..11] {
            assert_eq!(config.json()["availability_topic"], availability());
            assert!(config.is_retained);
        }
        session.publish(&reading(2, 5));
        hears(&listener, 2, is_state).await;
        session.publish(&reading(2, 0));
        hears(&listener, 3, is_state).await;
        let yields: Vec<_> = listener.heard()[11..]
            .iter()
            .map(|heard| heard.json()["daily_yield"].clone())
            .collect();
        // A total that falls is not told.
        assert_eq!(yields, [json!(1), json!(5), Value::Null]);
        session.stop().await;
        hears(&listener, 1, says("offline")).await;
    });
    assert_eq!(availability(), "kaco_ardexa/kaco_02/availability");
    assert_eq!(availability_topic(&[]), "kaco_ardexa/kstar/availability");
    assert_eq!(
        availability_topic(&[InverterId::kstar(None, "192.168.1.5".parse().ok())]),
        "kaco_ardexa/kstar_192_168_1_5/availability"
    );
}

#[test]
fn the_will_marks_a_client_that_is_gone() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    runtime().block_on(async {
        let session = start(&broker);
        hears(&listener, 1, says("online")).await;
        drop(session);
        hears(&listener, 1, says("offline")).await;
    });
}

#[test]
fn home_assistant_comes_up() {
    let broker = Broker::start(OPEN);
    broker.publish("homeassistant/status", "online", &["-r"]);
    let listener = broker.listen();
    runtime().block_on(async {
        let session = start(&broker);
        session.publish(&reading(2, 1));
        hears(&listener, 1, is_state).await;
        sleep(Duration::from_millis(300)).await;
        // What was retained was said before.
        hears(&listener, 1, is_state).await;
        assert_eq!(listener.heard().len(), 1 + 1 + 11);
        listener.forget();
        broker.publish("homeassistant/status", "offline", &[]);
        broker.publish("homeassistant/status", "online", &[]);
        hears(&listener, 1, is_state).await;
        assert_eq!(listener.heard().len(), 2 + 11);
        session.stop().await;
    });
}

/// Home Assistant subscribes after the announcement, and misses the first.
#[test]
fn a_reading_is_published_again_after_its_announcement() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    runtime().block_on(async {
        let session = start(&broker);
        session.publish(&reading(2, 1));
        let states = hears(&listener, 2, is_state).await;
        assert_eq!(states[0].payload, states[1].payload);
        assert_eq!(listener.heard().len(), 1 + 10 + 2, "announced once");
        session.stop().await;
    });
}

#[test]
fn a_broker_that_restarts() {
    let mut broker = Broker::start(OPEN);
    runtime().block_on(async {
        let session = start(&broker);
        until("the connection", || session.is_connected()).await;
        broker.stop();
        until("the loss", || !session.is_connected()).await;
        // Much happens meanwhile; the last of it counts.
        for count in 0..10_000_u32 {
            session.publish(&reading(u8::try_from(count % 3).unwrap() + 1, count));
        }
        sleep(Duration::from_secs(2)).await;
        broker.start_again();
        let listener = broker.listen();
        until("the connection", || session.is_connected()).await;
        hears(&listener, 3, is_state).await;
        sleep(Duration::from_millis(300)).await;
        let heard = listener.heard();
        let states: Vec<_> = heard.iter().filter(|heard| is_state(heard)).collect();
        let yields: Vec<_> = states
            .iter()
            .map(|heard| heard.json()["daily_yield"].as_u64().unwrap())
            .collect();
        assert_eq!(yields, [9_999, 9_997, 9_998]);
        assert_eq!(heard.len(), 1 + 3 * 11, "announced once");
        session.stop().await;
        hears(&listener, 1, says("offline")).await;
    });
}

#[test]
fn many_inverters_through_a_narrow_door() {
    let broker = Broker::start(OPEN);
    let listener = broker.listen();
    runtime().block_on(async {
        let options = MqttPlan {
            delivery: Delivery::AtLeastOnce,
            ..options(&broker.host())
        };
        let session = Session::start(options, availability(), None).unwrap();
        for address in 0..200 {
            session.publish(&reading(address, 1));
        }
        hears(&listener, 200, is_state).await;
        session.stop().await;
        hears(&listener, 1, says("offline")).await;
        assert_eq!(listener.heard().len(), 200 * 11 + 2);
    });
}

#[test]
fn stops_in_time_whatever_the_broker_does() {
    // Takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
    let hosts = [&silent, &refusing].map(|listener| listener.local_addr().unwrap().to_string());
    drop(refusing);
    for host in hosts {
        runtime().block_on(async {
            let session = Session::start(options(&host), availability(), None).unwrap();
            session.publish(&reading(2, 1));
            sleep(Duration::from_millis(300)).await;
            assert!(!session.is_connected());
            let start = Instant::now();
            session.stop().await;
            assert!(start.elapsed() < Duration::from_secs(20));
        });
    }
}
