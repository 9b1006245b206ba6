//! What must hold of simulated inverters.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use kaco_ardexa::kaco::wire::decode_all;
use kaco_ardexa::kstar::{discovery, wire};
use kaco_ardexa::sim::bus::Play;
use kaco_ardexa::sim::{kaco, kstar};
use std::net::Ipv4Addr;

/// Simulated inverters: any bytes can be asked of them, and what they answer to requests is
/// accepted.
pub fn simulators(bytes: &[u8]) {
    let second = u32::from(bytes.first().copied().unwrap_or_default()) * 338;
    let day = NaiveDate::from_ymd_opt(2026, 6, 21).unwrap_or_default();
    let time = day.and_time(NaiveTime::MIN) + TimeDelta::seconds(second.into());
    let mut inverters = kaco::Inverters::new(kaco::Mood::Day, None);
    for request in bytes.split_inclusive(|byte| *byte == b'\r') {
        for play in inverters.answer(request, time) {
            let Play::Send(bytes) = play else {
                continue;
            };
            let mut items = decode_all(&bytes);
            assert!(matches!(items.next(), Some(Ok(_))), "{bytes:?}");
        }
    }
    let ip = Ipv4Addr::LOCALHOST;
    if let Some(answer) = kstar::module_answer(ip, ip, bytes) {
        assert!(discovery::parse(&answer).is_some());
    }
    if let Some(reply) = kstar::reply(ip, bytes, time) {
        assert!(wire::parse(&reply).is_ok());
    }
}
