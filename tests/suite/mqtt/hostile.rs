//! Brokers that send what was not asked for: what is read of it is bounded, and readings still go
//! out.

use super::session::{availability, hears, is_state};
use super::{options, reading, runtime};
use crate::support::broker::{Broker, OPEN};
use kaco_ardexa::sink::mqtt::session::Session;
use kaco_ardexa::sink::mqtt::{Delivery, MqttPlan};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tokio::time::sleep;

#[test]
fn a_long_message_from_home_assistant_keeps_no_reading_back() {
    for (length, delivery) in [
        (20_000, Delivery::AtMostOnce),
        (100_000, Delivery::AtMostOnce),
        (100_000, Delivery::AtLeastOnce),
    ] {
        let broker = Broker::start(OPEN);
        broker.publish("homeassistant/status", &"x".repeat(length), &["-r"]);
        let listener = broker.listen();
        runtime().block_on(async {
            let options = MqttPlan {
                delivery,
                ..options(&broker.host())
            };
            let session = Session::start(options, availability(), None).unwrap();
            session.publish(&reading(2, 1));
            hears(&listener, 1, is_state).await;
            // Not heard before: the message came behind the subscription.
            sleep(Duration::from_millis(300)).await;
            listener.forget();
            session.publish(&reading(2, 2));
            hears(&listener, 1, is_state).await;
            session.stop().await;
        });
    }
}

/// What a broker that floods has sent, in bytes, and how many states it got.
#[derive(Default)]
struct Flood {
    sent: AtomicUsize,
    states: AtomicUsize,
}

/// Welcomes a client, sends it messages as fast as it takes them, and counts what it publishes.
fn flood(mut stream: TcpStream, counted: &Arc<Flood>) {
    let mut bytes = [0; 64 * 1024];
    let _ = stream.read(&mut bytes);
    stream.write_all(&[0x20, 2, 0, 0]).unwrap();
    let (mut writer, sent) = (stream.try_clone().unwrap(), Arc::clone(counted));
    thread::spawn(move || {
        // PUBLISH, QoS 0, 4003 bytes: topic `x`, 4000 bytes.
        let message = [&[0x30, 0xa3, 0x1f, 0, 1, b'x'][..], &[0; 4000]].concat();
        while writer.write_all(&message).is_ok() {
            sent.sent.fetch_add(message.len(), Ordering::Relaxed);
        }
    });
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        let topic = b"kaco/02/state";
        let states = bytes[..count].windows(topic.len());
        let states = states.filter(|bytes| bytes == topic).count();
        counted.states.fetch_add(states, Ordering::Relaxed);
    }
}

#[test]
fn a_flood_is_not_read_and_readings_go_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let counted = Arc::new(Flood::default());
    let counts = Arc::clone(&counted);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            flood(stream, &counts);
        }
    });
    runtime().block_on(async {
        let options = MqttPlan {
            discovery: false,
            ..options(&host)
        };
        let session = Session::start(options, availability(), None).unwrap();
        for count in 1..=20 {
            session.publish(&reading(2, count));
            while counted.states.load(Ordering::Relaxed) < usize::try_from(count).unwrap() {
                sleep(Duration::from_millis(20)).await;
            }
        }
        // What is not read fills the buffers of the system, and then the broker waits.
        let (mut before, mut sent) = (usize::MAX, 0);
        while before != sent {
            sleep(Duration::from_millis(100)).await;
            before = sent;
            sent = counted.sent.load(Ordering::Relaxed);
            assert!(sent < 32_000_000, "{sent} bytes");
        }
        assert!(session.is_connected());
        session.stop().await;
    });
}
