//! `check FILE`: what a plant file polls, and whether this machine can do it. Nothing is opened,
//! created or sent.

use super::plan::CheckPlan;
use super::print::print;
use crate::exit::{Exit, Failure};
use crate::format::grid::{Grid, GridColumn};
use crate::format::look::{Look, Medium};
use crate::inverter::InverterId;
use crate::kaco::timing::Timing;
use crate::sink::sunspec::{self, PLANT, Served};
use crate::sink::{SinkPlan, look};
use crate::source::{SourcePlan, kaco};
use std::path::Path;
use std::time::Duration;
use tracing::error;

/// Time from the end of a request to the end of its reply, of most inverters.
const REPLY: Duration = Duration::from_millis(300);

/// Prints what would be polled, and reports what is wrong on this machine.
pub(super) fn run(plan: &CheckPlan) -> Result<Exit, Failure> {
    let wrong = failures(plan);
    print(&text(plan))?;
    for failure in &wrong {
        error!("{failure}");
    }
    Ok(if wrong.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// What is wrong on this machine.
fn failures(plan: &CheckPlan) -> Vec<Failure> {
    let mut wrong = Vec::new();
    for source in &plan.sources {
        if let SourcePlan::Kaco(bus) = source {
            let subject = source.title();
            let recording = bus.record.as_deref();
            let recorded = recording.map_or(Ok(()), |path| look::file("the recording", path));
            let looked = [bus.device.look().map_err(Failure::from), recorded];
            let failures = looked.into_iter().filter_map(Result::err);
            wrong.extend(failures.map(|failure| failure.of(&subject)));
        }
    }
    wrong.extend(plan.sinks.look());
    wrong
}

fn text(plan: &CheckPlan) -> String {
    let mut text = match &plan.sinks.names.title {
        Some(title) => format!("{title}\n"),
        None => String::new(),
    };
    text += &buses(plan);
    text += &inverters(plan);
    text += &outputs(&plan.sinks);
    text += &round(plan);
    text
}

/// A row per bus.
fn buses(plan: &CheckPlan) -> String {
    let heads = ["bus", "device", "inverters", "pace", "round", "all silent"];
    let mut table = Grid::new(heads.map(GridColumn::text).to_vec());
    for source in &plan.sources {
        let count = source.inverters().len().to_string();
        let [bus, device, pace, round, silent] = match source {
            SourcePlan::Kaco(bus) => [
                bus.bus
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                bus.device.to_string(),
                seconds(bus.timing.pace),
                seconds(time_if_all_reply(bus)),
                seconds(time_if_silent(bus)),
            ],
            SourcePlan::Kstar(_) => {
                let network = ["KSTAR", "the network", "", "", ""];
                network.map(str::to_owned)
            }
        };
        table.add([bus, device, count, pace, round, silent]);
    }
    table.draw(whole(plan.look))
}

/// A row per inverter.
fn inverters(plan: &CheckPlan) -> String {
    let inverters: Vec<InverterId> = plan
        .sources
        .iter()
        .flat_map(SourcePlan::inverters)
        .collect();
    let served = plan.sinks.sunspec.as_ref();
    let units = served.and_then(|options| sunspec::units(options, &inverters).ok());
    let broker = plan.sinks.mqtt.as_ref();
    let mut header = vec!["inverter", "name", "folder"];
    header.extend(broker.map(|_| "topic"));
    header.extend(units.as_ref().map(|_| "SunSpec unit"));
    let mut table = Grid::new(header.into_iter().map(GridColumn::text).collect());
    let mut units = units.map(Vec::into_iter);
    for inverter in &inverters {
        let name = inverter.name().unwrap_or_default().to_owned();
        let folder = inverter.folder().unwrap_or_else(|| SERIAL.to_owned());
        let mut row = vec![inverter.label(), name, folder];
        row.extend(broker.map(|options| options.under_prefix(&topic(inverter))));
        if let Some(units) = &mut units {
            row.push(units.next().map(|unit| shown(&unit)).unwrap_or_default());
        }
        table.add(row);
    }
    table.draw(whole(plan.look))
}

/// Nothing is cut: a reader checks devices and topics to the last character.
const fn whole(look: Look) -> Medium {
    Medium { width: None, look }
}

/// The folder of an inverter whose serial number is not known.
const SERIAL: &str = "its serial number";

fn topic(inverter: &InverterId) -> String {
    match inverter.has_address() {
        true => inverter.state_topic().unwrap_or_default(),
        false => format!("{}/SERIAL/state", inverter.family().protocol),
    }
}

fn shown(unit: &Served) -> String {
    match unit.meter {
        None if unit.inverter == PLANT => format!("none: {PLANT} is the plant"),
        Some(meter) => format!("{}, meter {meter}", unit.inverter),
        None => unit.inverter.to_string(),
    }
}

/// A line per output.
fn outputs(sinks: &SinkPlan) -> String {
    let path = |path: &Path| path.display().to_string();
    let outputs = [
        ("log", sinks.log.as_deref().map(path)),
        ("textfile", sinks.textfile.as_deref().map(path)),
        (
            "sunspec",
            sinks
                .sunspec
                .as_ref()
                .map(|options| options.bind.to_string()),
        ),
        ("http", sinks.http.map(|address| address.to_string())),
        (
            "mqtt",
            sinks
                .mqtt
                .as_ref()
                .map(|options| options.broker.to_string()),
        ),
        (
            "influx",
            sinks
                .influx
                .as_ref()
                .map(|options| options.database.to_string()),
        ),
    ];
    let line =
        |(name, place): (&str, Option<String>)| place.map(|place| format!("{name:<9} {place}\n"));
    outputs.into_iter().filter_map(line).collect()
}

/// How long a round takes, and how often there is one.
fn round(plan: &CheckPlan) -> String {
    let buses = plan.sources.iter().filter_map(|source| match source {
        SourcePlan::Kaco(bus) => Some((time_if_all_reply(bus), source.title())),
        SourcePlan::Kstar(_) => None,
    });
    let slowest = buses.max();
    let round = match &slowest {
        Some((time, title)) => {
            format!("a round takes about {}, as long as {title}", seconds(*time))
        }
        None => "a round takes a few seconds".to_owned(),
    };
    let every = seconds(plan.every);
    let late = slowest.is_some_and(|(time, _)| time > plan.every);
    let late = if late { ", longer than that" } else { "" };
    format!("{round}; watch starts one every {every}{late}\n")
}

/// How many requests a round takes.
fn requests(bus: &kaco::BusPlan) -> u32 {
    let inverters = u32::try_from(bus.addresses.as_slice().len()).unwrap_or(u32::MAX);
    inverters * if bus.counters { 2 } else { 1 }
}

/// Time of a round in which all inverters reply.
fn time_if_all_reply(bus: &kaco::BusPlan) -> Duration {
    let Timing { pace, .. } = bus.timing;
    // The pace lies between requests: behind the last one, its reply ends the round.
    pace.max(REPLY) * requests(bus).saturating_sub(1) + REPLY
}

/// Time of the first round if none replies: each is polled twice.
fn time_if_silent(bus: &kaco::BusPlan) -> Duration {
    let Timing {
        pace, first_byte, ..
    } = bus.timing;
    let inverters = u32::try_from(bus.addresses.as_slice().len()).unwrap_or(u32::MAX);
    pace.max(first_byte) * (2 * inverters).saturating_sub(1) + first_byte
}

fn seconds(time: Duration) -> String {
    if !time.is_zero() && time < Duration::from_millis(100) {
        return format!("{} ms", time.as_millis());
    }
    let tenths = (time.as_secs_f64() * 10.0).round() / 10.0;
    format!("{tenths} s")
}
