//! `simulate plants`: the traffic of many plants from one process, through the sinks of a plant.

use super::plan::SimulatePlantsPlan;
use super::print::print;
use crate::address::Address;
use crate::clock;
use crate::exit::{Exit, Failure};
use crate::format::message::Message;
use crate::inverter::InverterId;
use crate::kaco::interpret;
use crate::kaco::layouts::READINGS;
use crate::kaco::wire::decode_all;
use crate::observation::{Observation, Outcome};
use crate::reading::Reading;
use crate::sim::bus::Play;
use crate::sim::kaco::{Inverters, Mood};
use crate::sink::{SinkPlan, Sinks};
use chrono::{DateTime, FixedOffset, TimeDelta};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, interval_at};
use tracing::info;

/// Acknowledgements that are printed at once.
const PRINTED: usize = 1000;

/// Makes the traffic until it is stopped.
pub(super) async fn run(plan: SimulatePlantsPlan) -> Result<Exit, Failure> {
    raise_limit();
    let tasks = LocalSet::new();
    let (witness, acknowledged) = unbounded_channel();
    let mut plants = JoinSet::new();
    for number in 1..=plan.plants {
        // Plants do not begin all at once, and go on so.
        let phase = plan.every * (number - 1).into() / plan.plants.into();
        let (sinks, every) = (sinks(&plan, number), plan.every);
        let inverters = inverters(&plan, number);
        let witness = witness.clone();
        plants.spawn_local_on(plant(sinks, inverters, witness, phase, every), &tasks);
    }
    let ended = async {
        tokio::select! {
            printed = report(acknowledged) => printed,
            // None ends but by a failure.
            Some(ended) = plants.join_next() => ended.unwrap_or(Ok(())),
        }
    };
    tasks.run_until(ended).await.map(|()| Exit::Done)
}

/// `0001`
fn name(number: u16) -> String {
    format!("{number:04}")
}

/// The sinks of one plant.
fn sinks(plan: &SimulatePlantsPlan, number: u16) -> SinkPlan {
    let mut sinks = plan.sinks.clone();
    if let Some(mqtt) = &mut sinks.mqtt {
        let prefix = mqtt.prefix.as_deref().unwrap_or("plants");
        mqtt.prefix = Some(format!("{prefix}/{}", name(number)));
    }
    sinks
}

/// The inverters of one plant: addresses of simulated ones whose reading is one reply. Plants are
/// distinguished by the bus in a database, by the prefix at a broker.
fn inverters(plan: &SimulatePlantsPlan, number: u16) -> Vec<InverterId> {
    let bus = plan.sinks.influx.is_some().then(|| name(number));
    let bus = bus.and_then(|bus| bus.parse().ok());
    let now = clock::now().fixed_offset();
    let addresses = (1..=99).filter_map(Address::new);
    let fit = addresses.filter(|address| reading(*address, now).is_some());
    let fit = fit.take(plan.inverters.into());
    fit.map(|address| {
        InverterId::kaco(Some(address.number()))
            .simulated(true)
            .on(bus.clone())
    })
    .collect()
}

async fn plant(
    plan: SinkPlan,
    inverters: Vec<InverterId>,
    witness: UnboundedSender<Message>,
    phase: Duration,
    every: Duration,
) -> Result<(), Failure> {
    let mut rounds = interval_at(Instant::now() + phase, every);
    rounds.tick().await;
    let mut sinks = Sinks::open(plan)?;
    sinks.begin(&inverters);
    sinks.report_to(&witness);
    sinks.stay_connected(&inverters)?;
    let (mut time, step) = first_round(every);
    loop {
        for inverter in &inverters {
            let reading = inverter
                .address()
                .and_then(|address| reading(address, time));
            if let Some(reading) = reading {
                let outcome = Outcome::Read {
                    answer: Box::new(reading),
                    first_byte: Duration::ZERO,
                };
                sinks.observe(Observation::new(inverter.clone(), outcome));
            }
        }
        sinks.round_done();
        rounds.tick().await;
        time += step;
    }
}

/// The time of the first round, and the time between rounds. Rounds are at whole multiples of it
/// since 1970.
fn first_round(every: Duration) -> (DateTime<FixedOffset>, TimeDelta) {
    let now = clock::now().fixed_offset();
    let step = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    let step = TimeDelta::milliseconds(step);
    let over = now.timestamp_millis() % step.num_milliseconds().max(1);
    let nanoseconds = i64::from(now.timestamp_subsec_nanos() % 1_000_000);
    let over = TimeDelta::milliseconds(over) + TimeDelta::nanoseconds(nanoseconds);
    (now - over, step)
}

/// The reading of a simulated inverter at this time; `None` if that is more than one reply.
fn reading(address: Address, time: DateTime<FixedOffset>) -> Option<Reading> {
    let request = format!("#{address}0\r");
    let plays = Inverters::new(Mood::Day, None).answer(request.as_bytes(), time.naive_local());
    let sent = plays.iter().filter_map(|play| match play {
        Play::Send(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    let bytes = sent.collect::<Vec<_>>().concat();
    let frame = decode_all(&bytes).next()?.ok()?;
    let reading = interpret::frame(&frame).ok()?;
    let is_whole = READINGS.contains(&reading.cells.layout);
    is_whole.then_some(Reading {
        time: Some(time),
        ..reading
    })
}

/// Prints what was acknowledged, topic and time, as long as the output is open.
async fn report(mut acknowledged: UnboundedReceiver<Message>) -> Result<(), Failure> {
    let mut messages = Vec::new();
    while acknowledged.recv_many(&mut messages, PRINTED).await > 0 {
        let mut text = String::new();
        for message in messages.drain(..) {
            let object: Value = serde_json::from_str(&message.payload).unwrap_or_default();
            if let Some(time) = object.get("time").and_then(Value::as_str) {
                // Writing to a String can't fail.
                let _ = writeln!(text, "{} {time}", message.topic);
            }
        }
        print(&text)?;
    }
    Ok(())
}

/// Each plant has a connection or two: more than the usual limit of a process.
fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        info!("the number of connections can't be raised: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_whole_multiples_of_the_time_between_them() {
        for every in [1, 250, 10_000] {
            let (first, step) = first_round(Duration::from_millis(every));
            assert_eq!(step.num_milliseconds(), every as i64);
            assert_eq!(first.timestamp_millis() % every as i64, 0);
            assert_eq!(first.timestamp_subsec_nanos() % 1_000_000, 0);
        }
    }
}
